/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates of endpoints that expire soon: seen by the way of a probe, once an hour,
 * and told before they fail it.
 *
 * Shape: the end of a certificate's time in seconds since the epoch; a warning begins
 * config_check.certificate_ms before it.
 * Owner: all of it stands in the entry.
 * Threads: the prober's own.
 * Errors: none.
 * Source: RFC 5280 4.1.2.5; DESIGN "Health".
 */
#ifndef HEALTH_CERTIFICATE_H
#define HEALTH_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "health/targets.h"

/* Is the next probe to bring the certificate's time? */
bool
certificate_is_due(const struct entry *e, struct mono now);

/* A probe has brought it: until_s. Tells when the warning begins, and when it ends. */
void
certificate_note(struct entry *e, int64_t until_s, struct mono now, int64_t wall_s);

/* The target goes. */
void
certificate_forget(const struct entry *e);

#endif
