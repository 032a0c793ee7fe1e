// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// 16 MiB, as under ig.
const memoryPages = 256

// The kinds of fields, by ig's numbers.
const (
	kindBool   = 1
	kindInt32  = 4
	kindUint32 = 8
	kindUint64 = 9
	kindString = 12
	kindBytes  = 14
)

// A data source: the members of a tracer's structure, which lie in the first value of a packet, and
// fields that have a value of their own.
type source struct {
	name   string
	layout *btf.Struct // of the first value; nil: a field like others
	fields []*field
	hidden bool
	slots  int
	emit   func(packet) error
}

type field struct {
	name   string
	kind   uint32
	slot   int
	offset int // within the value, of size bytes; size 0: all of it
	size   int
}

type packet [][]byte

func (s *source) add(name string, kind uint32) *field {
	f := &field{name: name, kind: kind, slot: s.slots}
	s.slots++
	s.fields = append(s.fields, f)
	return f
}

func (s *source) find(name string) *field {
	for _, f := range s.fields {
		if f.name == name {
			return f
		}
	}
	return nil
}

// value is what a packet says of a field.
func (f *field) value(p packet) []byte {
	if f.size > 0 {
		return p[f.slot][f.offset : f.offset+f.size]
	}
	return p[f.slot]
}

// A host: what ig is to a module.
type host struct {
	runtime  wazero.Runtime
	module   api.Module
	callback api.Function
	sources  map[string]*source
	maps     map[string]*ebpf.Map
	config   map[string]string
	params   map[string]string // of the module
	mntns    uint64            // of the containers that are selected; 0: none is
	handles  map[uint32]any
	last     uint32
	listens  *source // the data source that the module subscribed to
	problems []error
}

func newHost() *host {
	return &host{sources: map[string]*source{}, maps: map[string]*ebpf.Map{},
		config: map[string]string{}, params: map[string]string{"system-calls": "true"},
		handles: map[uint32]any{}}
}

func (h *host) handle(thing any) uint64 {
	h.last++
	h.handles[h.last] = thing
	return uint64(h.last)
}

func handled[T any](h *host, handle uint64) T {
	thing, ok := h.handles[uint32(handle)].(T)
	if !ok {
		panic(fmt.Errorf("handle %d is no %T", handle, thing))
	}
	return thing
}

func (h *host) bytes(pointer uint64) []byte {
	found, ok := h.module.Memory().Read(uint32(pointer), uint32(pointer>>32))
	if !ok {
		panic(fmt.Errorf("%#x: not in the memory of the module", pointer))
	}
	return found
}

func (h *host) text(pointer uint64) string {
	return string(h.bytes(pointer))
}

// failed is the 1 or 0 that ig's functions return.
func failed(failed bool) uint64 {
	if failed {
		return 1
	}
	return 0
}

func (h *host) log(a []uint64) uint64 {
	fmt.Fprintln(os.Stderr, h.text(a[1]))
	return 0
}

func (h *host) newDataSource(a []uint64) uint64 {
	s := &source{name: h.text(a[0])}
	h.sources[s.name] = s
	return h.handle(s)
}

func (h *host) getDataSource(a []uint64) uint64 {
	if s := h.sources[h.text(a[0])]; s != nil {
		return h.handle(s)
	}
	return 0
}

func (h *host) unreference(a []uint64) uint64 {
	handled[*source](h, a[0]).hidden = true
	return 0
}

func (h *host) addField(a []uint64) uint64 {
	return h.handle(handled[*source](h, a[0]).add(h.text(a[1]), uint32(a[2])))
}

func (h *host) getField(a []uint64) uint64 {
	if f := handled[*source](h, a[0]).find(h.text(a[1])); f != nil {
		return h.handle(f)
	}
	return 0
}

func (h *host) subscribe(a []uint64) uint64 {
	h.listens = handled[*source](h, a[0])
	return failed(uint32(a[1]) != 1)
}

