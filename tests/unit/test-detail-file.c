/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for the details of files that are no sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kind/kind.h"

#define ANON_INODE 0x09041934
#define NSFS 0x6e736673
#define PIDFS 0x50494446
#define TMPFS 0x01021994
#define DMA_BUF 0x444d4142
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
		struct event_timer_detail timer;
		struct event_signals_detail signals;
		struct event_watches_detail watches;
		struct event_fanotify_detail fanotify;
		struct event_perf_detail perf;
		struct event_dmabuf_detail dmabuf;
		struct event_fscontext_detail fscontext;
		struct event_input_detail input;
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

static void test_input(void **state)
{
	const struct other detail = { .section = { .type = EVENT_DETAIL_INPUT },
				      .input = { .name = "guide keyboard" } };
	struct file file = file_with(&detail, TMPFS, 0020660, "/dev/input/event3", false);

	file.rdev = 13 << 20 | 67;
	assert_words(&file, "/dev/input/event3", "named guide keyboard");
	file.path = "/tmp/x";
	assert_words(&file, "/tmp/x", "13:67 /dev/input/event3 named guide keyboard");
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

static void test_detached(void **state)
{
	const struct other input = { .section = { .type = EVENT_DETAIL_INPUT },
				     .input = { .name = "guide keyboard" } };
	const struct other none = {};
	struct file file = file_with(&none, TMPFS, 0100644, "/etc/passwd", false);

	assert_words(&file, "/etc/passwd", "");
	file.flags = EVENT_FILE_DETACHED;
	assert_words(&file, "/etc/passwd", "in a detached mount");
	file = file_with(&input, TMPFS, 0020660, "/dev/input/event3", false);
	file.rdev = 13 << 20 | 67;
	file.flags = EVENT_FILE_DETACHED;
	assert_words(&file, "/dev/input/event3", "named guide keyboard, in a detached mount");
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
	detail.memory.seals = 1;
	assert_words(&file, "memfd:x", "2312 bytes");
	detail.memory.seals = 3;
	assert_words(&file, "memfd:x", "2312 bytes, sealed: seal|shrink");
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

static void test_timer(void **state)
{
	struct other detail = { .section = { .type = EVENT_DETAIL_TIMER },
				.timer = { .clock = 1 } };
	const struct file file = file_with(&detail, ANON_INODE, 0600, "[timerfd]", true);

	assert_words(&file, "[timerfd]", "monotonic");
	detail.timer = (struct event_timer_detail){ 2500000000, 7, 1 };
	assert_words(&file, "[timerfd]", "boottime, every 2.5s, armed");
	detail.timer = (struct event_timer_detail){ 60000000000, 0, 0 };
	assert_words(&file, "[timerfd]", "realtime, every 60s");
	detail.timer = (struct event_timer_detail){ 1, 77, 1 }; /* a clock that came later */
	assert_words(&file, "[timerfd]", "77, every 0.000000001s, armed");
}

static void test_signals(void **state)
{
	struct other detail = { .section = { .type = EVENT_DETAIL_SIGNALS } };
	const struct file file = file_with(&detail, ANON_INODE, 0600, "[signalfd]", true);

	assert_words(&file, "[signalfd]", "");
	detail.signals.mask = 1 << 1 | 1 << 14 | 1ULL << 33 | 1ULL << 63;
	assert_words(&file, "[signalfd]", "SIGINT|SIGTERM|SIGRTMIN|SIGRTMIN+30");
	detail.signals.mask = ~0ULL;
	assert_words(&file, "[signalfd]", "all");
	/* as sigfillset(3) and the kernel leave it */
	detail.signals.mask = ~(1ULL << 8 | 1ULL << 18 | 3ULL << 31);
	assert_words(&file, "[signalfd]", "all");
	detail.signals.mask &= ~(1ULL << 16);
	assert_words(&file, "[signalfd]", "all but SIGCHLD");
}

static void test_watches(void **state)
{
	struct other detail = { .section = { .type = EVENT_DETAIL_WATCHES },
				.watches = { .count = 3 } };
	struct file file = file_with(&detail, ANON_INODE, 0600, "[eventpoll]", true);

	assert_words(&file, "[eventpoll]", "3 watched");
	file.path = "inotify";
	assert_words(&file, "inotify", "3 watched");
}

static void test_fanotify(void **state)
{
	struct other detail = { .section = { .type = EVENT_DETAIL_FANOTIFY },
				.fanotify = { .flags = 0x80000003 } };
	const struct file file = file_with(&detail, ANON_INODE, 0600, "[fanotify]", true);

	assert_words(&file, "[fanotify]", "FAN_CLASS_NOTIF");
	detail.fanotify = (struct event_fanotify_detail){ 0xa01, 1 };
	assert_words(&file, "[fanotify]",
		     "FAN_CLASS_NOTIF|FAN_REPORT_FID|FAN_REPORT_NAME, O_WRONLY");
	detail.fanotify = (struct event_fanotify_detail){ 0x10000008, 2 };
	assert_words(&file, "[fanotify]", "FAN_CLASS_PRE_CONTENT|0x10000000, O_RDWR");
}

static void test_perf(void **state)
{
	struct other detail = { .section = { .type = EVENT_DETAIL_PERF } };
	const struct file file = file_with(&detail, ANON_INODE, 0600, "[perf_event]", true);

	assert_words(&file, "[perf_event]", "hardware cycles");
	detail.perf = (struct event_perf_detail){ .config = 1ULL << 32 };
	assert_words(&file, "[perf_event]", "hardware 4294967296");
	detail.perf = (struct event_perf_detail){ .type = 1, .config = 2 };
	assert_words(&file, "[perf_event]", "software page-faults");
	detail.perf = (struct event_perf_detail){ .type = 2, .config = 312 };
	assert_words(&file, "[perf_event]", "tracepoint 312");
	detail.perf = (struct event_perf_detail){ .type = 4, .config = 0x1c2 };
	assert_words(&file, "[perf_event]", "raw 0x1c2");
	detail.perf = (struct event_perf_detail){ .type = 8 };
	assert_words(&file, "[perf_event]", "type 8 0x0");
}

static void test_dmabuf(void **state)
{
	struct other detail = { .section = { .type = EVENT_DETAIL_DMABUF },
				.dmabuf = { .size = 4096, .exporter = "udmabuf" } };
	const struct file file = file_with(&detail, DMA_BUF, 0100600, "dmabuf", true);
	uint64_t size = 0;

	assert_words(&file, "dmabuf", "4096 bytes from udmabuf");
	strcpy(detail.dmabuf.name, "frame");
	assert_words(&file, "dmabuf", "4096 bytes from udmabuf, named frame");
	assert_true(kind_memory_size(&file, &size));
	assert_int_equal(size, 4096);
}

static void test_fscontext(void **state)
{
	const struct other detail = { .section = { .type = EVENT_DETAIL_FSCONTEXT },
				      .fscontext = { .type = "tmpfs" } };
	const struct file file = file_with(&detail, ANON_INODE, 0600, "[fscontext]", true);

	assert_words(&file, "[fscontext]", "tmpfs");
}

/* A detail that is another kind's says nothing. */
static void test_foreign(void **state)
{
	const struct {
		struct event_section section;
		struct event_inet_detail inet;
	} socket = { .section = { .type = EVENT_DETAIL_INET }, .inet = { .local_port = 443 } };
	static const struct {
		uint32_t magic, mode;
		const char *path;
	} files[] = {
		{ NSFS, 0100444, "" },
		{ PIDFS, 0100700, "" },
		{ TMPFS, 0100777, "memfd:x" },
		{ ANON_INODE, 0600, "[eventfd]" },
		{ ANON_INODE, 0600, "bpf-map" },
		{ TMPFS, 0100644, "/etc/passwd" },
		{ ANON_INODE, 0600, "[timerfd]" },
		{ ANON_INODE, 0600, "[signalfd]" },
		{ ANON_INODE, 0600, "[eventpoll]" },
		{ ANON_INODE, 0600, "[fanotify]" },
		{ ANON_INODE, 0600, "[perf_event]" },
		{ DMA_BUF, 0100600, "dmabuf" },
		{ ANON_INODE, 0600, "[fscontext]" },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices),	 cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_pidfd),	 cmocka_unit_test(test_memory),
		cmocka_unit_test(test_eventfd),	 cmocka_unit_test(test_bpf),
		cmocka_unit_test(test_foreign),	 cmocka_unit_test(test_timer),
		cmocka_unit_test(test_signals),	 cmocka_unit_test(test_watches),
		cmocka_unit_test(test_fanotify), cmocka_unit_test(test_perf),
		cmocka_unit_test(test_dmabuf),	 cmocka_unit_test(test_fscontext),
		cmocka_unit_test(test_input),	 cmocka_unit_test(test_detached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
