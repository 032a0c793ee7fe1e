#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest-run.sh FOLDER WAY...: trace the workload in each way. FOLDER/WAY gets what it did (truth),
# what fdpass printed (rows), said (messages), and how it ended (status). FOLDER/inflight and FOLDER/leaks get
# the same of fdpass inflight and fdpass leaks, unless all ways are the gadget's. Needs no more than busybox.
#
# A way that cannot be had here leaves no rows and no truth; its messages say why.
set -u

folder=$1
shift
failed=0
# Tenths of a second for what takes one, or ten: guests are slow, and those beside them make them slower.
patience=1800

# Until fdpass says that it traces, or has ended. $1: its pid, $2: its messages.
wait_until_tracing() {
	tries=0
	while [ $tries -lt $patience ]; do
		grep -q 'tracing with' "$2" && return 0
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.1
		tries=$((tries + 1))
	done
	return 1
}

# Trace until a signal comes. $1: the way; then options for fdpass
trace() {
	case $1 in
	gadget) exec gadget-check trace "$(command -v fdpass-gadget.tar)" ;;
	gadget-*) exec ig-trace "${1#gadget-}" --host --system-calls -o json ;;
	esac
	way_of_trace=$1
	shift
	exec fdpass --attach "$way_of_trace" --system-calls -o json "$@"
}

# Until a line has come. $1: the line, $2: the file
wait_for_line() {
	tries=0
	while ! grep -q "^$1\$" "$2"; do
		tries=$((tries + 1))
		[ $tries -lt $patience ] || return 1
		sleep 0.1
	done
}

# Until no more rows come: ig leaves unread what has not come when it ends. $1: the rows
wait_until_quiet() {
	size=-1
	tries=0
	while [ "$(wc -c <"$1")" != "$size" ] && [ $tries -lt $((patience / 50)) ]; do
		size=$(wc -c <"$1")
		sleep 5
		tries=$((tries + 1))
	done
}

# End a process, and tell its status. $1: its pid
stop() {
	kill -TERM "$1"
	tries=0
	# A zombie takes signals as well: its state says that it has ended. Some shells reap it at once.
	while [ $tries -lt $patience ] && [ -e "/proc/$1" ] && ! grep -qs '^State:.Z' "/proc/$1/status"; do
		tries=$((tries + 1))
		sleep 0.1
	done
	[ $tries -lt $patience ] || kill -KILL "$1"
	wait "$1"
}

# The scenarios, in 64 and where it can be had 32 bits. $1: the way's folder
run_scenarios() {
	timeout 400 workload --truth "$1/truth" all >"$1/scenarios" 2>&1 || return 1
	command -v workload32 >/dev/null || return 0
	timeout 400 workload32 --truth "$1/truth" 32/pass 32/lose 32/fail 32/again 32/peek 32/road 32/move \
		32/hop >>"$1/scenarios" 2>&1
}

# Trace what needs more room than the ring buffer has, with a reader that is stopped meanwhile.
# $1: the way, $2: a folder
run_stopped() {
	mkdir -p "$2"
	rm -f "$2/truth" "$2/rows" "$2/status"
	: >"$2/messages"
	trace "$1" --buffer-size 256K >"$2/rows" 2>"$2/messages" &
	tracer=$!
	wait_until_tracing $tracer "$2/messages" || return 1

	result=0
	for crowd in load/crowd load/crowd-datagram; do
		kill -STOP $tracer
		timeout 400 workload --truth "$2/truth" $crowd >>"$2/scenarios" 2>&1 || result=1
		kill -CONT $tracer
		sleep 1
	done
	stop $tracer
	echo $? >"$2/status"
	cat "$2/messages" >&2
	# 3: it ran and lost events.
	[ "$(cat "$2/status")" = 3 ] && [ $result = 0 ]
}

# Trace programs that hide what they do, beside others that do not. $1: the way, $2: a folder
run_hostile() {
	mkdir -p "$2"
	rm -f "$2/truth" "$2/rows" "$2/status"
	: >"$2/messages"
	trace "$1" >"$2/rows" 2>"$2/messages" &
	tracer=$!
	wait_until_tracing $tracer "$2/messages" || return 1

	timeout 400 workload --truth "$2/truth" hostile >"$2/scenarios" 2>&1
	result=$?
	sleep 1
	stop $tracer
	echo $? >"$2/status"
	cat "$2/messages" >&2
	[ $result = 0 ] || grep -v ' ran$' "$2/scenarios" >&2
	# hostile/addfd-absent, where ioctl(2) is looked at
	[ "$1" = tracepoint ] || grep -q '1 for memory that could not be read' "$2/messages" || result=1
	# 3: it ran and lost events, which it may here.
	{ [ "$(cat "$2/status")" = 0 ] || [ "$(cat "$2/status")" = 3 ]; } && [ $result = 0 ]
}

