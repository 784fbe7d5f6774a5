/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table of what sextant.yaml may say: keys, types, ranges, defaults, help.
 *
 * Shape: a schema_map per kind of map, each with its keys. A value lands at `offset`
 * of the struct that the map fills (lists: pointer there, count at count_offset). A
 * default is text, read by the same code as what people write; the items of a default
 * list are parted by blanks.
 * Owner: static.
 * Threads: immutable.
 * Errors: none.
 * Source: DESIGN "A configuration". The reader (reader.c) and the man page (man.c) use
 * it.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct reader;
struct tree_node;

enum schema_type {
	SCHEMA_BOOL, /* bool */
	SCHEMA_CHOICE, /* unsigned enum: the index in words */
	SCHEMA_SWITCH, /* bool: true for words[1] */
	SCHEMA_NUMBER, /* uint32_t, min to max */
	SCHEMA_PORT, /* uint16_t */
	SCHEMA_DURATION, /* int64_t milliseconds, min to max */
	SCHEMA_TTL, /* uint32_t seconds */
	SCHEMA_TEXT, /* char *, one line of min to max characters, or one of words */
	SCHEMA_IDENT, /* char *, value_ident() */
	SCHEMA_PATH, /* char *, relative to the file */
	SCHEMA_DOMAIN, /* struct name */
	SCHEMA_TEXTS, /* list of char * */
	SCHEMA_DOMAINS, /* list of struct name */
	SCHEMA_LISTENERS, /* list of struct ip_port, port 53 when not written */
	SCHEMA_ADDRESSES, /* list of struct ip */
	SCHEMA_PREFIXES, /* list of struct ip_prefix */
	SCHEMA_MAP, /* a struct at offset, filled by map */
	SCHEMA_MAPS, /* list of structs filled by map */
	SCHEMA_OWN /* read() does it */
};

enum {
	SCHEMA_REQUIRED = 1,
	SCHEMA_LATER = 2, /* known, but not done by this version: refused */
	SCHEMA_RAW = 4, /* control characters are welcome: what a protocol says */
};

struct schema_key;

/* `base` is the struct of the map; every complaint goes to the reader. */
typedef void
schema_read_fn(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base);

/* After all keys; map is NULL when the section is not there and defaults were set. */
typedef void
schema_finish_fn(struct reader *r, const struct tree_node *map, void *base);

struct schema_key {
	const char *name;
	enum schema_type type;
	unsigned flags;
	size_t offset, count_offset;
	int64_t min, max;
	const char *const *words; /* NULL-terminated */
	const struct schema_map *map;
	schema_read_fn *read;
	const char *dflt; /* as it would be written; NULL: none */
	const char *dflt_text; /* what the default is, for people; NULL: dflt */
	const char *shape; /* for people; NULL: that of the type */
	const char *help;
};

struct schema_map {
	const char *name; /* as in "unknown key ... in NAME" */
	const char *title; /* how it is written, for the man page */
	const char *help;
	size_t size; /* of the struct */
	bool has_where; /* it begins with a struct config_where */
	const struct schema_key *keys; /* ends with a NULL name */
	schema_finish_fn *finish;
};

extern const struct schema_map schema_top;

/* All maps in the order of the man page, NULL-terminated; schema_top is the first. */
extern const struct schema_map *const schema_maps[];

const struct schema_key *
schema_find(const struct schema_map *map, const char *key);

/* The man page's sections on keys, in mdoc. */
void
config_schema_write_man(struct buf *out);

#endif
