# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An apt that works on sources and lists of its own, so those of the machine stay as they are. Packages are
# checked against the keys of Debian's archive. To be sourced; it sets $here, $root and $cache as well.
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$(dirname "$here")")
cache=${FDPASS_CACHE:-$root/.cache}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# use_apt ARCHITECTURE: for what follows.
use_apt() {
	architecture=$1
	apt_home=$cache/apt-$architecture
}

own_apt() {
	local tool=$1
	shift
	"$tool" -o Dir::Etc::SourceList="$apt_home/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$apt_home/lists" -o Dir::Cache="$apt_home/cache" \
		-o Dir::State::status=/dev/null -o APT::Sandbox::User=root \
		-o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}

# This machine's, for what is linked with the libraries of its compiler.
own_suite() {
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# That, and those that have a kernel of the architecture.
suites() {
	{
		own_suite
		awk -v architecture="$architecture" '
			/^[^#]/ && ($4 == "arm64" ? "arm64" : "amd64") == architecture { print $2 }' "$here/KERNELS" |
			tr , '\n'
	} | sort -u
}

write_sources() {
	local suite mirror security

	mirror=$("$root/tools/mirror")
	security=$("$root/tools/mirror" security) || security=
	for suite in $(suites); do
		case $suite in
		*-security) [ -z "$security" ] || echo "deb [signed-by=$keyring] $security $suite main" ;;
		*) echo "deb [signed-by=$keyring] $mirror $suite main" ;;
		esac
	done
}

# A suite that is gone does not matter as long as another one has the package.
update() {
	mkdir -p "$apt_home/lists/partial" "$apt_home/cache/archives/partial"
	write_sources >"$apt_home/sources.list"
	own_apt apt-get -q update >&2 || echo "$0: some suites cannot be had" >&2
}
