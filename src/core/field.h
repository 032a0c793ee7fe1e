/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a row: one table, from which the columns, JSON, YAML, --fields, --filter, --help
 * and the list in the manual page come. A new field is one entry in field.c.
 */
#ifndef FDPASS_FIELD_H
#define FDPASS_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/container.h"
#include "core/pass.h"

/* What only the host can tell. The core has no clock, no locale and opens no file: it asks here. */
struct resolver {
	/* The name of a user or group, borrowed until the next call; NULL: there is none. */
	const char *(*user)(void *userdata, uint32_t uid);
	const char *(*group)(void *userdata, uint32_t gid);
	/* Seconds east of UTC of the local time at this moment (seconds since the epoch). */
	int32_t (*utc_offset)(void *userdata, int64_t seconds);
	void *userdata;
	/* The cgroup with this id, borrowed until others are told of; NULL: nothing is known of it. */
	const struct cgroup *(*cgroup)(void *cgroups, uint64_t id);
	void *cgroups;
	/* Random, made once a trace: file_id is keyed with it, so that it tells no kernel address.
	 */
	uint64_t identity_key[2];
};

/* What a row tells. The fields of a pass are in all of them, as far as they are known. */
enum row_kind {
	ROW_PASS,
	ROW_QUEUED, /* a descriptor in a queue, or several that have something in common */
	ROW_HELD, /* a file that a process or a message holds */
	ROW_LEAK, /* descriptors that were received and are still open */
	ROW_FLOW, /* passes that have something in common, and their rate */
	NR_ROW_KINDS
};

/* A pass and what is needed to tell it. Borrows all. */
struct row {
	const struct pass *pass;
	const struct resolver *resolver;
	const struct queued *queued; /* of ROW_QUEUED and ROW_HELD */
	const struct held *held; /* of ROW_HELD */
	const struct leak *leak; /* of ROW_LEAK */
	const struct flow *flow; /* of ROW_FLOW */
	uint32_t report; /* of ROW_LEAK and ROW_FLOW: in which report it is, from 1 */
};

/* The cgroup of one of its processes; NULL: not known. */
static inline const struct cgroup *row_cgroup(const struct row *row, const struct process *process)
{
	const struct resolver *resolver = row->resolver;

	return resolver->cgroup ? resolver->cgroup(resolver->cgroups, process->cgroup_id) : NULL;
}

enum field_type {
	FIELD_STRING, /* bytes as they are in the kernel: escaped by whoever prints them */
	FIELD_U32,
	FIELD_U64,
	FIELD_I32,
	FIELD_BOOL,
	FIELD_LIST, /* words of ours, joined by commas; empty: there is none */
};

/* Which side of the pass a field tells. */
enum field_side {
	FIELD_SENDER,
	FIELD_RECEIVER,
	FIELD_MESSAGE, /* neither: the message, the file, the outcome */
};

/* Room for what a getter composes: a path, and what is written around it. */
#define FIELD_TEXT_MAX (EVENT_MAX_PATH + 512)

/* A field's value in a row. Which member is set follows from the field's type. */
struct value {
	uint64_t u64; /* FIELD_U32, FIELD_U64 */
	int64_t i64; /* FIELD_I32 */
	bool boolean; /* FIELD_BOOL */
	const char
		*text; /* FIELD_STRING, FIELD_LIST; not NUL-terminated; in the row, or in buffer */
	size_t size; /* bytes of text */
	char buffer[FIELD_TEXT_MAX];
};

struct field {
	const char *name; /* "proc.comm": where it is in JSON */
	const char *header; /* "COMM"; unique, and an alias of the name in --fields */
	enum field_type type; /* numbers stand right in their column, all else left */
	enum field_side side;
	unsigned int width; /* of its column, where there is room; a hint */
	bool shown; /* among the columns that --fields +x and -x start from */
	bool (*get)(const struct row *row, enum field_side side, struct value *ret);
	const char *meaning; /* one sentence without a full stop, for --help and the manual page */
};

extern const struct field field_table[];
extern const size_t nr_fields;
/* What rows of reports have besides. */
extern const struct field report_field_table[];
extern const size_t nr_report_fields;

/* Field `index` of rows of this kind, those of a pass first; NULL when index is past the last. */
const struct field *field_of(enum row_kind kind, size_t index);
/* Have such rows the field? */
bool field_is_of(const struct field *field, enum row_kind kind);
/* Have rows of a kind before this one the field? Each kind is told with those that are new in it. */
static inline bool field_is_older(const struct field *field, enum row_kind kind)
{
	return kind > ROW_PASS && field_is_of(field, (enum row_kind)(kind - 1));
}

/* Read a field of a row. False: not known, and the field is left out of this row. */
static inline bool field_get(const struct field *field, const struct row *row, struct value *ret)
{
	return field->get(row, field->side, ret);
}

static inline bool field_is_number(const struct field *field)
{
	return field->type == FIELD_U32 || field->type == FIELD_U64 || field->type == FIELD_I32;
}

/* One text, or several. */
static inline bool field_is_text(const struct field *field)
{
	return field->type == FIELD_STRING || field->type == FIELD_LIST;
}

/* The next word of a list: *at is where, and is moved behind it. False: there is none. */
bool field_list_word(const struct value *value, size_t *at, const char **ret, size_t *size);

/* The type by its name: "string", "u32", "u64", "i32", "bool", "list". */
const char *field_type_name(enum field_type type);

/* The field of any rows with this name or header, in either case; NULL: there is none. */
const struct field *field_find(const char *name);
/* The field whose name or header is nearest to a mistyped name; NULL: none is near. */
const struct field *field_suggest(const char *name);

/*
 * Says in *error_message (the caller frees it) that there is no field with this name, and which is
 * near. Returns -EINVAL or -ENOMEM.
 */
int field_refuse(const char *name, char **error_message);

#define FIELD_LIST_MAX 128

/* Fields in the order of their columns, each at most once. */
struct field_list {
	size_t count;
	const struct field *fields[FIELD_LIST_MAX];
};

/* All fields of such rows; the fields that are shown by default. */
void field_list_all(struct field_list *ret, enum row_kind kind);
void field_list_shown(struct field_list *ret, enum row_kind kind);

/*
 * Read the value of --fields: names or headers joined by commas, "+x" to add and "-x" to take away.
 * A list that begins with a sign changes `base`; another one begins with nothing.
 *
 * Returns 0, or -EINVAL with *error_message set to a sentence (no newline, the caller frees it)
 * that names what is wrong and the near miss, or -ENOMEM.
 */
int field_select(struct field_list *ret, const struct field_list *base, const char *text,
		 char **error_message);

#endif
