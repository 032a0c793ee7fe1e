// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"
)

// errLost: it ran, and lost events.
var errLost = errors.New("events were lost")

const disabled = "gadget_program_disabled"

// hasSymbol looks a symbol up among the kernel's.
func hasSymbol(name string) bool {
	file, err := os.Open("/proc/kallsyms")
	if err != nil {
		return false
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) > 2 && words[2] == name {
			return true
		}
	}
	return false
}

// constant is the value of a variable in .rodata; 0 where there is none.
func constant(spec *ebpf.CollectionSpec, name string) uint32 {
	var section *btf.Datasec
	data := spec.Maps[".rodata"]
	if data == nil || spec.Types.TypeByName(".rodata", &section) != nil {
		return 0
	}
	for _, member := range section.Vars {
		if v := member.Type.(*btf.Var); v.Name == name && member.Size == 4 {
			return binary.LittleEndian.Uint32(data.Contents[0].Value.([]byte)[member.Offset:])
		}
	}
	return 0
}

// sizeMaps gives maps the size that ig gives them: that of a variable.
func sizeMaps(spec *ebpf.CollectionSpec) {
	for name, m := range spec.Maps {
		if size := constant(spec, name+"_max_entries"); size > 0 {
			m.MaxEntries = size
		}
	}
}

func attach(spec *ebpf.ProgramSpec, program *ebpf.Program, to string) (link.Link, error) {
	kind, _, _ := strings.Cut(spec.SectionName, "/")
	switch kind {
	case "kprobe":
		return link.Kprobe(to, program, nil)
	case "kretprobe":
		return link.Kretprobe(to, program, nil)
	case "tracepoint", "tp":
		group, name, _ := strings.Cut(to, "/")
		return link.Tracepoint(group, name, program, nil)
	case "raw_tracepoint", "raw_tp":
		return link.AttachRawTracepoint(link.RawTracepointOptions{Name: to, Program: program})
	default:
		return link.AttachTracing(link.TracingOptions{Program: program})
	}
}

// A gadget that runs: its object in the kernel, its module here.
type gadget struct {
	host       *host
	collection *ebpf.Collection
	links      []link.Link
	reader     *ringbuf.Reader
	rows       uint64
	records    atomic.Uint64 // that the module was given
	busy       time.Duration // in the module, but for printing
	printing   time.Duration // here, what ig's other operators do
}

func (g *gadget) addSources(spec *ebpf.CollectionSpec, output *bufio.Writer) error {
	tracers, err := findTracers(spec)
	if err != nil {
		return err
	}
	for name, t := range tracers {
		s := &source{name: name, layout: t.layout, slots: 1}
		for _, member := range t.layout.Members {
			size, err := btf.Sizeof(member.Type)
			if err != nil {
				return err
			}
			s.fields = append(s.fields, &field{name: member.Name, offset: int(member.Offset.Bytes()), size: size})
		}
		s.emit = func(p packet) error {
			begin := time.Now()
			defer func() { g.printing += time.Since(begin) }()
			g.rows++
			return printRow(s, p, output)
		}
		g.host.sources[name] = s
	}
	// gadget.yaml asks for it by an annotation.
	g.host.sources["records"].add("rest", kindBytes)
	return nil
}

// attachAll attaches every program, as ig does, which has no optional ones.
func (g *gadget) attachAll(spec *ebpf.CollectionSpec) error {
	for name, program := range spec.Programs {
		to := program.AttachTo
		if other := g.host.config["programs."+name+".attach_to"]; other != "" {
			to = other
		}
		if to == disabled {
			continue
		}
		l, err := attach(program, g.collection.Programs[name], to)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		g.links = append(g.links, l)
	}
	return nil
}

