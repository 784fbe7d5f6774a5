/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record model: one hash of named fields per RRset, keyed by zone, owner and type.
 *
 * Shape: key "dns:{example.com}:www:A", fields "ttl", "values", "values@weu", ... ; a
 * pool that records can name has the key "dns:!pool:NAME" and the fields of a steered
 * one. A compiled record is what answers can be made of: an RRset, a pool, or a zone's
 * own settings. Owner: as said at each function; record_free() frees a compiled one.
 * Threads: any; pure but for memory.
 * Errors: ERR_SYNTAX, ERR_RANGE, ERR_DENIED, ERR_UNSUPPORTED (a field or type that is
 * not done yet), ERR_MISSING (the pool that it names is not there, and may come later)
 * with the reason in `why`, one line that names the field.
 * Source: DESIGN "Records and the store"; sextant-records(7).
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"
#include "dns/name.h"
#include "zone/rrset.h"

#define RECORD_KEY_PREFIX "dns:"
#define RECORD_KEY_POOL "dns:!pool:"

enum record_kind {
	RECORD_ZONE, /* dns:{example.com} */
	RECORD_RRSET, /* dns:{example.com}:www:A */
	RECORD_POOL, /* dns:!pool:edge */
};

enum { RECORD_POOL_NAME_MAX = 63 };

struct record_key {
	enum record_kind kind;
	struct name zone; /* lower case; the root for RECORD_POOL, as is the owner */
	struct name owner; /* absolute, lower case; the zone for RECORD_ZONE */
	uint16_t type; /* TYPE_POOL for "POOL"; 0 for RECORD_ZONE and RECORD_POOL */
	char pool[RECORD_POOL_NAME_MAX + 1]; /* of RECORD_POOL, else "" */
};

struct field {
	char *name;
	char *value; /* NUL-terminated; may hold newlines, never a NUL inside */
	size_t len;
};

/* Sorted by name, each name once. */
struct fields {
	struct field *list;
	size_t count;
	size_t cap;
	uint64_t sum; /* once fields_keep_sum() has found it; 0: not known */
};

enum zone_state { ZONE_ACTIVE, ZONE_FROZEN, ZONE_DELETED };

struct record_zone {
	enum zone_state state;
	uint32_t ttl, refresh, retry, expire, minimum;
	struct name mname, rname; /* len 0: not given */
	struct name *ns; /* NULL: not given */
	size_t ns_count;
};

/* Just one of rrset, pool, pool_name, zone is set; none when disabled or without values.
 */
struct record {
	struct record_key key;
	bool disabled;
	uint32_t ttl;
	struct rrset *rrset; /* a plain one */
	struct config_pool *pool; /* steered: values@REGION; or a pool of its own */
	char *pool_name; /* of POOL */
	struct record_zone *zone;
};

/*
 * Reads a key. One that is spelled another way than ours is ERR_DENIED, with the right
 * spelling in `why`.
 */
MUST_CHECK enum err
record_key_parse(const char *key, size_t len, struct record_key *out, struct buf *why);

/* Appends the one right spelling. */
void
record_key_write(const struct record_key *key, struct buf *out);

void
fields_fini(struct fields *f);

/* Sets or replaces; copies. ERR_SYNTAX: the value holds a NUL. */
MUST_CHECK enum err
fields_set(struct fields *f, const char *name, const char *value, size_t len);

/* *to is overwritten, not freed. */
void
fields_copy(struct fields *to, const struct fields *from);

const struct field *
fields_find(const struct fields *f, const char *name);

/* A checksum over key and fields, the same on every machine and version (FNV-1a 64 over
 * "key NUL name NUL value NUL ..." in order of the names). */
uint64_t
fields_sum(const char *key, size_t key_len, const struct fields *f);

/* The same, and remembers it: fields go with one key as long as they are not changed. */
uint64_t
fields_keep_sum(const char *key, size_t key_len, struct fields *f);

/* What compiling may assume of the world around a record. */
struct record_rules {
	uint32_t default_ttl; /* of the zone */
	const struct config *config; /* checks and regions that exist; NULL: any */
	/* Has the store a pool of this name? NULL: it has none. */
	bool (*has_pool)(void *ctx, const char *name);
	void *ctx;
};

/*
 * What a field may say beyond its RDATA:
 *   weights, weights@REGION  integers 0..65535, as many as values, values@REGION
 *   fallback                 "REGION: R1 R2", one a line or parted by ";"
 *   min_healthy              "2" or "50%"
 *   when_all_down            "serve-all", "empty" or "cname NAME"
 *   state                    "active" or "disabled"
 * Compiles; the result is the caller's, for record_free(). */
MUST_CHECK enum err
record_compile(const struct record_key *key, const struct fields *fields,
    const struct record_rules *rules, struct record **out, struct buf *why);

/* NULL is allowed. */
void
record_free(struct record *r);

#endif
