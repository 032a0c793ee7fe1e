/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which container the path of a cgroup names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/container.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define POD "/kubepods/burstable/pod7c1f2b9a-5c57-4b7c-9d44-1f0b6f3f3c11/"

static const struct {
	const char *path;
	enum container_place place;
	const char *runtime, *id;
} cases[] = {
	{ "/", CONTAINER_HOST, "", "" },
	{ "/init.scope", CONTAINER_HOST, "", "" },
	{ "/system.slice/docker.service", CONTAINER_HOST, "", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope", CONTAINER_HOST, "",
	  "" },
	{ "/system.slice/docker-" HEX ".scope", CONTAINER_NAMED, "docker", HEX },
	{ "/system.slice/docker-" HEX ".scope/init.scope", CONTAINER_NAMED, "docker", HEX },
	{ "/docker/" HEX, CONTAINER_NAMED, "docker", HEX },
	{ "/machine.slice/libpod-" HEX ".scope/container", CONTAINER_NAMED, "podman", HEX },
	{ "/libpod_parent/libpod-" HEX, CONTAINER_NAMED, "podman", HEX },
	{ "/kubepods.slice/kubepods-pod1.slice/crio-" HEX ".scope", CONTAINER_NAMED, "cri-o", HEX },
	{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" HEX ".scope", CONTAINER_NAMED,
	  "containerd", HEX },
	{ POD HEX, CONTAINER_NAMED, "", HEX },
	{ POD "crio-" HEX, CONTAINER_NAMED, "cri-o", HEX },
	{ "/system.slice/nerdctl-" HEX ".scope", CONTAINER_NAMED, "containerd", HEX },
	{ "/system.slice/runc-web.scope", CONTAINER_NAMED, "runc", "web" },
	{ "/system.slice/crun-web.scope", CONTAINER_NAMED, "crun", "web" },
	{ "/machine.slice/systemd-nspawn@web\\x2d1.service/payload", CONTAINER_NAMED,
	  "systemd-nspawn", "web-1" },
	{ "/machine.slice/systemd-nspawn@web.service/payload/init.scope", CONTAINER_NAMED,
	  "systemd-nspawn", "web" },
	{ "/machine.slice/machine-web.scope", CONTAINER_NAMED, "systemd-nspawn", "web" },
	{ "/lxc.payload.web/system.slice/x.service", CONTAINER_NAMED, "lxc", "web" },
	{ "/lxc/web", CONTAINER_NAMED, "lxc", "web" },
	/* The outermost of several: what is in it is its own business. */
	{ "/docker/" HEX "/docker/" OTHER, CONTAINER_NAMED, "docker", HEX },
	{ "/lxc.payload.web/docker/" HEX, CONTAINER_NAMED, "lxc", "web" },
	/* What a user has below its own cgroup has names that the user chose. */
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HEX ".scope",
	  CONTAINER_OF_USER, "podman", HEX },
	{ "/user.slice/user-1000.slice/user@1000.service/docker/" HEX, CONTAINER_OF_USER, "docker",
	  HEX },
	{ "/user.slice/user-1000.slice/user@1000.service/mine", CONTAINER_UNKNOWN, "", "" },
	/* Perhaps runc's, crun's or containerd's. */
	{ "/web", CONTAINER_PERHAPS, "", "" },
	{ "/default/web", CONTAINER_PERHAPS, "", "" },
	/* What watches a container is outside of it. */
	{ "/libpod_parent/conmon", CONTAINER_HOST, "", "" },
	{ "/kubepods/pod1/crio-conmon-" HEX, CONTAINER_HOST, "", "" },
	{ "/lxc.monitor.web/x", CONTAINER_HOST, "", "" },
	{ "/machine.slice/systemd-nspawn@web.service", CONTAINER_HOST, "", "" },
	{ "/machine.slice/systemd-nspawn@web.service/supervisor", CONTAINER_HOST, "", "" },
	/* Nearly. */
	{ "/machine.slice/machine-qemu\\x2d1\\x2dweb.scope", CONTAINER_HOST, "", "" },
	{ "/machine.slice/libpod-conmon-" HEX ".scope", CONTAINER_HOST, "", "" },
	{ "/system.slice/docker-0123.scope", CONTAINER_HOST, "", "" },
	{ "/system.slice/docker-" HEX "0.scope", CONTAINER_HOST, "", "" },
	{ "/system.slice/machine-web.scope", CONTAINER_HOST, "", "" },
	{ "/system.slice/runc-.scope", CONTAINER_HOST, "", "" },
	{ "/dockers/" HEX, CONTAINER_PERHAPS, "", "" },
	{ "/conmon", CONTAINER_PERHAPS, "", "" },
	{ "/docker/buildkit", CONTAINER_PERHAPS, "", "" },
};

static void test_paths(void **state)
{
	struct container container;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum container_place place = container_of_path(cases[i].path, &container);

		if (place != cases[i].place)
			fail_msg("%s: %d", cases[i].path, place);
		assert_string_equal(container.runtime, cases[i].runtime);
		assert_string_equal(container.id, cases[i].id);
		assert_string_equal(container.name, "");
	}
}

/* A name is cut where it is too long, and never without an end. */
static void test_long_name(void **state)
{
	struct container container;
	char path[400] = "/lxc.payload.";

	memset(path + strlen(path), 'x', 300);
	assert_int_equal(container_of_path(path, &container), CONTAINER_NAMED);
	assert_int_equal(strlen(container.id), CONTAINER_TEXT_MAX - 1);
}

/* Escapes that are none stay as they are. */
static void test_escapes(void **state)
{
	struct container container;

	container_of_path("/machine.slice/machine-a\\x2\\x\\x00\\x5cx2d.scope", &container);
	assert_string_equal(container.id, "a\\x2\\x\\x00\\x2d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
