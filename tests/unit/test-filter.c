/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters: which rows they have, and what is wrong with an expression, and where. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/filter.h"
#include "host/regex.h"
#include "sample.h"

static const int32_t utc;

static const struct filter_words either_pid = {
	{ "proc.pid", "receiver.pid" }, "a process id", 1, 4194304
};
static const struct filter_words either_uid = {
	{ "proc.creds.uid", "receiver.creds.uid" }, "a user id", 0, UINT32_MAX - 1
};
static const struct filter_words either_comm = {
	{ "proc.comm", "receiver.comm" }, "a name", 0, EVENT_COMM_LEN - 1
};

static struct filter *new_filter(const char *text)
{
	struct filter_error error;
	struct filter *filter;

	assert_int_equal(filter_new(&filter, &regex_ops), 0);
	if (filter_add(filter, text, &error) != 0)
		fail_msg("'%s': %s", text, error.message);
	return filter;
}

static void assert_has(const struct sample *sample, const char *text, bool expected)
{
	struct filter *filter = new_filter(text);

	if (filter_has(filter, &sample->row) != expected)
		fail_msg("'%s' has the row: %s", text, expected ? "no" : "yes");
	filter_free(filter);
}

/* A row is in each of these, and not in its negation; or the other way. */
static void test_operators(void **state)
{
	static const struct {
		const char *text;
		bool expected;
	} cases[] = {
		{ "", true },
		{ ",", true },
		{ "proc.comm==client", true },
		{ "proc.comm=client", true },
		{ "proc.comm==Client", false },
		{ "proc.comm==clien", false },
		{ "proc.comm==clients", false },
		{ "proc.comm!=client", false },
		{ "proc.comm!=server", true },
		{ "proc.comm<client", false },
		{ "proc.comm<=client", true },
		{ "proc.comm<clients", true },
		{ "proc.comm>clien", true },
		{ "proc.comm>=d", false },
		{ "Proc.COMM==client", true },
		{ "COMM==client", true }, /* a header */
		{ "receiver.user==uid:81", true },
		/* one of a list */
		{ "cross==user", true },
		{ "cross==container", true },
		{ "cross==netns", false },
		{ "cross==user,cross==container", true },
		{ "cross!=mntns", true },
		{ "cross!=user", false },
		{ "cross~^cont", true },
		{ "cross~^$", false },
		{ "cross==user\\,container", false },
		{ "proc.pid==1296790", true },
		{ "proc.pid!=1296790", false },
		{ "proc.pid>1296789", true },
		{ "proc.pid>1296790", false },
		{ "proc.pid>=1296790", true },
		{ "proc.pid<1296791", true },
		{ "proc.pid<=1296789", false },
		{ "proc.pid<4294967295", true },
		{ "proc.mntns_id<18446744073709551615", true },
		{ "latency_ns>=84000", true },
		{ "latency_ns>=84001", false },
		{ "fd==3", true },
		{ "fd>-2147483648", true },
		{ "fd<-1", false },
		{ "fd==0003", true },
		{ "receiver.cloexec==true", true },
		{ "receiver.cloexec==1", true },
		{ "receiver.cloexec==false", false },
		{ "receiver.cloexec!=0", true },
		{ "file~^/dev/", true },
		{ "file~null", true },
		{ "file~^null", false },
		{ "file!~null", false },
		{ "file!~zero", true },
		{ "file~^/dev/(null|zero)$", true },
		{ "file~(?i)NULL", true },
		{ "file~/dev/nu[l]{1\\,2}$", true }, /* a comma in a value */
		{ "file~\\.", false },
		{ "proc.comm==client,receiver.comm==dbus-broker,file~^/dev,latency_ns>=1000",
		  true },
		{ "proc.comm==client,receiver.comm==dbus-broke", false },
		{ "proc.comm==client,,fd==3,", true },
	};
	struct sample sample;

	sample_init(&sample, &utc);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_has(&sample, cases[i].text, cases[i].expected);
}

static void test_negative_numbers(void **state)
{
	struct sample sample;

	sample_init(&sample, &utc);
	sample.pass.from.sockfd = -1;
	assert_has(&sample, "sockfd==-1", true);
	assert_has(&sample, "sockfd<0", true);
	assert_has(&sample, "sockfd>-2", true);
	assert_has(&sample, "sockfd>=0", false);
}

