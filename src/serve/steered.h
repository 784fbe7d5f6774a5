/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides what a steered name is answered with: asks its pool for the client's place.
 *
 * Shape: the pool's finished choice becomes an item; or, for HTTPS and SVCB records
 * beside it, the hints that these go out with. Owner: the caller's decision. Threads: any
 * reader that has the world pinned; no allocation. Errors: a pool that is not there is
 * SERVFAIL. Source: DESIGN "Steering"; RFC 7871 7.2.1 (scope); RFC 9460 7.3 (hints).
 */
#ifndef SERVE_STEERED_H
#define SERVE_STEERED_H

#include "serve/decide.h"

/* The steered RRset that answers the question's type at a node; NULL: none does. */
const struct rrset *
steered_for(const struct decide_input *in, const struct node *n);

/*
 * Answers from a steered RRset; owner NULL: the question's name. Returns the target of a
 * CNAME that has to be followed; NULL: all is said.
 */
const uint8_t *
steered_answer(const struct decide_input *in, struct decision *d, const uint8_t *owner,
    const struct rrset *steered);

/*
 * Lets the HTTPS or SVCB RRset that item holds, found at node n, go out with the
 * addresses that A and AAAA would be answered with, where it has a record that takes them
 * (serve/hint.h). The hints of a family that is not steered there stay as written.
 */
void
steered_hints(const struct decide_input *in, struct decision *d, const struct node *n,
    struct item *item);

#endif
