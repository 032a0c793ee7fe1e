/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makers of sockets. What a socket is connected to stays open in the actor: else its state changes.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <net/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <linux/vm_sockets.h>
#include <sys/un.h>
#include <unistd.h>

#include "bluetooth.h"
#include "detail.h"
#include "mksocket.h"

/* One of two, of which the other is closed. */
static int make_orphan(int type)
{
	int ends[2];

	if (socketpair(AF_UNIX, type, 0, ends) < 0)
		return -1;
	close(ends[1]);
	detail_set_peer(ends[0], 0);
	return ends[0];
}

int make_unix_stream(struct actor *me)
{
	(void)me;
	return make_orphan(SOCK_STREAM);
}

int make_unix_datagram(struct actor *me)
{
	(void)me;
	return make_orphan(SOCK_DGRAM);
}

int make_unix_pair(struct actor *me)
{
	int ends[2];

	(void)me;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
		return -1;
	detail_set_peer(ends[0], inode_of(ends[1]));
	return ends[0];
}

/* A path in the scenario's directory, or with an @ at its begin an abstract name with a NUL in it. */
static socklen_t write_name(struct actor *me, const char *name, struct sockaddr_un *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	if (*name == '@')
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				   (size_t)snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1,
						    "%s-%d", name + 1, getpid()) +
				   1);
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/%s", me->stage->directory, name);
	return sizeof(*ret);
}

static int make_bound(struct actor *me, const char *name, int type)
{
	struct sockaddr_un address;
	socklen_t size = write_name(me, name, &address);
	int fd = socket(AF_UNIX, type, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, size) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, 4) == 0))
		return fd;
	close(fd);
	return -1;
}

int make_unix_listener(struct actor *me)
{
	return make_bound(me, "listener", SOCK_STREAM);
}

int make_unix_abstract(struct actor *me)
{
	return make_bound(me, "@abstract", SOCK_STREAM);
}

int make_unix_bound(struct actor *me)
{
	return make_bound(me, "bound", SOCK_DGRAM);
}

/* Nobody accepts it: the peer has a name, and no inode. */
int make_unix_connected(struct actor *me)
{
	struct sockaddr_un address;
	socklen_t size = write_name(me, "connected", &address);
	int listener = make_bound(me, "connected", SOCK_STREAM);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (listener < 0 || fd < 0 || connect(fd, (struct sockaddr *)&address, size) < 0)
		return -1;
	detail_set_peer(fd, 0);
	return fd;
}

/* A new network namespace has its loopback down. */
static int raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int r = ioctl(fd, SIOCSIFFLAGS, &request);

	close(fd);
	return r;
}

static socklen_t write_loopback(int family, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->ss_family = (sa_family_t)family;
	if (family == AF_INET6) {
		((struct sockaddr_in6 *)ret)->sin6_addr = in6addr_loopback;
		return sizeof(struct sockaddr_in6);
	}
	((struct sockaddr_in *)ret)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(struct sockaddr_in);
}

/* Bound to a port of the loopback that is free. */
static int make_loopback(int family, int type)
{
	struct sockaddr_storage address;
	socklen_t size = write_loopback(family, &address);
	int fd;

	if (raise_loopback() < 0)
		return -1;
	fd = socket(family, type, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0)
		return -1;
	return fd;
}

static int make_listener(int family)
{
	int fd = make_loopback(family, SOCK_STREAM);

	return fd < 0 || listen(fd, 4) < 0 ? -1 : fd;
}

/* Connected to a socket of the same sort. */
static int connect_to(int family, int type, int to)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	int fd = socket(family, type, 0);

	if (to < 0 || fd < 0 || getsockname(to, (struct sockaddr *)&address, &size) < 0 ||
	    connect(fd, (struct sockaddr *)&address, size) < 0)
		return -1;
	return fd;
}

int make_tcp(struct actor *me)
{
	(void)me;
	return socket(AF_INET, SOCK_STREAM, 0);
}

int make_tcp_listener(struct actor *me)
{
	(void)me;
	return make_listener(AF_INET);
}

int make_tcp_connected(struct actor *me)
{
	(void)me;
	return connect_to(AF_INET, SOCK_STREAM, make_listener(AF_INET));
}

/* The other end reset the connection: it keeps the address, and leads nowhere. */
int make_tcp_closed(struct actor *me)
{
	int listener = make_listener(AF_INET);
	int fd = connect_to(AF_INET, SOCK_STREAM, listener);
	const struct linger linger = { .l_onoff = 1 };
	char byte;
	int other;

	(void)me;
	if (fd < 0)
		return -1;
	other = accept(listener, NULL, NULL);
	setsockopt(other, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(other);
	return recv(fd, &byte, 1, 0) < 0 ? fd : -1;
}

int make_tcp6_listener(struct actor *me)
{
	(void)me;
	return make_listener(AF_INET6);
}

int make_tcp6_connected(struct actor *me)
{
	(void)me;
	return connect_to(AF_INET6, SOCK_STREAM, make_listener(AF_INET6));
}

int make_udp(struct actor *me)
{
	(void)me;
	return socket(AF_INET, SOCK_DGRAM, 0);
}

int make_udp_connected(struct actor *me)
{
	(void)me;
	return connect_to(AF_INET, SOCK_DGRAM, make_loopback(AF_INET, SOCK_DGRAM));
}

int make_raw(struct actor *me)
{
	struct sockaddr_storage address;
	socklen_t size = write_loopback(AF_INET, &address);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	(void)me;
	return fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ? -1 : fd;
}

int make_netlink(struct actor *me)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	(void)me;
	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

int make_packet(struct actor *me)
{
	(void)me;
	return socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
}

int make_packet_bound(struct actor *me)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = (int)if_nametoindex("lo"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	(void)me;
	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

int make_vsock(struct actor *me)
{
	(void)me;
	return socket(AF_VSOCK, SOCK_STREAM, 0);
}

int make_vsock_listener(struct actor *me)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = VMADDR_PORT_ANY,
	};
	int fd = make_vsock(me);

	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
			       listen(fd, 4) < 0 ?
		       -1 :
		       fd;
}

/* To this machine, by the module vsock_loopback. */
int make_vsock_connected(struct actor *me)
{
	struct sockaddr_vm address;
	socklen_t size = sizeof(address);
	int listener = make_vsock_listener(me), fd = make_vsock(me);

	if (listener < 0 || fd < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0)
		return -1;
	address.svm_cid = VMADDR_CID_LOCAL;
	return connect(fd, (struct sockaddr *)&address, size) < 0 ? -1 : fd;
}

/* To a machine that there is not: nobody answers. */
int make_vsock_connecting(struct actor *me)
{
	const struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = 4242,
		.svm_port = 4242,
	};
	const struct timeval patience = { .tv_sec = 60 };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)me;
	if (fd < 0 || setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &patience,
				 sizeof(patience)) < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ||
	    errno != EINPROGRESS)
		return -1;
	detail_set_connecting(fd, "4242:4242");
	return fd;
}

int make_rfcomm(struct actor *me)
{
	(void)me;
	return socket(AF_BLUETOOTH, SOCK_STREAM, BTPROTO_RFCOMM);
}

/* Of any adapter, at a channel that is free. */
int make_rfcomm_listener(struct actor *me)
{
	const struct sockaddr_rc address = { .rc_family = AF_BLUETOOTH };
	int fd = make_rfcomm(me);

	return fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
			       listen(fd, 1) < 0 ?
		       -1 :
		       fd;
}
