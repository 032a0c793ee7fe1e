/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outputs: the bytes that come out for known rows, in each output and at several widths. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "core/text.h"
#include "output/buffer.h"
#include "output/output.h"
#include "sample.h"

#define GUIDE_FIELDS "proc.comm,proc.pid,socket_ino,sockfd,fd,file"
#define LONG_PATH "/var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt"

static const int32_t one_hour_east = 3600;

/* An output into memory. */
struct capture {
	struct output *output;
	struct buffer buffer;
};

static void capture_begin(struct capture *capture, const char *name, const char *fields,
			  const struct output_options *options)
{
	struct field_list base, list;
	char *error_message = NULL;

	capture->buffer = (struct buffer){};
	assert_int_equal(output_default_fields(name, ROW_PASS, &base), 0);
	if (fields)
		assert_int_equal(field_select(&list, &base, fields, &error_message), 0);
	assert_int_equal(output_new(&capture->output, name, &capture->buffer, fields ? &list : NULL,
				    options),
			 0);
	assert_int_equal(output_begin(capture->output), 0);
}

static void capture_end(struct capture *capture, const char *expected)
{
	assert_int_equal(output_end(capture->output), 0);
	buffer_put(&capture->buffer, "", 1);
	assert_string_equal(capture->buffer.bytes, expected);
	capture->output = output_free(capture->output);
	buffer_free(&capture->buffer);
}

/* The guide's two rows: the client hands /dev/null to the broker, which hands it on. */
static void put_guide_rows(struct capture *capture)
{
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	assert_int_equal(output_row(capture->output, &sample.row), 0);
	sample.pass.sender = sample.pass.receiver;
	sample.pass.from.socket_ino = 8629627;
	sample.pass.from.sockfd = 107;
	sample.pass.from.fd = 112;
	assert_int_equal(output_row(capture->output, &sample.row), 0);
}

/* Of a file that is read only, which is no risk that a row would tell. */
static void set_path(struct sample *sample, const char *path)
{
	sample_set_path(sample, path);
	sample->pass.file.open_flags = O_RDONLY;
}

/* One row for each way in which a pass can go. */
static void put_all_outcomes(struct capture *capture)
{
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	assert_int_equal(output_row(capture->output, &sample.row), 0);

	set_path(&sample, LONG_PATH);
	sample.pass.outcome = OUTCOME_PEEKED;
	sample.pass.done_ns = 1000000000 + 1250000;
	assert_int_equal(output_row(capture->output, &sample.row), 0);

	sample.pass.outcome = OUTCOME_LOST;
	sample.pass.fate = EVENT_FATE_EMFILE;
	sample.pass.to.fd = ENDPOINT_FD_UNKNOWN;
	sample.pass.done_ns = UINT64_C(75000000000);
	assert_int_equal(output_row(capture->output, &sample.row), 0);

	sample.pass.fate = EVENT_FATE_UNKNOWN;
	sample.pass.receiver.known = false;
	assert_int_equal(output_row(capture->output, &sample.row), 0);

	sample.pass.outcome = OUTCOME_FAILED;
	sample.pass.error = EAGAIN;
	assert_int_equal(output_row(capture->output, &sample.row), 0);

	sample.pass.outcome = OUTCOME_PENDING;
	assert_int_equal(output_row(capture->output, &sample.row), 0);

	/* Queued before the trace began: the sender is not known. */
	sample_init(&sample, &one_hour_east);
	sample.pass.time_ns = 0;
	sample.pass.sender.known = false;
	sample.pass.from.fd = ENDPOINT_FD_UNKNOWN;
	assert_int_equal(output_row(capture->output, &sample.row), 0);

	/* The way to attach cannot tell what became of it. */
	sample_init(&sample, &one_hour_east);
	sample.pass.outcome = OUTCOME_UNKNOWN;
	sample.pass.receiver.known = false;
	sample.pass.to.fd = ENDPOINT_FD_UNKNOWN;
	sample.pass.file.known = false;
	assert_int_equal(output_row(capture->output, &sample.row), 0);

	sample_init(&sample, &one_hour_east);
	sample.pass.via = EVENT_VIA_PIDFD_GETFD;
	assert_int_equal(output_row(capture->output, &sample.row), 0);
}

