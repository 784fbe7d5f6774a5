/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy of a steered record: how its endpoints are chosen from.
 *
 * Shape: fields beside the endpoints in, members of a pool's specification out: fallback,
 * check, max_answers, min_healthy, sticky, blackhole, when_all_down.
 * Owner: the pool, also when a field is bad.
 * Threads: any; pure but for memory.
 * Errors: as record_compile(); `why` names the field.
 * Source: DESIGN "The record model", "The ladder".
 */
#ifndef STORE_POLICY_H
#define STORE_POLICY_H

#include "store/record.h"

struct policy {
	const struct record_key *key;
	const struct fields *fields;
	const struct record_rules *rules;
	struct config_pool *pool;
	struct buf *why;
};

MUST_CHECK enum err
policy_read(const struct policy *in);

/* A region of the configuration, or built in; without a configuration any word is. */
bool
policy_is_region(const struct record_rules *rules, const char *name);

/* A number of up to nine digits and nothing else. */
bool
policy_parse_number(const char *text, size_t len, uint32_t max, uint32_t *out);

#endif
