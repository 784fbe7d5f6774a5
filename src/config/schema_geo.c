/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "config/config.h"
#include "config/parts.h"
#include "config/schema.h"
#include "config/schema_words.h"

/* clang-format off */

static const struct schema_key region_keys[] = {
    {.name = "name", .type = SCHEMA_IDENT, .flags = SCHEMA_REQUIRED,
        AT(config_region, name),
        .help = "The name. That of a built-in region moves countries to it."},
    {.name = "match", .type = SCHEMA_OWN, .flags = SCHEMA_REQUIRED,
        .read = region_read_match, .shape = "list of matches",
        .help = "Which clients belong to it: countries (NO), continents "
                "(continent:EU), subdivisions (US-CA), autonomous systems (AS64500) "
                "or prefixes (192.0.2.0/24)."},
    {.name = "centroid", .type = SCHEMA_OWN, .read = region_read_centroid,
        .shape = "[latitude, longitude]", .dflt_text = "none: the farthest of all",
        .help = "Where it is, in degrees, for the choice by distance."},
    {0},
};

const struct schema_map schema_region = {.name = "region",
    .title = "geo.regions[]",
    .help = "Regions beside the built-in ones (nnam snam nsam ssam weu ceu eeu ru me naf "
            "maf saf in seas neas oc).",
    .size = sizeof(struct config_region),
    .has_where = true,
    .keys = region_keys,
    .finish = region_finish};

static const struct schema_key prefix_keys[] = {
    {.name = "prefix", .type = SCHEMA_OWN, .flags = SCHEMA_REQUIRED,
        .read = region_read_prefix, .shape = "prefix",
        .help = "The clients."},
    {.name = "region", .type = SCHEMA_IDENT, .flags = SCHEMA_REQUIRED,
        AT(config_geo_prefix, region),
        .help = "The region, built-in or of one's own."},
    {0},
};

const struct schema_map schema_prefix = {.name = "prefix",
    .title = "geo.prefixes[]",
    .help = "Prefixes whose region is known better than the databases know it.",
    .size = sizeof(struct config_geo_prefix),
    .has_where = true,
    .keys = prefix_keys};

static const struct schema_key test_keys[] = {
    {.name = "address", .type = SCHEMA_OWN, .flags = SCHEMA_REQUIRED,
        .read = geo_read_test_address, .shape = "address",
        .help = "The client."},
    {.name = "country", .type = SCHEMA_TEXT, AT(config_geo_test, country), .min = 2,
        .max = 2, .dflt_text = "any",
        .help = "The country where the databases have to put it, as in NO."},
    {.name = "region", .type = SCHEMA_IDENT, AT(config_geo_test, region),
        .dflt_text = "any",
        .help = "A region that has to be in its chain."},
    {0},
};

const struct schema_map schema_geo_test = {.name = "test",
    .title = "geo.tests[]",
    .help = "What has to be true before a new database or prefix file is used; else the "
            "old one is kept. At a start and with sextantd -t too.",
    .size = sizeof(struct config_geo_test),
    .has_where = true,
    .keys = test_keys,
    .finish = geo_finish_test};

