/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measuring what descriptors are, see detail.h. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "bluetooth.h"
#include "detail-anonymous.h"
#include "detail.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_PEERS 64

union any_address {
	struct sockaddr any;
	struct sockaddr_un unix_address;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
	struct sockaddr_nl netlink;
	struct sockaddr_vm vsock;
	struct sockaddr_ll packet;
	struct sockaddr_rc rfcomm;
	char room[sizeof(struct sockaddr_storage) + 1];
};

/* The peers that somebody has told, by the inodes of both. */
static struct {
	uint64_t ino, peer_ino;
} peers[MAX_PEERS];
static unsigned int nr_peers;

/* A socket that waits to be connected, and to what. */
static uint64_t connecting_ino;
static const char *connecting_to;

static uint64_t inode_of_fd(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

void detail_set_peer(int fd, uint64_t peer_ino)
{
	if (nr_peers == MAX_PEERS)
		return;
	peers[nr_peers].ino = inode_of_fd(fd);
	peers[nr_peers++].peer_ino = peer_ino;
}

void detail_set_connecting(int fd, const char *address)
{
	connecting_ino = inode_of_fd(fd);
	connecting_to = address;
}

/* It has no peer that getpeername(2) would tell. */
static void measure_connecting(struct detail *ret, int fd)
{
	if (inode_of_fd(fd) != connecting_ino)
		return;
	ret->state = "SYN_SENT";
	ret->remote.size =
		(size_t)snprintf(ret->remote.bytes, sizeof(ret->remote.bytes), "%s", connecting_to);
}

static void write_unix(struct address *ret, const struct sockaddr_un *address, socklen_t size)
{
	size_t length = size - offsetof(struct sockaddr_un, sun_path);

	if (size <= offsetof(struct sockaddr_un, sun_path))
		return;
	if (address->sun_path[0] != '\0')
		length = strnlen(address->sun_path, length);
	memcpy(ret->bytes, address->sun_path, length);
	if (ret->bytes[0] == '\0')
		ret->bytes[0] = '@';
	ret->bytes[length] = '\0';
	ret->size = length;
}

static void write_inet6(struct address *ret, const struct sockaddr_in6 *address)
{
	char text[INET6_ADDRSTRLEN], scope[16] = "";

	inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof(text));
	if (address->sin6_scope_id != 0)
		snprintf(scope, sizeof(scope), "%%%u", address->sin6_scope_id);
	ret->size = (size_t)snprintf(ret->bytes, sizeof(ret->bytes), "[%s%s]:%u", text, scope,
				     ntohs(address->sin6_port));
}

static void write_inet(struct address *ret, const struct sockaddr_in *address, int type)
{
	char text[INET_ADDRSTRLEN], port[16] = "";

	inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
	if (type != SOCK_RAW)
		snprintf(port, sizeof(port), ":%u", ntohs(address->sin_port));
	ret->size = (size_t)snprintf(ret->bytes, sizeof(ret->bytes), "%s%s", text, port);
}

static void write_vsock(struct address *ret, const struct sockaddr_vm *address)
{
	char cid[16] = "*";

	if (address->svm_cid != VMADDR_CID_ANY)
		snprintf(cid, sizeof(cid), "%u", address->svm_cid);
	ret->size =
		(size_t)snprintf(ret->bytes, sizeof(ret->bytes), "%s:%u", cid, address->svm_port);
}

static void write_rfcomm(struct address *ret, const struct sockaddr_rc *address)
{
	const uint8_t *byte = address->rc_bdaddr;

	ret->size = (size_t)snprintf(ret->bytes, sizeof(ret->bytes),
				     "%02X:%02X:%02X:%02X:%02X:%02X channel %u", byte[5], byte[4],
				     byte[3], byte[2], byte[1], byte[0], address->rc_channel);
}

/* An address of no host and no port is none. */
static bool is_bound(const union any_address *address)
{
	static const struct in6_addr none;

	if (address->any.sa_family == AF_INET)
		return address->inet.sin_addr.s_addr != 0 || address->inet.sin_port != 0;
	if (address->any.sa_family == AF_INET6)
		return memcmp(&address->inet6.sin6_addr, &none, sizeof(none)) != 0 ||
		       address->inet6.sin6_port != 0;
	if (address->any.sa_family == AF_VSOCK)
		return address->vsock.svm_port != VMADDR_PORT_ANY;
	if (address->any.sa_family == AF_BLUETOOTH)
		return address->rfcomm.rc_channel != 0;
	return true;
}