func (g *gadget) start(ctx context.Context, spec *ebpf.CollectionSpec, module []byte) (err error) {
	if err = g.host.load(ctx, module); err != nil {
		return err
	}
	for _, step := range []string{"gadgetInit", "gadgetPreStart"} {
		if err = g.host.step(ctx, step); err != nil {
			return err
		}
	}
	sizeMaps(spec)
	if g.collection, err = ebpf.NewCollection(spec); err != nil {
		return err
	}
	g.host.maps = g.collection.Maps
	if g.reader, err = ringbuf.NewReader(g.collection.Maps["events"]); err != nil {
		return err
	}
	if err = g.attachAll(spec); err != nil {
		return err
	}
	return g.host.step(ctx, "gadgetStart")
}

// read gives the module what comes, until the reader is closed.
func (g *gadget) read(ctx context.Context) error {
	for {
		record, err := g.reader.Read()
		if errors.Is(err, ringbuf.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		printed := g.printing
		busy, err := g.host.deliver(ctx, record.RawSample)
		if err != nil {
			return err
		}
		g.records.Add(1)
		g.busy += busy - (g.printing - printed)
	}
}

// sum adds up the first words of the entries of an array.
func (g *gadget) sum(name string) (sum uint64) {
	var key uint32
	var value []byte
	for entries := g.collection.Maps[name].Iterate(); entries.Next(&key, &value); {
		sum += binary.LittleEndian.Uint64(value)
	}
	return sum
}

// settle waits until all that was told is read. ig does not; but what is read when it stops depends on
// how busy the machine is, and this takes longer than ig on a guest that is emulated.
func (g *gadget) settle() {
	for end := time.Now().Add(150 * time.Second); g.sum("told") > g.records.Load() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
}

// stop in ig's order: the reader, the programs, what knows names, the module.
func (g *gadget) stop(ctx context.Context, reading <-chan error) error {
	g.reader.Close()
	for _, l := range g.links {
		l.Close()
	}
	if err := <-reading; err != nil {
		return err
	}
	noNames = true
	if err := g.host.step(ctx, "gadgetStop"); err != nil {
		return err
	}
	if len(g.host.problems) > 0 {
		return g.host.problems[0]
	}
	return nil
}

// choose asks for some rows only, as ig does it: by a parameter of the object, and for containers by a
// question that the module asks.
func (g *gadget) choose(spec *ebpf.CollectionSpec, filter string) error {
	name, text, _ := strings.Cut(filter, "=")
	value, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return fmt.Errorf("%s: %w", filter, err)
	}
	switch name {
	case "target_pid":
		return spec.RewriteConstants(map[string]interface{}{name: int32(value)})
	case "mntns":
		g.host.mntns = value
		return nil
	}
	return fmt.Errorf("%s: not a filter", filter)
}

// trace runs the gadget until it is told to end, and prints its rows.
func trace(p *part, filters []string, end <-chan os.Signal) error {
	ctx := context.Background()
	spec, err := readObject(p.object)
	if err != nil {
		return err
	}
	if err = rlimit.RemoveMemlock(); err != nil {
		return err
	}
	g := &gadget{host: newHost()}
	if err = g.addSources(spec, bufio.NewWriter(os.Stdout)); err != nil {
		return err
	}
	for _, filter := range filters {
		if err = g.choose(spec, filter); err != nil {
			return err
		}
	}
	begin := time.Now()
	if err = g.start(ctx, spec, p.module); err != nil {
		var verifier *ebpf.VerifierError
		if errors.As(err, &verifier) {
			return fmt.Errorf("%+v", verifier)
		}
		return err
	}
	fmt.Fprintf(os.Stderr, "gadget: loaded and attached in %v\n", time.Since(begin).Round(time.Millisecond))
	reading := make(chan error, 1)
	go func() { reading <- g.read(ctx) }()
	<-end
	g.settle()
	if err = g.stop(ctx, reading); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "gadget: %d records, %d rows, %v in the module, but for printing\n",
		g.records.Load(), g.rows, g.busy)
	if g.sum("lost") > 0 || g.sum("told") > g.records.Load() {
		return errLost
	}
	return nil
}
