/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long it takes at worst until an endpoint that fails is out of all answers. Pure.
 *
 * Shape: the times of a check in, three figures out.
 * Owner: values.
 * Threads: any.
 * Errors: none.
 * Source: DESIGN "Health"; sextant-steering(7).
 */
#ifndef STEER_FAILOVER_H
#define STEER_FAILOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct failover {
	int64_t refusing_ms; /* it says no at once: 1.1 interval + (fall - 1) confirm */
	int64_t hanging_ms; /* it says nothing: timeout more */
	uint32_t ttl_s; /* what was answered before lives this much longer in caches */
};

/* ttl: the pool's. False, and nothing written, where there is no check. */
bool
failover_of(const struct config_check *check, uint32_t ttl, struct failover *out);

#endif
