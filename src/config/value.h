/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single values of the configuration, from text.
 *
 * Shape: pure functions. On failure `why` gets what was expected, to be put behind
 * the name of the key and the text: "expected a duration with its unit, ...".
 * Owner: values.
 * Threads: any.
 * Errors: ERR_SYNTAX or ERR_RANGE, and why.
 * Source: sextant.yaml(5), "VALUES".
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "config/config.h"
#include "dns/name.h"

MUST_CHECK enum err
value_bool(const char *text, bool *out, struct buf *why);

MUST_CHECK enum err
value_number(const char *text, int64_t min, int64_t max, int64_t *out, struct buf *why);

MUST_CHECK enum err
value_real(const char *text, double min, double max, double *out, struct buf *why);

/* min_ms to max_ms; max_ms CONFIG_FOREVER also takes the word "forever". */
MUST_CHECK enum err
value_duration(
    const char *text, int64_t min_ms, int64_t max_ms, int64_t *out_ms, struct buf *why);

/* Seconds, with or without a unit. */
MUST_CHECK enum err
value_ttl(const char *text, uint32_t *out_s, struct buf *why);

MUST_CHECK enum err
value_ip(const char *text, struct ip *out, struct buf *why);

/* A port of 0 in dflt means that one has to be written. */
MUST_CHECK enum err
value_ip_port(const char *text, uint16_t dflt, struct ip_port *out, struct buf *why);

MUST_CHECK enum err
value_prefix(const char *text, struct ip_prefix *out, struct buf *why);

MUST_CHECK enum err
value_domain(const char *text, struct name *out, struct buf *why);

/* A name for a check, pool or region: a-z 0-9 - _ . and at most 63 of them. */
MUST_CHECK enum err
value_ident(const char *text, struct buf *why);

/* What a region matches: NO, continent:EU, US-CA, AS64500, 192.0.2.0/24. */
MUST_CHECK enum err
value_match(const char *text, struct config_match *out, struct buf *why);

/* "200", "200-299" or "2xx". */
MUST_CHECK enum err
value_status(const char *text, struct config_status_range *out, struct buf *why);

#endif
