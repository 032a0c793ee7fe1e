/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds: what an open file is, told from its inode's mode, its filesystem's magic number and its
 * dentry's name. One table of classes; a new kind is an entry, and a file where its name takes more
 * than the path.
 */
#ifndef FDPASS_KIND_H
#define FDPASS_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/pass.h"

/* A kind of file, as `file_type` names it ("reg", "memfd"); NULL: the file is not described. */
const char *kind_type(const struct file *file);

/*
 * Write what names the file (`file`: a path, "[eventfd]", "TCP") as raw bytes, with no NUL at the
 * end. Returns the number of bytes, 0 where nothing names it. What exceeds the size is left out at
 * the begin of a path, which then starts with "...".
 */
size_t kind_name(const struct file *file, char *buffer, size_t size);

/*
 * Write what else names the file (`file_detail`): of a socket its addresses and its state. As above;
 * what exceeds the size is left out at the end.
 */
size_t kind_detail(const struct file *file, char *buffer, size_t size);

/* Of a socket. NULL or 0: not known, or it has none. */
const char *kind_socket_state(const struct file *file); /* "LISTEN" */
size_t kind_socket_local(const struct file *file, char *buffer, size_t size);
size_t kind_socket_remote(const struct file *file, char *buffer, size_t size);
uint32_t kind_socket_netns(const struct file *file);
uint64_t kind_socket_peer_ino(const struct file *file);
uint32_t kind_socket_peer_pid(const struct file *file);

/* Of a device. False: not known, or it is none. */
bool kind_device_number(const struct file *file, uint32_t *major, uint32_t *minor);
/* Of a pidfd: 0 as above, or the process is no more. */
uint32_t kind_pidfd_pid(const struct file *file);
/* Of a memfd; the size of a dma-buf too. */
bool kind_memory_size(const struct file *file, uint64_t *ret);
size_t kind_memory_seals(const struct file *file, char *buffer, size_t size);

/* The type of a unix socket by name ("seqpacket"); NULL: it has none. */
const char *kind_unix_type(unsigned int type);

/*
 * Write the address of a unix socket, of which this is sun_path. An abstract name has all bytes of its
 * length, NULs too, and an @ for its first; a path ends at the first NUL, and one that begins with an @
 * is told from the directory that it is relative to. Returns the number of bytes.
 */
size_t kind_unix_name(const char *name, size_t name_size, char *buffer, size_t size);

/*
 * Write the open flags by name ("O_RDWR|O_CLOEXEC"), the access mode first; bits without a name
 * follow in octal. Returns the number of bytes.
 */
size_t kind_open_flags(const struct file *file, char *buffer, size_t size);

#endif
