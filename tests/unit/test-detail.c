/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Details: what the kernel side tells of a file besides its name, from the record to the words. Of sockets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "core/decode.h"
#include "core/join.h"
#include "kind/kind.h"
#include "record.h"

#define SOCKFS 0x534f434b

#define ESTABLISHED 1
#define SYN_SENT 2
#define CLOSE 7
#define LISTEN 10

/* A detail in memory of its own, as the join keeps it. */
struct sample {
	struct event_section section;
	union {
		struct event_socket_detail any;
		struct event_inet_detail inet;
		struct event_netlink_detail netlink;
		struct event_packet_detail packet;
		struct event_vsock_detail vsock;
		struct event_rfcomm_detail rfcomm;
		struct {
			struct event_unix_detail unix_detail;
			char names[2 * EVENT_SUN_PATH];
		};
	};
};

static struct event_socket_detail socket_of(unsigned int family, unsigned int type,
					    unsigned int state)
{
	return (struct event_socket_detail){
		.netns_id = 4026531840,
		.family = family,
		.type = type,
		.state = state,
	};
}

/* What a socket with this detail is called. */
static void assert_socket(const struct sample *sample, const char *detail, const char *state,
			  const char *local, const char *remote)
{
	const struct file file = {
		.known = true,
		.magic = SOCKFS,
		.mode = 0140777,
		.flags = EVENT_FILE_PSEUDO,
		.path = "PROTOCOL",
		.detail = &sample->section,
	};
	char text[512];

	text[kind_detail(&file, text, sizeof(text))] = '\0';
	assert_string_equal(text, detail);
	text[kind_socket_local(&file, text, sizeof(text))] = '\0';
	assert_string_equal(text, local);
	text[kind_socket_remote(&file, text, sizeof(text))] = '\0';
	assert_string_equal(text, remote);
	if (state)
		assert_string_equal(kind_socket_state(&file), state);
	else
		assert_null(kind_socket_state(&file));
	assert_int_equal(kind_socket_netns(&file), 4026531840);
}

static struct sample inet_sample(unsigned int type, unsigned int state, uint16_t local_port,
				 uint16_t remote_port)
{
	return (struct sample){
		.section = { .type = EVENT_DETAIL_INET, .size = sizeof(struct event_inet_detail) },
		.inet = {
			.socket = socket_of(AF_INET, type, state),
			.local = { 127, 0, 0, 1 },
			.remote = { 10, 1, 2, 3 },
			.local_port = local_port,
			.remote_port = remote_port,
		},
	};
}

static void test_inet(void **state)
{
	struct sample sample = inet_sample(SOCK_STREAM, LISTEN, 443, 0);

	assert_socket(&sample, "127.0.0.1:443 LISTEN", "LISTEN", "127.0.0.1:443", "");
	memset(sample.inet.local, 0, sizeof(sample.inet.local));
	assert_socket(&sample, "0.0.0.0:443 LISTEN", "LISTEN", "0.0.0.0:443", "");

	sample = inet_sample(SOCK_STREAM, ESTABLISHED, 40000, 443);
	assert_socket(&sample, "127.0.0.1:40000->10.1.2.3:443 ESTABLISHED", "ESTABLISHED",
		      "127.0.0.1:40000", "10.1.2.3:443");
	sample = inet_sample(SOCK_STREAM, SYN_SENT, 40000, 443);
	assert_socket(&sample, "127.0.0.1:40000->10.1.2.3:443 SYN_SENT", "SYN_SENT",
		      "127.0.0.1:40000", "10.1.2.3:443");
	/* It keeps the address of a peer that has closed. */
	sample = inet_sample(SOCK_STREAM, CLOSE, 40000, 443);
	assert_socket(&sample, "127.0.0.1:40000 CLOSE", "CLOSE", "127.0.0.1:40000", "");
	/* A state that came later. */
	sample = inet_sample(SOCK_STREAM, 200, 443, 0);
	assert_socket(&sample, "127.0.0.1:443", NULL, "127.0.0.1:443", "");
}

