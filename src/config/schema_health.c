/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "config/parts.h"
#include "config/schema.h"

/* clang-format off */

static const struct schema_key health_keys[] = {
    {.name = "canaries", .type = SCHEMA_LISTENERS,
        .offset = offsetof(struct config_health, canaries),
        .count_offset = offsetof(struct config_health, canary_count),
        .dflt_text = "none",
        .help = "Addresses that are nobody's endpoints and answer TCP connections "
                "whatever becomes of those: the resolver or the gateway of this host, a "
                "public resolver. Without a port: 53. While any of them is heard, this "
                "server takes its own network for sound. When no target and no canary "
                "has given any sign of life for three probes in a row, it is blind, "
                "and every verdict stays as it is until one of them does. Worth having "
                "where all targets may be out of reach at once, and needed where there "
                "is one target alone: without a canary its last answer is kept."},
    {.name = "quorum", .type = SCHEMA_BOOL, .offset = offsetof(struct config_health, quorum),
        .dflt = "off",
        .help = "Nodes that share a Redis tell each other what they measure, and a target "
                "is down when more than half of those that say something, and at least "
                "two, say so: see \"Fleet quorum\" in sextant-records(7). Needs "
                "store.writer, and server.identity, which is the node's name, to be "
                "another one on each. With fewer than two nodes alive no target goes "
                "down."},
    {0},
};

const struct schema_map schema_health = {.name = "health",
    .title = "health",
    .help = "What is common to all checks.",
    .size = sizeof(struct config_health),
    .keys = health_keys};
