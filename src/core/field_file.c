/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The getters of what the file is. */
#include "core/flow.h"
#include "core/getter.h"
#include "core/siphash.h"
#include "core/text.h"
#include "kind/kind.h"

bool get_file(const struct row *row, enum field_side side, struct value *ret)
{
	return get_buffer(kind_name(&row->pass->file, ret->buffer, sizeof(ret->buffer)), ret);
}

bool get_file_detail(const struct row *row, enum field_side side, struct value *ret)
{
	return get_buffer(kind_detail(&row->pass->file, ret->buffer, sizeof(ret->buffer)), ret);
}

/* Whether a name that is a place in the tree still leads there. */
bool get_file_deleted(const struct row *row, enum field_side side, struct value *ret)
{
	const struct file *file = &row->pass->file;

	ret->boolean = (file->flags & EVENT_FILE_DELETED) != 0;
	return file->known && file->path && !(file->flags & EVENT_FILE_PSEUDO);
}

bool get_file_type(const struct row *row, enum field_side side, struct value *ret)
{
	const char *type = row->flow && row->flow->file_type ? row->flow->file_type :
							       kind_type(&row->pass->file);

	return type && get_text(type, ret);
}

bool get_file_ino(const struct row *row, enum field_side side, struct value *ret)
{
	return row->pass->file.known && get_unsigned(row->pass->file.ino, ret);
}

bool get_file_dev(const struct row *row, enum field_side side, struct value *ret)
{
	const struct file *file = &row->pass->file;

	return file->known && get_pair(file->dev >> 20, ':', file->dev & 0xfffff, ret);
}

bool get_file_flags(const struct row *row, enum field_side side, struct value *ret)
{
	const struct file *file = &row->pass->file;

	return file->known &&
	       get_buffer(kind_open_flags(file, ret->buffer, sizeof(ret->buffer)), ret);
}

bool get_file_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct file *file = &row->pass->file;

	if (file->identity == 0)
		return false;
	return get_written(
		text_put_hex(ret->buffer,
			     siphash(row->resolver->identity_key, file->address, file->identity),
			     16),
		ret);
}

/* Devices, pidfds, memfds */

bool get_file_rdev(const struct row *row, enum field_side side, struct value *ret)
{
	uint32_t major, minor;

	return kind_device_number(&row->pass->file, &major, &minor) &&
	       get_pair(major, ':', minor, ret);
}

bool get_file_pid(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(kind_pidfd_pid(&row->pass->file), ret);
}

bool get_file_size(const struct row *row, enum field_side side, struct value *ret)
{
	return kind_memory_size(&row->pass->file, &ret->u64);
}

bool get_file_seals(const struct row *row, enum field_side side, struct value *ret)
{
	return get_buffer(kind_memory_seals(&row->pass->file, ret->buffer, sizeof(ret->buffer)),
			  ret);
}

/* Sockets */

bool get_file_state(const struct row *row, enum field_side side, struct value *ret)
{
	const char *state = kind_socket_state(&row->pass->file);

	return state && get_text(state, ret);
}

bool get_file_local(const struct row *row, enum field_side side, struct value *ret)
{
	return get_buffer(kind_socket_local(&row->pass->file, ret->buffer, sizeof(ret->buffer)),
			  ret);
}

bool get_file_remote(const struct row *row, enum field_side side, struct value *ret)
{
	return get_buffer(kind_socket_remote(&row->pass->file, ret->buffer, sizeof(ret->buffer)),
			  ret);
}

bool get_file_netns_id(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(kind_socket_netns(&row->pass->file), ret);
}

bool get_file_peer_ino(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(kind_socket_peer_ino(&row->pass->file), ret);
}

bool get_file_peer_pid(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(kind_socket_peer_pid(&row->pass->file), ret);
}
