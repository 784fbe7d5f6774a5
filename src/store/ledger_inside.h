/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of store/ledger.h share, and nobody else.
 *
 * Shape: ledger.c takes records; ledger_check.c compiles them; ledger_read.c has full
 * reads and other configurations; ledger_frozen.c zones that are frozen; ledger_guard.c
 * what the guard is asked.
 * Owner: see store/ledger.h.
 * Threads: see there.
 * Errors: none.
 * Source: none.
 */
#ifndef STORE_LEDGER_INSIDE_H
#define STORE_LEDGER_INSIDE_H

#include "store/ledger.h"

/* SETTLED: the guard has nothing to say any more. */
enum ledger_mode { LEDGER_NEW, LEDGER_SETTLED };

/* True when it is good; then its change is in the batch. */
bool
ledger_judge(struct ledger *l, struct entry *e, uint64_t sum, struct fields *fields,
    enum ledger_mode mode);

/* How many names would be below it and served no longer: it is a delegation or DNAME that
 * is not served yet. e may be NULL. */
uint32_t
ledger_hides(struct ledger *l, const struct entry *e, const struct record *record);

/* Out of what is visible. */
void
ledger_take_back(struct ledger *l, struct entry *e);

/* The zone's own record says so, or not any more. */
void
ledger_freeze(struct ledger *l, struct census_zone *z, bool frozen);

/* Is it a record of a zone that is frozen? */
bool
ledger_is_frozen(const struct ledger *l, const char *key, size_t len);

/* Its zone is frozen, and this version (0: a deletion) is another than the one that was
 * taken: it is counted, and nothing happens to it. */
bool
ledger_waits(struct ledger *l, struct entry *e, uint64_t sum);

#endif
