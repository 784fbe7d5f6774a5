/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides what a question is answered with, without writing an octet of it.
 *
 * Shape: a question and a client in, a list of RRsets by section out, each with the TTL
 * it goes out with. Steered names are serve/steered.h's part, the additional section is
 * serve/additional.h's. Everything pointed to belongs to the world that was given.
 * Owner: the caller's struct; no allocation.
 * Threads: any reader that has the world pinned.
 * Errors: an rcode.
 * Source: RFC 1034 4.3.2 (the steps are named as there), RFC 2308 3 and 5 (negative
 * TTL), RFC 6672 3.2 (DNAME), RFC 7871 7.2.1 (scope), RFC 8482 4.1 (ANY).
 */
#ifndef SERVE_DECIDE_H
#define SERVE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "dns/query.h"
#include "steer/choice.h"
#include "steer/world.h"

/* Room for a referral with two addresses of each of 250 name servers. */
enum { DECISION_ITEMS_MAX = 512, CHAIN_MAX = 16 };

enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL };

/* One RRset of the response: just one of rrset, choice, cname, chaos_text is set. */
struct item {
	enum section section;
	uint32_t ttl;
	const uint8_t *owner; /* NULL: the question's name */
	const struct rrset *rrset;
	const struct choice *choice;
	const uint8_t *cname; /* target of a CNAME made from a DNAME or a choice */
	const char *chaos_text; /* of a TXT of class CH, at the question's name */
	bool required; /* additional, but not to be left out in silence */
	bool hinted; /* the RRset of HTTPS or SVCB goes out with the decision's hints */
};

struct decision {
	uint16_t rcode;
	bool aa;
	bool is_steered; /* a pool was asked, so `scope` holds */
	bool is_degraded;
	bool is_stale; /* made from records of a store that is out of touch */
	bool is_incomplete; /* something required had no room in items: TC */
	bool is_shed; /* additional data was left out because of overload */
	bool from_ecs;
	bool is_hashed;
	bool is_wildcard;
	uint8_t scope; /* bits of the client's address that mattered */
	const struct zone *zone; /* NULL: none of ours */
	const struct pool *pool; /* the last one asked; NULL: none */
	const struct choice *choice; /* what it said */
	const struct choice *names; /* what a CNAME was last taken from; NULL: none */
	const struct choice *hints[FAMILY_COUNT]; /* serve/hint.h; NULL: as written */
	uint64_t client_hash; /* where something was hashed: rendezvous_client() */
	/*
	 * What a like answer to other questions comes from: the wildcard, the DNAME, the
	 * cut, the zone of a name that is not there. NULL: the question's own name.
	 */
	const struct trie_leaf *common;
	size_t item_count;
	struct item items[DECISION_ITEMS_MAX];
	/* set when is_steered */
	struct ip client; /* who is steered: the client subnet or the source */
	uint16_t place;
	unsigned ladder, family; /* of the pool's, where the choice was */
	/* workspace: names met on the way */
	unsigned chain; /* CNAMEs and DNAMEs followed */
	uint64_t chain_hash[CHAIN_MAX + 1]; /* of the names that they led to */
	struct name_path path;
	struct name synthesized[CHAIN_MAX];
};

/*
 * All but the items and the workspace behind them. In two halves, each of which is a few
 * stores; all at once would be a string instruction, which takes as long as a look-up.
 */
static inline void
decision_clear(struct decision *d)
{
	enum { HALF = 48, REST = offsetof(struct decision, items) - HALF };

	memset(d, 0, HALF);
	memset((char *)d + HALF, 0, REST);
}

/* What a decision depends on beside the world. */
struct decide_input {
	const struct world *world;
	const struct query *query;
	const struct zone *zone; /* zones_find() of the question's name */
	const struct zone_pair *own; /* what zone has at that name; NULL: to be found */
	struct ip source;
	struct mono now;
	uint32_t stale_ttl; /* 0: the store is fresh; see steer/shared.h */
	bool shed; /* overload: additional data that can be asked for is left out */
	uint32_t random; /* which of a pool of names is taken */
	const uint8_t *name; /* if it is among them, this one; NULL: by chance */
};

/* Writes all of the header part of *d and its items. */
void
decide(const struct decide_input *in, struct decision *d);

#endif
