/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client's TCP connection: requests in, responses out.
 *
 * Shape: what one read brings is cut into requests, and all that are complete are
 * answered with one write. A turn makes about OUTPUT_MAX octets; what is left to answer
 * waits until the client has taken them and the others had their turn. A client that
 * does not read is not read from. An idle connection holds no buffer.
 * Owner: a connection frees itself when its client is gone; connection_close() frees it.
 * Threads: the worker's own.
 * Errors: a connection that breaks is closed; others do not notice.
 * Source: RFC 7766 (6.2.1.1 pipelining, 8 framing).
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include "base/loop.h"
#include "dns/wire.h"
#include "serve/answer.h"
#include "serve/crowd.h"
#include "steer/shared.h"

enum {
	REQUEST_MAX = 2 + DNS_MESSAGE_MAX, /* the longest request with its length */
	OUTPUT_MAX = 4 * (2 + DNS_MESSAGE_MAX), /* what is gathered for one write */
};

/* What the connections of one worker have in common. */
struct connections {
	struct loop *loop;
	struct shared *shared;
	struct publish_reader *reader;
	struct counters *counters;
	struct answerer answerer;
	struct crowd crowd;
	struct mono now; /* of this turn: a clock costs as much as half an answer */
	size_t held_max; /* input and answers of all; those stuck longest go beyond */
	size_t out_len;
	uint8_t in[REQUEST_MAX];
	uint8_t out[OUTPUT_MAX];
};

struct connection;

/* Takes the descriptor over, and answers at once what has come. */
void
connection_new(struct connections *all, int fd, const struct ip *source);

/*
 * It has not moved for too long: is that our own fault, because the client has taken all
 * and waits for a stream to go on? Then it counts as if it had moved just now.
 */
bool
connection_excuse(struct member *m);

/*
 * What is still in the socket's buffers is sent when the end is orderly, else thrown
 * away, so that neither memory nor a closing state is kept for who did not behave.
 */
void
connection_close(struct member *m, bool is_orderly);

#endif
