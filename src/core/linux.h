/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's own numbers, where what the kernel told is read: the core also runs as WebAssembly, whose
 * libc has others under the same names. Flags of open(2) are in linux/fcntl.h, which excludes libc's
 * fcntl.h, and differ between architectures: a build for one has to find the headers of that one.
 */
#ifndef FDPASS_LINUX_H
#define FDPASS_LINUX_H

/* include/linux/net.h of the kernel */
enum linux_socket_type {
	LINUX_SOCK_STREAM = 1,
	LINUX_SOCK_DGRAM = 2,
	LINUX_SOCK_RAW = 3,
	LINUX_SOCK_SEQPACKET = 5,
};

/* include/linux/socket.h */
enum linux_family {
	LINUX_AF_INET6 = 10,
};

/* The type of a file in its inode's mode: linux/stat.h, which does not have them beside glibc. */
enum linux_file_format {
	LINUX_S_IFMT = 0170000,
	LINUX_S_IFSOCK = 0140000,
	LINUX_S_IFLNK = 0120000,
	LINUX_S_IFREG = 0100000,
	LINUX_S_IFBLK = 0060000,
	LINUX_S_IFDIR = 0040000,
	LINUX_S_IFCHR = 0020000,
	LINUX_S_IFIFO = 0010000,
};

/* "EAGAIN"; NULL: there is none of this number. */
const char *linux_errno_name(int error);

#endif
