/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a Constellation, as ours.
 *
 * Shape: its hashes have the key cl:ZONE:NAME:TYPE, where zone and name are fingerprints,
 * and the fields t (type), n (name), e (TTL), v (values), r (regions), f (rescue), m
 * (flatten) and b (blackhole). The zone is known by its fingerprint alone, so only zones
 * that are asked for are found.
 * Owner: nothing is kept.
 * Threads: one.
 * Errors: what cannot be carried over is said on standard error.
 * Source: Constellation 1.15, its store.
 */
#ifndef TOOLS_CONSTELLATION_H
#define TOOLS_CONSTELLATION_H

#include "source.h"
#include "store/record.h"

#define CONSTELLATION_KEYS "cl:*"

void
constellation_record(struct source *s, const char *key, const struct fields *f);

#endif
