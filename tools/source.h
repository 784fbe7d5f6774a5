/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where records to import or to check come from, as lines of JSON.
 *
 * Shape: a file of such lines as it is; standard input, zone text and what a Redis holds
 * are put into a temporary file first, because an import reads them twice.
 * Owner: the caller closes the file.
 * Threads: one; calls block.
 * Errors: exit codes of sextantctl(8), said on standard error.
 * Source: store/exchange.h.
 */
#ifndef TOOLS_SOURCE_H
#define TOOLS_SOURCE_H

#include <stdbool.h>
#include <stdio.h>

enum { SOURCE_ZONES = 64 };

struct source {
	const char *path; /* "-", "redis:ADDRESS[@PORT]", "redis:/PATH" or a file */
	const char *zone; /* of zone text; NULL: lines of JSON */
	const char *zones[SOURCE_ZONES]; /* that are wanted of a Constellation */
	unsigned zone_count; /* 0 unless it is one */
	bool is_constellation;
	const char *user, *password_file; /* of a Redis; NULL: none */
	unsigned database;
	bool tls; /* and what goes with it; NULL: none */
	const char *tls_name, *ca_file, *cert_file, *key_file;
	/* set by source_open() */
	FILE *file;
	bool has_lines; /* numbers of its lines say something to people */
	unsigned long bad; /* what no record could be made of, said already */
};

/* Says what no record could be made of, and counts it. */
void
source_bad(struct source *s, const char *key, const char *why);

int
source_open(struct source *s);

#endif
