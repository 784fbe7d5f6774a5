/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answer that nearly everybody asks for, made straight: a question without anything
 * unusual, an RRset that can be copied as it stands, or a finished choice of a pool, at
 * the very name.
 *
 * Shape: what it can not make it leaves alone, for the stages of serve/answer.h. Where it
 * makes one, it is octet for octet theirs, and counts the same: it decides nothing of its
 * own. Whatever asks answer() in the tests asks this as well, and compares.
 * Owner: the caller's buffers.
 * Threads: as answer().
 * Errors: none.
 * Source: as serve/decide.h and serve/encode.h.
 */
#ifndef SERVE_QUICK_H
#define SERVE_QUICK_H

#include "serve/answer.h"

/* As answer_ahead(). Returns 0, with nothing done or counted, when it is not one of
 * these. */
size_t
quick_answer(struct answerer *a, const struct answer_ahead *ahead, const uint8_t *packet,
    const struct ip *source, uint8_t *out);

#endif
