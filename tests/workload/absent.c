/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Absent memory, see absent.h. */
#include <sys/mman.h>
#include <unistd.h>

#include "absent.h"
#include "stage.h"

void *absent_new(size_t size)
{
	int fd = (int)actor_require(memfd_create("absent", MFD_CLOEXEC));
	void *pages;

	actor_require(ftruncate(fd, (off_t)size));
	pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	actor_require(pages == MAP_FAILED ? -1 : 0);
	close(fd);
	return pages;
}

void absent_make(void *pages, size_t size)
{
	actor_require(madvise(pages, size, MADV_DONTNEED));
}
