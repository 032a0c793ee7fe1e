/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Details: what the kernel side tells of a file besides its name, from the record to the words. */
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

/* What does not fit is left out at the end, and nothing is written beyond. */
static void test_no_room(void **state)
{
	const struct sample sample = inet_sample(SOCK_STREAM, ESTABLISHED, 40000, 443);
	const struct file file = { .known = true, .magic = SOCKFS, .detail = &sample.section };
	char text[9] = "";

	assert_int_equal(kind_detail(&file, text, 8), 8);
	assert_string_equal(text, "127.0.0.");
}

/* Files that are no sockets. */

#define ANON_INODE 0x09041934
#define NSFS 0x6e736673
#define PIDFS 0x50494446
#define TMPFS 0x01021994
#define NO_PTY UINT32_MAX

struct other {
	struct event_section section;
	union {
		struct event_pty_detail pty;
		struct event_namespace_detail namespace;
		struct event_pidfd_detail pidfd;
		struct event_memory_detail memory;
		struct event_eventfd_detail eventfd;
		struct event_bpf_detail bpf;
	};
};

static struct file file_with(const struct other *detail, uint32_t magic, uint32_t mode,
			     const char *path, bool pseudo)
{
	return (struct file){
		.known = true,
		.ino = 77,
		.magic = magic,
		.mode = mode,
		.flags = pseudo ? EVENT_FILE_PSEUDO : 0,
		.path = path,
		.detail = &detail->section,
	};
}

static void assert_words(const struct file *file, const char *name, const char *detail)
{
	char text[128];

	text[kind_name(file, text, sizeof(text))] = '\0';
	assert_string_equal(text, name);
	text[kind_detail(file, text, sizeof(text))] = '\0';
	assert_string_equal(text, detail);
}

static void assert_device(uint32_t format, uint32_t major, uint32_t minor, uint32_t pty,
			  const char *path, const char *expected)
{
	const struct other detail = {
		.section = { .type = EVENT_DETAIL_PTY },
		.pty = { .index = pty },
	};
	struct file file = file_with(&detail, TMPFS, format | 0600, path, false);
	uint32_t told_major, told_minor;

	file.rdev = major << 20 | minor;
	if (pty == NO_PTY)
		file.detail = NULL;
	assert_words(&file, path, expected);
	assert_true(kind_device_number(&file, &told_major, &told_minor));
	assert_int_equal(told_major, major);
	assert_int_equal(told_minor, minor);
}

static void test_devices(void **state)
{
	assert_device(0020000, 1, 3, NO_PTY, "/dev/null", "");
	assert_device(0020000, 1, 3, NO_PTY, "/var/lib/c/dev/null", "");
	assert_device(0020000, 1, 1, NO_PTY, "/dev/null", "1:1 /dev/mem");
	assert_device(0020000, 13, 67, NO_PTY, "/dev/input/event3", "");
	assert_device(0020000, 13, 67, NO_PTY, "/tmp/x", "13:67 /dev/input/event3");
	assert_device(0020000, 226, 129, NO_PTY, "/tmp/x", "226:129 /dev/dri/renderD129");
	assert_device(0020000, 240, 77, NO_PTY, "/dev/own", "240:77");
	assert_device(0020000, 5, 2, 7, "/dev/pts/ptmx", "pts/7");
	assert_device(0020000, 5, 2, 7, "/tmp/x", "5:2 /dev/ptmx pts/7");
	assert_device(0060000, 7, 1, NO_PTY, "/tmp/x", "7:1 /dev/loop1");
	assert_device(0060000, 1, 3, NO_PTY, "/tmp/x", "1:3"); /* a RAM disk, not null */
}

static void test_namespace(void **state)
{
	struct other detail = {
		.section = { .type = EVENT_DETAIL_NAMESPACE },
		.namespace = { .name = "net" },
	};
	struct file file = file_with(&detail, NSFS, 0100444, "", true);

	assert_words(&file, "net:[77]", "");
	file.path = "/run/netns/blue";
	file.flags = 0;
	assert_words(&file, "/run/netns/blue", "net:[77]");
	file = file_with(&detail, NSFS, 0100444, "", true);
	file.detail = NULL;
	assert_words(&file, "ns:[77]", "");
}