static void test_new_inet(void **state)
{
	struct sample sample = inet_sample(SOCK_STREAM, CLOSE, 0, 0);

	memset(sample.inet.local, 0, sizeof(sample.inet.local));
	memset(sample.inet.remote, 0, sizeof(sample.inet.remote));
	assert_socket(&sample, "CLOSE", "CLOSE", "", "");
	sample.inet.socket.type = SOCK_DGRAM;
	assert_socket(&sample, "", NULL, "", "");
}

static void test_datagrams(void **state)
{
	struct sample sample = inet_sample(SOCK_DGRAM, CLOSE, 53, 0);

	assert_socket(&sample, "127.0.0.1:53", NULL, "127.0.0.1:53", "");
	sample = inet_sample(SOCK_DGRAM, ESTABLISHED, 53, 1024);
	assert_socket(&sample, "127.0.0.1:53->10.1.2.3:1024 ESTABLISHED", "ESTABLISHED",
		      "127.0.0.1:53", "10.1.2.3:1024");
	/* The kernel has the protocol where others have their port. */
	sample = inet_sample(SOCK_RAW, CLOSE, 1, 0);
	assert_socket(&sample, "127.0.0.1", NULL, "127.0.0.1", "");
	sample = inet_sample(SOCK_RAW, ESTABLISHED, 1, 0);
	assert_socket(&sample, "127.0.0.1->10.1.2.3 ESTABLISHED", "ESTABLISHED", "127.0.0.1",
		      "10.1.2.3");
}

static void test_inet6(void **state)
{
	struct sample sample = inet_sample(SOCK_STREAM, LISTEN, 443, 0);

	sample.inet.socket.family = AF_INET6;
	memset(sample.inet.local, 0, sizeof(sample.inet.local));
	assert_socket(&sample, "[::]:443 LISTEN", "LISTEN", "[::]:443", "");
	sample.inet.local[15] = 1;
	sample.inet.ifindex = 3;
	assert_socket(&sample, "[::1]:443 LISTEN", "LISTEN", "[::1]:443", "");
	sample.inet.local[0] = 0xfe;
	sample.inet.local[1] = 0x80;
	assert_socket(&sample, "[fe80::1%3]:443 LISTEN", "LISTEN", "[fe80::1%3]:443", "");
}

static struct sample unix_sample(unsigned int type, unsigned int state, uint64_t peer_ino,
				 const char *names, unsigned int size, unsigned int peer_size)
{
	struct sample sample = {
		.section = { .type = EVENT_DETAIL_UNIX,
			     .size = sizeof(struct event_unix_detail) + size + peer_size },
		.unix_detail = {
			.socket = socket_of(AF_UNIX, type, state),
			.peer_ino = peer_ino,
			.peer_pid = 812,
			.name_size = size,
			.peer_name_size = peer_size,
		},
	};

	memcpy(sample.names, names, size + peer_size);
	return sample;
}

static void test_unix(void **state)
{
	struct sample sample = unix_sample(SOCK_STREAM, LISTEN, 0, "/run/a\0", 7, 0);

	assert_socket(&sample, "/run/a LISTEN", "LISTEN", "/run/a", "");
	sample = unix_sample(SOCK_STREAM, LISTEN, 0, "\0abs", 4, 0);
	assert_socket(&sample, "@abs LISTEN", "LISTEN", "@abs", "");
	sample = unix_sample(SOCK_STREAM, LISTEN, 0, "@path", 5, 0);
	assert_socket(&sample, "./@path LISTEN", "LISTEN", "./@path", "");
	sample = unix_sample(SOCK_STREAM, ESTABLISHED, 77, "/run/a", 0, 6);
	assert_socket(&sample, "->/run/a ESTABLISHED", "ESTABLISHED", "", "/run/a");
	sample = unix_sample(SOCK_DGRAM, ESTABLISHED, 77, "/run/c/run/a", 6, 6);
	assert_socket(&sample, "/run/c->/run/a ESTABLISHED", "ESTABLISHED", "/run/c", "/run/a");
	sample = unix_sample(SOCK_SEQPACKET, ESTABLISHED, 77, "", 0, 0);
	assert_socket(&sample, "->socket:[77] ESTABLISHED", "ESTABLISHED", "", "");
	sample = unix_sample(SOCK_DGRAM, CLOSE, 0, "", 0, 0);
	assert_socket(&sample, "", NULL, "", "");
}

