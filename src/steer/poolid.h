/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers for pools, so that a zone that was read once can be served beside any number of
 * later configurations.
 *
 * Shape: a named pool keeps its number for the life of the process, 1..65535. Numbers
 * from POOLID_FIRST_OWN on are for the pools of single records and are used again.
 * Owner: one table for the process.
 * Threads: any (a lock; never on the query path).
 * Errors: 0 when there are no numbers left.
 * Source: none.
 */
#ifndef STEER_POOLID_H
#define STEER_POOLID_H

#include <stdint.h>

enum { POOLID_FIRST_OWN = 65536, POOLID_MAX = 1 << 24 };

/* The number of a name; the same name always has the same. */
uint32_t
poolid_of_name(const char *name);

/* A record that is answered from a named pool has a TTL of its own (0: it has none). */
void
poolid_note_ttl(uint32_t id, uint32_t ttl);

/* The highest that was noted of any such record since the start; 0: none, as for the
 * pools of single records. */
uint32_t
poolid_highest_ttl(uint32_t id);

/* Frees the table, at the very end. */
void
poolid_fini(void);

#endif