// newPacket gives no value to the members of a structure, which is why the module cannot set them.
func (h *host) newPacket(a []uint64) uint64 {
	return h.handle(make(packet, handled[*source](h, a[0]).slots))
}

func (h *host) emit(a []uint64) uint64 {
	p := handled[packet](h, a[1])
	delete(h.handles, uint32(a[1]))
	err := handled[*source](h, a[0]).emit(p)
	if err != nil {
		h.problems = append(h.problems, err)
	}
	return failed(err != nil)
}

func (h *host) getScalar(a []uint64) uint64 {
	value := handled[*field](h, a[0]).value(handled[packet](h, a[1]))
	if uint32(a[2]) != kindUint64 || len(value) != 8 {
		panic(fmt.Errorf("%d bytes read as kind %d", len(value), a[2]))
	}
	return binary.LittleEndian.Uint64(value)
}

func (h *host) getBuffer(a []uint64) uint64 {
	value := handled[*field](h, a[0]).value(handled[packet](h, a[1]))
	to := h.bytes(a[3])
	if len(to) < len(value) {
		return api.EncodeI32(-1)
	}
	return uint64(copy(to, value))
}

func (h *host) set(a []uint64) uint64 {
	f, p := handled[*field](h, a[0]), handled[packet](h, a[1])
	if f.kind != uint32(a[2]) || f.size > 0 {
		panic(fmt.Errorf("%s: set as kind %d", f.name, a[2]))
	}
	value := h.bytes(a[3])
	if f.kind == kindString {
		value = append([]byte{}, value...)
	}
	p[f.slot] = value
	return 0
}

func (h *host) getMap(a []uint64) uint64 {
	if m := h.maps[h.text(a[0])]; m != nil {
		return h.handle(m)
	}
	return 0
}

func (h *host) lookUp(a []uint64) uint64 {
	found, err := handled[*ebpf.Map](h, a[0]).LookupBytes(h.bytes(a[1]))
	if err != nil || len(found) > len(h.bytes(a[2])) {
		return 1
	}
	copy(h.bytes(a[2]), found)
	return 0
}

func (h *host) release(a []uint64) uint64 {
	delete(h.handles, uint32(a[0]))
	return 0
}

// discards tells whether a mount namespace is of no container that is selected.
func (h *host) discards(a []uint64) uint64 {
	return failed(h.mntns != 0 && h.mntns != a[0])
}

func (h *host) setConfig(a []uint64) uint64 {
	h.config[h.text(a[0])] = h.text(a[1])
	return failed(uint32(a[2]) != kindString)
}

func (h *host) getParam(a []uint64) uint64 {
	copy(h.bytes(a[1]), h.params[h.text(a[0])])
	return failed(h.params[h.text(a[0])] == "")
}

func (h *host) symbolExists(a []uint64) uint64 {
	return failed(hasSymbol(h.text(a[0])))
}

const i32, i64 = api.ValueTypeI32, api.ValueTypeI64

