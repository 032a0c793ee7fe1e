// SPDX-License-Identifier: GPL-2.0-or-later
/* fdpass doctor: which way to attach this machine allows, why no better one, and what it misses. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "command/command.h"
#include "command/options.h"
#include "host/lockdown.h"
#include "host/privilege.h"
#include "host/reason.h"
#include "host/tracer.h"

static void print_machine(void)
{
	char mode[32], reason[REASON_MAX];
	struct utsname name;

	uname(&name);
	lockdown_mode(mode);
	printf("kernel      %s %s\n", name.release, name.machine);
	printf("BTF         %s\n",
	       reason_btf(REASON_BTF_PATH, reason) == 0 ? REASON_BTF_PATH : reason);
	if (mode[0] != '\0')
		printf("lockdown    %s\n", mode);
	else
		printf("lockdown    not known: %s cannot be read\n", LOCKDOWN_PATH);
}

/* As large as tracer_probe() makes it. */
#define PROBE_RING_SIZE (1 << 20)

/* The name stands in the line's first column already. */
static const char *without_name(const char *reason, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(reason, name, length) == 0 && strncmp(reason + length, ": ", 2) == 0)
		return reason + length + 2;
	return reason;
}

static void print_way(const struct way_report *report, bool taken)
{
	if (taken)
		printf("%-11s yes: this one is taken\n", report->name);
	else if (report->available)
		printf("%-11s yes\n", report->name);
	else
		printf("%-11s no: %s\n", report->name, without_name(report->reason, report->name));
}

static void print_gaps(const struct way_report *taken)
{
	if (!taken->gaps || !taken->gaps[0]) {
		printf("\nWith %s, nothing is known to be missed here.\n", taken->name);
		return;
	}
	printf("\nWith %s, this is not seen here:\n", taken->name);
	for (size_t i = 0; taken->gaps[i]; i++)
		printf("  - %s\n", taken->gaps[i]);
}

int doctor_run(const struct options *options)
{
	struct way_report taken = { .available = false };
	char reason[PRIVILEGE_REASON_MAX];

	(void)options;
	if (privilege_check(reason) < 0) {
		command_say("%s", reason);
		return STATUS_CANNOT;
	}
	print_machine();
	/* Trying would be ended by a kill. */
	if (reason_memory(PROBE_RING_SIZE, reason) < 0) {
		printf("\nfdpass cannot trace on this machine: %s\n", reason);
		command_flush();
		return STATUS_CANNOT;
	}
	for (size_t i = 0; i < tracer_nr_ways(); i++) {
		struct way_report report;
		int r = tracer_probe(i, &report);

		if (r < 0) {
			command_say("%s cannot be tried: %s", tracer_way_name(i), strerror(-r));
			return STATUS_CANNOT;
		}
		print_way(&report, report.available && !taken.available);
		if (report.available && !taken.available)
			taken = report;
	}
	if (!taken.available) {
		printf("\nfdpass cannot trace on this machine.\n");
		command_flush();
		return STATUS_CANNOT;
	}
	print_gaps(&taken);
	return command_flush();
}
