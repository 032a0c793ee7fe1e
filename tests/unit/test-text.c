/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text: what others chose comes out such that it cannot do harm, and can be told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/siphash.h"
#include "core/text.h"

static void assert_escaped(const char *bytes, size_t size, bool ascii, const char *expected)
{
	char text[TEXT_ESCAPE_MAX(64)];

	assert_true(size <= 64);
	assert_int_equal(text_escape(text, bytes, size, ascii), strlen(expected));
	assert_string_equal(text, expected);
}

#define ASSERT_ESCAPED(bytes, expected) assert_escaped(bytes, sizeof(bytes) - 1, false, expected)
#define ASSERT_ESCAPED_ASCII(bytes, expected)                                                      \
	assert_escaped(bytes, sizeof(bytes) - 1, true, expected)

static void test_escape_printable(void **state)
{
	ASSERT_ESCAPED("", "");
	ASSERT_ESCAPED("/dev/null", "/dev/null");
	ASSERT_ESCAPED("a b", "a b");
	ASSERT_ESCAPED("naïve €5 文 😀", "naïve €5 文 😀");
	ASSERT_ESCAPED_ASCII("naïve 文 😀", "na\\u00efve \\u6587 \\U0001f600");
}

/* The same as Go's strconv.Quote, without the quotes. */
static void test_escape_controls(void **state)
{
	ASSERT_ESCAPED("\a\b\t\n\v\f\r", "\\a\\b\\t\\n\\v\\f\\r");
	ASSERT_ESCAPED("\0\x01\x1b[31m\x7f", "\\x00\\x01\\x1b[31m\\x7f");
	ASSERT_ESCAPED("say \"C:\\\"", "say \\\"C:\\\\\\\"");
	ASSERT_ESCAPED("\xc2\x9b"
		       "31m",
		       "\\u009b31m"); /* CSI in one character */
	ASSERT_ESCAPED("\xe2\x80\xae", "\\u202e"); /* right-to-left override */
	ASSERT_ESCAPED("\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069"); /* isolates */
	ASSERT_ESCAPED("\xe2\x80\x8b\xef\xbb\xbf", "\\u200b\\ufeff"); /* no width */
	ASSERT_ESCAPED("\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"); /* line separators */
	ASSERT_ESCAPED("\xf3\xa0\x81\x81", "\\U000e0041"); /* a tag */
}

/* Two names that look the same are not written the same. */
static void test_escape_invisible(void **state)
{
	static const uint32_t invisible[] = { 0x00ad,  0x034f,	0x061c,	 0x115f,  0x17b4, 0x180b,
					      0x180d,  0x180e,	0x180f,	 0x2060,  0x2800, 0x3164,
					      0xfe00,  0xfe0f,	0xfeff,	 0xffa0,  0xfff8, 0x1bca0,
					      0x1d17a, 0xe0001, 0xe0100, 0xe01ef, 0xe0fff };
	static const uint32_t visible[] = { 0x034e, 0x0350, 0x17b3, 0x17b6, 0x180a, 0x1810,
					    0x27ff, 0x2801, 0xfdff, 0xfe10, 0x1f600 };

	for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++)
		assert_false(text_printable(invisible[i]));
	for (size_t i = 0; i < sizeof(visible) / sizeof(visible[0]); i++)
		assert_true(text_printable(visible[i]));
	ASSERT_ESCAPED("a\xcd\x8f\xe1\xa0\x8b\xef\xb8\x8f", "a\\u034f\\u180b\\ufe0f");
}

static void test_escape_bytes(void **state)
{
	ASSERT_ESCAPED("\xff\xfe", "\\xff\\xfe");
	ASSERT_ESCAPED("caf\xe9", "caf\\xe9"); /* Latin-1 */
	ASSERT_ESCAPED("\xc0\xaf", "\\xc0\\xaf"); /* an overlong slash */
	ASSERT_ESCAPED("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	ASSERT_ESCAPED("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a surrogate */
	ASSERT_ESCAPED("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
	ASSERT_ESCAPED("\xe2\x82", "\\xe2\\x82"); /* cut short */
	ASSERT_ESCAPED("\xe2\x82"
		       "a",
		       "\\xe2\\x82"
		       "a");
}

/* No output has a control, whatever the byte, and no two inputs have the same output. */
static void test_escape_every_byte(void **state)
{
	char seen[256][TEXT_ESCAPE_MAX(1)];

	for (int byte = 0; byte < 256; byte++) {
		char input = (char)byte;
		size_t length = text_escape(seen[byte], &input, 1, false);

		assert_true(length > 0);
		for (size_t i = 0; i < length; i++)
			assert_in_range((unsigned char)seen[byte][i], 0x20, 0x7e);
		for (int other = 0; other < byte; other++)
			assert_string_not_equal(seen[byte], seen[other]);
	}
}

static void test_to_utf8(void **state)
{
	char text[TEXT_UTF8_MAX(16)];

	assert_int_equal(text_to_utf8(text,
				      "a\xff"
				      "b",
				      3),
			 5);
	assert_string_equal(text, "a\xef\xbf\xbd"
				  "b");
	assert_int_equal(text_to_utf8(text, "\xc3\xa9\n", 3), 3);
	assert_string_equal(text, "\xc3\xa9\n");
	assert_int_equal(text_to_utf8(text, "\xe2\x82", 2), 6);
	assert_string_equal(text, "\xef\xbf\xbd\xef\xbf\xbd");
	assert_int_equal(text_to_utf8(text, "a\0b", 3), 3);
	assert_memory_equal(text, "a\0b", 4);
}

static void test_distance(void **state)
{
	assert_int_equal(text_distance("file", "file"), 0);
	assert_int_equal(text_distance("FILE", "file"), 0);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_int_equal(text_distance("proc.cmm", "proc.comm"), 1);
	assert_int_equal(text_distance("flie", "file"), 1); /* swapped */
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_true(text_distance("a", "0123456789012345678901234567890123456789012345678901234567"
				       "890123456789") == SIZE_MAX);
}

/* The vector of the algorithm's authors for 16 bytes, 00 01 … 0f, with the key of the same bytes.
 */
static void test_siphash(void **state)
{
	const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

	assert_true(siphash(key, key[0], key[1]) == 0x3f2acc7f57c29bdb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape_printable),  cmocka_unit_test(test_escape_controls),
		cmocka_unit_test(test_escape_invisible),  cmocka_unit_test(test_escape_bytes),
		cmocka_unit_test(test_escape_every_byte), cmocka_unit_test(test_to_utf8),
		cmocka_unit_test(test_distance),	  cmocka_unit_test(test_siphash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
