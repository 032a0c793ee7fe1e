#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# bench-run.sh TRACER…: count the operations with nothing, then with each tracer: fentry, kprobe and
# tracepoint are fdpass, gadget is the stand-in. /results/TRACER gets what each cost (operations), what
# the tracer printed (rows, or how many) and said (messages), and its status.
#
# Then the bursts: 20 messages of 253, and 100 while the reader is stopped.
set -u

wait_until_tracing() {
	until grep -q 'tracing with' "$1"; do
		kill -0 "$tracer" 2>/dev/null || return 1
		sleep 0.1
	done
}

# $1: which, $2: a folder
start() {
	mkdir -p "$2"
	: >"$2/messages"
	if [ "$1" = gadget ]; then
		gadget >"$2/rows" 2>"$2/messages" &
	else
		fdpass --attach "$1" -o json --fields outcome >"$2/rows" 2>"$2/messages" &
	fi
	tracer=$!
	wait_until_tracing "$2/messages"
}

stop() {
	kill -INT "$tracer"
	wait "$tracer"
	echo $? >"$1/status"
}

# A guest that has just begun is not the same yet: its clock is calibrated, caches are filled.
mkdir -p /results/nothing
sleep 3
operations all >/dev/null
operations all >/results/nothing/operations
for which; do
	start "$which" "/results/$which" || continue
	operations all >"/results/$which/operations"
	stop "/results/$which"
	[ "$which" != gadget ] || continue
	start "$which" "/results/$which/burst" || continue
	operations burst 20
	sleep 1
	kill -STOP "$tracer"
	operations burst 100
	kill -CONT "$tracer"
	stop "/results/$which/burst"
done
