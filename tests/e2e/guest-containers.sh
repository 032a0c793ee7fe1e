#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest-containers.sh FOLDER: containers of LXC and of systemd-nspawn in which the workload passes descriptors,
# and services of systemd with namespaces of their own, traced, in a guest that tests/vm/systemd_guest.py runs.
# Each begins and ends during the trace. FOLDER gets the rows, the view for reading, what fdpass said, and the
# truth of each container by its name.
# shellcheck disable=SC2317 # functions are called by name
set -u

folder=$1
machines=/var/lib/machines

# shellcheck source=tests/e2e/guest-tracing.sh
. guest-tracing.sh

# A root file system with nothing but busybox and the workload. $1: where
make_root() {
	mkdir -p "$1/bin" "$1/sbin" "$1/usr" "$1/proc" "$1/sys" "$1/dev" "$1/tmp" "$1/etc" "$1/root" "$1/run" || return
	cp "$(command -v busybox)" "$(command -v workload)" "$1/bin/"
	ln -s busybox "$1/bin/sh"
	echo 'NAME=test' >"$1/etc/os-release"
}

# $1: the container's name, $2: how it is started
with_workload() {
	make_root "$machines/$1" || return
	"$2" "$1" /bin/workload --truth /truth pass/stream || return
	cp "$machines/$1/truth" "$folder/$1.truth"
}

lxc() {
	cat >"/root/$1.conf" <<-END
		lxc.rootfs.path = dir:$machines/$1
		lxc.net.0.type = empty
		lxc.mount.auto = proc:mixed sys:ro
		lxc.apparmor.profile = unconfined
	END
	container=$1
	shift
	lxc-start --foreground --name "$container" --rcfile "/root/$container.conf" -- "$@"
}

nspawn() {
	container=$1
	shift
	systemd-nspawn --quiet --directory "$machines/$container" --machine "$container" "$@"
}

# Booted, as machinectl start does it. $1: the container's name
nspawn_unit() {
	container=$1
	shift
	printf '#!/bin/sh\nexec %s\n' "$*" >"$machines/$container/sbin/init"
	chmod 755 "$machines/$container/sbin/init"
	machinectl start "$container" && wait_until has_ended "systemd-nspawn@$container"
}

has_ended() {
	! systemctl --quiet is-active "$1"
}

# Services that have a namespace of their own, which systemd keeps in a pair of sockets while they are there.
parking() {
	systemd-run --quiet --wait --property PrivateNetwork=yes true &&
		systemd-run --quiet --wait --property PrivateIPC=yes true
}

trace rows -o json || exit
rows=$!
trace view || exit
view=$!
failed=0
with_workload web lxc || failed=1
with_workload shop-2 nspawn || failed=1
with_workload mail-1 nspawn_unit || failed=1
parking || failed=1
sleep 1
kill -TERM $rows $view
wait $rows || failed=1
wait $view || failed=1
exit $failed
