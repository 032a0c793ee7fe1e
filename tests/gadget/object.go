// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

const tracerPrefix = "gadget_tracer_"

// A tracer: a data source, the ring buffer that it reads, and the structure of what comes out.
type tracer struct {
	ring   string
	layout *btf.Struct
}

func variable(types *btf.Spec, name string) (*btf.Var, error) {
	var found *btf.Var
	err := types.TypeByName(name, &found)
	return found, err
}

// isMarker says whether a variable is of the kind in which ig looks for names.
func isMarker(v *btf.Var) bool {
	pointer, ok := v.Type.(*btf.Pointer)
	if !ok || v.Linkage != btf.GlobalVar {
		return false
	}
	constant, ok := pointer.Target.(*btf.Const)
	if !ok {
		return false
	}
	_, ok = constant.Type.(*btf.Void)
	return ok
}

func markers(types *btf.Spec, prefix string) (names []string, err error) {
	for iter := types.Iterate(); iter.Next(); {
		v, ok := iter.Type.(*btf.Var)
		if !ok || !strings.HasPrefix(v.Name, prefix) {
			continue
		}
		if !isMarker(v) {
			return nil, fmt.Errorf("%s: not a global 'const void *'", v.Name)
		}
		names = append(names, strings.TrimPrefix(v.Name, prefix))
	}
	return names, nil
}

func findTracers(spec *ebpf.CollectionSpec) (map[string]tracer, error) {
	names, err := markers(spec.Types, tracerPrefix)
	if err != nil {
		return nil, err
	}
	tracers := map[string]tracer{}
	for _, name := range names {
		words := strings.Split(name, "___")
		if len(words) != 3 {
			return nil, fmt.Errorf("%s: not a source, a map and a type", name)
		}
		t := tracer{ring: words[1]}
		if err := spec.Types.TypeByName(words[2], &t.layout); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		ring, ok := spec.Maps[t.ring]
		if !ok || ring.Type != ebpf.RingBuf {
			return nil, fmt.Errorf("%s: no ring buffer %s", name, t.ring)
		}
		lost, ok := spec.Maps[t.ring+"_lost_samples"]
		if !ok || lost.Type != ebpf.PerCPUArray || lost.MaxEntries != 1 || lost.ValueSize != 8 {
			return nil, fmt.Errorf("%s: ig warns where there is no %s_lost_samples", name, t.ring)
		}
		tracers[words[0]] = t
	}
	return tracers, nil
}

// The parameters are read by the module as one structure: src/gadget/row.h.
var paramsInOrder = []string{"target_pid", "targ_pid", "targ_tid", "targ_uid", "targ_gid", "targ_comm"}

func checkParams(spec *ebpf.CollectionSpec) error {
	names, err := markers(spec.Types, "gadget_param_")
	if err != nil {
		return err
	}
	for _, name := range names {
		v, err := variable(spec.Types, name)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
		if _, ok := btf.UnderlyingType(v.Type).(*btf.Void); ok {
			return fmt.Errorf("parameter %s: has no type", name)
		}
	}
	var section *btf.Datasec
	if err := spec.Types.TypeByName(".rodata.params", &section); err != nil {
		return err
	}
	offset := uint32(0)
	for i, member := range section.Vars {
		if v := member.Type.(*btf.Var); i >= len(paramsInOrder) || v.Name != paramsInOrder[i] || member.Offset != offset {
			return fmt.Errorf(".rodata.params: %s is at %d", v.Name, member.Offset)
		}
		offset += member.Size
	}
	if offset != 36 {
		return fmt.Errorf(".rodata.params: %d bytes", offset)
	}
	return nil
}

// How ig attaches a program is told by the begin of its section's name.
var attachable = []string{"kprobe/", "kretprobe/", "tracepoint/", "tp/", "raw_tracepoint/", "raw_tp/",
	"fentry/", "fexit/", "tp_btf/"}

func checkPrograms(spec *ebpf.CollectionSpec) error {
	for name, program := range spec.Programs {
		known := false
		for _, prefix := range attachable {
			known = known || strings.HasPrefix(program.SectionName, prefix)
		}
		if !known {
			return fmt.Errorf("program %s: ig does not attach %s", name, program.SectionName)
		}
		if !strings.Contains(program.License, "GPL") {
			return fmt.Errorf("program %s: licence %q", name, program.License)
		}
	}
	return nil
}

func readObject(content []byte) (*ebpf.CollectionSpec, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if spec.ByteOrder == nil || spec.ByteOrder.String() != "LittleEndian" {
		return nil, errors.New("not little-endian")
	}
	return spec, nil
}

// checkObject checks what ig asks of an object and can be seen without loading it.
func checkObject(spec *ebpf.CollectionSpec) error {
	if err := checkPrograms(spec); err != nil {
		return err
	}
	if err := checkParams(spec); err != nil {
		return err
	}
	_, err := findTracers(spec)
	return err
}
