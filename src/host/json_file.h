/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON that another program wrote, from a file. */
#ifndef FDPASS_JSON_FILE_H
#define FDPASS_JSON_FILE_H

struct json_object;

/*
 * What a file of root's holds, that nobody else can write; to be given back with json_object_put(). NULL: there
 * is no such file, or it is no JSON of a sensible size.
 */
struct json_object *json_file_read(const char *path);

#endif
