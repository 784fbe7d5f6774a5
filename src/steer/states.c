/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/states.h"

#include <inttypes.h>

#include "base/log.h"
#include "health/kept.h"

size_t
states_restore(struct store *s, struct board *b)
{
	struct kept kept = {0};
	struct kept_clock now;
	size_t count = 0;

	store_state_each(s, KEPT_TARGET, kept_add, &kept);
	store_state_each(s, KEPT_SAVED, kept_add, &kept);
	kept_clock_read(&now);
	if (kept_finish(&kept, &now)) {
		count = prober_restore(board_prober(b), &kept);
		log_notice("states of targets are restored targets=%zu age_ms=%" PRId64,
		    count, kept_age_ms(&kept, &now));
	} else if (kept.count != 0) {
		log_notice("states of targets are too old targets=%zu age_ms=%" PRId64,
		    kept.count, kept_age_ms(&kept, &now));
	}
	if (kept.refused != 0)
		log_error("states of targets are no good, and are forgotten targets=%zu",
		    kept.refused);
	/* what is of no use would lie there for ever */
	for (size_t i = 0; i < kept.count; i++)
		if (!kept.rows[i].is_used)
			store_state_put(s, KEPT_TARGET, kept.rows[i].key, NULL);
	kept_fini(&kept);
	return count;
}