# What is said at the end of what cannot be told: a pattern for each thing. $1: the way
counts_of() {
	echo '[( ]3 for too many control messages'
	# As an array of buckets it holds so many where their addresses are spread evenly.
	echo 'for lack of room in the table of messages in flight\| 70000 lost .*; [34] events lost ('
	# The others read the kernel's own copy.
	[ "$1" != tracepoint ] || echo '[( ]1 for memory that could not be read'
}

# What cannot be told is counted, each for what it is. $1: the way, $2: a file for what is said
run_overlooked() {
	fdpass --attach "$1" --buffer-size 64M -o json -- \
		sh -c 'workload overlook controls && workload overlook unread && workload overlook table' \
		>/dev/null 2>"$2"
	result=0
	counts_of "$1" | while read -r pattern; do
		grep -q "$pattern" "$2" || exit 1
	done || result=1
	[ "$1" = tracepoint ] || ! grep -q 'memory that could not be read' "$2" || result=1
	[ $result = 0 ] || { echo "guest-run.sh: what cannot be told should have been counted:"; cat "$2"; }
	return $result
}

# Programs that the kernel does not run are counted, where it does that, and make no row wrong; else every pass is told.
# $1: the way, $2: a file for the rows, $3: one for what is said
run_skipped() {
	fdpass --attach "$1" --buffer-size 64M -o json -- workload overlook skipped >"$2" 2>"$3"
	made=$(sed -n 's/^made \([0-9]*\) passes$/\1/p' "$3")
	expected="$made passes: .*; no events lost\$"
	case $1/$(uname -r) in
	# The third way's programs are perf events' since 7.0. Where nothing is skipped by chance, all are told.
	kprobe/[7-9].* | tracepoint/[7-9].*) expected="$expected\| skipped by the kernel" ;;
	esac
	[ -n "$made" ] && grep -q "$expected" "$3" && ! grep '"outcome":"\(lost\|failed\)"' "$2" && return
	echo "guest-run.sh: what is skipped should be counted, and no row wrong:"
	cat "$3"
	return 1
}

# A mount that only a message in a queue keeps busy. $1: where, $2: a folder
check_busy_mount() {
	if umount "$1" 2>/dev/null; then
		echo "guest-run.sh: nothing keeps $1 busy" >&2
		return 1
	fi
	fdpass holders --mount "$1" -o json >"$2/holders" 2>>"$2/messages" &&
		[ "$(wc -l <"$2/holders")" = 1 ] &&
		grep -q "\"file\":\"$1/kept\".*\"held_as\":\"message\",\"same\":\"filesystem\"" "$2/holders"
}

# Who has a program mapped that runs: the process of this pid is among them. $1: its pid, $2: a folder
check_mapping() {
	fdpass holders "$(command -v queued)" -o json >"$2/mappings" 2>>"$2/messages" &&
		grep -q "^{\"proc\":{\"comm\":\"queued\",\"pid\":$1,.*\"held_as\":\"mapping\",\"same\":\"inode\"" \
			"$2/mappings"
}

# What is queued, by a program that fills queues, and as fdpass tells it. $1: a folder
run_inflight() {
	mkdir -p "$1" /busy
	mount -t tmpfs tmpfs /busy
	: >/busy/kept
	mkfifo "$1/end"
	queued "$1/truth" /busy/kept <"$1/end" >"$1/queued" &
	filler=$!
	exec 3>"$1/end"
	wait_for_line queued "$1/queued" &&
		fdpass inflight -o json >"$1/rows" 2>"$1/messages" && check_busy_mount /busy "$1" &&
		check_mapping $filler "$1"
	echo $? >"$1/status"
	exec 3>&-
	wait $filler && umount /busy || return 1
	rm -f "$1/end"
	cat "$1/messages" >&2
	[ "$(cat "$1/status")" = 0 ]
}

