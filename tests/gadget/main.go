// SPDX-License-Identifier: GPL-2.0-or-later

/*
gadget-check holds the gadget's image against what Inspektor Gadget asks for, and runs it with the
libraries that Inspektor Gadget runs it with, so that no Inspektor Gadget is needed to test it.

	gadget-check image TAR     the layout, the digests, and the object's names, types and sections
	gadget-check trace TAR [target_pid=PID] [mntns=INODE]
	                           run it, and print its rows as JSON lines, until SIGINT: all, or those of
	                           this process, or of this mount namespace
*/
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func checkImage(i *image) error {
	for architecture, p := range i.parts {
		spec, err := readObject(p.object)
		if err == nil {
			err = checkObject(spec)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", architecture, err)
		}
		fmt.Printf("%s: %d programs, %d bytes of object, %d of module\n", architecture,
			len(spec.Programs), len(p.object), len(p.module))
	}
	return nil
}

func run(command, path string, filters []string) error {
	i, err := readImage(path)
	if err != nil {
		return err
	}
	switch command {
	case "image":
		return checkImage(i)
	case "trace":
		end := make(chan os.Signal, 1)
		signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
		if p := i.parts[runtime.GOARCH]; p != nil {
			return trace(p, filters, end)
		}
		return fmt.Errorf("the image has nothing for %s", runtime.GOARCH)
	}
	return fmt.Errorf("no command %s", command)
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: gadget-check image|trace TAR [target_pid=PID] [mntns=INODE]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintf(os.Stderr, "gadget-check: %v\n", err)
		if errors.Is(err, errLost) {
			os.Exit(3) // as fdpass does
		}
		os.Exit(1)
	}
}