/* What is not known is not equal to anything, not less, and matches nothing. */
static void test_not_known(void **state)
{
	struct sample sample;

	sample_init(&sample, &utc);
	sample.pass.receiver.known = false;
	sample.pass.outcome = OUTCOME_UNKNOWN;
	sample.pass.cloexec = -1;
	assert_has(&sample, "receiver.pid==0", false);
	assert_has(&sample, "receiver.pid!=0", true);
	assert_has(&sample, "receiver.pid>=0", false);
	assert_has(&sample, "receiver.pid<1", false);
	assert_has(&sample, "outcome!=delivered", true);
	assert_has(&sample, "outcome~.", false);
	assert_has(&sample, "outcome!~.", true);
	assert_has(&sample, "receiver.cloexec==false", false);
	assert_has(&sample, "receiver.cloexec!=true", true);
}

static void test_escapes(void **state)
{
	struct sample sample;

	sample_init(&sample, &utc);
	sample_set_path(&sample, "/a,b\\c\\,");
	assert_has(&sample, "file==/a\\,b\\c\\\\\\,", true);
	assert_has(&sample, "file==/a\\,b\\\\c\\\\\\,,fd==3", true);
	assert_has(&sample, "file~a\\,b\\\\\\\\c", true); /* the expression a,b\\c */
	sample_set_path(&sample, "/a\\");
	assert_has(&sample, "file==/a\\", true); /* alone at the end */
}

/* Names are bytes: none of them hides from a regular expression. */
static void test_hostile_names(void **state)
{
	struct sample sample;

	sample_init(&sample, &utc);
	sample_set_path(&sample, "/home/\xff\n\xc3/secret");
	assert_has(&sample, "file~^/home/.*/secret$", true);
	assert_has(&sample, "file~^/home/.../secret$", true);
	assert_has(&sample, "file~\xef\xbf\xbd\n", true); /* U+FFFD, as JSON has it */
	assert_has(&sample, "file==/home/\xff\n\xc3/secret", true);
	assert_has(&sample, "file==/home/\xef\xbf\xbd\n\xef\xbf\xbd/secret", false);
	for (size_t i = 0; i < EVENT_MAX_PATH; i++)
		sample.path[i] = "/home"[i % 5];
	sample.path[EVENT_MAX_PATH] = '\0';
	assert_has(&sample, "file~(/home.*)*/home.*/secret$", false);
	memset(sample.path, '\xff', EVENT_MAX_PATH);
	assert_has(&sample, "file~^.*$", true);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		size_t place;
		const char *message;
	} cases[] = {
		{ "fil==x", 0, "there is no field 'fil'; did you mean 'file'?" },
		{ "fd==1,proc.com==x", 6,
		  "there is no field 'proc.com'; did you mean 'proc.comm'?" },
		{ "bogus~x", 0, "there is no field 'bogus'; fdpass --list-fields lists them" },
		{ "\x1b[1m==x", 0, "there is no field '\x1b[1m'; fdpass --list-fields lists them" },
		{ "==x", 0, "a field's name is missing before '=='" },
		{ "nginx", 5, "'nginx' is no condition: ==, !=, >=, >, <=, <, ~ or !~ is missing" },
		{ "file~a{1,2}", 11,
		  "'2}' is no condition: ==, !=, >=, >, <=, <, ~ or !~ is missing "
		  "(has a value a comma? Put a backslash before it)" },
		{ "file=~x", 4, "'=~' is no operator; these are ==, !=, >=, >, <=, <, ~ or !~" },
		{ "fd==", 4, "a value is missing behind '=='" },
		{ "fd==,file==x", 4, "a value is missing behind '=='" },
		{ "fd==x", 4, "'x' is not a number for fd (-2147483648 to 2147483647)" },
		{ "fd== 1", 4, "' 1' is not a number for fd (-2147483648 to 2147483647)" },
		{ "fd==0x10", 4, "'0x10' is not a number for fd (-2147483648 to 2147483647)" },
		{ "fd==-2147483649", 4,
		  "'-2147483649' is not a number for fd (-2147483648 to 2147483647)" },
		{ "fd==2147483648", 4,
		  "'2147483648' is not a number for fd (-2147483648 to 2147483647)" },
		{ "fd==-", 4, "'-' is not a number for fd (-2147483648 to 2147483647)" },
		{ "pid<4294967296", 4,
		  "'4294967296' is not a number for proc.pid (0 to 4294967295)" },
		{ "pid<-1", 4, "'-1' is not a number for proc.pid (0 to 4294967295)" },
		{ "file_ino<18446744073709551616", 9,
		  "'18446744073709551616' is not a number for file_ino "
		  "(0 to 18446744073709551615)" },
		{ "fd~3", 2, "fd is no text: ~ and !~ cannot be tried on it" },
		{ "receiver.cloexec==yes", 18, "'yes' is neither true nor false" },
		{ "receiver.cloexec>=1", 16,
		  "receiver.cloexec is true or false: only == and != compare it" },
		{ "fd==1,file~a[b", 12, "this is no regular expression: missing ]: [b" },
		{ "file~\\,\\\\\\\\[b", 11, "this is no regular expression: missing ]: [b" },
		{ "file~(a", 5, "this is no regular expression: missing ): (a" },
		{ "file~a\xff", 5, "this is no regular expression: invalid UTF-8" },
		{ "file~(a{1000}){1000}", 7,
		  "this is no regular expression: invalid repetition size: {1000}" },
	};
	struct filter *filter;

	assert_int_equal(filter_new(&filter, &regex_ops), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter_error error;

		assert_int_equal(filter_add(filter, cases[i].text, &error), -EINVAL);
		assert_string_equal(error.message, cases[i].message);
		if (error.place != cases[i].place)
			fail_msg("'%s': place %zu", cases[i].text, error.place);
		free(error.message);
	}
	filter_free(filter);
}

