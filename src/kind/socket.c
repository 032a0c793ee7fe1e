/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets: the words for their addresses and states. The name of a socket is its protocol's, which the
 * kernel gives ("TCP", "UNIX-STREAM", "RFCOMM").
 */
#include <arpa/inet.h>
#include <string.h>

#include "core/linux.h"
#include "kind/class.h"

/* What all sockets have; NULL: not known, or no socket. */
static const struct event_socket_detail *socket_of(const struct file *file)
{
	return file->detail && file->detail->type <= EVENT_DETAIL_RFCOMM ?
		       (const void *)(file->detail + 1) :
		       NULL;
}

/* States, which are those of TCP in all families but that of Bluetooth. */

#define STATE_ESTABLISHED 1
#define STATE_SYN_SENT 2
#define STATE_CLOSE 7
#define STATE_LISTEN 10

/* Is there anything that it may be connected to, or is more known of it? */
static bool has_state(unsigned int type)
{
	return type != EVENT_DETAIL_SOCKET && type != EVENT_DETAIL_NETLINK &&
	       type != EVENT_DETAIL_PACKET;
}

const char *kind_socket_state(const struct file *file)
{
	static const char *const names[] = {
		[STATE_ESTABLISHED] = "ESTABLISHED",
		[STATE_SYN_SENT] = "SYN_SENT",
		[3] = "SYN_RECV",
		[4] = "FIN_WAIT1",
		[5] = "FIN_WAIT2",
		[6] = "TIME_WAIT",
		[STATE_CLOSE] = "CLOSE",
		[8] = "CLOSE_WAIT",
		[9] = "LAST_ACK",
		[STATE_LISTEN] = "LISTEN",
		[11] = "CLOSING",
		[12] = "NEW_SYN_RECV",
	};
	const struct event_socket_detail *socket = socket_of(file);
	bool connects;

	if (!socket || !has_state(file->detail->type))
		return NULL;
	if (file->detail->type == EVENT_DETAIL_RFCOMM)
		return rfcomm_state(file);
	if (socket->state >= ARRAY_SIZE(names))
		return NULL;
	connects = socket->type == LINUX_SOCK_STREAM || socket->type == LINUX_SOCK_SEQPACKET;
	return connects || socket->state == STATE_ESTABLISHED ? names[socket->state] : NULL;
}

/* Addresses */

static bool is_zero(const uint8_t address[16])
{
	static const uint8_t zero[16];

	return memcmp(address, zero, sizeof(zero)) == 0;
}

static bool is_link_local(const uint8_t address[16])
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

static void put_inet6_address(struct words *words, const struct event_inet_detail *inet,
			      const uint8_t address[16])
{
	char text[INET6_ADDRSTRLEN];

	words_put_text(words, "[");
	words_put_text(words, inet_ntop(AF_INET6, address, text, sizeof(text)));
	if (is_link_local(address) && inet->ifindex != 0) {
		words_put_text(words, "%");
		words_put_number(words, inet->ifindex);
	}
	words_put_text(words, "]");
}

/* "127.0.0.1:443", "[fe80::1%2]:443". A raw socket has no ports: the kernel has its protocol there. */
static void put_inet(struct words *words, const struct event_inet_detail *inet,
		     const uint8_t address[16], uint16_t port)
{
	char text[INET_ADDRSTRLEN];

	if (inet->socket.family == LINUX_AF_INET6)
		put_inet6_address(words, inet, address);
	else
		words_put_text(words, inet_ntop(AF_INET, address, text, sizeof(text)));
	if (inet->socket.type == LINUX_SOCK_RAW)
		return;
	words_put_text(words, ":");
	words_put_number(words, port);
}

static void put_inet_local(struct words *words, const struct event_inet_detail *inet)
{
	bool has_port = inet->local_port != 0 && inet->socket.type != LINUX_SOCK_RAW;

	if (has_port || !is_zero(inet->local))
		put_inet(words, inet, inet->local, inet->local_port);
}

/* A closed connection keeps its address, and leads nowhere. */
static void put_inet_remote(struct words *words, const struct event_inet_detail *inet)
{
	bool has_port = inet->remote_port != 0 || inet->socket.type == LINUX_SOCK_RAW;

	if (has_port && !is_zero(inet->remote) && inet->socket.state != STATE_CLOSE &&
	    inet->socket.state != STATE_LISTEN)
		put_inet(words, inet, inet->remote, inet->remote_port);
}

size_t kind_unix_name(const char *name, size_t name_size, char *buffer, size_t size)
{
	struct words words = { .buffer = buffer, .size = size };

	if (name_size == 0)
		return 0;
	if (*name == '\0') {
		words_put_text(&words, "@");
		words_put(&words, name + 1, name_size - 1);
		return words.length;
	}
	if (*name == '@')
		words_put_text(&words, "./");
	words_put(&words, name, strnlen(name, name_size));
	return words.length;
}

static void put_unix(struct words *words, const char *name, size_t size)
{
	words->length += kind_unix_name(name, size, words->buffer + words->length,
					words->size - words->length);
}

static void put_unix_local(struct words *words, const struct event_unix_detail *detail)
{
	put_unix(words, (const char *)(detail + 1), detail->name_size);
}

static void put_unix_remote(struct words *words, const struct event_unix_detail *detail)
{
	put_unix(words, (const char *)(detail + 1) + detail->name_size, detail->peer_name_size);
}

