#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest-load.sh WAY...: does this kernel take the programs of each way, and those that look into queues?
# Traces nothing but true(1). Needs no more than busybox.
set -u

messages=/tmp/messages
failed=0

for way; do
	status=0
	FDPASS_LIBBPF_DEBUG=1 fdpass --attach "$way" -- true >/dev/null 2>$messages || status=$?
	# What is not needed to trace is not told when it is refused, but by libbpf.
	if [ $status = 0 ] && ! grep -q 'load failed\|failed to load' $messages; then
		echo "guest-load.sh: $way"
	else
		failed=1
		echo "guest-load.sh: no $way here, status $status:"
		tail -n 20 $messages
	fi
done
exit $failed