/* A long value is cut. */
static void test_long_errors(void **state)
{
	char text[3 + 1000 + 1] = "fd=";
	struct filter_error error;
	struct filter *filter;

	memset(text + 3, 'x', 1000);
	assert_int_equal(filter_new(&filter, &regex_ops), 0);
	assert_int_equal(filter_add(filter, text, &error), -EINVAL);
	assert_true(strlen(error.message) < 200);
	free(error.message);
	filter_free(filter);
}

/* As in a host that has no regular expressions. */
static void test_no_regex(void **state)
{
	struct filter_error error;
	struct filter *filter;

	assert_int_equal(filter_new(&filter, NULL), 0);
	assert_int_equal(filter_add(filter, "file~x", &error), -EINVAL);
	assert_string_equal(error.message, "regular expressions cannot be had here");
	free(error.message);
	assert_int_equal(filter_add(filter, "file==x", &error), 0);
	filter_free(filter);
}

static void assert_words(const struct sample *sample, const struct filter_words *words,
			 const char *text, bool expected)
{
	char *error_message = NULL;
	struct filter *filter;

	assert_int_equal(filter_new(&filter, NULL), 0);
	assert_int_equal(filter_add_words(filter, words, text, &error_message), 0);
	if (filter_has(filter, &sample->row) != expected)
		fail_msg("'%s' has the row: %s", text, expected ? "no" : "yes");
	filter_free(filter);
}

/* The row: client, 1296790, of 1000, to dbus-broker, 5128, of 81. */
static void test_words(void **state)
{
	static const struct filter_words sender_pid = { { "proc.pid" }, "a process id", 1, 9 };
	struct sample sample;

	sample_init(&sample, &utc);
	assert_words(&sample, &either_pid, "1296790", true);
	assert_words(&sample, &either_pid, "1,5128", true);
	assert_words(&sample, &either_pid, "1,2", false);
	assert_words(&sample, &either_pid, "!5128", false);
	assert_words(&sample, &either_pid, "!1,!2", true);
	assert_words(&sample, &either_pid, "1296790,!5128", false);
	assert_words(&sample, &either_uid, "0,81", true);
	assert_words(&sample, &either_comm, "client", true);
	assert_words(&sample, &either_comm, "server,dbus-broker", true);
	assert_words(&sample, &either_comm, "!dbus-broker", false);
	assert_words(&sample, &either_comm, "client,!server", true);
	assert_words(&sample, &sender_pid, "1", false);
	sample_set_comm(&sample, "a,!b");
	assert_words(&sample, &either_comm, "a\\,!b", true);
	assert_words(&sample, &either_comm, "x,!a\\,!b", false);
}

