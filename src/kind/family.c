/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of packets, between machines (vsock) and of Bluetooth: their addresses and states. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kind/class.h"

/* TCP's states, which vsock has as well. */
#define STATE_CLOSE 7
#define STATE_LISTEN 10

/* Packets */

/* "ip, interface 2", by the protocol of include/uapi/linux/if_ether.h: its number where it has no name. */
void packet_put_detail(struct words *words, const struct file *file)
{
	static const struct {
		uint16_t protocol;
		const char *name;
	} names[] = {
		{ 0x0003, "all" },  { 0x0800, "ip" },	 { 0x0806, "arp" },  { 0x8100, "vlan" },
		{ 0x86dd, "ipv6" }, { 0x888e, "eapol" }, { 0x88cc, "lldp" },
	};
	const struct event_packet_detail *packet = detail_of(file, EVENT_DETAIL_PACKET);
	const char *name = NULL;

	if (!packet)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].protocol == packet->protocol)
			name = names[i].name;
	}
	if (name)
		words_put_text(words, name);
	else if (packet->protocol != 0)
		words_put_hex(words, packet->protocol);
	else
		words_put_text(words, "nothing");
	if (packet->ifindex == 0)
		return;
	words_put_text(words, ", interface ");
	words_put_number(words, packet->ifindex);
}

/* vsock */

/* "2:1024", of any machine "*:1024". */
static void put_vsock(struct words *words, uint32_t cid, uint32_t port)
{
	if (port == UINT32_MAX)
		return;
	if (cid == UINT32_MAX)
		words_put_text(words, "*");
	else
		words_put_number(words, cid);
	words_put_text(words, ":");
	words_put_number(words, port);
}

/* A closed connection keeps its address, and leads nowhere. */
static void put_vsock_remote(struct words *words, const struct event_vsock_detail *vsock)
{
	if (vsock->socket.state != STATE_CLOSE && vsock->socket.state != STATE_LISTEN)
		put_vsock(words, vsock->remote_cid, vsock->remote_port);
}

/* Bluetooth */

/* enum of include/net/bluetooth/bluetooth.h */
#define BT_CONNECTED 1
static const char *const bluetooth_states[] = {
	[BT_CONNECTED] = "ESTABLISHED",
	[2] = "OPEN",
	[3] = "BOUND",
	[4] = "LISTEN",
	[5] = "CONNECT",
	[6] = "CONNECT2",
	[7] = "CONFIG",
	[8] = "DISCONN",
	[9] = "CLOSE",
};

const char *rfcomm_state(const struct file *file)
{
	const struct event_rfcomm_detail *rfcomm = detail_of(file, EVENT_DETAIL_RFCOMM);

	return rfcomm->socket.state < ARRAY_SIZE(bluetooth_states) ?
		       bluetooth_states[rfcomm->socket.state] :
		       NULL;
}

/* "00:AA:01:00:00:42 channel 3" */
static void put_rfcomm(struct words *words, const uint8_t address[6], unsigned int channel)
{
	char text[sizeof("00:00:00:00:00:00")];

	snprintf(text, sizeof(text), "%02X:%02X:%02X:%02X:%02X:%02X", address[5], address[4],
		 address[3], address[2], address[1], address[0]);
	words_put_text(words, text);
	if (channel == 0)
		return;
	words_put_text(words, " channel ");
	words_put_number(words, channel);
}

static bool is_any(const uint8_t address[6])
{
	static const uint8_t any[6];

	return memcmp(address, any, sizeof(any)) == 0;
}

static void put_rfcomm_remote(struct words *words, const struct event_rfcomm_detail *rfcomm)
{
	if (!is_any(rfcomm->remote))
		put_rfcomm(words, rfcomm->remote, rfcomm->channel);
}

static void put_rfcomm_local(struct words *words, const struct event_rfcomm_detail *rfcomm)
{
	if (rfcomm->channel != 0 || !is_any(rfcomm->local))
		put_rfcomm(words, rfcomm->local, rfcomm->channel);
}

void family_put_local(struct words *words, const struct file *file)
{
	const struct event_vsock_detail *vsock = detail_of(file, EVENT_DETAIL_VSOCK);
	const struct event_rfcomm_detail *rfcomm = detail_of(file, EVENT_DETAIL_RFCOMM);

	if (vsock)
		put_vsock(words, vsock->local_cid, vsock->local_port);
	else if (rfcomm)
		put_rfcomm_local(words, rfcomm);
}

void family_put_remote(struct words *words, const struct file *file)
{
	const struct event_vsock_detail *vsock = detail_of(file, EVENT_DETAIL_VSOCK);
	const struct event_rfcomm_detail *rfcomm = detail_of(file, EVENT_DETAIL_RFCOMM);

	if (vsock)
		put_vsock_remote(words, vsock);
	else if (rfcomm)
		put_rfcomm_remote(words, rfcomm);
}
