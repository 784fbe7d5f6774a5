/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Short words for the tables of the schema: where a value goes, and spans of time in the
 * unit of SCHEMA_DURATION, milliseconds.
 *
 * Shape: macros. Owner: none. Threads: any. Errors: none. Source: none.
 */
#ifndef CONFIG_SCHEMA_WORDS_H
#define CONFIG_SCHEMA_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define AT(s, field) .offset = offsetof(struct s, field)
#define LIST(s, field, n) \
	.offset = offsetof(struct s, field), .count_offset = offsetof(struct s, n)
#define SECOND ((int64_t)1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

#endif
