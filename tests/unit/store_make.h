/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the store share: a folder of their own, and a loop that is turned
 * until something is so. */
#ifndef STORE_MAKE_H
#define STORE_MAKE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/loop.h"

/* Far beyond what any wait here takes, so that only a broken program ends by it. */
enum { WAIT_MAX_MS = 20000 };

static inline char *
make_folder(char out[64])
{
	snprintf(out, 64, "/tmp/sextant-store-XXXXXX");
	assert_non_null(mkdtemp(out));
	return out;
}

static inline void
remove_folder(const char *path)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	assert_int_equal(system(command), 0);
}

static inline void
on_turn(void *ctx)
{
	(void)ctx;
}

/* False when it did not become so. */
static inline bool
turn_until(struct loop *loop, bool (*fn)(void *ctx), void *ctx)
{
	struct loop_timer *t = loop_timer_new(loop, on_turn, NULL);
	struct mono start = mono_now();
	bool is_so;

	while (!(is_so = fn(ctx)) && mono_diff_ms(mono_now(), start) < WAIT_MAX_MS) {
		loop_timer_set_ms(t, 5);
		event_base_loop(loop_event_base(loop), EVLOOP_ONCE);
	}
	loop_timer_free(t);
	return is_so;
}

#endif
