/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON, by hand: the program is static and also built for 32 bits, where Debian has no json-c. Bytes
 * that are not UTF-8 become lone surrogates, as Python's surrogateescape has them.
 */
#ifndef WORKLOAD_JSON_H
#define WORKLOAD_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

void write_string(FILE *stream, const char *text);
/* A NUL follows them. */
void write_bytes(FILE *stream, const char *bytes, size_t size);

/* An object that is being written: the comma is due before each member but the first. */
struct object {
	FILE *stream;
	bool more;
};

void object_open(struct object *object, FILE *stream);
/* A member's name: `side` stands before it. The value is to be written. */
void object_key(struct object *object, const char *side, const char *name);
void add_string(struct object *object, const char *side, const char *name, const char *value);
void add_bytes(struct object *object, const char *side, const char *name, const char *bytes,
	       size_t size);
void add_number(struct object *object, const char *side, const char *name, int64_t value);
void add_bool(struct object *object, const char *side, const char *name, bool value);

#endif
