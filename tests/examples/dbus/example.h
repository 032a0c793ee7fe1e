/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the example's client finds its server. */
#ifndef FDPASS_EXAMPLES_DBUS_EXAMPLE_H
#define FDPASS_EXAMPLES_DBUS_EXAMPLE_H

#define EXAMPLE_NAME "org.example.PassFd"
#define EXAMPLE_PATH "/org/example/PassFd"
#define EXAMPLE_INTERFACE "org.example.PassFd"
#define EXAMPLE_METHOD "PassFd"

#endif
