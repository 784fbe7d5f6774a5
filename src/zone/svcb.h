/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SvcParams of SVCB and HTTPS records.
 *
 * Shape: text "key=value key", in any order; wire in ascending order of keys, each
 * once. Known keys are checked by their own rules, keyNNNNN is opaque.
 * Owner: the wire room is the caller's.
 * Threads: any.
 * Errors: ERR_SYNTAX, ERR_RANGE with the reason in `why`.
 * Source: RFC 9460 2.1, 7, 8 and appendix A; RFC 9461 5 (dohpath), RFC 9540 4 (ohttp).
 */
#ifndef ZONE_SVCB_H
#define ZONE_SVCB_H

#include "zone/field.h"

MUST_CHECK enum err
svcb_params_parse(struct words *words, struct field_out *out, struct buf *why);

/* Checks and writes all that is left. */
MUST_CHECK enum err
svcb_params_write(struct field_in *in, struct buf *out);

#endif
