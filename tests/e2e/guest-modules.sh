#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest-modules.sh FOLDER WAY...: the scenarios of files in each way, in a guest that tests/vm/systemd_guest.py
# runs: its kernel has modules, for sorts of sockets that the kernels of the other guests do not have.
# FOLDER/WAY gets the truth, the rows and what fdpass said.
set -u

folder=$1
shift

# shellcheck source=tests/e2e/guest-tracing.sh
. guest-tracing.sh

# $1: the way
run_way() {
	mkdir -p "$folder/$1"
	trace "$1/rows" --attach "$1" --system-calls -o json || return
	tracer=$!
	workload --truth "$folder/$1/truth" file
	status=$?
	sleep 1
	kill -TERM $tracer
	wait $tracer && return $status
}

modprobe -a vsock_loopback rfcomm || exit
failed=0
for way; do
	run_way "$way" || failed=1
done
exit $failed