static void put_local(struct words *words, const struct file *file)
{
	const struct event_inet_detail *inet = detail_of(file, EVENT_DETAIL_INET);
	const struct event_unix_detail *unix_detail = detail_of(file, EVENT_DETAIL_UNIX);
	const struct event_netlink_detail *netlink = detail_of(file, EVENT_DETAIL_NETLINK);

	if (inet)
		put_inet_local(words, inet);
	else if (unix_detail)
		put_unix_local(words, unix_detail);
	else if (netlink && netlink->port != 0)
		words_put_number(words, netlink->port);
	else
		family_put_local(words, file);
}

static void put_remote(struct words *words, const struct file *file)
{
	const struct event_inet_detail *inet = detail_of(file, EVENT_DETAIL_INET);
	const struct event_unix_detail *unix_detail = detail_of(file, EVENT_DETAIL_UNIX);

	if (inet)
		put_inet_remote(words, inet);
	else if (unix_detail)
		put_unix_remote(words, unix_detail);
	else
		family_put_remote(words, file);
}

size_t kind_socket_local(const struct file *file, char *buffer, size_t size)
{
	struct words words = { .buffer = buffer, .size = size };

	put_local(&words, file);
	return words.length;
}

size_t kind_socket_remote(const struct file *file, char *buffer, size_t size)
{
	struct words words = { .buffer = buffer, .size = size };

	put_remote(&words, file);
	return words.length;
}

uint32_t kind_socket_netns(const struct file *file)
{
	const struct event_socket_detail *socket = socket_of(file);

	return socket ? socket->netns_id : 0;
}

uint64_t kind_socket_peer_ino(const struct file *file)
{
	const struct event_unix_detail *detail = detail_of(file, EVENT_DETAIL_UNIX);

	return detail ? detail->peer_ino : 0;
}

uint32_t kind_socket_peer_pid(const struct file *file)
{
	const struct event_unix_detail *detail = detail_of(file, EVENT_DETAIL_UNIX);

	return detail ? detail->peer_pid : 0;
}

/* "route 1234", by the protocol of include/uapi/linux/netlink.h: its number where it has no name. */
static void put_netlink(struct words *words, const struct event_netlink_detail *netlink)
{
	static const char *const names[] = {
		[0] = "route",	     [2] = "usersock",	     [3] = "firewall",
		[4] = "sock_diag",   [5] = "nflog",	     [6] = "xfrm",
		[7] = "selinux",     [8] = "iscsi",	     [9] = "audit",
		[10] = "fib_lookup", [11] = "connector",     [12] = "netfilter",
		[13] = "ip6_fw",     [14] = "dnrtmsg",	     [15] = "kobject_uevent",
		[16] = "generic",    [18] = "scsitransport", [19] = "ecryptfs",
		[20] = "rdma",	     [21] = "crypto",	     [22] = "smc",
	};

	words_put_named(words, names, ARRAY_SIZE(names), netlink->socket.protocol);
	if (netlink->port != 0) {
		words_put_text(words, " ");
		words_put_number(words, netlink->port);
	}
}

/* Where it is connected to: an address, or the inode of a peer that has none. */
static void put_connection(struct words *words, const struct file *file)
{
	size_t before = words->length, length;

	words_put_text(words, "->");
	length = words->length;
	put_remote(words, file);
	if (words->length == length && kind_socket_peer_ino(file) != 0) {
		words_put_text(words, "socket:[");
		words_put_number(words, kind_socket_peer_ino(file));
		words_put_text(words, "]");
	}
	if (words->length == length)
		words->length = before;
}

static void put_addresses(struct words *words, const struct file *file)
{
	put_local(words, file);
	put_connection(words, file);
}

static void put_state(struct words *words, const struct file *file)
{
	const char *state = kind_socket_state(file);

	if (state)
		words_put_text(words, state);
}

const char *kind_unix_type(unsigned int type)
{
	static const char *const names[] = {
		[LINUX_SOCK_STREAM] = "stream",
		[LINUX_SOCK_DGRAM] = "dgram",
		[LINUX_SOCK_SEQPACKET] = "seqpacket",
	};

	return type < ARRAY_SIZE(names) ? names[type] : NULL;
}

/* "UNIX" is the name of sockets of datagrams and of records, and before Linux 5.15 of streams too. */
static void put_unix_type(struct words *words, const struct file *file)
{
	const struct event_unix_detail *detail = detail_of(file, EVENT_DETAIL_UNIX);
	const char *type = detail ? kind_unix_type(detail->socket.type) : NULL;

	if (type && file->path && strcmp(file->path, "UNIX") == 0)
		words_put_text(words, type);
}

/* Words behind those that there are, if it has any. */
static void put_behind(struct words *words, const struct file *file,
		       void (*put)(struct words *words, const struct file *file))
{
	size_t before = words->length, length;

	if (before > 0)
		words_put_text(words, " ");
	length = words->length;
	put(words, file);
	if (words->length == length)
		words->length = before;
}

void socket_put_detail(struct words *words, const struct file *file)
{
	const struct event_netlink_detail *netlink = detail_of(file, EVENT_DETAIL_NETLINK);

	if (netlink) {
		put_netlink(words, netlink);
		return;
	}
	packet_put_detail(words, file);
	put_unix_type(words, file);
	put_behind(words, file, put_addresses);
	put_behind(words, file, put_state);
}
