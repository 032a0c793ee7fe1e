/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row as a tree, nested at the dots of the fields' names: what JSON and YAML both print. */
#ifndef FDPASS_OUTPUT_DOCUMENT_H
#define FDPASS_OUTPUT_DOCUMENT_H

#include <json-c/json.h>

#include "core/field.h"

/*
 * Make the tree of a row: its known fields, in the order of the list. Returns 0 or -ENOMEM.
 * The caller puts *ret.
 */
int document_new(struct json_object **ret, const struct field_list *fields, const struct row *row);

#endif
