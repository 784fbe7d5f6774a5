/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows on their way from a thread that reads them to one that takes them, so that both
 * work at the same time.
 *
 * Shape: a queue of a few blocks of rows. Order is kept.
 * Owner: who made it; the rows are the feed's until they are taken.
 * Threads: one puts, one takes.
 * Errors: none.
 * Source: none.
 */
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "store/disk.h"

struct feed;

struct feed *
feed_new(void);

/* When both are through with it. */
void
feed_free(struct feed *f);

/* Takes the fields over; waits while there is no room. */
void
feed_put(struct feed *f, const char *key, size_t key_len, struct fields *fields);

/* No more will come. */
void
feed_end(struct feed *f);

/* Waits for rows, which stay until the next call; false: that was all. */
bool
feed_take(struct feed *f, struct disk_row **rows, size_t *count);

#endif