/* Names that try to be something else on a terminal or in a document. */
static void put_hostile_row(struct capture *capture)
{
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	sample_set_comm(&sample, "a\033[2J\n");
	set_path(&sample, "/tmp/\"\\\xff\xc3\xa9\xe2\x80\xae\xc2\x9b");
	assert_int_equal(output_row(capture->output, &sample.row), 0);
}

/* clang-format off: what comes out is shown as it is, a string for each line. */

static void test_guide_table(void **state)
{
	const struct output_options options = { .utf8 = true };
	struct capture capture;

	capture_begin(&capture, "columns", GUIDE_FIELDS, &options);
	put_guide_rows(&capture);
	capture_end(
		&capture,
		"COMM                    PID           SOCKET_INO     SOCKFD         FD FILE\n"
		"client              1296790              8683452          7          3 /dev/null\n"
		"dbus-broker            5128              8629627        107        112 /dev/null\n");
}

/* At 80 columns the numbers give way. */
static void test_guide_table_80(void **state)
{
	const struct output_options options = { .width = 80, .utf8 = true };
	struct capture capture;

	capture_begin(&capture, "columns", GUIDE_FIELDS, &options);
	put_guide_rows(&capture);
	capture_end(&capture, "COMM                 PID  SOCKET_INO SOCKFD    FD FILE\n"
			      "client           1296790     8683452      7     3 /dev/null\n"
			      "dbus-broker         5128     8629627    107   112 /dev/null\n");
}

/* On a terminal the columns come closer, texts are cut, and numbers are not. */
static void test_table_fitted(void **state)
{
	const struct output_options options = { .width = 60, .utf8 = true };
	struct capture capture;
	struct sample sample;

	capture_begin(&capture, "columns", GUIDE_FIELDS, &options);
	put_guide_rows(&capture);
	sample_init(&sample, &one_hour_east);
	sample.pass.from.socket_ino = 18446744073709551615U;
	set_path(&sample, LONG_PATH);
	assert_int_equal(output_row(capture.output, &sample.row), 0);
	capture_end(&capture, "COMM            PID SOCKET_INO SOCKFD   FD FILE\n"
			      "client      1296790    8683452      7    3 /dev/null\n"
			      "dbus-broker    5128    8629627    107  112 /dev/null\n"
			      "client      1296790 18446744073709551615 7 3 /var/li…ile.txt\n");
}

static void test_table_piped(void **state)
{
	const struct output_options options = { .utf8 = true };
	struct capture capture;
	struct sample sample;

	capture_begin(&capture, "columns", "file,fd,receiver.cloexec,reason", &options);
	sample_init(&sample, &one_hour_east);
	assert_int_equal(output_row(capture.output, &sample.row), 0);
	set_path(&sample, LONG_PATH);
	sample.pass.outcome = OUTCOME_LOST;
	sample.pass.fate = EVENT_FATE_GC;
	sample.pass.cloexec = -1;
	assert_int_equal(output_row(capture.output, &sample.row), 0);
	capture_end(
		&capture,
		"FILE                                   FD RECEIVER.CLOEXEC REASON\n"
		"/dev/null                               3 true             -\n"
		"/var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt 3 - gc\n");
}

static void test_reading_80(void **state)
{
	const struct output_options options = { .width = 80, .utf8 = true };
	struct capture capture;

	capture_begin(&capture, "columns", NULL, &options);
	put_all_outcomes(&capture);
	capture_end(
		&capture,
		"TIME     SENDER             FD    FD RECEIVER          AFTER FILE\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs /dev/null\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128] 1.2ms …/file.txt · peeked\n"
		"23:13:21 client[1296790]     3 ✗   - dbus-broker[5128] 1m14s …/file.txt · emfile\n"
		"23:13:21 client[1296790]     3 ✗   - ?                 1m14s …re/file.txt · lost\n"
		"23:13:21 client[1296790]     3 ✗   - -                     - …/file.txt · EAGAIN\n"
		"23:13:21 client[1296790]     3 ⋯   - -                     - …file.txt · pending\n"
		"23:13:21 ?                   ? →   9 dbus-broker[5128]     - /dev/null\n"
		"23:13:21 client[1296790]     3 ?   ? ?                     - ? · outcome unknown\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]     - …/null · pidfd_getfd\n");
}

