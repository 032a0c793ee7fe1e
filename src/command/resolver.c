// SPDX-License-Identifier: GPL-2.0-or-later
/* What rows ask of the host: see resolver.h. */
#include "command/resolver.h"

#include <errno.h>
#include <sys/random.h>

#include "host/clock.h"

int resolver_init(struct resolver *ret, struct users **users)
{
	int r = users_new(users);

	if (r < 0)
		return r;
	*ret = (struct resolver){
		.user = users_user,
		.group = users_group,
		.utc_offset = clock_utc_offset,
		.userdata = *users,
	};
	clock_load_zone();
	if (getrandom(ret->identity_key, sizeof(ret->identity_key), 0) < 0)
		return -errno;
	return 0;
}
