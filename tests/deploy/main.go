// SPDX-License-Identifier: GPL-2.0-or-later

// manifest-check FILE…: each document of Kubernetes manifests, read as Kubernetes' own types: a field that these do
// not have, one that is there twice, and a value of another type are errors.
package main

import (
	"bytes"
	"fmt"
	"os"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// The kinds that are used.
func newObject(kind meta.TypeMeta) any {
	switch kind {
	case meta.TypeMeta{APIVersion: "v1", Kind: "Namespace"}:
		return &core.Namespace{}
	case meta.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"}:
		return &apps.DaemonSet{}
	}
	return nil
}

func checkDocument(document []byte) error {
	var kind meta.TypeMeta
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return err
	}
	object := newObject(kind)
	if object == nil {
		return fmt.Errorf("%s %s is not known to this check", kind.APIVersion, kind.Kind)
	}
	return yaml.UnmarshalStrict(document, object)
}

func checkFile(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for number, document := range bytes.Split(text, []byte("\n---\n")) {
		if err := checkDocument(document); err != nil {
			return fmt.Errorf("%s: document %d: %w", name, number+1, err)
		}
	}
	return nil
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: manifest-check FILE...")
		os.Exit(2)
	}
	status := 0
	for _, name := range os.Args[1:] {
		if err := checkFile(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}
