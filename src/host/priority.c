// SPDX-License-Identifier: GPL-2.0-or-later
/* Priority. */
#include "host/priority.h"

#include <sys/resource.h>

#define HIGHEST (-20) /* of nice(2) */
#define ORDINARY 0

void priority_raise(void)
{
	setpriority(PRIO_PROCESS, 0, HIGHEST);
}

void priority_lower(void)
{
	setpriority(PRIO_PROCESS, 0, ORDINARY);
}
