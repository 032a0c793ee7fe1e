#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts of whole guests have in common: it is read by them, and has $folder from them.
# shellcheck disable=SC2154

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

# Trace from now on. A name for what comes, and fdpass's options; $! is its pid.
trace() {
	name=$1
	shift
	fdpass "$@" >"$folder/$name" 2>"$folder/$name.messages" &
	wait_until says_that_it_traces "$name"
}
