/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells when rate limiting begins and ends, whatever the number of packets.
 *
 * Shape: looks at the sums of all workers once a second. Limiting begins with the first
 * response over the limit, and has ended when there was none for 10 s. Two lines of the
 * log are at least 10 s apart.
 * Owner: limitlog_close() ends it, before the workers go.
 * Threads: the control thread's; limitlog_step() is pure.
 * Errors: none.
 * Source: none.
 */
#ifndef SERVE_LIMITLOG_H
#define SERVE_LIMITLOG_H

#include "base/loop.h"
#include "serve/workers.h"

enum { LIMITLOG_QUIET_MS = 10000 };

struct limitlog {
	bool is_limiting;
	struct mono grew; /* when a response was over the limit last, as far as seen */
	struct mono said; /* never: nothing yet */
	uint64_t seen; /* limited, at the last look */
	uint64_t limited, slipped, dropped; /* before this limiting began */
	/* not of limitlog_step() */
	struct loop_timer *timer;
	const struct workers *workers;
	struct parts *const *parts;
};

enum limitlog_event { LIMITLOG_NOTHING, LIMITLOG_BEGINS, LIMITLOG_ENDS };

struct limitlog_news {
	enum limitlog_event event;
	uint64_t limited, slipped, dropped; /* of what ends */
};

/* One look. */
struct limitlog_news
limitlog_step(struct limitlog *l, const uint64_t sums[COUNT_COUNTERS], struct mono now);

/* *parts: what is served at the moment. */
void
limitlog_open(struct limitlog *l, struct loop *loop, const struct workers *workers,
    struct parts *const *parts);

/* One that was never opened is allowed. */
void
limitlog_close(struct limitlog *l);

#endif
