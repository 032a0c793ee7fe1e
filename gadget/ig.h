/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Inspektor Gadget offers a module, as its documentation has it (docs/gadget-devel/
 * gadget-wasm-api-raw.md in the GitHub project inspektor-gadget): the functions that this module
 * calls, and those that it has to export.
 */
#ifndef FDPASS_GADGET_IG_H
#define FDPASS_GADGET_IG_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IG_IMPORT(name) __attribute__((import_module("ig"), import_name(#name))) extern
#define IG_EXPORT(name) __attribute__((export_name(#name)))

#define IG_API_VERSION 1

enum ig_source_type { IG_SOURCE_SINGLE = 1 };
enum ig_subscription { IG_SUBSCRIBE_DATA = 1 };
enum ig_log_level { IG_LOG_ERROR, IG_LOG_WARN, IG_LOG_INFO };

/* Of a field. */
enum ig_kind {
	IG_BOOL = 1,
	IG_INT32 = 4,
	IG_UINT32 = 8,
	IG_UINT64 = 9,
	IG_STRING = 12,
	IG_BYTES = 14,
};

/* Something of ig's; 0: an error, of which ig has told the user. */
typedef uint32_t ig_handle;
/* Bytes of the module: their number in the upper half, their address in the lower. */
typedef uint64_t ig_bytes;

static inline ig_bytes ig_bytes_of(const void *begin, size_t size)
{
	return (uint64_t)size << 32 | (uint32_t)(uintptr_t)begin;
}

static inline ig_bytes ig_text(const char *text)
{
	return ig_bytes_of(text, strlen(text));
}

IG_IMPORT(gadgetLog) void ig_log(uint32_t level, ig_bytes message);

IG_IMPORT(newDataSource) ig_handle ig_new_source(ig_bytes name, uint32_t type);
IG_IMPORT(getDataSource) ig_handle ig_get_source(ig_bytes name);
/* Hide it from all operators that come later, so also from the user. */
IG_IMPORT(dataSourceUnreference) uint32_t ig_unreference(ig_handle source);
IG_IMPORT(dataSourceGetField) ig_handle ig_get_field(ig_handle source, ig_bytes name);
IG_IMPORT(dataSourceAddField)
ig_handle ig_add_field(ig_handle source, ig_bytes name, uint32_t kind);
IG_IMPORT(dataSourceSubscribe)
uint32_t ig_subscribe(ig_handle source, uint32_t type, uint32_t priority, uint64_t callback);
IG_IMPORT(dataSourceNewPacketSingle) ig_handle ig_new_packet(ig_handle source);
IG_IMPORT(dataSourceEmitAndRelease) uint32_t ig_emit(ig_handle source, ig_handle packet);

IG_IMPORT(fieldGetScalar)
uint64_t ig_get_scalar(ig_handle field, ig_handle data, uint32_t kind, uint32_t *error);
/* The number of bytes; -1: an error, such as too little room. */
IG_IMPORT(fieldGetBuffer)
int32_t ig_get_bytes(ig_handle field, ig_handle data, uint32_t kind, ig_bytes to);
/* A string is copied, bytes are not. */
IG_IMPORT(fieldSet)
uint32_t ig_set(ig_handle field, ig_handle data, uint32_t kind, uint64_t value);

/* From gadgetStart on. */
IG_IMPORT(getMap) ig_handle ig_get_map(ig_bytes name);
IG_IMPORT(mapLookup) uint32_t ig_look_up(ig_handle map, ig_bytes key, ig_bytes value);
IG_IMPORT(releaseHandle) uint32_t ig_release(ig_handle handle);
IG_IMPORT(shouldDiscardMntnsID) uint32_t ig_discards(uint64_t mntns_id);

IG_EXPORT(gadgetAPIVersion) uint64_t ig_api_version(void);
/* These return 0, or 1, which ends the gadget. */
IG_EXPORT(gadgetInit) int32_t ig_on_init(void);
IG_EXPORT(gadgetPreStart) int32_t ig_on_pre_start(void);
IG_EXPORT(gadgetStart) int32_t ig_on_start(void);
IG_EXPORT(gadgetStop) int32_t ig_on_stop(void);
IG_EXPORT(dataSourceCallback)
void ig_on_data(uint64_t callback, ig_handle source, ig_handle data);

#endif
