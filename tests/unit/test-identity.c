/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identities: an address of a struct file that is used again stands for another open file. */
#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/identity.h"

#define ADDRESS 0xffff888000001000

static uint64_t identity_of(struct identities *identities, struct file file)
{
	file.address = ADDRESS;
	assert_int_equal(identities_set(identities, &file), 0);
	assert_int_not_equal(file.identity, 0);
	return file.identity;
}

static struct file eventfd(uint32_t generation)
{
	return (struct file){
		.known = true,
		.ino = 13,
		.dev = 14,
		.magic = ANON_INODE_FS_MAGIC,
		.open_flags = O_RDWR,
		.generation = generation,
		.path = (char *)"[eventfd]",
	};
}

static void test_same(void **state)
{
	struct identities *identities = *state;
	struct file file = {
		.known = true, .ino = 5, .mode = S_IFREG | 0644, .path = (char *)"/a"
	};
	uint64_t identity = identity_of(identities, file);

	file.mode = S_IFREG | 0600;
	file.path = (char *)"/renamed";
	assert_int_equal(identity_of(identities, file), identity);
}

/* What an address stood for when it was last described need not be what it stands for now. */
static void test_address_only(void **state)
{
	struct identities *identities = *state;
	struct file file = { .known = false };

	identity_of(identities, eventfd(1));
	assert_int_equal(identities_set(identities, &file), 0);
	assert_int_equal(file.identity, 0);
}

static void test_other_inode(void **state)
{
	struct identities *identities = *state;
	struct file file = { .known = true, .ino = 5, .inode_generation = 1 };
	uint64_t first = identity_of(identities, file);

	file.inode_generation = 2;
	assert_int_not_equal(identity_of(identities, file), first);
}

static void test_other_eventfd(void **state)
{
	struct identities *identities = *state;
	uint64_t first = identity_of(identities, eventfd(1));

	assert_int_equal(identity_of(identities, eventfd(1)), first);
	assert_int_not_equal(identity_of(identities, eventfd(2)), first);
}

/* All anonymous files share an inode; of a rare sort the creation is not noted in every way. */
static void test_other_sort(void **state)
{
	struct identities *identities = *state;
	struct file pidfd = eventfd(1);

	pidfd.path = (char *)"[pidfd]";
	assert_int_not_equal(identity_of(identities, eventfd(1)), identity_of(identities, pidfd));
}

static int set_up(void **state)
{
	struct identities *identities;
	int r = identities_new(&identities, 16);

	*state = identities;
	return r;
}

static int tear_down(void **state)
{
	identities_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_address_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_inode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_eventfd, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_sort, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
