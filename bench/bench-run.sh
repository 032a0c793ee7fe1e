#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# bench-run.sh TRACER…: count the operations with nothing, then with each tracer: fentry, kprobe and
# tracepoint are fdpass, gadget is the stand-in. /results/TRACER gets what each cost (operations), what
# the tracer printed (rows) and said (messages), and its status.
#
# Then the bursts: 20 messages of 253, and 100 while the reader is stopped; /results/TRACER/burst has
# what came of them.
set -u

wait_until_tracing() {
	until grep -q 'tracing with' "$1"; do
		kill -0 "$tracer" 2>/dev/null || return 1
		sleep 0.1
	done
}

# $1: a folder, then the command
start() {
	folder=$1
	shift
	mkdir -p "$folder"
	: >"$folder/messages"
	"$@" >"$folder/rows" 2>"$folder/messages" &
	tracer=$!
	wait_until_tracing "$folder/messages"
}

stop() {
	kill -TERM "$tracer"
	wait "$tracer"
	echo $? >"$folder/status"
}

count() {
	operations all "$tracer" >"$folder/operations"
	stop
}

burst() {
	operations burst 20
	sleep 1
	kill -STOP "$tracer"
	operations burst 100
	kill -CONT "$tracer"
	stop
}

# A kernel that has just booted takes other paths for some time: without this, a TCP message of 7.2 took
# 51 instructions fewer with a tracer. Sleeping takes no time where the clock counts instructions.
sleep 60
operations all >/dev/null

mkdir -p /results/nothing
operations all >/results/nothing/operations
for which; do
	if [ "$which" = gadget ]; then
		start /results/gadget gadget && count
		start /results/gadget/burst gadget --as-is && burst
	else
		set -- fdpass --attach "$which" -o json --fields outcome,proc.comm
		start "/results/$which" "$@" && count
		start "/results/$which/burst" "$@" && burst
	fi
done
