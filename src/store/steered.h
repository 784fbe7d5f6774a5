/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record with regions, as a pool.
 *
 * Shape: values@REGION are the pool's regions in order of their names, plain values
 * its default endpoints. The pool has no name: it belongs to the record.
 * Owner: the pool is the caller's, for config_pool_free().
 * Threads: any; pure but for memory.
 * Errors: as record_compile(); `why` names the field.
 * Source: DESIGN "The record model", "Steering".
 */
#ifndef STORE_STEERED_H
#define STORE_STEERED_H

#include "store/record.h"

#define STEERED_PREFIX "values@"

/* True for a field that belongs to steered records alone. */
bool
steered_is_field(const char *name);

/* *out is NULL when no field has a value. */
MUST_CHECK enum err
steered_compile(const struct record_key *key, const struct fields *fields, uint32_t ttl,
    const struct record_rules *rules, struct config_pool **out, struct buf *why);

#endif
