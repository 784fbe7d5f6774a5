/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of records: their names, and of what fields their RDATA is made.
 *
 * Shape: a static table, by number. Fields in order, FIELD_END at the end.
 * Owner: static.
 * Threads: any.
 * Errors: NULL where there is none.
 * Source: the IANA registry of RR types; the RFC of each type.
 */
#ifndef ZONE_RRTYPE_H
#define ZONE_RRTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zone/field.h"

enum { RRTYPE_FIELDS_MAX = 10 };

struct rrtype {
	uint16_t number;
	const char *name;
	enum {
		RRTYPE_FIELDS, /* compiled from its fields */
		RRTYPE_GENERIC, /* has no presentation form that we read: \# only */
		RRTYPE_META, /* never in a zone */
	} way;
	uint8_t fields[RRTYPE_FIELDS_MAX]; /* enum field_kind */
};

const struct rrtype *
rrtype_find(uint16_t number);

/* Ignoring case. */
const struct rrtype *
rrtype_find_name(const char *text, size_t len);

#endif
