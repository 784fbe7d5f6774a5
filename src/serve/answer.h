/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * answer(): a request in, a response out. Pure: all it depends on is given.
 *
 * Shape: stages: parse (dns/query.h), decide (serve/decide.h), encode (serve/encode.h);
 * what EDNS asks for beside that is serve/options.h.
 * Owner: the caller's buffers.
 * Threads: any reader that has the world pinned; struct answerer is one thread's own.
 * Errors: an rcode, or no response at all.
 * Source: DESIGN "DNS"; RFC 8906 (what every server must answer).
 */
#ifndef SERVE_ANSWER_H
#define SERVE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/ip.h"
#include "dns/cookie.h"
#include "serve/decide.h"
#include "serve/limit.h"
#include "serve/signing.h"
#include "serve/stream.h"
#include "serve/transfers.h"
#include "steer/shared.h"

/* What a worker brings to every answer. */
struct answerer {
	const struct world *world; /* pinned, for this batch */
	struct mono now; /* of this batch */
	int64_t wall_s; /* of this batch: seconds since the epoch */
	uint32_t stale_ttl; /* of this batch; 0: fresh */
	bool shed; /* of this batch: overload, what is not essential is left out */
	const uint8_t *name; /* what a pool of names is to give; NULL: by chance */
	uint64_t random; /* state of its own generator, not 0 */
	struct counters *counters;
	struct limit *limit; /* of this batch; NULL: none, as over TCP */
	struct cookie_keys cookie_keys; /* its master is given; the rest is worked out */
	/*
	 * NULL before a call of answer(). Over TCP it may set it, and return 0: then the
	 * response is a stream, and the caller owns that.
	 */
	struct stream *stream;
	struct transfers_client transfers; /* who makes such streams */
	/* workspace, so that nothing large is on the stack or cleared for each packet */
	struct query query; /* of answer() */
	struct query *asked; /* what is being answered: that, or one that was prepared */
	struct decision decision;
	struct signing signing; /* of a request with TSIG */
	bool cookie_ok; /* the request had a cookie of ours: its source is not forged */
	/* serve/options.h: the cookie of the response, while the query has options */
	bool has_cookie;
	uint8_t cookie[COOKIE_LEN];
};

/*
 * One draw an answer. xorshift64*: which address comes first need not be unpredictable,
 * only even.
 */
static inline uint32_t
answerer_random(struct answerer *a)
{
	a->random ^= a->random >> 12;
	a->random ^= a->random << 25;
	a->random ^= a->random >> 27;
	return (uint32_t)(a->random * 0x2545f4914f6cdd1du >> 32);
}

/* What holds for a batch, of a reader that has pinned itself. */
static inline void
answerer_begin(
    struct answerer *a, const struct shared *shared, struct mono now, int64_t wall_s)
{
	a->world = publish_load(&shared->world);
	a->now = now;
	a->wall_s = wall_s;
	a->stale_ttl = atomic_load_explicit(&shared->stale_ttl, memory_order_relaxed);
	a->shed = atomic_load_explicit(&shared->overloaded, memory_order_relaxed);
}

enum answer_over { OVER_UDP, OVER_TCP };

/*
 * Answers one request of len octets from source. out has room for DNS_UDP_CAP octets
 * (UDP) or DNS_MESSAGE_MAX (TCP). Returns the octets written; 0: say nothing. The query
 * and the decision stay in the answerer until the next call.
 */
size_t
answer(struct answerer *a, const uint8_t *packet, size_t len, const struct ip *source,
    enum answer_over over, uint8_t *out);

/*
 * The same in three steps, for a batch: all requests are taken apart; their names are
 * looked up, for all at the same time; then each is answered.
 * Among millions of names each look-up would else wait for memory twice or more.
 */
struct answer_ahead {
	enum query_outcome outcome;
	bool is_warm; /* `own` is known */
	const struct zone *zone; /* that the question's name is in; NULL: none of ours */
	struct zone_pair own; /* what the zone has at that name */
	struct query query;
};

enum { ANSWER_WARM_MOST = TRIE_SEEK_MOST / 2 };

/*
 * In the world that it will be answered in. like: another of the same batch, whose zone
 * may well be this one's too; NULL: none.
 */
void
answer_prepare(const struct world *world, const uint8_t *packet, size_t len,
    const struct answer_ahead *like, struct answer_ahead *out);

/* At most ANSWER_WARM_MOST. May be left out: nothing but time depends on it. */
void
answer_warm(struct answer_ahead *ahead, size_t count);

size_t
answer_ahead(struct answerer *a, const uint8_t *packet, size_t len,
    struct answer_ahead *ahead, const struct ip *source, enum answer_over over,
    uint8_t *out);

#endif
