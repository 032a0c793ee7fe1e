/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Getters: how the table of fields reads its values, what they are made of, and those that lie beside
 * field.c. What they return is whether the value is known.
 */
#ifndef FDPASS_GETTER_H
#define FDPASS_GETTER_H

#include "core/field.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* A name from a table of names; false where the table has none for this number. */
bool get_name(const char *const *names, size_t count, size_t index, struct value *ret);
bool get_text(const char *text, struct value *ret);
__attribute__((format(printf, 2, 3))) bool get_format(struct value *ret, const char *format, ...);
/* What was written into the buffer: so many bytes, or up to there. */
bool get_buffer(size_t size, struct value *ret);
bool get_written(const char *end, struct value *ret);
bool get_unsigned(uint64_t number, struct value *ret);
/* A number of which 0 says that it is not known. */
bool get_nonzero(uint64_t number, struct value *ret);
bool get_descriptor(int32_t fd, struct value *ret);
/* Two numbers, as "12.0". */
bool get_pair(uint64_t first, char separator, uint64_t second, struct value *ret);

/* The file: field_file.c */
#define FILE_GETTER(name)                                                                          \
	bool get_##name(const struct row *row, enum field_side side, struct value *ret)

FILE_GETTER(file);
FILE_GETTER(file_detail);
FILE_GETTER(file_deleted);
FILE_GETTER(file_type);
FILE_GETTER(file_ino);
FILE_GETTER(file_dev);
FILE_GETTER(file_flags);
FILE_GETTER(file_id);
FILE_GETTER(file_rdev);
FILE_GETTER(file_pid);
FILE_GETTER(file_size);
FILE_GETTER(file_seals);
FILE_GETTER(file_state);
FILE_GETTER(file_local);
FILE_GETTER(file_remote);
FILE_GETTER(file_netns_id);
FILE_GETTER(file_peer_ino);
FILE_GETTER(file_peer_pid);

#endif
