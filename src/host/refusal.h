/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's verifier says about a program that it refuses. Each program of an object has a log;
 * nobody but a program that is refused writes there, and no other is loaded after it.
 */
#ifndef FDPASS_REFUSAL_H
#define FDPASS_REFUSAL_H

#include <bpf/libbpf.h>

/* Enough for a sentence about a program that the kernel refuses. */
#define REFUSAL_MAX 256

/* Give the programs of an object their logs before it is loaded. To be freed; NULL: there are none. */
char *refusal_give_logs(struct bpf_object *object);

/* Which program was refused when loading ended with `error`, and why; empty where it was none. */
void refusal_explain(char ret[REFUSAL_MAX], struct bpf_object *object, char *logs, int error);

/* The last line of a verifier's log that says something: not its statistics. Changes the log. */
const char *refusal_last_line(char *log);

#endif
