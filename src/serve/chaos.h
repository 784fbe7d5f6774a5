/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions of class CH: who answers here, and with which version.
 *
 * Shape: id.server and hostname.bind say `identity`, version.bind and version.server
 * `version`, as TXT with TTL 0. All else is refused, as are all with `chaos: off`, and
 * the version when it is empty.
 * Owner: the decision points into the configuration.
 * Threads: any reader that has the world pinned. Pure.
 * Errors: REFUSED.
 * Source: RFC 4892 (id.server); the .bind names are BIND's, and what people ask for.
 */
#ifndef SERVE_CHAOS_H
#define SERVE_CHAOS_H

#include "serve/decide.h"

/* d has been cleared. */
void
chaos_decide(
    const struct config_server *server, const struct query *q, struct decision *d);

#endif
