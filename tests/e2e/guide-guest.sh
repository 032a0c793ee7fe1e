#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guide-guest.sh FOLDER: the guide's examples that need a whole machine, traced, in a guest that
# tests/vm/systemd_guest.py runs. FOLDER gets the rows, the guide's table, what fdpass said, and what
# the programs that take descriptors said.
# shellcheck disable=SC2317 # functions are called by name
set -u

folder=$1

# Until a command succeeds, five minutes at most: those beside this guest make it slow.
wait_until() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1500 ] || { echo "not within 300 s: $*" >&2; return 1; }
		sleep 0.2
	done
}

says_that_it_traces() {
	grep -q 'tracing with' "$folder/$1.messages"
}

# A name for what comes, and fdpass's options.
trace() {
	name=$1
	shift
	fdpass "$@" >"$folder/$name" 2>"$folder/$name.messages" &
	wait_until says_that_it_traces "$name"
}

logind() {
	modprobe -a uinput evdev || return
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
	modprobe -a hci_vhci rfcomm bnep || return
	two_adapters || return
	systemctl start bluetooth || return
	serial-port
}

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
