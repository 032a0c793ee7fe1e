// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// What Inspektor Gadget asks of an image.
const (
	indexType    = "application/vnd.oci.image.index.v1+json"
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.gadget.config.v1+yaml"
	objectType   = "application/vnd.gadget.ebpf.program.v1+binary"
	moduleType   = "application/vnd.gadget.wasm.program.v1+binary"
	nameNote     = "org.opencontainers.image.ref.name"
)

type descriptor struct {
	MediaType   string
	Digest      string
	Size        int
	Annotations map[string]string
	Platform    *struct{ Architecture, OS string }
}

type manifest struct {
	SchemaVersion int
	MediaType     string
	Config        descriptor
	Layers        []descriptor
	Manifests     []descriptor
}

// An image: the gadget's parts for each architecture.
type image struct {
	files map[string][]byte
	used  map[string]bool
	parts map[string]*part
}

type part struct {
	metadata, object, module []byte
}

func readTar(path string) (map[string][]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	files := map[string][]byte{}
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		// ig looks the names up as they are, and only files.
		if header.Typeflag != tar.TypeReg || strings.HasPrefix(header.Name, ".") {
			return nil, fmt.Errorf("%s: not a plain file with a plain name", header.Name)
		}
		if files[header.Name] != nil {
			return nil, fmt.Errorf("%s: twice", header.Name)
		}
		if files[header.Name], err = io.ReadAll(reader); err != nil {
			return nil, err
		}
	}
}

// blob is what a descriptor stands for, if that is what it says.
func (i *image) blob(d descriptor, mediaType string) ([]byte, error) {
	name := "blobs/" + strings.Replace(d.Digest, ":", "/", 1)
	content, ok := i.files[name]
	if !ok {
		return nil, fmt.Errorf("%s: not in the image", name)
	}
	i.used[name] = true
	if d.MediaType != mediaType {
		return nil, fmt.Errorf("%s: is %s, not %s", name, d.MediaType, mediaType)
	}
	if d.Size != len(content) {
		return nil, fmt.Errorf("%s: has %d bytes, not %d", name, len(content), d.Size)
	}
	if digest := fmt.Sprintf("sha256:%x", sha256.Sum256(content)); digest != d.Digest {
		return nil, fmt.Errorf("%s: has digest %s", name, digest)
	}
	return content, nil
}

func (i *image) manifest(d descriptor, mediaType string) (m manifest, err error) {
	content, err := i.blob(d, mediaType)
	if err != nil {
		return m, err
	}
	if err = json.Unmarshal(content, &m); err != nil {
		return m, err
	}
	if m.SchemaVersion != 2 || m.MediaType != mediaType {
		return m, fmt.Errorf("%s: says that it is %s, version %d", d.Digest, m.MediaType, m.SchemaVersion)
	}
	return m, nil
}

func (i *image) readPart(d descriptor) (*part, error) {
	m, err := i.manifest(d, manifestType)
	if err != nil {
		return nil, err
	}
	if len(m.Layers) != 2 {
		return nil, fmt.Errorf("%d layers, not an object and a module", len(m.Layers))
	}
	p := &part{}
	for _, blob := range []struct {
		to        *[]byte
		from      descriptor
		mediaType string
	}{
		{&p.metadata, m.Config, configType},
		// ig starts the layers in their order: the module looks for the object's data sources.
		{&p.object, m.Layers[0], objectType},
		{&p.module, m.Layers[1], moduleType},
	} {
		if *blob.to, err = i.blob(blob.from, blob.mediaType); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readImage reads a gadget's OCI layout and checks all that does not need to know what is in it.
func readImage(path string) (*image, error) {
	files, err := readTar(path)
	if err != nil {
		return nil, err
	}
	i := &image{files: files, used: map[string]bool{"oci-layout": true, "index.json": true},
		parts: map[string]*part{}}
	var layout struct{ ImageLayoutVersion string }
	if err := json.Unmarshal(files["oci-layout"], &layout); err != nil || layout.ImageLayoutVersion != "1.0.0" {
		return nil, fmt.Errorf("oci-layout: %q, %v", files["oci-layout"], err)
	}
	var index manifest
	if err := json.Unmarshal(files["index.json"], &index); err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	if len(index.Manifests) != 1 {
		return nil, errors.New("index.json: not one image")
	}
	name := index.Manifests[0].Annotations[nameNote]
	if !strings.Contains(name, "/") || !strings.Contains(name, ":") {
		return nil, fmt.Errorf("the name %q is not whole", name)
	}
	top, err := i.manifest(index.Manifests[0], indexType)
	if err != nil {
		return nil, err
	}
	for _, d := range top.Manifests {
		if d.Platform == nil || d.Platform.OS != "linux" {
			return nil, fmt.Errorf("%s: for no Linux", d.Digest)
		}
		if i.parts[d.Platform.Architecture], err = i.readPart(d); err != nil {
			return nil, fmt.Errorf("%s: %w", d.Platform.Architecture, err)
		}
	}
	for name := range files {
		if !i.used[name] {
			return nil, fmt.Errorf("%s: nothing leads to it", name)
		}
	}
	return i, nil
}