# What is received and never closed, by a program that does so in all ways, and as fdpass tells it. $1: a folder
run_leaks() {
	mkdir -p "$1"
	mkfifo "$1/orders"
	leak "$1/truth" 8 <"$1/orders" >"$1/said" &
	leaker=$!
	exec 3>"$1/orders"
	: >"$1/messages"
	wait_for_line ready "$1/said" || return 1
	fdpass leaks -o json --fail-if-growing >"$1/rows" 2>"$1/messages" &
	tracer=$!
	wait_until_tracing $tracer "$1/messages" && echo begin >&3 && wait_for_line "done" "$1/said"
	kill -TERM $tracer
	wait $tracer
	echo $? >"$1/status"
	exec 3>&-
	wait $leaker || return 1
	rm -f "$1/orders"
	cat "$1/messages" >&2
	[ "$(cat "$1/status")" = 4 ]
}

# The definitions in kprobe_events of a tracer. $1: its pid
definitions_of() {
	grep -c ":fdpass_$1/" "$tracefs/kprobe_events"
}

# What a tracer that is killed leaves behind, the next one removes.
run_killed() {
	result=1
	tracefs=$(mktemp -d)
	mount -t tracefs tracefs "$tracefs" || return 1
	: >"$tracefs.messages"
	fdpass --attach kprobe >/dev/null 2>"$tracefs.messages" &
	killed=$!
	if wait_until_tracing $killed "$tracefs.messages"; then
		kill -KILL $killed
		wait $killed
		left=$(definitions_of $killed)
		fdpass --attach kprobe -- true >/dev/null 2>&1
		[ "$(definitions_of $killed)" = 0 ] && result=0
		echo "guest-run.sh: a killed tracer left $left definitions, $(definitions_of $killed) after another"
		[ "$left" -gt 0 ] || result=1
	fi
	umount "$tracefs"
	return $result
}

# One way. $1: the way, $2: its folder
run_way() {
	mkdir -p "$2"
	rm -f "$2/truth" "$2/rows" "$2/messages" "$2/status" "$2/orders"
	: >"$2/held"
	: >"$2/messages"
	mkfifo "$2/orders"

	# Messages that are older than the trace, and some that outlive it.
	workload --truth "$2/truth" hold <"$2/orders" >"$2/held" &
	holder=$!
	exec 3>"$2/orders"
	wait_for_line queued "$2/held" || return 1

	trace "$1" >"$2/rows" 2>"$2/messages" &
	tracer=$!
	if ! wait_until_tracing $tracer "$2/messages"; then
		exec 3>&-
		kill $holder
		stop $tracer
		echo $? >"$2/status"
		rm -f "$2/rows" "$2/truth" "$2/orders"
		echo "guest-run.sh: no $1 here:" >&2
		cat "$2/messages" >&2
		return 1
	fi

	echo "guest-run.sh: $1"
	result=0
	echo receive >&3
	wait_for_line held "$2/held" || result=1
	run_scenarios "$2" || result=1
	# What was sent last is told when the queues are next looked at.
	sleep 1
	case $1 in gadget-*) wait_until_quiet "$2/rows" ;; esac
	stop $tracer
	echo $? >"$2/status"
	echo exit >&3
	exec 3>&-
	wait $holder || result=1
	rm -f "$2/orders"
	cat "$2/messages" >&2
	# 0: it ran and lost nothing.
	[ "$(cat "$2/status")" = 0 ] || result=1
	[ $result = 0 ] || grep -v ' ran$' "$2/scenarios" >&2
	return $result
}

[ -e /sys/kernel/security/lsm ] || mount -t securityfs securityfs /sys/kernel/security
mkdir -p "$folder"
state=0
for way; do
	run_way "$way" "$folder/$way" || failed=1
	# What else there is, the tracepoint way has, too.
	case $way in gadget*) continue ;; esac
	state=1
	[ -e "$folder/$way/rows" ] || continue
	run_stopped "$way" "$folder/$way/stopped" || failed=1
	run_hostile "$way" "$folder/$way/hostile" || failed=1
	run_overlooked "$way" "$folder/$way/overlooked" || failed=1
	run_skipped "$way" "$folder/$way/skipped-rows" "$folder/$way/skipped" || failed=1
	[ "$way" != kprobe ] || run_killed || failed=1
done
if [ $state = 1 ]; then
	run_inflight "$folder/inflight" || failed=1
	run_leaks "$folder/leaks" || failed=1
fi
exit $failed
