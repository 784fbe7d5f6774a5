/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is what was read anew fit to take the place of what is served?
 *
 * Shape: a file beside the one before it (type, size), a table by the tests of the
 * configuration, and beside the table before it: how much of the address space would be
 * in another country.
 * Owner: borrows everything.
 * Threads: any.
 * Errors: ERR_DENIED with the reason in `why`.
 * Source: none. The limits are far beyond what a month changes in the known databases.
 */
#ifndef GEO_VERIFY_H
#define GEO_VERIFY_H

#include "geo/geo.h"

/* Percent of the address space known before that may change its country at once. */
enum { VERIFY_MOVED_MAX4 = 25, VERIFY_MOVED_MAX6 = 50 };

MUST_CHECK enum err
verify_file(const struct geo_file *was, const struct geo_file *is, struct buf *why);

/* The reason names the first test that fails. */
MUST_CHECK enum err
verify_tests(const struct config_geo *cfg, const struct geo *g, struct buf *why);

MUST_CHECK enum err
verify_moved(const struct geo *was, const struct geo *is, struct buf *why);

#endif
