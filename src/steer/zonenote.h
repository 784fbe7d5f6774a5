/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keeper's notes on one zone: where its data comes from, and how its next struct zone
 * is made.
 *
 * Shape: one per configured zone, found by name. The store's table changes by edits; an
 * edit stays open while changes of one step are applied.
 * Owner: the keeper. Zones made by zonenote_build() own their SOA copy and hold their
 * file; zonenote_free_zone() frees one that no reader has any more. Threads: the store
 * thread; what it builds is immutable. Errors: none. Source: RFC 1035 3.3.13 (SOA);
 * DESIGN "Who wins".
 */
#ifndef STEER_ZONENOTE_H
#define STEER_ZONENOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "config/config.h"
#include "store/record.h"
#include "zone/zone.h"

struct zonenote {
	struct trie_leaf leaf; /* first; key is the apex */
	struct name apex; /* lower case */
	const struct config_zone *cfg; /* of the present parts */
	struct zone_file *file; /* held; NULL: none, or no good one */
	struct table *store; /* NULL: the zone takes nothing from the store */
	struct table_edit *edit; /* open while a step runs */
	struct record_zone *settings; /* of the store's zone record; NULL: none */
	uint32_t serial; /* last served */
	uint32_t reserved; /* the disk knows that none above it was served */
	struct mono asked; /* the disk was, to take a higher one; never: it was not */
	bool is_kept; /* a serial above `reserved` waits for the disk */
	bool wants_more; /* serials_save() is to ask for a higher one: */
	uint32_t wanted; /* so high that this one may be served */
	bool is_built; /* has a serial of this process */
	int64_t stepped_s; /* wall second of its last step */
	uint32_t built_serial; /* of the last struct zone; 0: it was broken */
	int64_t changed_s; /* wall second since when it is this; 0: none was built */
	bool owes_step; /* changed again in that second: the serial has yet to follow */
	bool owing; /* in the keeper's list of those */
	struct zonenote *next_owing;
	bool touched; /* this step changes it; the keeper's */
	struct zonenote *next_touched;
};

struct zonenote *
zonenote_new(const struct name *apex);

/* Frees the store's table too: no reader may be left. */
void
zonenote_free(struct trie_leaf *leaf);

/* What the present parts say of the zone; takes a hold on file (NULL: none). */
void
zonenote_configure(
    struct zonenote *n, const struct config_zone *cfg, struct zone_file *file);

/* What the store's zone record says; takes settings over (NULL: there is none). */
void
zonenote_set(struct zonenote *n, struct record_zone *settings);

/* The open edit of the store's table. */
struct table_edit *
zonenote_edit(struct zonenote *n);

/*
 * Closes the edit and makes the zone as it is served next; NULL when the store says that
 * the zone is deleted. *garbage is for table_garbage_free() (NULL: nothing).
 */
struct zone *
zonenote_build(struct zonenote *n, struct table_garbage **garbage);

/* What the serial would be after the next step, if the file had no say. */
uint32_t
zonenote_next_serial(const struct zonenote *n);

/* For limbo_retire(): a struct zone of zonenote_build(). */
void
zonenote_free_zone(void *zone);

#endif
