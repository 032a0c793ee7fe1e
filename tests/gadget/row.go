// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// typedefs are the names that lead from a member to what it is.
func typedefs(t btf.Type) (names []string, last btf.Type) {
	for {
		def, ok := t.(*btf.Typedef)
		if !ok {
			return names, t
		}
		names = append(names, def.Name)
		t = def.Type
	}
}

func number(t *btf.Int, value []byte) (any, error) {
	padded := make([]byte, 8)
	copy(padded, value)
	n := binary.LittleEndian.Uint64(padded)
	switch {
	case t.Encoding == btf.Bool:
		return n != 0, nil
	case t.Encoding == btf.Signed && t.Size == 4:
		return int32(n), nil
	case t.Encoding == btf.Unsigned:
		return n, nil
	}
	return nil, fmt.Errorf("a number of %d bytes, encoding %d", t.Size, t.Encoding)
}

// memberValue is what a member's bytes mean to ig.
func memberValue(t btf.Type, value []byte) (any, error) {
	switch t := t.(type) {
	case *btf.Struct:
		return structValue(t, value)
	case *btf.Array:
		return string(value[:bytes.IndexByte(append(value[:len(value):len(value)], 0), 0)]), nil
	case *btf.Int:
		return number(t, value)
	}
	return nil, fmt.Errorf("%T", t)
}

func structValue(s *btf.Struct, value []byte) (map[string]any, error) {
	row := map[string]any{}
	for _, member := range s.Members {
		names, t := typedefs(member.Type)
		size, err := btf.Sizeof(t)
		if err != nil {
			return nil, err
		}
		offset := int(member.Offset.Bytes())
		found, err := memberValue(t, value[offset:offset+size])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", member.Name, err)
		}
		row[member.Name] = found
		for _, name := range names {
			enrich(row, name, member.Name, found)
		}
	}
	return row, nil
}

// enrich adds what ig makes of a member by the name of its type.
func enrich(row map[string]any, typeName, member string, value any) {
	switch typeName {
	case "gadget_timestamp":
		wall := bootTime().Add(time.Duration(value.(uint64)))
		row[member] = wall.UnixNano()
		row[strings.TrimSuffix(member, "_raw")] = wall.Format("2006-01-02T15:04:05.000000000Z07:00")
	case "gadget_uid":
		row["user"] = nameOf("/etc/passwd", "uid", value.(uint64))
	case "gadget_gid":
		row["group"] = nameOf("/etc/group", "gid", value.(uint64))
	}
}

// noNames: ig has stopped what knows names, before it stops the module.
var noNames bool

var bootedAt time.Time

func sinceBoot() int64 {
	var since unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &since); err != nil {
		panic(err)
	}
	return since.Nano()
}

// bootTime looks at both clocks, and again, as some time passes between two looks.
func bootTime() time.Time {
	if !bootedAt.IsZero() {
		return bootedAt
	}
	for i, least := 0, int64(math.MaxInt64); i < 100; i++ {
		before, wall, after := sinceBoot(), time.Now().Round(0), sinceBoot()
		if after-before < least {
			least = after - before
			bootedAt = wall.Add(-time.Duration((before + after) / 2))
		}
	}
	return bootedAt
}

// nameOf looks a number up in a file like /etc/passwd.
func nameOf(path, kind string, id uint64) string {
	file, err := os.Open(path)
	if err == nil {
		defer file.Close()
		for lines := bufio.NewScanner(file); !noNames && lines.Scan(); {
			words := strings.Split(lines.Text(), ":")
			if len(words) > 2 && words[2] == strconv.FormatUint(id, 10) {
				return words[0]
			}
		}
	}
	return fmt.Sprintf("%s:%d", kind, id)
}

// printRow prints a packet as ig's JSON: members nest, all fields are there.
func printRow(s *source, p packet, to *bufio.Writer) error {
	if len(p) < s.slots || len(p[0]) != int(s.layout.Size) {
		return fmt.Errorf("a packet of %d values, the first of %d bytes", len(p), len(p[0]))
	}
	row, err := structValue(s.layout, p[0])
	if err != nil {
		return err
	}
	for _, f := range s.fields {
		if f.kind == kindString {
			row[f.name] = string(p[f.slot])
		}
	}
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if _, err = to.Write(append(line, '\n')); err != nil {
		return err
	}
	return to.Flush()
}
