/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses to listen on: what is one, and what is none. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/array.h"
#include "host/http.h"

static void test_addresses(void **state)
{
	struct http_address address;
	const struct sockaddr_in *four = (struct sockaddr_in *)&address.storage;
	const struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address.storage;

	assert_int_equal(http_parse_address(&address, "192.0.2.7:65535"), 0);
	assert_int_equal(four->sin_family, AF_INET);
	assert_int_equal(ntohl(four->sin_addr.s_addr), 0xc0000207);
	assert_int_equal(ntohs(four->sin_port), 65535);
	assert_int_equal(address.size, sizeof(*four));
	assert_int_equal(http_parse_address(&address, "[::1]:80"), 0);
	assert_int_equal(six->sin6_family, AF_INET6);
	assert_memory_equal(&six->sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback));
	assert_int_equal(ntohs(six->sin6_port), 80);
	assert_int_equal(address.size, sizeof(*six));
	assert_int_equal(http_parse_address(&address, "[::ffff:255.255.255.255]:0"), 0);
}

static void test_no_addresses(void **state)
{
	static const char *const texts[] = {
		"",
		":",
		":80",
		"80",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"127.0.0.1:-1",
		"127.0.0.1: 1",
		"127.0.0.1:1x",
		"127.0.0.1:000001",
		"127.0.0:1",
		"localhost:80",
		"::1:80",
		"[::1]",
		"[::1:80",
		"::1]:80",
		"[]:80",
		"[127.0.0.1]:80",
		"[::1]80:80",
		"[::1]:80:",
		"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555]:1",
		"a very long text that is no address at all, and longer than any address can be:80",
	};
	struct http_address address;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (http_parse_address(&address, texts[i]) != -EINVAL)
			fail_msg("'%s' is taken for an address", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_no_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
