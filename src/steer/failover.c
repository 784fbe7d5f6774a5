/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/failover.h"

#include <stddef.h>

bool
failover_of(const struct config_check *check, uint32_t ttl, struct failover *out)
{
	int64_t confirm_ms;

	if (check == NULL)
		return false;
	confirm_ms = check->confirm_ms < check->interval_ms ? check->confirm_ms
	                                                    : check->interval_ms;
	/* it fails just after a probe; the next one is an interval away, and a tenth */
	out->refusing_ms =
	    (check->interval_ms * 11 + 9) / 10 + (int64_t)(check->fall - 1) * confirm_ms;
	out->hanging_ms = out->refusing_ms + check->timeout_ms;
	out->ttl_s = ttl;
	return true;
}