static void test_pidfd(void **state)
{
	struct other detail = { .section = { .type = EVENT_DETAIL_PIDFD },
				.pidfd = { .pid = 812 } };
	struct file file = file_with(&detail, PIDFS, 0100700, "/", true);

	assert_words(&file, "[pidfd]", "pid 812");
	assert_int_equal(kind_pidfd_pid(&file), 812);
	file = file_with(&detail, ANON_INODE, 0600, "[pidfd]", true);
	assert_words(&file, "[pidfd]", "pid 812");
	detail.pidfd.pid = 0; /* it has been waited for */
	assert_words(&file, "[pidfd]", "");
}

static void test_memory(void **state)
{
	struct other detail = {
		.section = { .type = EVENT_DETAIL_MEMORY },
		.memory = { .size = 2312, .seals = 0x26 },
	};
	const struct file file = file_with(&detail, TMPFS, 0100777, "memfd:x", true);
	uint64_t size = 0;
	char seals[64];

	assert_words(&file, "memfd:x", "2312 bytes, sealed: shrink|grow|exec");
	assert_true(kind_memory_size(&file, &size));
	assert_int_equal(size, 2312);
	seals[kind_memory_seals(&file, seals, sizeof(seals))] = '\0';
	assert_string_equal(seals, "shrink|grow|exec");
	detail.memory.seals = 0;
	assert_words(&file, "memfd:x", "2312 bytes");
}

static void test_eventfd(void **state)
{
	const struct other detail = {
		.section = { .type = EVENT_DETAIL_EVENTFD },
		.eventfd = { .count = UINT64_MAX - 1 },
	};
	const struct file file = file_with(&detail, ANON_INODE, 0600, "[eventfd]", true);

	assert_words(&file, "[eventfd]", "count 18446744073709551614");
}

static void test_bpf(void **state)
{
	struct other detail = {
		.section = { .type = EVENT_DETAIL_BPF },
		.bpf = { .type = 1, .id = 12, .name = "counters" },
	};
	struct file file = file_with(&detail, ANON_INODE, 0600, "bpf-map", true);

	assert_words(&file, "bpf-map", "hash counters id 12");
	file.path = "bpf-prog";
	assert_words(&file, "bpf-prog", "socket_filter counters id 12");
	file.path = "bpf_link";
	detail.bpf.name[0] = '\0';
	assert_words(&file, "bpf_link", "raw_tracepoint id 12");
	detail.bpf.type = 1000; /* one that came later */
	assert_words(&file, "bpf_link", "type 1000 id 12");
}

/* A detail that is another kind's says nothing. */
static void test_foreign(void **state)
{
	const struct sample socket = inet_sample(SOCK_STREAM, LISTEN, 443, 0);
	static const struct {
		uint32_t magic, mode;
		const char *path;
	} files[] = {
		{ NSFS, 0100444, "" },		 { PIDFS, 0100700, "" },
		{ TMPFS, 0100777, "memfd:x" },	 { ANON_INODE, 0600, "[eventfd]" },
		{ ANON_INODE, 0600, "bpf-map" }, { TMPFS, 0100644, "/etc/passwd" },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct file file = {
			.known = true,
			.magic = files[i].magic,
			.mode = files[i].mode,
			.flags = EVENT_FILE_PSEUDO,
			.path = files[i].path,
			.detail = &socket.section,
		};
		char text[64];

		assert_int_equal(kind_detail(&file, text, sizeof(text)), 0);
	}
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
		cmocka_unit_test(test_inet),	       cmocka_unit_test(test_new_inet),
		cmocka_unit_test(test_datagrams),      cmocka_unit_test(test_inet6),
		cmocka_unit_test(test_unix),	       cmocka_unit_test(test_peer),
		cmocka_unit_test(test_other_families), cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_devices),	       cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_pidfd),	       cmocka_unit_test(test_memory),
		cmocka_unit_test(test_eventfd),	       cmocka_unit_test(test_bpf),
		cmocka_unit_test(test_foreign),	       cmocka_unit_test(test_decoding),
		cmocka_unit_test(test_malformed),      cmocka_unit_test(test_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
