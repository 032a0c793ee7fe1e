/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Getters: how the table of fields reads its values, what they are made of, and those that lie beside
 * field.c. What they return is whether the value is known.
 */
#ifndef FDPASS_GETTER_H
#define FDPASS_GETTER_H

#include "core/array.h"
#include "core/field.h"

/* A name from a table of names; false where the table has none for this number. */
bool get_name(const char *const *names, size_t count, size_t index, struct value *ret);
bool get_text(const char *text, struct value *ret);
/* What is longer than a value can be loses its end. */
bool get_cut_text(const char *text, struct value *ret);
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
/* The name of a user, or the number where it has none. */
bool get_user_name(const struct resolver *resolver, uint32_t uid, struct value *ret);

#define GETTER(name) bool get_##name(const struct row *row, enum field_side side, struct value *ret)

/* Sender and receiver: field_party.c */
GETTER(comm);
GETTER(pid);
GETTER(tid);
GETTER(nspid);
GETTER(mntns_id);
GETTER(netns_id);
GETTER(pidns_id);
GETTER(userns_id);
GETTER(cgroupns_id);
GETTER(cgroup_id);
GETTER(cgroup);
GETTER(uid);
GETTER(gid);
GETTER(user);
GETTER(group);
GETTER(parent_comm);
GETTER(parent_pid);
GETTER(runtime_name);
GETTER(container_id);
GETTER(container_name);
GETTER(container_image);
GETTER(pod_namespace);
GETTER(pod_name);
GETTER(pod_container);
GETTER(socket_ino);
GETTER(sockfd);
GETTER(fd);
GETTER(receiver_fds);
GETTER(receiver_fds_limit);

/* The file: field_file.c */
GETTER(file);
GETTER(file_detail);
GETTER(file_deleted);
GETTER(file_type);
GETTER(file_ino);
GETTER(file_dev);
GETTER(file_flags);
GETTER(file_id);
GETTER(file_rdev);
GETTER(file_pid);
GETTER(file_size);
GETTER(file_seals);
GETTER(file_state);
GETTER(file_local);
GETTER(file_remote);
GETTER(file_netns_id);
GETTER(file_peer_ino);
GETTER(file_peer_pid);

#endif