static void write_address(struct address *ret, const union any_address *address, socklen_t size,
			  int type)
{
	if (!is_bound(address))
		return;
	switch (address->any.sa_family) {
	case AF_UNIX:
		write_unix(ret, &address->unix_address, size);
		break;
	case AF_INET:
		write_inet(ret, &address->inet, type);
		break;
	case AF_INET6:
		write_inet6(ret, &address->inet6);
		break;
	case AF_VSOCK:
		write_vsock(ret, &address->vsock);
		break;
	case AF_BLUETOOTH:
		write_rfcomm(ret, &address->rfcomm);
		break;
	case AF_NETLINK:
		if (address->netlink.nl_pid != 0)
			ret->size = (size_t)snprintf(ret->bytes, sizeof(ret->bytes), "%u",
						     address->netlink.nl_pid);
		break;
	}
}

static int socket_option(int fd, int option)
{
	int value = 0;

	getsockopt(fd, SOL_SOCKET, option, &value, &(socklen_t){ sizeof(value) });
	return value;
}

/* Does the kernel have a protocol of this name? UNIX was split into two with 5.15. */
static bool have_protocol(const char *name)
{
	char line[256], first[32];
	bool found = false;
	FILE *file;

	file = fopen("/proc/net/protocols", "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%31s", first) == 1 && strcmp(first, name) == 0;
	if (file)
		fclose(file);
	return found;
}

const char *detail_protocol(int fd)
{
	static const struct {
		int domain, type;
		const char *name;
	} protocols[] = {
		{ AF_INET, SOCK_STREAM, "TCP" },
		{ AF_INET, SOCK_DGRAM, "UDP" },
		{ AF_INET, SOCK_RAW, "RAW" },
		{ AF_INET6, SOCK_STREAM, "TCPv6" },
		{ AF_INET6, SOCK_DGRAM, "UDPv6" },
		{ AF_NETLINK, SOCK_RAW, "NETLINK" },
		{ AF_NETLINK, SOCK_DGRAM, "NETLINK" },
		{ AF_PACKET, SOCK_RAW, "PACKET" },
		{ AF_PACKET, SOCK_DGRAM, "PACKET" },
		{ AF_VSOCK, SOCK_STREAM, "AF_VSOCK" },
		{ AF_BLUETOOTH, SOCK_STREAM, "RFCOMM" },
	};
	int domain = socket_option(fd, SO_DOMAIN), type = socket_option(fd, SO_TYPE);

	if (domain == AF_UNIX)
		return type == SOCK_STREAM && have_protocol("UNIX-STREAM") ? "UNIX-STREAM" : "UNIX";
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (protocols[i].domain == domain && protocols[i].type == type)
			return protocols[i].name;
	}
	return "";
}

static const char *tcp_state_of(int fd)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "ESTABLISHED",
		[TCP_SYN_SENT] = "SYN_SENT",
		[TCP_FIN_WAIT1] = "FIN_WAIT1",
		[TCP_FIN_WAIT2] = "FIN_WAIT2",
		[TCP_CLOSE] = "CLOSE",
		[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_LISTEN] = "LISTEN",
	};
	struct tcp_info info = {};

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){ sizeof(info) });
	return info.tcpi_state < ARRAY_SIZE(names) ? names[info.tcpi_state] : NULL;
}

static const char *state_of(const struct detail *detail, int fd, int domain, int type)
{
	if (domain == AF_NETLINK || domain == AF_PACKET)
		return NULL;
	if ((domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM)
		return tcp_state_of(fd);
	if (detail->is_connected)
		return "ESTABLISHED";
	if (domain == AF_BLUETOOTH) /* they do not tell with SO_ACCEPTCONN */
		return detail->local.size > 0 ? "LISTEN" : "OPEN";
	if (socket_option(fd, SO_ACCEPTCONN))
		return "LISTEN";
	return type == SOCK_DGRAM || type == SOCK_RAW ? NULL : "CLOSE";
}

/* SO_PEERCRED counts as this process's pid namespace does, and the tracer as the host's. */
static bool is_in_host_pidns(void)
{
	char pid[16] = "";

	if (readlink("/proc/self", pid, sizeof(pid) - 1) < 0)
		return false;
	return atoi(pid) == getpid();
}

static void measure_peer(struct detail *ret, int fd)
{
	struct ucred peer = {};
	uint64_t ino = inode_of_fd(fd);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &(socklen_t){ sizeof(peer) });
	ret->peer_pid = peer.pid;
	ret->any_peer_pid = !is_in_host_pidns();
	ret->any_peer_ino = ret->is_connected;
	for (unsigned int i = 0; i < nr_peers; i++) {
		if (peers[i].ino != ino)
			continue;
		ret->any_peer_ino = false;
		ret->peer_ino = peers[i].peer_ino;
	}
}

