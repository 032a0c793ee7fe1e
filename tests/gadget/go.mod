// SPDX-License-Identifier: GPL-2.0-or-later
module fdpass/tests/gadget

go 1.19

require (
	github.com/cilium/ebpf v0.11.0
	github.com/tetratelabs/wazero v1.6.0
	golang.org/x/sys v0.6.0
)

require golang.org/x/exp v0.0.0-20230224173230-c95f2b4c22f2 // indirect
