/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MaxMind DB files: one walk over the whole tree, and single look-ups for people. With
 * geo/mmdbrecord.c the only door to libmaxminddb.
 *
 * Shape: the file is copied into memory of our own first (geo/filecopy.h). Each data
 * record is decoded once, however many networks share it, and handed to the caller,
 * whose number for it becomes the value of those networks' spans. IPv4 networks of an
 * IPv6 tree (::/96) go to the IPv4 spans; its aliases elsewhere (::ffff:0:0/96,
 * 2001::/32, 2002::/16) are skipped.
 * Owner: the caller frees the spans, also after an error.
 * Threads: any with a stack of 8 MiB (libmaxminddb recurses into the metadata, which it
 * takes from the last 128 KiB of the file); nothing is kept.
 * Errors: ERR_IO when the file can not be read, ERR_CORRUPT when it is damaged,
 * ERR_UNSUPPORTED when nothing in it is of use to us; the reason is in `why`.
 * Source: MaxMind DB File Format Specification 2.0.
 */
#ifndef GEO_MMDB_H
#define GEO_MMDB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "geo/filecopy.h"
#include "geo/spans.h"

/* Empty or 0 where the database says nothing. Codes are as the database writes them. */
struct mmdb_record {
	char country[3];
	char continent[3];
	char subdivision[9]; /* "US-CA" */
	uint32_t asn;
};

typedef uint64_t
mmdb_record_fn(void *ctx, const struct mmdb_record *record);

/* What a file says of itself, and what was found in it. */
struct mmdb_info {
	char type[64]; /* "GeoLite2-City" */
	int64_t built_s; /* since the epoch */
	uint64_t nodes;
	uint64_t networks; /* with data */
	unsigned ip_version;
	struct filestamp stamp;
};

MUST_CHECK enum err
mmdb_walk(const char *path, mmdb_record_fn *fn, void *ctx, struct spans *v4,
    struct spans *v6, struct mmdb_info *info, struct buf *why);

/* For people: cut where they are long. */
struct mmdb_names {
	char city[64];
	char organisation[96];
};

struct mmdb_answer {
	bool found;
	uint8_t len; /* of the database's own network */
	struct mmdb_record record;
	struct mmdb_names names;
};

/* One look-up in a file that was walked before; reads the whole file. */
MUST_CHECK enum err
mmdb_look_up(
    const char *path, const struct ip *ip, struct mmdb_answer *out, struct buf *why);

#endif
