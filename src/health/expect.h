/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a check expects of an HTTP answer, and whether it has come.
 *
 * Shape: told of each header line and each piece of the body as they come; the result is
 * there as soon as nothing that follows could change it: the status is wrong, the
 * expected text was seen, or 64 KiB were read.
 * Owner: expect_fini() frees; the check must outlive it.
 * Threads: one at a time; no I/O and no clock.
 * Errors: become the result (health/probe.h).
 * Source: DESIGN "Health"; RFC 9110 section 15.
 */
#ifndef HEALTH_EXPECT_H
#define HEALTH_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "config/config.h"
#include "health/probe.h"

#define EXPECT_BODY_MAX 65536 /* octets read of an answer's body */
#define EXPECT_HEADER_MAX 65536 /* headers are no smaller a flood than a body */

struct expect {
	const struct config_check *check;
	size_t header_len;
	size_t body_len;
	struct buf body; /* kept only where a text is expected in it */
};

void
expect_init(struct expect *x, const struct config_check *check);

void
expect_fini(struct expect *x);

/* One header line, with its end, of an answer of this status; true: *out is the result.
 */
bool
expect_is_decided_by_header(struct expect *x, const char *line, size_t len, long status,
    struct probe_result *out);

/* The next octets of the body; true: *out is the result. */
bool
expect_is_decided_by_body(struct expect *x, const char *data, size_t len, long status,
    struct probe_result *out);

/* Nothing more is read: the status alone is left, and the text not seen. */
void
expect_judge(const struct expect *x, long status, struct probe_result *out);

#endif
