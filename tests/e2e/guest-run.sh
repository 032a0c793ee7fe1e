#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest-run.sh FOLDER WAY...: trace the workload in each way. FOLDER/WAY gets what it did (truth),
# what fdpass printed (rows), said (messages), and how it ended (status). Needs no more than busybox.
#
# A way that cannot be had here leaves no rows and no truth; its messages say why.
set -u

folder=$1
shift
failed=0

# Until fdpass says that it traces, or has ended. $1: its pid, $2: its messages.
wait_until_tracing() {
	tries=0
	while [ $tries -lt 300 ]; do
		grep -q 'tracing with' "$2" && return 0
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.1
		tries=$((tries + 1))
	done
	return 1
}

# Until a line has come. $1: the line, $2: the file
wait_for_line() {
	tries=0
	while ! grep -q "^$1\$" "$2"; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		sleep 0.1
	done
}

# End a process, and tell its status. $1: its pid
stop() {
	kill -TERM "$1"
	tries=0
	# A zombie takes signals as well: its state says that it has ended. Some shells reap it at once.
	while [ $tries -lt 100 ] && [ -e "/proc/$1" ] && ! grep -qs '^State:.Z' "/proc/$1/status"; do
		tries=$((tries + 1))
		sleep 0.1
	done
	[ $tries -lt 100 ] || kill -KILL "$1"
	wait "$1"
}

# The scenarios, in 64 and where it can be had 32 bits. $1: the way's folder
run_scenarios() {
	timeout 120 workload --truth "$1/truth" all >"$1/scenarios" 2>&1 || return 1
	command -v workload32 >/dev/null || return 0
	timeout 120 workload32 --truth "$1/truth" 32/pass 32/lose 32/fail 32/peek 32/road 32/move 32/hop \
		>>"$1/scenarios" 2>&1
}

# Trace what needs more room than the ring buffer has, with a reader that is stopped most of the time.
# $1: the way, $2: a folder
run_stopped() {
	mkdir -p "$2"
	rm -f "$2/truth" "$2/rows" "$2/status"
	: >"$2/messages"
	fdpass --attach "$1" --buffer-size 256K -o json >"$2/rows" 2>"$2/messages" &
	tracer=$!
	wait_until_tracing $tracer "$2/messages" || return 1

	kill -STOP $tracer
	timeout 100 workload --truth "$2/truth" load/crowd load/crowd-datagram >"$2/scenarios" 2>&1 &
	crowd=$!
	while kill -0 $crowd 2>/dev/null; do
		sleep 0.3
		kill -CONT $tracer
		sleep 0.1
		kill -STOP $tracer
	done
	wait $crowd
	result=$?
	kill -CONT $tracer
	sleep 1
	stop $tracer
	echo $? >"$2/status"
	cat "$2/messages" >&2
	# 3: it ran and lost events.
	[ "$(cat "$2/status")" = 3 ] && [ $result = 0 ]
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

	fdpass --attach "$1" -o json >"$2/rows" 2>"$2/messages" &
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
for way; do
	run_way "$way" "$folder/$way" || failed=1
	[ ! -e "$folder/$way/rows" ] || run_stopped "$way" "$folder/$way/stopped" || failed=1
	if [ "$way" = kprobe ] && [ -e "$folder/$way/rows" ]; then
		run_killed || failed=1
	fi
done
exit $failed