// export offers the module the functions that ig does; one that is missing here fails the module.
func (h *host) export(ctx context.Context) error {
	builder := h.runtime.NewHostModuleBuilder("ig")
	for name, function := range map[string]struct {
		call    func([]uint64) uint64
		params  []api.ValueType
		results []api.ValueType
	}{
		"gadgetLog":                 {h.log, []api.ValueType{i32, i64}, nil},
		"newDataSource":             {h.newDataSource, []api.ValueType{i64, i32}, []api.ValueType{i32}},
		"getDataSource":             {h.getDataSource, []api.ValueType{i64}, []api.ValueType{i32}},
		"dataSourceUnreference":     {h.unreference, []api.ValueType{i32}, []api.ValueType{i32}},
		"dataSourceAddField":        {h.addField, []api.ValueType{i32, i64, i32}, []api.ValueType{i32}},
		"dataSourceGetField":        {h.getField, []api.ValueType{i32, i64}, []api.ValueType{i32}},
		"dataSourceSubscribe":       {h.subscribe, []api.ValueType{i32, i32, i32, i64}, []api.ValueType{i32}},
		"dataSourceNewPacketSingle": {h.newPacket, []api.ValueType{i32}, []api.ValueType{i32}},
		"dataSourceEmitAndRelease":  {h.emit, []api.ValueType{i32, i32}, []api.ValueType{i32}},
		"fieldGetScalar":            {h.getScalar, []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i64}},
		"fieldGetBuffer":            {h.getBuffer, []api.ValueType{i32, i32, i32, i64}, []api.ValueType{i32}},
		"fieldSet":                  {h.set, []api.ValueType{i32, i32, i32, i64}, []api.ValueType{i32}},
		"getMap":                    {h.getMap, []api.ValueType{i64}, []api.ValueType{i32}},
		"mapLookup":                 {h.lookUp, []api.ValueType{i32, i64, i64}, []api.ValueType{i32}},
		"releaseHandle":             {h.release, []api.ValueType{i32}, []api.ValueType{i32}},
		"shouldDiscardMntnsID":      {h.discards, []api.ValueType{i64}, []api.ValueType{i32}},
		"setConfig":                 {h.setConfig, []api.ValueType{i64, i64, i32}, []api.ValueType{i32}},
		"getParamValue":             {h.getParam, []api.ValueType{i64, i64}, []api.ValueType{i32}},
		"kallsymsSymbolExists":      {h.symbolExists, []api.ValueType{i64}, []api.ValueType{i32}},
	} {
		call := function.call
		builder.NewFunctionBuilder().WithGoModuleFunction(
			api.GoModuleFunc(func(_ context.Context, m api.Module, stack []uint64) {
				if result := call(stack); len(stack) > 0 {
					stack[0] = result
				}
			}), function.params, function.results).Export(name)
	}
	_, err := builder.Instantiate(ctx)
	return err
}

// load starts a module as ig does: with WASI, and with no more memory than ig gives.
func (h *host) load(ctx context.Context, content []byte) (err error) {
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages)
	h.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if err = h.export(ctx); err != nil {
		return err
	}
	if _, err = wasi_snapshot_preview1.Instantiate(ctx, h.runtime); err != nil {
		return err
	}
	h.module, err = h.runtime.InstantiateWithConfig(ctx, content,
		wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	if err != nil {
		return err
	}
	version, err := h.call(ctx, "gadgetAPIVersion")
	if err != nil || version != 1 {
		return fmt.Errorf("version %d: %v", version, err)
	}
	if h.callback = h.module.ExportedFunction("dataSourceCallback"); h.callback == nil {
		return errors.New("no dataSourceCallback")
	}
	return nil
}

func (h *host) call(ctx context.Context, name string) (uint64, error) {
	function := h.module.ExportedFunction(name)
	if function == nil {
		return 0, fmt.Errorf("no %s", name)
	}
	results, err := function.Call(ctx)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return results[0], nil
}

// step calls a function that returns 0.
func (h *host) step(ctx context.Context, name string) error {
	result, err := h.call(ctx, name)
	if err == nil && result != 0 {
		err = fmt.Errorf("%s failed", name)
	}
	return err
}

// deliver gives the module a record as ig does: the begin as a structure, the rest as a field.
func (h *host) deliver(ctx context.Context, record []byte) (time.Duration, error) {
	size := int(h.listens.layout.Size)
	p := make(packet, h.listens.slots)
	p[0] = make([]byte, size)
	if n := copy(p[0], record); n < len(record) {
		p[1] = record[n:]
	}
	handle := h.handle(p)
	begin := time.Now()
	_, err := h.callback.Call(ctx, 0, 0, handle)
	h.release([]uint64{handle})
	return time.Since(begin), err
}
