#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Something to see for `./dev run`: run-example.sh BUILD_DIR. Takes about a second, writes a few
# lines to standard error, and leaves nothing behind.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")

"$here/dbus/run" "$1"
"$1/tests/examples/handover"
