/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client's TCP connection: requests in, responses out.
 *
 * Shape: what one read brings is cut into requests, and all that are complete are
 * answered with one write, those of all clients of a turn together (serve/round.h). A
 * turn makes about ROUND_OUT_MAX octets for each; what is left to answer waits until the
 * client has taken them and the others had their turn. A client that
 * does not read is not read from. An idle connection holds no buffer.
 * Owner: a connection frees itself when its client is gone; connection_close() frees it.
 * Threads: the worker's own.
 * Errors: a connection that breaks is closed; others do not notice.
 * Source: RFC 7766 (6.2.1.1 pipelining, 8 framing).
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include "base/poller.h"
#include "serve/crowd.h"
#include "serve/round.h"

enum { INPUT_MAX = 4 * ROUND_MESSAGE_MAX }; /* of a turn */

/* What the connections of one worker have in common. */
struct connections {
	struct poller *poller;
	struct counters *counters;
	struct crowd crowd;
	size_t held_max; /* input and answers of all; those stuck longest go beyond */
	struct round round;
	size_t in_len; /* of parts of the round */
	uint8_t in[INPUT_MAX];
};

struct connection;

/* After its round has got shared, reader and answerer. */
void
connections_init(struct connections *all, struct poller *poller, size_t held_max);

/* There must be no connections left. */
void
connections_fini(struct connections *all);

/* At the end of a turn: answers what has come in it. */
void
connections_answer(struct connections *all);

/* Takes the descriptor over, and what has come already, to be answered in this turn. */
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
