/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * workload: does all that can happen to descriptors on unix sockets, and writes down what it did.
 * A tracer that ran meanwhile must have told the same (tests/e2e/compare.py).
 *
 * One static program and no more, so that it runs in a guest that has nothing but busybox.
 */
#include <err.h>
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenario.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
/* A scenario that waits for what does not come is broken. */
#define SCENARIO_SECONDS 60

static const struct group *const groups[] = {
	&pass_group,	&file_group, &lose_group, &fail_group,	&peek_group,
	&road_group,	&ring_group, &move_group, &hop_group,	&load_group,
	&hostile_group, &mass_group, &who_group,  &again_group,
};

/* GROUP/NAME; a 32-bit program's are told apart, so that both can write one truth. */
static void write_name(char *ret, size_t size, const struct group *group,
		       const struct scenario *scenario)
{
	snprintf(ret, size, "%s%s/%s", sizeof(long) == 4 ? "32/" : "", group->name, scenario->name);
}

static void play(struct stage *stage, const struct scenario *scenario)
{
	static struct actor director;

	director.stage = stage;
	actor_enter(&director, "w-director");
	scenario->play(&director, scenario->argument);
	/* What was queued at the end would be lost when the sockets are closed: scenarios wait. */
	actor_wait_all(&director);
}

/* Run a scenario in a process of its own. Returns its wait status. */
static int run(struct stage *stage, const struct scenario *scenario)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		err(EXIT_FAILURE, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(SCENARIO_SECONDS);
		play(stage, scenario);
		_exit(EXIT_SUCCESS);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			err(EXIT_FAILURE, "waitpid");
	}
	/* Actors whose parent broke: they were killed with it, and must be gone before the next. */
	while (wait(NULL) > 0)
		;
	return status;
}

/* Run a scenario and write its truth. Returns whether it did what it should, or could not here. */
static bool perform(const char *name, const struct scenario *scenario, FILE *truth)
{
	struct stage *stage;
	const char *state;
	char why[64] = "";
	int status;

	stage = stage_new();
	if (!stage)
		err(EXIT_FAILURE, "cannot make a stage");
	status = run(stage, scenario);
	if (*stage->skipped)
		state = "skipped";
	else
		state = status == 0 ? "ran" : "broken";
	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "signal %d", WTERMSIG(status));
	stage_write(stage, name, truth);
	truth_write_scenario(truth, name, state, *stage->skipped ? stage->skipped : why);
	fflush(truth);
	fprintf(stderr, "%-32s %s%s%s\n", name, state, *stage->skipped ? ": " : "", stage->skipped);
	stage_free(stage);
	return strcmp(state, "broken") != 0;
}

static bool is_wanted(const char *name, bool apart, char **patterns)
{
	for (; *patterns; patterns++) {
		size_t length = strlen(*patterns);

		if ((strcmp(*patterns, "all") == 0 && !apart) || fnmatch(*patterns, name, 0) == 0 ||
		    (strncmp(*patterns, name, length) == 0 && name[length] == '/'))
			return true;
	}
	return false;
}

/* Returns the number of scenarios that broke, or -1 where none has such a name. */
static int perform_all(char **patterns, FILE *truth)
{
	int broken = 0, found = 0;
	char name[128];

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		for (unsigned int j = 0; j < groups[i]->nr_scenarios; j++) {
			write_name(name, sizeof(name), groups[i], &groups[i]->scenarios[j]);
			if (!is_wanted(name, groups[i]->apart, patterns))
				continue;
			found++;
			broken += !perform(name, &groups[i]->scenarios[j], truth);
		}
	}
	return found ? broken : -1;
}

static void list(void)
{
	char name[128];

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		for (unsigned int j = 0; j < groups[i]->nr_scenarios; j++) {
			write_name(name, sizeof(name), groups[i], &groups[i]->scenarios[j]);
			puts(name);
		}
	}
}

static void usage(FILE *stream)
{
	fputs("usage: workload [--truth FILE] SCENARIO...|GROUP...|all\n"
	      "       workload [--truth FILE] hold\n"
	      "       workload rush PAIRS SECONDS\n"
	      "       workload overlook controls|table|unread|skipped\n"
	      "       workload list\n"
	      "\n"
	      "hold queues messages, says \"queued\", and waits for a line on standard input; then it\n"
	      "receives some and queues others, says \"held\", and ends with the next line.\n"
	      "rush passes descriptors at full speed, and tells how many by when.\n"
	      "overlook does what a tracer cannot tell, and has to count.\n"
	      "all is all but hostile and mass; mass waits for two lines as hold does.\n",
	      stream);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "truth", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	FILE *truth = stdout;
	int option, broken;

	while ((option = getopt_long(argc, argv, "t:h", options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			return EXIT_SUCCESS;
		}
		if (option != 't') {
			usage(stderr);
			return 2;
		}
		truth = fopen(optarg, "ae");
		if (!truth)
			err(EXIT_FAILURE, "%s", optarg);
	}
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	if (strcmp(argv[optind], "list") == 0) {
		list();
		return EXIT_SUCCESS;
	}
	/* Orphans come to this process, which waits for them. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (strcmp(argv[optind], "hold") == 0)
		return hold(truth);
	if (strcmp(argv[optind], "rush") == 0 && optind + 3 == argc)
		return rush((unsigned int)strtoul(argv[optind + 1], NULL, 10),
			    (unsigned int)strtoul(argv[optind + 2], NULL, 10));
	if (strcmp(argv[optind], "overlook") == 0 && optind + 2 == argc)
		return overlook(argv[optind + 1]);
	broken = perform_all(argv + optind, truth);
	if (broken < 0)
		errx(2, "no such scenario; `workload list` tells all");
	return broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
