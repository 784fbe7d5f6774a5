/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is being parsed stands here by name, in a file that is mapped, so that the next
 * start knows what the last one died of: that item is quarantined. The third such death
 * within five minutes starts in safe mode.
 *
 * Shape: STATE_DIR/inhand, of fixed size. A slot a kind and hand; the items in
 * quarantine, each with a sum of its content: another content is another try. Deaths are
 * those of signals that a crash sends, and their item is the one in hand of the thread
 * that died; an item that was in hand at two other ends in a row is held guilty too.
 * After one such end nobody uses a second hand (inhand_is_suspicious()), so that it is
 * known what was in hand at the second.
 * Owner: static; inhand_close() unmaps. Threads: inhand_open() before the others; then a
 * kind's slot of a hand by one thread at a time: those that read the same kind at once
 * each call inhand_use() before. What is in quarantine any may ask. Errors: without the
 * file all works, and
 * nothing is remembered; `why` says so. Source: DESIGN "Poison".
 */
#ifndef BASE_INHAND_H
#define BASE_INHAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum inhand_kind { INHAND_RECORD, INHAND_ZONE, INHAND_GEO, INHAND_STATE };
enum {
	INHAND_KINDS = 4,
	INHAND_HANDS = 8,
	INHAND_NAME_MAX = 496,
	INHAND_QUARANTINED_MAX = 16
};

struct inhand_item {
	uint32_t used; /* 0: an empty place */
	uint32_t kind; /* enum inhand_kind */
	uint64_t sum;
	int64_t since_s; /* in quarantine; wall clock */
	int32_t tid; /* whose hand */
	uint32_t name_len;
	char name[INHAND_NAME_MAX]; /* cut, without NUL */
};

/* Another version of the program gives all items another try. Once a process. */
void
inhand_open(const char *state_dir, const char *version, struct buf *why);

/* clean: the end was asked for, so what came before is forgiven. */
void
inhand_close(bool clean);

/* The hand of this thread from here on; without it the first, which is 0. */
void
inhand_use(unsigned hand);

/* The last process ended with something in hand, and did not say why. */
bool
inhand_is_suspicious(void);

void
inhand_take(enum inhand_kind kind, const char *name, size_t len, uint64_t sum);

void
inhand_drop(enum inhand_kind kind);

/* The same name with another sum leaves the quarantine; a record does so only once the
 * version that kills has come again, for its last good one is read from disk before. */
bool
inhand_is_quarantined(enum inhand_kind kind, const char *name, size_t len, uint64_t sum);

/* Copies the items in quarantine; the number of them. */
size_t
inhand_list(struct inhand_item out[INHAND_QUARANTINED_MAX]);

/* "record", "zone file", "geo database", "state database" */
const char *
inhand_kind_text(enum inhand_kind kind);

bool
inhand_is_safe_mode(void);

/* A sum for a file: of its size and time of change; 0 when there is none. */
uint64_t
inhand_file_sum(const char *path);

#endif