static void test_reading_100(void **state)
{
	const struct output_options options = { .width = 100, .utf8 = true };
	struct capture capture;

	capture_begin(&capture, "columns", NULL, &options);
	put_all_outcomes(&capture);
	capture_end(
		&capture,
		"TIME          SENDER              FD      FD  RECEIVER           AFTER  FILE\n"
		"23:13:21.000  client[1296790]      3  →    9  dbus-broker[5128]   84µs  /dev/null\n"
		"23:13:21.000  client[1296790]      3  →    9  dbus-broker[5128]  1.2ms  …usr/share/file.txt · peeked\n"
		"23:13:21.000  client[1296790]      3  ✗    -  dbus-broker[5128]  1m14s  …usr/share/file.txt · emfile\n"
		"23:13:21.000  client[1296790]      3  ✗    -  ?                  1m14s  …d/usr/share/file.txt · lost\n"
		"23:13:21.000  client[1296790]      3  ✗    -  -                      -  …usr/share/file.txt · EAGAIN\n"
		"23:13:21.000  client[1296790]      3  ⋯    -  -                      -  …sr/share/file.txt · pending\n"
		"23:13:21.000  ?                    ?  →    9  dbus-broker[5128]      -  /dev/null\n"
		"23:13:21.000  client[1296790]      3  ?    ?  ?                      -  ? · outcome unknown\n"
		"23:13:21.000  client[1296790]      3  →    9  dbus-broker[5128]      -  /dev/null · pidfd_getfd\n");
}

static void test_reading_200(void **state)
{
	const struct output_options options = { .width = 200, .utf8 = true };
	struct capture capture;

	capture_begin(&capture, "columns", NULL, &options);
	put_all_outcomes(&capture);
	capture_end(
		&capture,
		"TIME          SENDER              FD      FD  RECEIVER           AFTER  FILE\n"
		"23:13:21.000  client[1296790]      3  →    9  dbus-broker[5128]   84µs  /dev/null\n"
		"23:13:21.000  client[1296790]      3  →    9  dbus-broker[5128]  1.2ms  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt · peeked\n"
		"23:13:21.000  client[1296790]      3  ✗    -  dbus-broker[5128]  1m14s  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt · lost: emfile\n"
		"23:13:21.000  client[1296790]      3  ✗    -  ?                  1m14s  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt · lost\n"
		"23:13:21.000  client[1296790]      3  ✗    -  -                      -  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt · failed: EAGAIN\n"
		"23:13:21.000  client[1296790]      3  ⋯    -  -                      -  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt · pending\n"
		"23:13:21.000  ?                    ?  →    9  dbus-broker[5128]      -  /dev/null\n"
		"23:13:21.000  client[1296790]      3  ?    ?  ?                      -  ? · outcome unknown\n"
		"23:13:21.000  client[1296790]      3  →    9  dbus-broker[5128]      -  /dev/null · pidfd_getfd\n");
}

static void test_reading_piped_ascii(void **state)
{
	const struct output_options options = { .width = 0 };
	struct capture capture;

	capture_begin(&capture, "columns", NULL, &options);
	put_all_outcomes(&capture);
	put_hostile_row(&capture);
	capture_end(
		&capture,
		"TIME          SENDER                     FD       FD  RECEIVER                  AFTER  FILE\n"
		"23:13:21.000  client[1296790]             3  ->    9  dbus-broker[5128]          84us  /dev/null\n"
		"23:13:21.000  client[1296790]             3  ->    9  dbus-broker[5128]         1.2ms  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt - peeked\n"
		"23:13:21.000  client[1296790]             3  x     -  dbus-broker[5128]         1m14s  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt - lost: emfile\n"
		"23:13:21.000  client[1296790]             3  x     -  ?                         1m14s  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt - lost\n"
		"23:13:21.000  client[1296790]             3  x     -  -                             -  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt - failed: EAGAIN\n"
		"23:13:21.000  client[1296790]             3  ..    -  -                             -  /var/lib/containers/storage/overlay/0123456789abcdef/merged/usr/share/file.txt - pending\n"
		"23:13:21.000  ?                           ?  ->    9  dbus-broker[5128]             -  /dev/null\n"
		"23:13:21.000  client[1296790]             3  ?     ?  ?                             -  ? - outcome unknown\n"
		"23:13:21.000  client[1296790]             3  ->    9  dbus-broker[5128]             -  /dev/null - pidfd_getfd\n"
		"23:13:21.000  a\\x1b[2J\\n[1296790]         3  ->    9  dbus-broker[5128]          84us  /tmp/\\\"\\\\\\xff\\u00e9\\u202e\\u009b\n");
}

