/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one turn of a TCP worker brings, answered together.
 *
 * Shape: a part is what one client has sent: requests with their lengths before them. The
 * requests of all parts are taken apart and looked up together, as a batch of UDP is
 * (serve/answer.h), then answered in order; the answers of a part are gathered for one
 * write, about ROUND_OUT_MAX octets at most. When it is done its owner's finish() sends
 * them: after round_add(), or with others at round_finish().
 * Owner: the owner keeps the octets of its part until finish().
 * Threads: the worker's own.
 * Errors: none.
 * Source: RFC 7766 (6.2.1.1 pipelining, 8 framing).
 */
#ifndef SERVE_ROUND_H
#define SERVE_ROUND_H

#include "dns/wire.h"
#include "serve/answer.h"
#include "steer/shared.h"

enum {
	ROUND_MESSAGE_MAX = 2 + DNS_MESSAGE_MAX, /* with its length */
	ROUND_OUT_MAX = 4 * ROUND_MESSAGE_MAX,
};

struct round_part {
	void *owner; /* NULL: gone */
	const struct ip *source;
	const uint8_t *in;
	size_t len;
	size_t used; /* of it: answered */
	struct stream *stream; /* the response to the last of that, for the owner */
	bool is_full; /* of the rest nothing is to be answered now */
};

struct round_ask {
	struct round_part *of;
	const uint8_t *packet;
	size_t len;
};

struct round {
	struct shared *shared;
	struct publish_reader *reader;
	struct counters *counters;
	struct answerer answerer;
	struct mono now; /* of this turn */
	/* the part's answers are in out; it is no part any more, and its owner may go */
	void (*finish)(void *owner, const struct round_part *part);
	size_t part_count, ask_count;
	/* each has asks, but one that is being added */
	struct round_part parts[ANSWER_WARM_MOST + 1];
	struct round_ask asks[ANSWER_WARM_MOST];
	struct answer_ahead ahead[ANSWER_WARM_MOST];
	size_t out_len;
	uint8_t out[ROUND_OUT_MAX];
};

/* Is there a whole request at the beginning? Then its length, without the two octets. */
static inline bool
round_has_request(const uint8_t *in, size_t len, size_t *request_len)
{
	if (len < 2)
		return false;
	*request_len = wire_get16(in);
	return len >= 2 + *request_len;
}

/* Is there room for a message of any length? */
static inline bool
round_has_room(const struct round *r)
{
	return ROUND_OUT_MAX - r->out_len >= ROUND_MESSAGE_MAX;
}

/* Where the next message is to be written; round_put() adds it. */
static inline uint8_t *
round_room(struct round *r)
{
	return r->out + r->out_len + 2;
}

static inline void
round_put(struct round *r, size_t len)
{
	wire_put16(r->out + r->out_len, (uint16_t)len);
	r->out_len += 2 + len;
}

/*
 * Another part. What has no whole request, or more than fit together, is finished before
 * this returns, else it waits for others.
 */
void
round_add(
    struct round *r, void *owner, const struct ip *source, const uint8_t *in, size_t len);

/* Answers and finishes what waits. */
void
round_finish(struct round *r);

/* The owner of a part that waits is gone. */
void
round_drop(struct round *r, const void *owner);

#endif
