/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records that are written for a test and decoded. After cmocka.h. */
#ifndef FDPASS_TESTS_DECODING_H
#define FDPASS_TESTS_DECODING_H

#include <errno.h>

#include "core/decode.h"
#include "record.h"

static inline int decode(struct record *record, struct decoded *ret)
{
	return decode_record(record->data, record_write(record), ret);
}

/* As it lies in record->data: something was broken there. */
static inline void assert_refused(struct record *record)
{
	struct decoded decoded;

	assert_int_equal(decode_record(record->data, record->event.size, &decoded), -EBADMSG);
}

#endif