/* Names that read like marks are quoted; marks are not. */
static void put_imitating_rows(struct capture *capture)
{
	static const char *const names[] = {
		"/tmp/x",     "/tmp/x (deleted)", "/tmp/x · lost: emfile", "/tmp/x - lost: emfile",
		"/tmp/\"x\"", "/tmp/a b",
	};
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		set_path(&sample, names[i]);
		assert_int_equal(output_row(capture->output, &sample.row), 0);
	}
	sample.pass.file.flags = EVENT_FILE_DELETED;
	for (size_t i = 0; i < 2; i++) {
		set_path(&sample, names[i]);
		assert_int_equal(output_row(capture->output, &sample.row), 0);
	}
	sample.pass.file.flags = EVENT_FILE_PSEUDO;
	set_path(&sample, "memfd:x (deleted)");
	assert_int_equal(output_row(capture->output, &sample.row), 0);
}

static void test_reading_imitations(void **state)
{
	const struct output_options options = { .width = 80, .utf8 = true };
	struct capture capture;

	capture_begin(&capture, "columns", NULL, &options);
	put_imitating_rows(&capture);
	capture_end(
		&capture,
		"TIME     SENDER             FD    FD RECEIVER          AFTER FILE\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs /tmp/x\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs \"/tmp/x (deleted)\"\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs …/x · lost: emfile\"\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs …p/x - lost: emfile\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs /tmp/\\\"x\\\"\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs /tmp/a b\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs /tmp/x (deleted)\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs …eleted)\" (deleted)\n"
		"23:13:21 client[1296790]     3 →   9 dbus-broker[5128]  84µs \"memfd:x (deleted)\"\n");
}

static void test_reading_imitations_ascii(void **state)
{
	const struct output_options options = { .width = 0 };
	struct capture capture;
	struct sample sample;

	capture_begin(&capture, "columns", NULL, &options);
	sample_init(&sample, &one_hour_east);
	set_path(&sample, "/tmp/x - lost: emfile");
	assert_int_equal(output_row(capture.output, &sample.row), 0);
	capture_end(
		&capture,
		"TIME          SENDER                     FD       FD  RECEIVER                  AFTER  FILE\n"
		"23:13:21.000  client[1296790]             3  ->    9  dbus-broker[5128]          84us  \"/tmp/x - lost: emfile\"\n");
}

static void test_reading_color(void **state)
{
	const struct output_options options = { .width = 100, .color = true, .utf8 = true };
	struct capture capture;
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	capture_begin(&capture, "columns", NULL, &options);
	sample.pass.outcome = OUTCOME_LOST;
	sample.pass.fate = EVENT_FATE_READ;
	assert_int_equal(output_row(capture.output, &sample.row), 0);
	capture_end(
		&capture,
		"\033[1mTIME\033[0m          \033[1mSENDER\033[0m              "
		"\033[1mFD\033[0m      \033[1mFD\033[0m  \033[1mRECEIVER\033[0m           "
		"\033[1mAFTER\033[0m  \033[1mFILE\033[0m\n"
		"23:13:21.000  client[1296790]      3  \033[31m✗\033[0m    9  dbus-broker[5128]   84µs  /dev/null \033[2m·\033[0m \033[31mlost: read\033[0m\n");
}