/* The protocol's name says what type it is, but for "UNIX". */
static void test_unix_type(void **state)
{
	struct sample sample = unix_sample(SOCK_SEQPACKET, ESTABLISHED, 77, "", 0, 0);
	const struct file file = {
		.known = true,
		.magic = SOCKFS,
		.mode = 0140777,
		.flags = EVENT_FILE_PSEUDO,
		.path = "UNIX",
		.detail = &sample.section,
	};
	char text[128];

	text[kind_detail(&file, text, sizeof(text))] = '\0';
	assert_string_equal(text, "seqpacket ->socket:[77] ESTABLISHED");
	sample = unix_sample(SOCK_DGRAM, CLOSE, 0, "", 0, 0);
	text[kind_detail(&file, text, sizeof(text))] = '\0';
	assert_string_equal(text, "dgram");
	sample = unix_sample(SOCK_STREAM, LISTEN, 0, "/run/a", 6, 0);
	text[kind_detail(&file, text, sizeof(text))] = '\0';
	assert_string_equal(text, "stream /run/a LISTEN");
}

static void test_peer(void **state)
{
	const struct sample sample = unix_sample(SOCK_STREAM, ESTABLISHED, 77, "", 0, 0);
	const struct sample other = inet_sample(SOCK_STREAM, LISTEN, 443, 0);
	struct file file = { .known = true, .detail = &sample.section };

	assert_int_equal(kind_socket_peer_ino(&file), 77);
	assert_int_equal(kind_socket_peer_pid(&file), 812);
	file.detail = &other.section;
	assert_int_equal(kind_socket_peer_ino(&file), 0);
	assert_int_equal(kind_socket_peer_pid(&file), 0);
	file.detail = NULL;
	assert_int_equal(kind_socket_peer_ino(&file), 0);
	assert_int_equal(kind_socket_netns(&file), 0);
	assert_null(kind_socket_state(&file));
}

static void test_other_families(void **state)
{
	struct sample sample = {
		.section = { .type = EVENT_DETAIL_NETLINK,
			     .size = sizeof(struct event_netlink_detail) },
		.netlink = { .socket = socket_of(AF_NETLINK, SOCK_RAW, CLOSE), .port = 812 },
	};

	assert_socket(&sample, "route 812", NULL, "812", "");
	sample.netlink.socket.protocol = 200;
	sample.netlink.port = 0;
	assert_socket(&sample, "200", NULL, "", "");
	sample.section.type = EVENT_DETAIL_SOCKET;
	assert_socket(&sample, "", NULL, "", "");
}

static void test_packet(void **state)
{
	struct sample sample = {
		.section = { .type = EVENT_DETAIL_PACKET },
		.packet = { .socket = socket_of(AF_PACKET, SOCK_RAW, CLOSE), .protocol = 3 },
	};

	assert_socket(&sample, "all", NULL, "", "");
	sample.packet.protocol = 0x0800;
	sample.packet.ifindex = 2;
	assert_socket(&sample, "ip, interface 2", NULL, "", "");
	sample.packet.protocol = 0x1234;
	assert_socket(&sample, "0x1234, interface 2", NULL, "", "");
	sample.packet.protocol = 0;
	sample.packet.ifindex = 0;
	assert_socket(&sample, "nothing", NULL, "", "");
}

