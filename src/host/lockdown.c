// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's lockdown. */
#include "host/lockdown.h"

#include <stdio.h>

void lockdown_mode(char ret[static 32])
{
	FILE *file = fopen(LOCKDOWN_PATH, "re");

	ret[0] = '\0';
	if (!file)
		return;
	/* It marks one of all: "none [integrity] confidentiality". */
	if (fscanf(file, "%*[^[][%31[^]]", ret) != 1 && fseek(file, 0, SEEK_SET) == 0 &&
	    fscanf(file, "[%31[^]]", ret) != 1)
		ret[0] = '\0';
	fclose(file);
}