/* Where the name of the protocol does not say it. */
static void measure_unix_type(struct detail *ret, int fd, int type)
{
	if (strcmp(detail_protocol(fd), "UNIX") == 0)
		strcpy(ret->protocol, type == SOCK_STREAM ? "stream" :
				      type == SOCK_DGRAM  ? "dgram" :
							    "seqpacket");
}

static uint64_t netns_of(int fd)
{
	int netns = ioctl(fd, SIOCGSKNS);
	uint64_t ino = netns < 0 ? 0 : inode_of_fd(netns);

	if (netns >= 0)
		close(netns);
	return ino;
}

/* Those that the scenarios pass. */
static void measure_packet(struct detail *ret, const struct sockaddr_ll *address)
{
	const char *protocol = address->sll_protocol == htons(ETH_P_ALL) ? "all" :
			       address->sll_protocol == htons(ETH_P_ARP) ? "arp" :
									   "another";

	if (address->sll_ifindex == 0)
		snprintf(ret->protocol, sizeof(ret->protocol), "%s", protocol);
	else
		snprintf(ret->protocol, sizeof(ret->protocol), "%s, interface %d", protocol,
			 address->sll_ifindex);
}

static void measure_socket(struct detail *ret, int fd)
{
	union any_address address = {};
	socklen_t size = sizeof(address) - 1;
	int domain = socket_option(fd, SO_DOMAIN), type = socket_option(fd, SO_TYPE);

	if (getsockname(fd, &address.any, &size) < 0)
		return;
	ret->is_socket = true;
	write_address(&ret->local, &address, size, type);
	if (domain == AF_PACKET)
		measure_packet(ret, &address.packet);
	memset(&address, 0, sizeof(address));
	size = sizeof(address) - 1;
	ret->is_connected = domain != AF_NETLINK && domain != AF_PACKET &&
			    getpeername(fd, &address.any, &size) == 0;
	if (ret->is_connected)
		write_address(&ret->remote, &address, size, type);
	ret->state = state_of(ret, fd, domain, type);
	measure_connecting(ret, fd);
	ret->netns = netns_of(fd);
	if (domain == AF_UNIX) {
		measure_peer(ret, fd);
		measure_unix_type(ret, fd, type);
	}
	if (domain == AF_NETLINK)
		strcpy(ret->protocol, socket_option(fd, SO_PROTOCOL) == NETLINK_ROUTE ?
					      "route" :
					      "kobject_uevent");
}

/* Devices that the scenarios pass under a name that says nothing, and the master of a pseudo terminal. */
static void measure_device(struct detail *ret, int fd, const char *link, dev_t device)
{
	unsigned int pty;

	ret->is_device = true;
	ret->major = major(device);
	ret->minor = minor(device);
	if (strstr(link, "/elsewhere"))
		snprintf(ret->text, sizeof(ret->text), "%u:%u%s", ret->major, ret->minor,
			 ret->major == 1 && ret->minor == 5 ? " /dev/zero" : "");
	else if (ioctl(fd, TIOCGPTN, &pty) == 0)
		snprintf(ret->text, sizeof(ret->text), "pts/%u", pty);
}

static void measure_memory(struct detail *ret, int fd, int64_t size)
{
	static const struct {
		int seal;
		const char *name;
	} names[] = {
		{ F_SEAL_SEAL, "seal" },   { F_SEAL_SHRINK, "shrink" }, { F_SEAL_GROW, "grow" },
		{ F_SEAL_WRITE, "write" }, { 0x10, "future_write" },	{ 0x20, "exec" },
	};
	int seals = fcntl(fd, F_GET_SEALS);

	ret->has_size = true;
	ret->size = size;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (seals & names[i].seal)
			snprintf(ret->seals + strlen(ret->seals),
				 sizeof(ret->seals) - strlen(ret->seals), "%s%s",
				 *ret->seals ? "|" : "", names[i].name);
	}
	if ((seals & ~F_SEAL_SEAL) == 0)
		snprintf(ret->text, sizeof(ret->text), "%" PRId64 " bytes", size);
	else
		snprintf(ret->text, sizeof(ret->text), "%" PRId64 " bytes, sealed: %s", size,
			 ret->seals);
}