static void test_json(void **state)
{
	const struct output_options options = { .width = 80, .utf8 = true };
	struct capture capture;

	capture_begin(&capture, "json", NULL, &options);
	put_hostile_row(&capture);
	capture_end(
		&capture,
		"{\"timestamp\":\"2023-11-14T23:13:21.000000000+01:00\",\"id\":\"12.0\","
		"\"via\":\"scm_rights\",\"proc\":{\"comm\":\"a\\u001b[2J\\n\",\"pid\":1296790,"
		"\"tid\":1296791,\"mntns_id\":4026531841,\"netns_id\":4026531840,"
		"\"pidns_id\":4026531836,\"userns_id\":4026531837,\"cgroupns_id\":4026531835,"
		"\"cgroup_id\":7,\"cgroup\":\"/user.slice\",\"creds\":{\"uid\":1000,\"gid\":1000,"
		"\"user\":\"alban\",\"group\":\"alban\"},\"parent\":{\"comm\":\"bash\","
		"\"pid\":1296}},\"socket_ino\":8683452,\"sockfd\":7,\"socket_type\":\"stream\","
		"\"socket_path\":\"/run/dbus/system_bus_socket\",\"fd\":3,"
		"\"file\":\"/tmp/\\\"\\\\\357\277\275é\\u202e\\u009b\","
		"\"file_bytes\":\"2f746d702f225cffc3a9e280aec29b\",\"file_deleted\":false,\"file_type\":\"reg\","
		"\"file_ino\":4,\"file_dev\":\"0:5\",\"file_flags\":\"O_RDONLY\","
		"\"file_id\":\"4d0515facd002c1f\",\"outcome\":\"delivered\",\"latency_ns\":84000,"
		"\"cross\":[\"user\",\"container\"],"
		"\"receiver\":{\"comm\":\"dbus-broker\",\"pid\":5128,\"tid\":5128,\"nspid\":7,"
		"\"cgroup_id\":9,\"cgroup\":\"/docker/6f\","
		"\"creds\":{\"uid\":81,\"gid\":82,\"user\":\"uid:81\",\"group\":\"gid:82\"},"
		"\"runtime\":{\"containerName\":\"web\",\"containerId\":\"6f\","
		"\"containerImageName\":\"busybox\",\"runtimeName\":\"docker\"},"
		"\"k8s\":{\"namespace\":\"shop\",\"podName\":\"front\",\"containerName\":\"nginx\"},"
		"\"socket_ino\":8629627,\"sockfd\":107,\"fd\":9,\"cloexec\":true}}\n");
}

/* Fields of one object that are not named one after the other are in one object all the same. */
static void test_json_fields(void **state)
{
	const struct output_options options = { .utf8 = true };
	struct capture capture;

	capture_begin(&capture, "json", "proc.pid,fd,proc.creds.uid,receiver.nspid,proc.nspid",
		      &options);
	put_guide_rows(&capture);
	capture_end(&capture, "{\"proc\":{\"pid\":1296790,\"creds\":{\"uid\":1000}},\"fd\":3,"
			      "\"receiver\":{\"nspid\":7}}\n"
			      "{\"proc\":{\"pid\":5128,\"creds\":{\"uid\":81},\"nspid\":7},"
			      "\"fd\":112,\"receiver\":{\"nspid\":7}}\n");
}

static void test_jsonpretty(void **state)
{
	const struct output_options options = { .utf8 = true };
	struct capture capture;

	capture_begin(&capture, "jsonpretty", "proc.pid,file,receiver.cloexec", &options);
	put_guide_rows(&capture);
	capture_end(&capture, "{\n"
			      "  \"proc\": {\n"
			      "    \"pid\": 1296790\n"
			      "  },\n"
			      "  \"file\": \"/dev/null\",\n"
			      "  \"receiver\": {\n"
			      "    \"cloexec\": true\n"
			      "  }\n"
			      "}\n"
			      "{\n"
			      "  \"proc\": {\n"
			      "    \"pid\": 5128\n"
			      "  },\n"
			      "  \"file\": \"/dev/null\",\n"
			      "  \"receiver\": {\n"
			      "    \"cloexec\": true\n"
			      "  }\n"
			      "}\n");
}

static void test_yaml(void **state)
{
	const struct output_options options = { .utf8 = true };
	struct capture capture;
	struct sample sample;

	capture_begin(&capture, "yaml", "timestamp,id,proc.comm,file,receiver.fd,receiver.cloexec",
		      &options);
	put_hostile_row(&capture);
	/* Words that YAML would read as something else. */
	sample_init(&sample, &one_hour_east);
	sample_set_comm(&sample, "No");
	set_path(&sample, "/tmp/\xc3\xa9: # x");
	assert_int_equal(output_row(capture.output, &sample.row), 0);
	sample_set_comm(&sample, "12:30");
	set_path(&sample, "/tmp/a - b");
	assert_int_equal(output_row(capture.output, &sample.row), 0);
	capture_end(&capture, "---\n"
			      "timestamp: '2023-11-14T23:13:21.000000000+01:00'\n"
			      "id: '12.0'\n"
			      "proc:\n"
			      "  comm: \"a\\e[2J\\n\"\n"
			      "file: \"/tmp/\\\"\\\\\\uFFFD\\xE9\\u202E\\x9B\"\n"
			      "file_bytes: '2f746d702f225cffc3a9e280aec29b'\n"
			      "receiver:\n"
			      "  fd: 9\n"
			      "  cloexec: true\n"
			      "---\n"
			      "timestamp: '2023-11-14T23:13:21.000000000+01:00'\n"
			      "id: '12.0'\n"
			      "proc:\n"
			      "  comm: 'No'\n"
			      "file: '/tmp/é: # x'\n"
			      "receiver:\n"
			      "  fd: 9\n"
			      "  cloexec: true\n"
			      "---\n"
			      "timestamp: '2023-11-14T23:13:21.000000000+01:00'\n"
			      "id: '12.0'\n"
			      "proc:\n"
			      "  comm: '12:30'\n"
			      "file: /tmp/a - b\n"
			      "receiver:\n"
			      "  fd: 9\n"
			      "  cloexec: true\n");
}