static void test_vsock(void **state)
{
	struct sample sample = {
		.section = { .type = EVENT_DETAIL_VSOCK },
		.vsock = { .socket = socket_of(AF_VSOCK, SOCK_STREAM, LISTEN),
			   .local_cid = UINT32_MAX,
			   .local_port = 1024,
			   .remote_cid = UINT32_MAX,
			   .remote_port = UINT32_MAX },
	};

	assert_socket(&sample, "*:1024 LISTEN", "LISTEN", "*:1024", "");
	sample.vsock.socket.state = ESTABLISHED;
	sample.vsock.local_cid = 3;
	sample.vsock.remote_cid = 2;
	sample.vsock.remote_port = 5000;
	assert_socket(&sample, "3:1024->2:5000 ESTABLISHED", "ESTABLISHED", "3:1024", "2:5000");
	sample.vsock.socket.state = CLOSE; /* it keeps the address of its peer */
	assert_socket(&sample, "3:1024 CLOSE", "CLOSE", "3:1024", "");
	sample.vsock.local_port = UINT32_MAX;
	assert_socket(&sample, "CLOSE", "CLOSE", "", "");
}

static void test_rfcomm(void **state)
{
	struct sample sample = {
		.section = { .type = EVENT_DETAIL_RFCOMM },
		.rfcomm = { .socket = socket_of(AF_BLUETOOTH, SOCK_STREAM, 1),
			    .local = { 0x42, 0, 0, 1, 0xaa, 0 },
			    .remote = { 0x43, 0, 0, 1, 0xaa, 0 },
			    .channel = 3 },
	};

	assert_socket(&sample,
		      "00:AA:01:00:00:42 channel 3->00:AA:01:00:00:43 channel 3 ESTABLISHED",
		      "ESTABLISHED", "00:AA:01:00:00:42 channel 3", "00:AA:01:00:00:43 channel 3");
	memset(sample.rfcomm.local, 0, sizeof(sample.rfcomm.local));
	memset(sample.rfcomm.remote, 0, sizeof(sample.rfcomm.remote));
	sample.rfcomm.socket.state = 4;
	assert_socket(&sample, "00:00:00:00:00:00 channel 3 LISTEN", "LISTEN",
		      "00:00:00:00:00:00 channel 3", "");
	sample.rfcomm.channel = 0;
	sample.rfcomm.socket.state = 2;
	assert_socket(&sample, "OPEN", "OPEN", "", "");
	sample.rfcomm.socket.state = 200;
	assert_socket(&sample, "", NULL, "", "");
}

/* What does not fit is left out at the end, and nothing is written beyond. */
static void test_no_room(void **state)
{
	const struct sample sample = inet_sample(SOCK_STREAM, ESTABLISHED, 40000, 443);
	const struct file file = { .known = true, .magic = SOCKFS, .detail = &sample.section };
	char text[9] = "";

	assert_int_equal(kind_detail(&file, text, 8), 8);
	assert_string_equal(text, "127.0.0.");
}

/* Records */

static void make_record(struct record *record)
{
	const struct sample listener = inet_sample(SOCK_STREAM, LISTEN, 443, 0);
	const struct sample pair = unix_sample(SOCK_STREAM, ESTABLISHED, 77, "/run/a", 6, 0);

	record_begin(record, EVENT_SENT, 1);
	record_set_task(record, EVENT_SELF, 101);
	for (int i = 0; i < 4; i++)
		record_add_file(record, 0xf1 + i, 3 + i);
	record->event.flags = EVENT_DESCRIBED;
	record_add_detail(record, 1, EVENT_DETAIL_INET, &listener.inet, listener.section.size);
	record_add_detail(record, 3, EVENT_DETAIL_UNIX, &pair.unix_detail, pair.section.size);
}

static void test_decoding(void **state)
{
	const struct event_section *detail;
	struct decoded decoded;
	struct record record;
	uint32_t at = 0;

	make_record(&record);
	assert_int_equal(decode_record(record.data, record_write(&record), &decoded), 0);
	assert_null(decode_detail(&decoded, 0, &at));
	detail = decode_detail(&decoded, 1, &at);
	assert_non_null(detail);
	assert_int_equal(detail->type, EVENT_DETAIL_INET);
	assert_null(decode_detail(&decoded, 2, &at));
	detail = decode_detail(&decoded, 3, &at);
	assert_non_null(detail);
	assert_int_equal(detail->type, EVENT_DETAIL_UNIX);
	assert_int_equal(detail->size, sizeof(struct event_unix_detail) + 6);
	assert_null(decode_detail(&decoded, 4, &at));

	at = 0; /* whoever wants only the last one */
	assert_ptr_equal(decode_detail(&decoded, 3, &at), detail);
}

