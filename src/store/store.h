/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record store: this node's durable replica of the records, kept up from the
 * embedded database itself or from Redis.
 *
 * Shape: records come out as batches of changes, in the order in which they have to
 * be applied; a batch is to become visible as one.
 * Owner: a change's record belongs to the hook's callee. The store owns the rest.
 * Threads: everything in the loop's own thread (the store thread); hooks are called
 * there. store_load() is called once, before the loop runs.
 * Errors: a record that does not compile is rejected alone: logged, counted, and the
 * last good version stays. Trouble with Redis or the disk never takes anything away.
 * Source: DESIGN "Records and the store".
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "config/config.h"
#include "store/disk.h"
#include "store/record.h"

struct ledger;
struct quorum_tally;
struct quorum_votes;
struct store;

struct store_change {
	struct record_key key;
	struct record *record; /* NULL: removed */
};

/* SYNCING: the records are being read, or a start has not yet failed to reach Redis. */
enum store_sync { STORE_FRESH, STORE_STALE, STORE_SYNCING };

struct store_status {
	enum store_kind kind;
	enum store_sync sync;
	bool connected; /* embedded: always */
	bool disk_on;
	bool expired; /* stale for longer than max_stale: no longer served */
	bool safe_mode; /* no connection is tried */
	int64_t since_wall_s; /* of the present `connected` */
	int64_t contact_wall_s; /* last contact confirmed, also by an earlier process; 0:
	                           never */
	int64_t contact_age_ms; /* in this process; -1: none yet */
	size_t records;
	size_t rejected;
	size_t held; /* removals, by the guard */
	size_t damaged; /* rows on disk that were no good at the start */
	size_t lost; /* and rows that were not there any more */
	uint64_t changes; /* applied since start */
	uint64_t resyncs;
	char address[256];
	char source[96]; /* what the server is: "master", "replica of ..."; "" */
	char reason[256]; /* why it is not connected; "" */
	char fault[24]; /* the same in one word; "" (store/fault.h) */
	char refused[256]; /* why Redis takes no writes, as far as we know; "" */
	char refused_fault[24];
	bool quorum_on, quorum_heard;
	bool quorum_twin; /* another node has our name */
	size_t quorum_nodes; /* that vote */
	char quorum_reason[256]; /* why it is not heard; "" */
	char disk_reason[256];
	char damage_reason[256]; /* what was wrong with the file at the start; "" */
};

struct store_hooks {
	/* Takes the changes over (the array too: mem_free). */
	void (*on_changes)(void *ctx, struct store_change *changes, size_t count);
	/* The sync state, as a whole, is another now (fresh <-> stale, connected or not).
	 */
	void (*on_status)(void *ctx, const struct store_status *status);
	/* What the fleet votes, or that it is not heard; to be taken over. */
	void (*on_tally)(void *ctx, struct quorum_tally *tally);
	/* Names of the store that are served below this one of the zone; may be NULL. */
	size_t (*count_below)(
	    void *ctx, const struct name *zone, const struct name *owner);
	void *ctx;
};

/* cfg must outlive the store or the next store_reconfigure(). */
MUST_CHECK enum err
store_new(struct loop *loop, const struct config *cfg, const struct store_hooks *hooks,
    struct store **out);

/* Reads the durable copy and hands all records over by on_changes, in a few large
 * batches. */
void
store_load(struct store *s);

/* Begins to follow Redis; nothing to do for the embedded store. */
void
store_start(struct store *s);

/* From any thread, while the store's loop runs: this node's votes, in place of those
 * before; taken over. */
void
store_cast(struct store *s, struct quorum_votes *votes);

/* Durable before it returns. */
void
store_free(struct store *s);

/* Another configuration (checks, regions, zones): records that were rejected are tried
 * again. */
void
store_reconfigure(struct store *s, const struct config *cfg);

void
store_get_status(struct store *s, struct store_status *out);

struct store_zone {
	const struct name *zone;
	size_t names, rrsets; /* that are served */
	size_t held;
	bool frozen;
	size_t waiting; /* records that have changed since it is */
};

/* Every zone that takes records from the store. */
void
store_each_zone(
    struct store *s, void (*fn)(void *ctx, const struct store_zone *zone), void *ctx);

/* To look at: which records are held or rejected. */
struct ledger *
store_ledger(struct store *s);

/* Lets removals go that are held; see ledger_accept(). */
MUST_CHECK enum err
store_accept(struct store *s, const char *zone, uint64_t number, bool *more);

/* Called with the outcome; why is a line for people on failure. */
typedef void
store_done(void *ctx, enum err e, const char *why);

/* How a record is written. */
enum {
	STORE_REPLACE = 1, /* fields that are not given are removed */
	STORE_FORCE = 2, /* also when the guard would refuse it: what is lost is wanted */
};

/*
 * Sets the given fields of a record. ERR_DENIED: also by the guard.
 * Embedded: done after it is on disk and handed to on_changes. Redis: by the `writer`
 * login, done when our own replica has seen it; ERR_DENIED without a writer.
 */
void
store_set(struct store *s, const char *key, const struct fields *fields, unsigned how,
    store_done *done, void *ctx);

/* ERR_MISSING: there is no such record. */
void
store_delete(struct store *s, const char *key, unsigned how, store_done *done, void *ctx);

/* fields is NULL with ERR_MISSING. */
typedef void
store_got(
    void *ctx, enum err e, const char *key, const struct fields *fields, const char *why);

void
store_get(struct store *s, const char *key, store_got *got, void *ctx);

/* Reads records from the durable copy, in order of their keys: see disk_scan(). */
void
store_scan(struct store *s, const char *after, size_t count, disk_page *page, void *ctx);

/*
 * A small value of another part (health, overrides), kept over restarts: needs no schema
 * of its own, see disk_state_put(). From any thread, while the store's loop runs. On disk
 * within a second, later when the disk has failed. Name new kinds in sextant-state(5).
 */
void
store_state_put(struct store *s, const char *kind, const char *key, const char *value);

/* The same in the store's own thread; done (may be NULL) once it is durable, or could not
 * be written yet. */
void
store_state_save(struct store *s, const char *kind, const char *key, const char *value,
    disk_done *done, void *ctx);

/* At the start, when nobody waits for us yet: until all that was given is written. */
void
store_wait_for_disk(struct store *s);

/* Before the threads run: all of a kind. */
void
store_state_each(struct store *s, const char *kind,
    void (*fn)(void *ctx, const char *kind, const char *key, const char *value),
    void *ctx);

struct store_batch;

/* Writes or checks many records (store/batch.h). */
void
store_write(struct store *s, struct store_batch *b);

#endif
