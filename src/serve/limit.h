/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Response rate limiting: like responses to one prefix of clients over UDP, counted, so
 * that questions with a forged source do not make this server a weapon.
 *
 * Shape: a bucket of tokens for each pair of a client's prefix and what the response is
 * about: the question's name; the wildcard, DNAME or cut that the answer comes from; the
 * zone of a name that does not exist; nothing for errors, which share one bucket. It
 * holds what may be sent in a second, and is filled by the millisecond. The buckets stand
 * in a table of 16,384 sets of four, 1 MiB. In a full set the fullest bucket gives way,
 * as it remembers least; where all four are over the limit, the new one begins as empty
 * as the one that went, so that a flood of other names buys no fresh tokens.
 * Owner: each UDP worker has one; the table is made when the worker is opened, and takes
 * no memory that is not used.
 * Threads: the worker's own; limit_get_last() any.
 * Errors: none.
 * Source: the idea as in BIND, NSD and Knot ("RRL"); RFC 2181 9 (TC).
 */
#ifndef SERVE_LIMIT_H
#define SERVE_LIMIT_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/ip.h"
#include "config/config.h"
#include "serve/decide.h"

struct limit_bucket;

/* The prefix that was over the limit last: written by the worker, read by anybody. */
struct limit_note {
	alignas(64) _Atomic uint32_t turn; /* odd while it is being written */
	_Atomic uint64_t address[2];
	_Atomic uint32_t family_len; /* family << 8 | bits */
	_Atomic int64_t at_ms;
};
_Static_assert(sizeof(struct limit_note) % 64 == 0, "whole cache lines");

struct limit {
	struct limit_bucket *buckets;
	/* of this batch: see limit_begin() */
	const struct config_rate_limit *config;
	uint32_t rate; /* of one bucket, responses a second */
	struct mono now;
	struct limit_note note;
};

enum limit_verdict {
	LIMIT_PASS,
	LIMIT_SLIP, /* TC and no records: a true client comes again by TCP */
	LIMIT_DROP,
};

void
limit_open(struct limit *l);

void
limit_close(struct limit *l);

/*
 * Before each batch: what holds for it. sharers: the workers that share what is asked at
 * an address; each gives its part of the rate, at least 1. Returns NULL when there is no
 * limit, else l. Pure.
 */
struct limit *
limit_begin(struct limit *l, const struct config_rate_limit *config, unsigned sharers,
    struct mono now);

/*
 * May this response go out? Takes a token and counts. Pure. A response with a cookie of
 * ours in its question is not brought here: its source is not forged.
 */
enum limit_verdict
limit_check(struct limit *l, const struct query *q, const struct decision *d,
    const struct ip *source, struct counters *counters);

/* False: nothing was over the limit yet. */
bool
limit_get_last(const struct limit *l, struct ip_prefix *prefix, struct mono *at);

#endif
