/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "config/parts.h"
#include "config/schema.h"
#include "config/schema_words.h"

/* clang-format off */

static const struct schema_key endpoint_keys[] = {
    {.name = "address", .type = SCHEMA_OWN, .flags = SCHEMA_REQUIRED,
        .read = pool_read_address, .shape = "address or name",
        .help = "The address, or the name that clients are sent to by CNAME."},
    {.name = "weight", .type = SCHEMA_NUMBER, AT(config_endpoint, weight), .min = 0,
        .max = 65535, .dflt = "1",
        .help = "Its share beside the others. With 0 it is used when no other is "
                "healthy."},
    {.name = "probe", .type = SCHEMA_ADDRESSES, LIST(config_endpoint, probe, probe_count),
        .dflt_text = "none: it counts as up",
        .help = "Of a name: the addresses to probe in its place."},
    {0},
};

const struct schema_map schema_endpoint = {.name = "endpoint",
    .title = "pools[] endpoints",
    .help = "An endpoint is an address, a name, or a map of these.",
    .size = sizeof(struct config_endpoint),
    .keys = endpoint_keys,
    .finish = pool_finish_endpoint};

static const char *const spread_words[] = {"nearest", "all", NULL};
static const char *const family_words[] = {"fallback", "nodata", NULL};

static const struct schema_key pool_keys[] = {
    {.name = "name", .type = SCHEMA_IDENT, .flags = SCHEMA_REQUIRED,
        AT(config_pool, name),
        .help = "The name that zone files use."},
    {.name = "check", .type = SCHEMA_IDENT, AT(config_pool, check),
        .dflt_text = "none: every endpoint counts as up",
        .help = "The check that decides which endpoints are healthy."},
    {.name = "ttl", .type = SCHEMA_TTL, AT(config_pool, ttl), .dflt = "60",
        .help = "The TTL of its answers."},
    {.name = "ttl_min", .type = SCHEMA_TTL, AT(config_pool, ttl_min), .dflt = "10",
        .dflt_text = "10, or ttl when that is less",
        .help = "The least TTL while a change is pending."},
    {.name = "regions", .type = SCHEMA_OWN, .read = pool_read_regions,
        .shape = "map of region to endpoints",
        .help = "The endpoints of each region."},
    {.name = "default", .type = SCHEMA_OWN, LIST(config_pool, dflt, dflt_count),
        .read = pool_read_endpoints, .shape = "list of endpoints", .dflt_text = "none",
        .help = "Endpoints for clients without a region of the pool."},
    {.name = "fallback", .type = SCHEMA_OWN, .read = pool_read_fallback,
        .shape = "map of region to regions",
        .dflt_text = "default, then the other regions by distance",
        .help = "Which regions take over: a list, in order, or a map of shares, as in "
                "{weu: 70, ceu: 30}, by which the clients are split."},
    {.name = "rescue", .type = SCHEMA_OWN, LIST(config_pool, rescue, rescue_count),
        .read = pool_read_endpoints, .shape = "list of endpoints", .dflt_text = "none",
        .help = "Addresses served when nothing else of the pool is alive."},
    {.name = "fallback_only", .type = SCHEMA_BOOL, AT(config_pool, fallback_only),
        .dflt = "off",
        .help = "Whether only the regions of fallback take over."},
    {.name = "spread", .type = SCHEMA_SWITCH, AT(config_pool, spread_all),
        .words = spread_words, .dflt = "nearest",
        .help = "Whether the other regions take over one by one or all together."},
    {.name = "lost_family", .type = SCHEMA_SWITCH, AT(config_pool, lost_family_nodata),
        .words = family_words, .dflt = "fallback",
        .help = "What a region does that has lost only IPv4 or only IPv6: the next "
                "rung that has it, or no addresses of that family."},
    {.name = "max_answers", .type = SCHEMA_NUMBER, AT(config_pool, max_answers), .min = 1,
        .max = 255, .dflt_text = "8, or 1 where weights differ or with sticky",
        .help = "The most endpoints in one answer."},
    {.name = "min_healthy", .type = SCHEMA_OWN, .read = pool_read_min_healthy,
        .shape = "number or percentage", .dflt = "1",
        .help = "How many healthy endpoints make a region sufficient."},
    {.name = "when_all_down", .type = SCHEMA_OWN, .read = pool_read_all_down,
        .shape = "serve-all | empty | cname NAME", .dflt = "serve-all",
        .help = "What is answered when no endpoint is healthy."},
    {.name = "sticky", .type = SCHEMA_BOOL, AT(config_pool, sticky), .dflt = "off",
        .help = "Gives a client the same endpoint each time, by a hash of its prefix: "
                "see sextant-steering(7)."},
    {.name = "blackhole", .type = SCHEMA_OWN, .read = pool_read_blackhole,
        LIST(config_pool, blackhole, blackhole_count), .shape = "list of countries",
        .dflt_text = "none",
        .help = "Countries whose clients get no addresses, as ISO 3166 codes."},
    {0},
};

const struct schema_map schema_pool = {.name = "pool",
    .title = "pools[]",
    .help = "Steering policies.",
    .size = sizeof(struct config_pool),
    .has_where = true,
    .keys = pool_keys,
    .finish = pool_finish};
