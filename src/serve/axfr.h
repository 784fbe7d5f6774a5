/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole zone as the messages of a transfer.
 *
 * Shape: messages of about 16 KiB (behind that nothing can be pointed to, RFC 1035
 * 4.1.4), or of one record that is longer. They stand ready but for the ID, the flags
 * and, in the first, the question, which has room as long as the zone's name. Room for
 * OPT and TSIG is left, but beside a record that needs it.
 * Owner: axfr_free().
 * Threads: axfr_render() any reader that has the world pinned; the result is immutable.
 * Errors: ERR_RANGE: a record is too long for any message.
 * Source: RFC 5936 2.2 and 3.4.
 */
#ifndef SERVE_AXFR_H
#define SERVE_AXFR_H

#include "steer/world.h"

struct axfr_message {
	uint8_t *data;
	size_t len;
};

struct axfr {
	struct axfr_message *messages;
	size_t count, cap;
	uint32_t serial;
	size_t records;
	size_t octets; /* of all messages */
};

/* z: of w, and not broken. */
MUST_CHECK enum err
axfr_render(const struct world *w, const struct zone *z, struct axfr **out);

/* NULL is allowed. */
void
axfr_free(struct axfr *a);

#endif
