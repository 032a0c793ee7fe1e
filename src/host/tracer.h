/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running tracer: a way to attach, loaded and attached, and its ring buffer. Events come out of
 * it as bytes; what they mean is the core's business.
 */
#ifndef FDPASS_TRACER_H
#define FDPASS_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "host/in_flight.h"
#include "host/kept.h"
#include "host/owner.h"
#include "host/ring.h"

struct tracer;

struct tracer_options {
	const char *way; /* "fentry", "kprobe", "tracepoint"; NULL: the best that can be had */
	size_t ring_size; /* bytes, a power of two and a multiple of the page size */
	bool trace_children; /* set EVENT_TASK_TRACED for descendants of this process */
	bool system_calls; /* also what makes all system calls slower, where others do not need it */
	bool finds_kept; /* for tracer_kept() */
};

/* Why a way cannot be had, one line, for a person. */
#define TRACER_REASON_MAX 1280

/*
 * Load and attach. Returns 0, or a negative errno with a sentence in `reason` (no newline, without
 * the program's name) that says what is missing and what to do.
 */
int tracer_new(struct tracer **ret, const struct tracer_options *options,
	       char reason[TRACER_REASON_MAX]);
/* Detach and unload. Accepts NULL, returns NULL. */
struct tracer *tracer_free(struct tracer *tracer);

/* The way that was taken: "fentry", "kprobe", "tracepoint". */
const char *tracer_way(const struct tracer *tracer);
/* Is it told when a file with an anonymous inode is created? See src/bpf/identity.h. */
bool tracer_sees_creations(const struct tracer *tracer);
/* A descriptor that polls readable when the ring is filling up. The reader is not woken for each
 * event: look (tracer_read) a few times a second as well. Borrowed. */
int tracer_fd(const struct tracer *tracer);

/* Read what is there, without waiting: see ring_read(). */
int tracer_read(struct tracer *tracer, ring_record_fn fn, void *userdata);

/*
 * What could not be told so far, by kind (enum event_lost). A program that was skipped a moment ago
 * is among it, while its stand-in has not run yet: what a second look tells too is lost.
 */
void tracer_lost(const struct tracer *tracer, uint64_t counts[NR_EVENT_LOST]);

/* What is in flight now, a call for each message of the table. Returns 0, -EOPNOTSUPP where that cannot
 * be told, or -ENOBUFS where only a part of it was: then nothing that was not told may be concluded. */
int tracer_queued(struct tracer *tracer, in_flight_fn fn, void *userdata);

/* The next tracer_owners() is about this socket too. */
void tracer_ask_owner(struct tracer *tracer, uint64_t ino);
/* Who has the sockets that were asked for open: see owners_read(). -EOPNOTSUPP where it cannot be told. */
int tracer_owners(struct tracer *tracer, owner_fn fn, void *userdata);

/* The next tracer_kept() is about this open file too. */
void tracer_ask_kept(struct tracer *tracer, uint64_t file);
/* Who has the files that were asked for: see keeping_read(). -EOPNOTSUPP where it cannot be told. */
int tracer_kept(struct tracer *tracer, kept_fn fn, void *userdata);

/* What one way to attach offers on this machine, for `fdpass doctor`. */
struct way_report {
	const char *name;
	bool available;
	char reason[TRACER_REASON_MAX]; /* why not */
};
/* Number of ways, best first. */
size_t tracer_nr_ways(void);
/* The name of way `index`; NULL when index is past the last. */
const char *tracer_way_name(size_t index);
/* Try way `index` (loading and attaching, then undoing it). */
int tracer_probe(size_t index, struct way_report *ret);

#endif
