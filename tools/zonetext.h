/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zone text to records and back.
 *
 * Shape: one record an RRset; the SOA and the NS of the apex are fields of the zone's
 * own. Owner: buffers and files are the caller's. Threads: one. Errors: as said on
 * standard error. Source: RFC 1035 5, sextant-records(7).
 */
#ifndef TOOLS_ZONETEXT_H
#define TOOLS_ZONETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "store/record.h"

/* Writes the records of a zone file as lines of JSON; false: complaints, in which the
 * file is called `shown`, were printed. */
bool
zonetext_read(const char *path, const char *shown, const char *zone, FILE *out);

struct zonetext {
	struct name zone; /* whose $ORIGIN was written; len 0: none yet */
	uint32_t ttl; /* of its records that have none */
	size_t left_out; /* records that stand there as comments */
};

/* Appends a record; what zone text cannot say becomes a comment. */
void
zonetext_write(
    struct zonetext *z, const char *key, const struct fields *f, struct buf *out);

#endif