static const struct schema_key update_keys[] = {
    {.name = "url", .type = SCHEMA_TEXT, .flags = SCHEMA_REQUIRED,
        AT(config_geo_update, url), .min = 8, .max = 2000,
        .help = "From where: https or http; {key} in it stands for the licence key. What "
                "comes is a database as it is, or in gzip, xz or tar form; in a tar file "
                "the first file *.mmdb is meant. Redirects are followed."},
    {.name = "file", .type = SCHEMA_PATH, .flags = SCHEMA_REQUIRED,
        AT(config_geo_update, file),
        .help = "The file that is replaced; one of databases, or one of prefix_files."},
    {.name = "every", .type = SCHEMA_DURATION, AT(config_geo_update, every_ms),
        .min = SECOND, .max = 400 * DAY, .dflt = "1d",
        .help = "How often it is asked for, 10 % more or less; the answer is short when "
                "nothing is new. Publishers limit how often: see their terms."},
    {.name = "retry", .type = SCHEMA_DURATION, AT(config_geo_update, retry_ms),
        .min = 100, .max = DAY, .dflt = "1m",
        .help = "How long to wait at most after a failure; twice as long after each "
                "further one, up to every. The wait is drawn between 0 and that."},
    {.name = "timeout", .type = SCHEMA_DURATION, AT(config_geo_update, timeout_ms),
        .min = 100, .max = DAY, .dflt = "10m",
        .help = "How long one download may take."},
    {.name = "max_size", .type = SCHEMA_NUMBER, AT(config_geo_update, max_mib), .min = 1,
        .max = 4095, .dflt = "1024",
        .help = "In MiB, how much may come, and how much may come out of it unpacked."},
    {.name = "licence_key_file", .type = SCHEMA_PATH,
        AT(config_geo_update, licence_key_file), .dflt_text = "none",
        .help = "A file with the licence key; read before each download."},
    {.name = "account", .type = SCHEMA_TEXT, AT(config_geo_update, account), .min = 1,
        .max = 100, .dflt_text = "none",
        .help = "With it, account and licence key are sent as user and password, as "
                "MaxMind wants it."},
    {.name = "sha256", .type = SCHEMA_TEXT, AT(config_geo_update, sha256), .min = 64,
        .max = 64, .dflt_text = "none",
        .help = "The SHA-256 sum of what is downloaded, where that never changes."},
    {.name = "sha256_url", .type = SCHEMA_TEXT, AT(config_geo_update, sha256_url),
        .min = 8, .max = 2000, .dflt_text = "none",
        .help = "Where that sum is told; {key} as in url. The first word counts."},
    {.name = "ca_file", .type = SCHEMA_PATH, AT(config_geo_update, ca_file),
        .dflt_text = "those of the system",
        .help = "The certificates that the server's is verified by."},
    {0},
};

const struct schema_map schema_geo_update = {.name = "update",
    .title = "geo.update[]",
    .help = "Files that the server fetches by itself. A download is verified as a changed "
            "file is, and takes the old file's place only then.",
    .size = sizeof(struct config_geo_update),
    .has_where = true,
    .keys = update_keys,
    .finish = geo_finish_update};

static const struct schema_key geo_keys[] = {
    {.name = "databases", .type = SCHEMA_OWN, .read = geo_read_databases,
        .shape = "list of files", .dflt_text = "none",
        .help = "Databases in MaxMind's format: country, city or ASN. Where several "
                "speak of an address, the later one refines the earlier. They are "
                "watched: see sextant-geo(7)."},
    {.name = "ecs", .type = SCHEMA_BOOL, AT(config_geo, ecs), .dflt = "on",
        .help = "Whether the client subnet of a query (RFC 7871) is used."},
    {.name = "regions", .type = SCHEMA_MAPS, LIST(config_geo, regions, region_count),
        .map = &schema_region,
        .help = "See geo.regions[] below."},
    {.name = "prefixes", .type = SCHEMA_MAPS, LIST(config_geo, prefixes, prefix_count),
        .map = &schema_prefix,
        .help = "See geo.prefixes[] below."},
    {.name = "prefix_files", .type = SCHEMA_OWN, .read = geo_read_prefix_files,
        .shape = "list of files", .dflt_text = "none",
        .help = "Files of more such prefixes, a line each: the prefix, blanks, the "
                "region; # begins a comment. They are watched, and what changes is "
                "taken without a reload."},
    {.name = "tests", .type = SCHEMA_MAPS, LIST(config_geo, tests, test_count),
        .map = &schema_geo_test, .help = "See geo.tests[] below."},
    {.name = "update", .type = SCHEMA_MAPS, LIST(config_geo, updates, update_count),
        .map = &schema_geo_update, .help = "See geo.update[] below."},
    {0},
};

const struct schema_map schema_geo = {.name = "geo",
    .title = "geo",
    .help = "Where clients are.",
    .size = sizeof(struct config_geo),
    .keys = geo_keys};

/* clang-format on */
