// SPDX-License-Identifier: GPL-2.0-or-later
/* Which passes are shown. */
#include "command/selection.h"

bool selection_has(const struct selection *selection, const struct row *row)
{
	const struct pass *pass = row->pass;

	if (selection->traced && !(pass->sender.known && pass->sender.traced) &&
	    !(pass->receiver.known && pass->receiver.traced))
		return false;
	return filter_has(selection->filter, row);
}