void detail_measure(struct detail *ret, int fd, const char *link)
{
	struct stat status = {};

	memset(ret, 0, sizeof(*ret));
	fstat(fd, &status);
	if (S_ISSOCK(status.st_mode))
		measure_socket(ret, fd);
	else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
		measure_device(ret, fd, link, status.st_rdev);
	else if (strncmp(link, "/memfd:", strlen("/memfd:")) == 0)
		measure_memory(ret, fd, status.st_size);
	else if (strcmp(link, "/inside") == 0) /* of a scenario's mount that was taken away */
		strcpy(ret->text, "in a detached mount");
	else
		measure_anonymous(ret, fd, link);
}

struct text {
	size_t size;
	char bytes[2 * sizeof(struct address) + 64];
};

static void append(struct text *text, const char *bytes, size_t size)
{
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
	text->bytes[text->size] = '\0';
}

static void append_word(struct text *text, const char *word)
{
	if (text->size > 0)
		append(text, " ", 1);
	append(text, word, strlen(word));
}

/* "LOCAL->REMOTE STATE": any part may be missing. */
static void write_text(struct text *ret, const struct detail *detail)
{
	char peer[40];

	if (*detail->protocol)
		append_word(ret, detail->protocol);
	if (detail->local.size > 0 || detail->remote.size > 0 || detail->peer_ino != 0)
		append_word(ret, "");
	append(ret, detail->local.bytes, detail->local.size);
	if (detail->remote.size > 0 || detail->peer_ino != 0)
		append(ret, "->", 2);
	if (detail->remote.size > 0) {
		append(ret, detail->remote.bytes, detail->remote.size);
	} else if (detail->peer_ino != 0) {
		snprintf(peer, sizeof(peer), "socket:[%" PRIu64 "]", detail->peer_ino);
		append(ret, peer, strlen(peer));
	}
	if (detail->state)
		append_word(ret, detail->state);
}

/* A peer without a name goes by its inode in the text. */
static bool is_text_known(const struct detail *detail)
{
	return !detail->any_text && (!detail->any_peer_ino || detail->remote.size > 0);
}

static void add_file(struct object *object, const struct detail *detail)
{
	char number[32];

	if (*detail->text)
		add_string(object, "", "file_detail", detail->text);
	if (detail->is_device) {
		snprintf(number, sizeof(number), "%u:%u", detail->major, detail->minor);
		add_string(object, "", "file_rdev", number);
	}
	if (detail->pid != 0)
		add_number(object, "", "file_pid", detail->pid);
	if (detail->has_size)
		add_number(object, "", "file_size", detail->size);
	if (*detail->seals)
		add_string(object, "", "file_seals", detail->seals);
}

void detail_add(struct object *object, const struct detail *detail)
{
	struct text text = {};

	if (!detail->is_socket) {
		add_file(object, detail);
		return;
	}
	write_text(&text, detail);
	if (text.size > 0 && is_text_known(detail))
		add_bytes(object, "", "file_detail", text.bytes, text.size);
	if (detail->state)
		add_string(object, "", "file_state", detail->state);
	if (detail->local.size > 0)
		add_bytes(object, "", "file_local", detail->local.bytes, detail->local.size);
	if (detail->remote.size > 0)
		add_bytes(object, "", "file_remote", detail->remote.bytes, detail->remote.size);
	if (detail->netns != 0)
		add_number(object, "", "file_netns_id", (int64_t)detail->netns);
	if (detail->peer_ino != 0)
		add_number(object, "", "file_peer_ino", (int64_t)detail->peer_ino);
	if (detail->peer_pid != 0 && !detail->any_peer_pid)
		add_number(object, "", "file_peer_pid", detail->peer_pid);
}

bool detail_write_any(FILE *stream, const struct detail *detail, bool more)
{
	const struct {
		bool any;
		const char *name;
	} fields[] = {
		{ detail->any_peer_ino, "file_peer_ino" },
		{ detail->any_peer_pid, "file_peer_pid" },
		{ !is_text_known(detail), "file_detail" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!fields[i].any)
			continue;
		fprintf(stream, "%s\"%s\"", more ? "," : "", fields[i].name);
		more = true;
	}
	return more;
}