/* clang-format on */

/* What json-c reads is what the fields have, whatever bytes these are. */
static void test_json_is_read_back(void **state)
{
	const struct output_options options = { .utf8 = true };
	char name[256], utf8[TEXT_UTF8_MAX(sizeof(name))];
	struct json_object *read, *file;
	struct buffer buffer = {};
	struct output *output;
	struct sample sample;

	for (int i = 0; i < 255; i++)
		name[i] = (char)(i + 1);
	name[255] = '\0';
	name[0] = '/';
	sample_init(&sample, &one_hour_east);
	set_path(&sample, name);
	assert_int_equal(output_new(&output, "json", &buffer, NULL, &options), 0);
	assert_int_equal(output_begin(output), 0);
	assert_int_equal(output_row(output, &sample.row), 0);
	buffer_put(&buffer, "", 1);
	read = json_tokener_parse(buffer.bytes);
	assert_non_null(read);
	assert_true(json_object_object_get_ex(read, "file", &file));
	text_to_utf8(utf8, name, sizeof(name) - 1);
	assert_string_equal(json_object_get_string(file), utf8);
	assert_true(json_object_object_get_ex(read, "file_bytes", &file));
	for (int i = 0; i < 255; i++)
		snprintf(utf8 + 2 * i, 3, "%02x", (unsigned char)name[i]);
	assert_string_equal(json_object_get_string(file), utf8);
	json_object_put(read);
	output_free(output);
	buffer_free(&buffer);
}

/* A row that found no memory is none. */
static void test_no_memory(void **state)
{
	static const char *const names[] = { "columns", "json", "jsonpretty", "yaml" };
	const struct output_options options = { .utf8 = true };
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buffer buffer = {};
		struct output *output;

		assert_string_equal(output_name(i), names[i]);
		assert_int_equal(output_new(&output, names[i], &buffer, NULL, &options), 0);
		assert_int_equal(output_begin(output), 0);
		buffer.failed = true;
		assert_int_equal(output_row(output, &sample.row), -ENOMEM);
		buffer_clear(&buffer);
		assert_int_equal(output_row(output, &sample.row), 0);
		output_free(output);
		buffer_free(&buffer);
	}
}

static void test_no_such_output(void **state)
{
	const struct output_options options = { .utf8 = true };
	struct buffer buffer = {};
	struct field_list list;
	struct output *output;

	assert_int_equal(output_new(&output, "xml", &buffer, NULL, &options), -ENOENT);
	assert_int_equal(output_default_fields("xml", ROW_PASS, &list), -ENOENT);
	assert_null(output_name(4));
	assert_null(output_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guide_table),
		cmocka_unit_test(test_guide_table_80),
		cmocka_unit_test(test_table_fitted),
		cmocka_unit_test(test_table_piped),
		cmocka_unit_test(test_reading_80),
		cmocka_unit_test(test_reading_100),
		cmocka_unit_test(test_reading_200),
		cmocka_unit_test(test_reading_piped_ascii),
		cmocka_unit_test(test_reading_imitations),
		cmocka_unit_test(test_reading_imitations_ascii),
		cmocka_unit_test(test_reading_color),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_fields),
		cmocka_unit_test(test_jsonpretty),
		cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_json_is_read_back),
		cmocka_unit_test(test_no_such_output),
	};

	/* wcwidth(3) tells the width of characters only where the locale has them. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
