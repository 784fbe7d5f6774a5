/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answer that nearly everybody asks for, made straight: a question without anything
 * unusual, an RRset that can be copied as it stands, or a finished choice of a pool, at
 * the very name.
 *
 * Shape: what it can not make it leaves to the stages of serve/answer.h. Where it makes
 * one, it is octet for octet theirs, and counts the same: it decides nothing of its own.
 * Whatever asks answer() in the tests asks this as well, and compares.
 * Owner: the caller's buffers.
 * Threads: as answer().
 * Errors: none.
 * Source: as serve/decide.h and serve/encode.h.
 */
#ifndef SERVE_QUICK_H
#define SERVE_QUICK_H

#include "serve/answer.h"

/* The same as answer_ahead(), for many questions with fewer steps. */
size_t
quick_answer(struct answerer *a, const uint8_t *packet, size_t len,
    struct answer_ahead *ahead, const struct ip *source, enum answer_over over,
    uint8_t *out);

#endif
