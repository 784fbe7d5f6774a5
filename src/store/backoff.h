/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long to wait before another try: exponential, with full jitter.
 *
 * Shape: before try n (from 0) anything between 10 ms and 100 ms * 2^n, at most a given
 * limit, all alike probable: after an outage all nodes come back, but not in step.
 * Owner: nothing.
 * Threads: any; pure, the dice are given.
 * Errors: none.
 * Source: "Exponential Backoff And Jitter", M. Brooker.
 */
#ifndef STORE_BACKOFF_H
#define STORE_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_FIRST_MS = 100, BACKOFF_LEAST_MS = 10 };

int64_t
backoff_ms(unsigned tries, int64_t most_ms, uint32_t dice);

/* A throw that no other node makes alike. */
uint32_t
backoff_dice(void);

#endif
