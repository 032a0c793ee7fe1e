/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is held: by a descriptor or a mapping of a process, or by a message in a queue. */
#ifndef FDPASS_CORE_HELD_H
#define FDPASS_CORE_HELD_H

#include "core/decode.h"
#include "core/field.h"
#include "core/identity.h"
#include "core/message.h"
#include "core/name.h"

enum held_as { HELD_AS_DESCRIPTOR, HELD_AS_MAPPING, HELD_AS_MESSAGE, NR_HELD_AS };

/* What a row tells of it besides the pass that it would be. */
struct held {
	enum held_as as;
	enum event_same same;
	uint32_t mappings; /* of the file in the process */
};

/* What rows of this kind have besides the fields of a pass and of what is in a queue. */
extern const struct field held_field_table[];
extern const size_t nr_held_fields;

/* What processes hold, as the kernel side tells it. */
struct holding {
	struct message *message; /* of one file; common.sender is who holds it */
	struct held held;
};

struct holdings {
	struct names *names;
	struct identities *identities;
	size_t count, room;
	struct holding *all;
};

/* Returns 0 or -ENOMEM. */
int holdings_new(struct holdings **ret);
/* Accepts NULL, returns NULL. */
struct holdings *holdings_free(struct holdings *holdings);
/* Take an EVENT_HELD. Several mappings of a file are told one after the other. Returns 0, -EBADMSG or -ENOMEM. */
int holdings_take(struct holdings *holdings, const struct decoded *decoded);

/* Borrowed until it returns; a negative errno ends it. */
typedef int (*holdings_row_fn)(void *userdata, const struct pass *pass, const struct held *held);
/* A call for each, in the order in which they were told. */
int holdings_tell(const struct holdings *holdings, holdings_row_fn fn, void *userdata);

#endif
