/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "config/parts.h"
#include "config/schema.h"
#include "config/schema_words.h"

/* clang-format off */

static const struct schema_key cookies_keys[] = {
    {.name = "enabled", .type = SCHEMA_BOOL, AT(config_cookies, enabled), .dflt = "on",
        .help = "Whether cookies are given and recognised."},
    {.name = "required", .type = SCHEMA_BOOL, AT(config_cookies, required),
        .dflt = "off",
        .help = "Whether a client that sends a cookie without the server's part, or "
                "with a wrong one, gets BADCOOKIE over UDP instead of an answer."},
    {.name = "secret_file", .type = SCHEMA_OWN, .read = cookies_read_secrets,
        .shape = "file", .dflt_text = "a secret of its own, renewed every day",
        .help = "A file with up to 4 secrets, 32 hexadecimal digits a line (openssl rand "
                "-hex 16 makes one): cookies are made with the first and recognised "
                "with any. For servers that share an address. To change it: add the "
                "new one behind the old one everywhere, then exchange the two, and "
                "take the old one away an hour later; each by a reload."},
    {0},
};

const struct schema_map schema_cookies = {.name = "cookies",
    .title = "server.cookies",
    .help = "DNS cookies (RFC 7873, RFC 9018).",
    .size = sizeof(struct config_cookies),
    .keys = cookies_keys,
    .finish = cookies_finish};

static const struct schema_key rate_limit_keys[] = {
    {.name = "responses_per_second", .type = SCHEMA_NUMBER,
        AT(config_rate_limit, responses_per_second), .min = 1, .max = 1000000,
        .dflt_text = "no limit",
        .help = "Like responses to one prefix of clients: about one name; about the "
                "names of one wildcard, below one delegation or DNAME, or missing in "
                "one zone; and all errors together. A second's worth may come at once. "
                "The workers share the rate evenly; each has 1 at least."},
    {.name = "slip", .type = SCHEMA_NUMBER, AT(config_rate_limit, slip), .min = 0,
        .max = 10, .dflt = "2",
        .help = "One in so many of the responses over the limit is sent without "
                "records and with TC, so that a true client can come by TCP. 0: none, "
                "1: all. Errors have no records, and go out as they are."},
    {.name = "ipv4_prefix", .type = SCHEMA_NUMBER, AT(config_rate_limit, ipv4_len),
        .min = 8, .max = 32, .dflt = "24",
        .help = "Bits of an IPv4 address that make a prefix."},
    {.name = "ipv6_prefix", .type = SCHEMA_NUMBER, AT(config_rate_limit, ipv6_len),
        .min = 16, .max = 128, .dflt = "56",
        .help = "Bits of an IPv6 address that make a prefix."},
    {.name = "allow", .type = SCHEMA_PREFIXES,
        LIST(config_rate_limit, allow, allow_count), .dflt_text = "none",
        .help = "Clients that are never limited; an address alone will do."},
    {.name = "log_only", .type = SCHEMA_BOOL, AT(config_rate_limit, log_only),
        .dflt = "off",
        .help = "Counts and logs what would be dropped, and answers all the same."},
    {0},
};

const struct schema_map schema_rate_limit = {.name = "rate_limit",
    .title = "server.rate_limit",
    .help = "Limits like responses over UDP, so that forged questions do not make this "
            "server a weapon. TCP and valid cookies are never limited.",
    .size = sizeof(struct config_rate_limit),
    .keys = rate_limit_keys,
    .finish = rate_limit_finish};

static const char *const algorithm_words[] = {
    "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512", NULL};

static const struct schema_key tsig_keys[] = {
    {.name = "name", .type = SCHEMA_DOMAIN, .flags = SCHEMA_REQUIRED,
        AT(config_key, tsig.name),
        .help = "The name that both sides know."},
    {.name = "algorithm", .type = SCHEMA_CHOICE, AT(config_key, tsig.algorithm),
        .words = algorithm_words, .dflt = "hmac-sha256",
        .help = "The algorithm."},
    {.name = "secret_file", .type = SCHEMA_OWN, .flags = SCHEMA_REQUIRED,
        .read = key_read_secret, .shape = "file",
        .help = "The file with the secret alone, in base64 (openssl rand -base64 32 "
                "makes one)."},
    {0},
};

const struct schema_map schema_tsig_key = {.name = "key",
    .title = "keys[]",
    .help = "Keys for transfers (TSIG, RFC 8945).",
    .size = sizeof(struct config_key),
    .has_where = true,
    .keys = tsig_keys,
    .finish = key_finish};

static const struct schema_key transfer_keys[] = {
    {.name = "address", .type = SCHEMA_OWN, .read = peer_read_prefix,
        .shape = "address or prefix", .dflt_text = "any",
        .help = "Where the peer asks from."},
    {.name = "key", .type = SCHEMA_DOMAIN, AT(config_peer, key_name),
        .dflt_text = "none",
        .help = "The name of the key it has to sign with."},
    {0},
};

const struct schema_map schema_transfer_peer = {.name = "transfer",
    .title = "transfer[]",
    .help = "A peer that may take a zone is an address, a prefix, or a map of these: "
            "both have to fit when both are written.",
    .size = sizeof(struct config_peer),
    .has_where = true,
    .keys = transfer_keys};

static const struct schema_key notify_keys[] = {
    {.name = "address", .type = SCHEMA_OWN, .flags = SCHEMA_REQUIRED,
        .read = peer_read_address, .shape = "address@port",
        .help = "Where the peer listens. Without a port: 53."},
    {.name = "key", .type = SCHEMA_DOMAIN, AT(config_peer, key_name),
        .dflt_text = "none",
        .help = "The name of the key to sign with."},
    {0},
};

const struct schema_map schema_notify_peer = {.name = "notify",
    .title = "notify[]",
    .help = "A peer that is told of changes (NOTIFY, RFC 1996) is an address, or a map "
            "of these.",
    .size = sizeof(struct config_peer),
    .has_where = true,
    .keys = notify_keys};
