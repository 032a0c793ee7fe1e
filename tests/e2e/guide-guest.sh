#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guide-guest.sh FOLDER: the guide's examples that need a whole machine, traced, in a guest that
# tests/vm/systemd_guest.py runs. FOLDER gets the rows, the guide's table, what fdpass said, and what
# the programs that take descriptors said.
# shellcheck disable=SC2317 # functions are called by name
set -u

folder=$1

# shellcheck source=tests/e2e/guest-tracing.sh
. guest-tracing.sh

logind() {
	wait_until test -c /dev/uinput || return
	take-device
}

# The kernel gives a controller two seconds to answer, which a slow machine may miss.
two_adapters() {
	for _ in 1 2 3 4 5; do
		btvirt -l2 >"$folder/btvirt" 2>&1 &
		controllers=$!
		sleep 5
		[ "$(hciconfig | grep -c 'BD Address: 00:AA')" = 2 ] && return 0
		kill "$controllers"
		wait "$controllers"
	done
	return 1
}

bluetooth() {
	two_adapters || return
	systemctl start bluetooth || return
	# A slow machine may miss what the controllers are given to find each other, too.
	serial-port || serial-port
}

# The types of a module are known where it is loaded when the trace begins.
modprobe -a uinput evdev hci_vhci rfcomm bnep || exit
trace rows -o json || exit
rows=$!
trace table --host --fields proc.comm,proc.pid,socket_ino,sockfd,fd,file || exit
table=$!
failed=0
for example in logind bluetooth; do
	$example >"$folder/$example" 2>&1 || failed=1
	cat "$folder/$example"
done
kill -TERM $rows $table
wait $rows || failed=1
wait $table || failed=1
exit $failed