static struct event_section *first_detail(struct record *record)
{
	return (struct event_section *)(record_section(record, EVENT_SECTION_DETAILS, 0) + 1);
}

static struct event_section *second_detail(struct record *record)
{
	return (struct event_section *)((char *)first_detail(record) +
					sizeof(struct event_section) +
					sizeof(struct event_inet_detail));
}

static void break_type(struct record *record)
{
	first_detail(record)->type = NR_EVENT_DETAILS;
}

static void break_no_type(struct record *record)
{
	first_detail(record)->type = 0;
}

static void break_size(struct record *record)
{
	first_detail(record)->size = 48;
}

static void break_size_beyond(struct record *record)
{
	second_detail(record)->size = UINT32_MAX - 7;
}

static void break_order(struct record *record)
{
	second_detail(record)->index = 1;
}

static void break_reserved(struct record *record)
{
	((struct event_inet_detail *)(first_detail(record) + 1))->socket.reserved = 1;
}

static void break_name(struct record *record)
{
	((struct event_unix_detail *)(second_detail(record) + 1))->name_size = 7;
}

static void break_peer_name(struct record *record)
{
	((struct event_unix_detail *)(second_detail(record) + 1))->peer_name_size = UINT16_MAX;
}

static void break_padding(struct record *record)
{
	struct event_unix_detail *detail = (struct event_unix_detail *)(second_detail(record) + 1);

	((char *)(detail + 1))[7] = 1;
}

static void break_end(struct record *record)
{
	record_section(record, EVENT_SECTION_DETAILS, 0)->size -= 8;
}

static void test_malformed(void **state)
{
	static void (*const breaks[])(struct record * record) = {
		break_type, break_no_type,  break_size, break_size_beyond, break_order,
		break_name, break_reserved, break_end,	break_peer_name,   break_padding,
	};
	struct decoded decoded;
	struct record record;

	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		make_record(&record);
		record_write(&record);
		breaks[i](&record);
		assert_int_equal(decode_record(record.data, record.event.size, &decoded), -EBADMSG);
	}
}

/* The join keeps the details of a message until it is received. */

static unsigned int nr_rows;

static int check_row(void *userdata, const struct pass *pass)
{
	static const char *const expected[] = { "", "127.0.0.1:443", "", "/run/a" };
	char text[64];

	assert_in_range(pass->index, 0, 3);
	text[kind_socket_local(&pass->file, text, sizeof(text))] = '\0';
	assert_string_equal(text, expected[pass->index]);
	nr_rows++;
	return 0;
}

static void test_join(void **state)
{
	const struct join_options options = { .max_bytes = 1 << 20 };
	struct record *record = malloc(sizeof(*record));
	struct join *join;
	size_t size;

	assert_non_null(record);
	assert_int_equal(join_new(&join, &options, check_row, NULL), 0);
	make_record(record);
	size = record_write(record);
	assert_int_equal(join_record(join, record->data, size), 0);
	record_begin(record, EVENT_LOST, 1)->fate = EVENT_FATE_READ;
	record_set_task(record, EVENT_SELF, 102);
	record->event.total_files = 4;
	size = record_write(record);
	assert_int_equal(join_record(join, record->data, size), 0);
	assert_int_equal(nr_rows, 4);
	join_free(join);
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inet),	  cmocka_unit_test(test_new_inet),
		cmocka_unit_test(test_datagrams), cmocka_unit_test(test_inet6),
		cmocka_unit_test(test_unix),	  cmocka_unit_test(test_unix_type),
		cmocka_unit_test(test_peer),	  cmocka_unit_test(test_other_families),
		cmocka_unit_test(test_no_room),	  cmocka_unit_test(test_packet),
		cmocka_unit_test(test_vsock),	  cmocka_unit_test(test_rfcomm),
		cmocka_unit_test(test_decoding),  cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
