/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The prober as `status` and `health` show it: how it fares itself, and whether what it
 * measures counts.
 *
 * Shape: a line of totals, and a loud one for each thing that is wrong; programs get an
 * object "prober".
 * Owner: nothing is kept.
 * Threads: the probe thread.
 * Errors: none.
 * Source: DESIGN "Health".
 */
#ifndef CONTROL_PROBING_H
#define CONTROL_PROBING_H

#include "base/buf.h"
#include "base/json.h"
#include "health/prober.h"

/* Totals too: otherwise only what is wrong. */
void
probing_write(struct prober *p, bool totals, struct buf *out, struct json *data);

#endif
