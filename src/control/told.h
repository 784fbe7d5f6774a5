/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which zones have whom to tell of changes, and what each has heard.
 *
 * Shape: the zones of a configuration that have a `notify` list, each with its peers.
 * Owner: told_fini(). It points into the configuration.
 * Threads: one.
 * Errors: none.
 * Source: RFC 1996.
 */
#ifndef CONTROL_TOLD_H
#define CONTROL_TOLD_H

#include "base/clock.h"
#include "base/hmac.h"
#include "config/config.h"

/* One zone at one peer. */
struct notice {
	struct told_zone *zone;
	const struct config_peer *peer;
	bool is_pending; /* to be sent (again) at `next` */
	uint16_t id; /* of the tries that are out; 0: none is */
	unsigned tries;
	struct mono next;
	uint32_t serial; /* that is told, or was last */
	uint16_t rcode; /* of the last response */
	bool is_silent; /* all tries were in vain */
	struct mono answered;
	uint8_t mac[HMAC_LEN_MAX]; /* of the last try */
	size_t mac_len;
};

struct told_zone {
	struct name apex;
	bool is_known; /* serial and told are of a zone that was there */
	bool is_forced;
	uint32_t serial; /* told last */
	struct mono told;
	uint32_t ttl;
	uint8_t soa[2 * DNS_NAME_MAX + 20];
	uint16_t soa_len;
	struct notice *notices;
	size_t count;
};

/* All zero: none. */
struct told {
	struct told_zone *zones;
	size_t count, peer_count;
};

/* was: what it was before; what was heard is taken over from it. */
void
told_make(struct told *t, const struct config *c, const struct told *was);

void
told_fini(struct told *t);

#endif
