/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "config/parts.h"
#include "config/schema.h"
#include "config/schema_words.h"

/* clang-format off */

static const struct schema_key writer_keys[] = {
    {.name = "user", .type = SCHEMA_TEXT, AT(config_login, user), .min = 1, .max = 255,
        .dflt_text = "the default user",
        .help = "The Redis user."},
    {.name = "password_file", .type = SCHEMA_OWN, AT(config_login, password),
        .read = store_read_password, .shape = "file", .dflt_text = "no password",
        .help = "The file with the password."},
    {0},
};

const struct schema_map schema_writer = {.name = "login",
    .title = "store.writer, store.sentinel_login",
    .help = "A login of its own.",
    .size = sizeof(struct config_login),
    .keys = writer_keys,
    .finish = store_finish_login};

static const struct schema_key store_tls_keys[] = {
    {.name = "enabled", .type = SCHEMA_BOOL, AT(config_tls, enabled), .dflt = "off",
        .help = "TLS instead of plain TCP. Certificates are always verified."},
    {.name = "name", .type = SCHEMA_TEXT, AT(config_tls, name), .min = 1, .max = 255,
        .dflt_text = "the address",
        .help = "The name that the server's certificate has to have."},
    {.name = "ca_file", .type = SCHEMA_PATH, AT(config_tls, ca_file),
        .dflt_text = "those of the system",
        .help = "The certificates to trust, in PEM form."},
    {.name = "cert_file", .type = SCHEMA_PATH, AT(config_tls, cert_file),
        .dflt_text = "none",
        .help = "The certificate to show, with its chain, in PEM form."},
    {.name = "key_file", .type = SCHEMA_PATH, AT(config_tls, key_file),
        .dflt_text = "none",
        .help = "Its private key."},
    {0},
};

const struct schema_map schema_store_tls = {.name = "tls",
    .title = "store.tls",
    .help = "TLS to Redis.",
    .size = sizeof(struct config_tls),
    .keys = store_tls_keys,
    .finish = store_finish_tls};

static const char *const sync_words[] = {"track", "poll", NULL};

static const char *const store_words[] = {"embedded", "redis", NULL};

static const struct schema_key store_keys[] = {
    {.name = "kind", .type = SCHEMA_CHOICE, AT(config_store, kind), .words = store_words,
        .dflt = "embedded",
        .help = "Where records that change at run time live."},
    {.name = "address", .type = SCHEMA_OWN, .read = store_read_address,
        .shape = "address@port or unix:/path", .dflt_text = "none; redis needs one",
        .help = "The Redis server. Without a port: 6379."},
    {.name = "user", .type = SCHEMA_TEXT, AT(config_store, login.user), .min = 1,
        .max = 255, .dflt_text = "the default user",
        .help = "The Redis user."},
    {.name = "password_file", .type = SCHEMA_OWN, AT(config_store, login.password),
        .read = store_read_password, .shape = "file", .dflt_text = "no password",
        .help = "The file with the password."},
    {.name = "database", .type = SCHEMA_NUMBER, AT(config_store, database), .min = 0,
        .max = 65535, .dflt = "0",
        .help = "The number of the Redis database."},
    {.name = "writer", .type = SCHEMA_MAP, AT(config_store, writer),
        .map = &schema_writer,
        .help = "The login for writing to Redis. Without it Redis is only read. See "
                "store.writer below."},
    {.name = "fresh_for", .type = SCHEMA_DURATION, AT(config_store, fresh_for_ms),
        .min = SECOND, .max = DAY, .dflt = "60s",
        .help = "How long after contact was lost records count as fresh."},
    {.name = "stale_ttl", .type = SCHEMA_TTL, AT(config_store, stale_ttl), .min = 1,
        .dflt = "300",
        .help = "The most TTL of stale records."},
    {.name = "max_stale", .type = SCHEMA_DURATION, AT(config_store, max_stale_ms),
        .min = SECOND, .max = CONFIG_FOREVER, .dflt = "forever",
        .help = "How long stale records are served at all; then the names of the store "
                "get SERVFAIL."},
    {.name = "probe_allow", .type = SCHEMA_PREFIXES,
        LIST(config_store, probe_allow, probe_allow_count), .dflt_text = "none",
        .help = "Private prefixes that records of the store may have probed."},
    {.name = "max_targets", .type = SCHEMA_NUMBER, AT(config_store, max_targets),
        .min = 1, .max = 1000000, .dflt = "10000",
        .help = "How many addresses that only records name are probed; the rest is served "
                "unprobed, and told of."},
    {.name = "sentinels", .type = SCHEMA_OWN, .read = store_read_sentinels,
        .shape = "list of address@port", .dflt_text = "none",
        .help = "Redis Sentinels to ask for the server, in place of address. Without a "
                "port: 26379."},
    {.name = "master", .type = SCHEMA_TEXT, AT(config_store, master), .min = 1,
        .max = 255, .dflt_text = "none; sentinels need one",
        .help = "The name of the server that the sentinels know."},
    {.name = "sentinel_login", .type = SCHEMA_MAP, AT(config_store, sentinel_login),
        .map = &schema_writer, .help = "The login at the sentinels; default: none."},
    {.name = "tls", .type = SCHEMA_MAP, AT(config_store, tls), .map = &schema_store_tls,
        .help = "TLS to Redis and to the sentinels. See store.tls below."},
    {.name = "sync", .type = SCHEMA_SWITCH, AT(config_store, poll), .words = sync_words,
        .dflt = "track",
        .help = "How changes are noticed: the server calls them out (client-side "
                "caching), or, where that is refused, all is read again and again."},
    {.name = "poll_interval", .type = SCHEMA_DURATION, AT(config_store, poll_ms),
        .min = SECOND, .max = HOUR, .dflt = "10s",
        .help = "With \"sync: poll\": the pause between two full reads."},
    {.name = "rescan_interval", .type = SCHEMA_DURATION, AT(config_store, rescan_ms),
        .min = SECOND, .max = DAY, .dflt = "10m",
        .help = "With \"sync: track\": how often all is read again, slowly, to heal "
                "what no message announced."},
    {0},
};

const struct schema_map schema_store = {.name = "store",
    .title = "store",
    .help = "The record store. The keys that concern Redis are refused for the embedded "
            "one.",
    .size = sizeof(struct config_store),
    .keys = store_keys,
    .finish = store_finish};
