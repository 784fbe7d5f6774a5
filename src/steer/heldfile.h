/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new version of a zone file that is held: read, good, and not served.
 *
 * Shape: the zone as it would be served, and the texts that it was read from.
 * Owner: counted holders; heldfile_release(). Threads: immutable once made.
 * Errors: none. Source: DESIGN 5, "Guard".
 */
#ifndef STEER_HELDFILE_H
#define STEER_HELDFILE_H

#include <stdatomic.h>
#include <stdint.h>

#include "dns/name.h"
#include "steer/accepted.h"
#include "zone/zone.h"

struct heldfile {
	_Atomic unsigned holders;
	struct name apex;
	char *zone; /* its text, without the last dot */
	char *id; /* "example.com/file-0123abcd": zone and contents */
	char *path;
	char *why;
	int64_t since_s;
	struct zone_file *file;
	struct accepted_zone texts;
};

/* Takes the table and the texts over. */
struct heldfile *
heldfile_new(const struct name *apex, const char *path, const char *why,
    struct table *table, struct accepted_zone *texts);

struct heldfile *
heldfile_hold(struct heldfile *h);

void
heldfile_release(struct heldfile *h);

#endif
