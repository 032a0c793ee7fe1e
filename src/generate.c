// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run while building: writes what the documents, the shell and the tests take from the program's
 * tables, so that they cannot differ from it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/options.h"
#include "core/risk.h"
#include "host/gap.h"
#include "output/output.h"

/* A definition list of risks. */
static void print_risks(FILE *stream)
{
	const struct risk_entry *entry;

	for (size_t i = 0; (entry = risk_entry(i)); i++)
		fprintf(stream, "``%s``\n  %s: %s.\n\n", entry->word, entry->what, entry->reason);
}

static int generate(const char *what)
{
	if (strcmp(what, "completion") == 0)
		options_print_completion(stdout);
	else if (strcmp(what, "options") == 0)
		options_print_reference(stdout);
	else if (strcmp(what, "fields") == 0)
		return output_field_reference(stdout, ROW_PASS);
	else if (strcmp(what, "queued-fields") == 0)
		return output_field_reference(stdout, ROW_QUEUED);
	else if (strcmp(what, "held-fields") == 0)
		return output_field_reference(stdout, ROW_HELD);
	else if (strcmp(what, "leak-fields") == 0)
		return output_field_reference(stdout, ROW_LEAK);
	else if (strcmp(what, "flow-fields") == 0)
		return output_field_reference(stdout, ROW_FLOW);
	else if (strcmp(what, "risks") == 0)
		print_risks(stdout);
	else if (strcmp(what, "gaps") == 0)
		gap_print_list(stdout);
	else if (strcmp(what, "excuses") == 0)
		gap_print_excuses(stdout);
	else
		return -1;
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc == 2 && generate(argv[1]) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr,
		"usage: generate completion|options|fields|queued-fields|held-fields|leak-fields|flow-fields|risks|"
		"gaps|excuses\n");
	return EXIT_FAILURE;
}
