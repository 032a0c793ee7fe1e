/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makers of sockets, for the factory of mkfd.c: a descriptor each, or -1 with errno set. */
#ifndef WORKLOAD_MKSOCKET_H
#define WORKLOAD_MKSOCKET_H

#include "stage.h"

int make_unix_stream(struct actor *me);
int make_unix_datagram(struct actor *me);
int make_unix_pair(struct actor *me);
int make_unix_listener(struct actor *me);
int make_unix_abstract(struct actor *me);
int make_unix_connected(struct actor *me);
int make_unix_bound(struct actor *me);
int make_tcp(struct actor *me);
int make_tcp_listener(struct actor *me);
int make_tcp_connected(struct actor *me);
int make_tcp_closed(struct actor *me);
int make_tcp6_listener(struct actor *me);
int make_tcp6_connected(struct actor *me);
int make_udp(struct actor *me);
int make_udp_connected(struct actor *me);
int make_raw(struct actor *me);
int make_netlink(struct actor *me);
int make_packet(struct actor *me);
int make_packet_bound(struct actor *me);
int make_vsock(struct actor *me);
int make_vsock_listener(struct actor *me);
int make_vsock_connecting(struct actor *me);
int make_vsock_connected(struct actor *me);
int make_rfcomm(struct actor *me);
int make_rfcomm_listener(struct actor *me);

#endif