/* A side that is not known is nobody's. */
static void test_words_about_nobody(void **state)
{
	struct sample sample;

	sample_init(&sample, &utc);
	sample.pass.receiver.known = false;
	assert_words(&sample, &either_uid, "0", false);
	assert_words(&sample, &either_uid, "1000", true);
	assert_words(&sample, &either_uid, "!0", true);
	sample.pass.sender.known = false;
	assert_words(&sample, &either_uid, "1000", false);
	assert_words(&sample, &either_uid, "!1000", true);
}

static void assert_some(const struct sample *sample, const char *first, const char *second,
			bool expected)
{
	const char *const fields[2] = { first, second };
	struct filter *filter;

	assert_int_equal(filter_new(&filter, &regex_ops), 0);
	assert_int_equal(filter_add_some(filter, fields), 0);
	assert_int_equal(filter_has(filter, &sample->row), expected);
	filter_free(filter);
}

/* There is something in one of the fields. */
static void test_some(void **state)
{
	struct sample sample;

	sample_init(&sample, &utc);
	assert_some(&sample, "cross", NULL, true);
	assert_some(&sample, "risk", NULL, false);
	assert_some(&sample, "runtime.containerId", "receiver.runtime.containerId", true);
	assert_some(&sample, "runtime.containerId", NULL, false);
	sample.pass.receiver = sample.pass.sender;
	assert_some(&sample, "cross", NULL, false); /* it is known, and empty */
	assert_some(&sample, "runtime.containerId", "receiver.runtime.containerId", false);
}

static void test_wrong_words(void **state)
{
	static const struct {
		const struct filter_words *words;
		const char *text, *message;
	} cases[] = {
		{ &either_pid, "", "'' is not a process id (1 to 4194304)" },
		{ &either_pid, "1,,2", "'' is not a process id (1 to 4194304)" },
		{ &either_pid, "0", "'0' is not a process id (1 to 4194304)" },
		{ &either_pid, "1,!", "'' is not a process id (1 to 4194304)" },
		{ &either_uid, "-1", "'-1' is not a user id (0 to 4294967294)" },
		{ &either_comm, "", "a name is missing" },
		{ &either_comm, "a,", "a name is missing" },
		{ &either_comm, "systemd-resolved",
		  "'systemd-resolved' is too long: the kernel keeps 15 bytes of a name, "
		  "'systemd-resolve'" },
	};
	struct filter *filter;

	assert_int_equal(filter_new(&filter, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *message = NULL;

		assert_int_equal(filter_add_words(filter, cases[i].words, cases[i].text, &message),
				 -EINVAL);
		assert_string_equal(message, cases[i].message);
		free(message);
	}
	filter_free(filter);
}

/* Of a pending row, whoever has the receiving socket open counts as its receiver. */
static void test_owners(void **state)
{
	const struct process owners[] = {
		{ .known = true, .pid = 7, .comm = "first" },
		{ .known = true, .pid = 8, .comm = "second" },
	};
	struct sample sample;

	sample_init(&sample, &utc);
	sample.pass.receiver = (struct process){};
	sample.pass.owners = owners;
	sample.pass.nr_owners = 2;
	assert_has(&sample, "receiver.pid==7", true);
	assert_has(&sample, "receiver.pid==8", true);
	assert_has(&sample, "receiver.pid==9", false);
	assert_has(&sample, "receiver.pid!=8", false);
	assert_has(&sample, "receiver.pid!=9", true);
	assert_has(&sample, "receiver.comm~^sec", true);
	assert_has(&sample, "proc.comm==client,receiver.pid==8", true);
	assert_has(&sample, "proc.comm==second", false);
	assert_words(&sample, &either_pid, "8", true);
	assert_words(&sample, &either_pid, "!8", false);
	assert_words(&sample, &either_pid, "9", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operators),     cmocka_unit_test(test_negative_numbers),
		cmocka_unit_test(test_not_known),     cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_long_errors),   cmocka_unit_test(test_no_regex),
		cmocka_unit_test(test_words),	      cmocka_unit_test(test_words_about_nobody),
		cmocka_unit_test(test_some),	      cmocka_unit_test(test_wrong_words),
		cmocka_unit_test(test_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
