/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration as plain structs: what sextant.yaml says, checked, with
 * defaults filled in and paths made absolute or relative to the working folder.
 *
 * Shape: one struct per section of the file. Lists are pointer and count. Durations
 * are int64_t milliseconds, TTLs uint32_t seconds. Strings are never NULL unless
 * it says so. Names that point elsewhere (a pool's check, a pool's regions) have
 * been found to exist.
 * Owner: config_free() frees all; nothing in it is shared.
 * Threads: immutable after config_load().
 * Errors: see config_load().
 * Source: DESIGN "A configuration"; sextant.yaml(5).
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/complaint.h"
#include "base/err.h"
#include "base/ip.h"
#include "dns/name.h"
#include "dns/tsig.h"

#define CONFIG_FOREVER INT64_MAX /* of a duration */

/* Where in the files something was written; file belongs to the config. */
struct config_where {
	const char *file;
	uint32_t line;
	uint32_t column;
};

struct config_key {
	struct config_where where;
	struct tsig_key tsig;
};

/* Who may take a zone, or is told of its changes. */
struct config_peer {
	struct config_where where;
	struct ip_prefix prefix; /* transfer: family 0: any address */
	struct ip_port address; /* notify */
	struct name key_name; /* len 0: none */
	const struct config_key *key; /* that of key_name; NULL: none */
};

struct config_peers {
	struct config_peer *list;
	size_t count;
	bool is_set; /* written, if only as an empty list */
};

enum { COOKIE_SECRET_LEN = 16, COOKIE_SECRETS_MAX = 4 };

struct config_cookies {
	bool enabled;
	bool required; /* BADCOOKIE to a client cookie alone, over UDP */
	uint8_t secrets[COOKIE_SECRETS_MAX][COOKIE_SECRET_LEN]; /* the first makes */
	size_t secret_count; /* 0: a secret of this process, renewed by itself */
};

struct config_rate_limit {
	uint32_t responses_per_second; /* to one prefix; 0: no limit */
	uint32_t
	    slip; /* of what is over the limit every n-th goes out with TC; 0: none */
	uint32_t ipv4_len, ipv6_len; /* bits of a client's address that make a prefix */
	bool log_only;
	struct ip_prefix *allow; /* in order, and none inside another one */
	size_t allow_count;
};

struct config_server {
	struct ip_port *listen;
	size_t listen_count;
	uint32_t workers; /* default: one per core that we may use */
	uint32_t tcp_workers;
	uint32_t tcp_connections; /* of one TCP worker */
	uint32_t tcp_per_client; /* of those, of one IPv4 address or IPv6 /64; 0: all */
	int64_t tcp_idle_ms;
	uint32_t receive_buffer; /* octets, of a UDP worker */
	char *identity; /* default: the host's name */
	char *version; /* of version.bind; "" refuses */
	bool chaos; /* answers questions of class CH */
	struct config_cookies cookies;
	struct config_rate_limit rate_limit;
	struct config_peers transfer, notify; /* of zones that have none of their own */
	char *state_dir;
	char *control; /* socket path */
	char *admin_group; /* NULL: none */
};

/* What a region matches: one of the kinds. */
enum match_kind {
	MATCH_COUNTRY,
	MATCH_CONTINENT,
	MATCH_SUBDIVISION,
	MATCH_ASN,
	MATCH_PREFIX
};

struct config_match {
	enum match_kind kind;
	char code[8]; /* "NO", "EU", "US-CA" */
	uint32_t asn;
	struct ip_prefix prefix;
};

struct config_region {
	struct config_where where;
	char *name;
	struct config_match *matches;
	size_t match_count;
	bool has_centroid;
	double lat, lon; /* degrees, -90..90 and -180..180 */
};

struct config_geo_prefix {
	struct config_where where;
	struct ip_prefix prefix;
	char *region;
};

/* What has to be true of an address before a database is used. */
struct config_geo_test {
	struct config_where where;
	struct ip address;
	char *country; /* NULL: any */
	char *region; /* in its chain; NULL: any */
};

/* A file that is fetched. */
struct config_geo_update {
	struct config_where where;
	char *url; /* "{key}" stands for the licence key */
	char *file;
	int64_t every_ms, retry_ms, timeout_ms;
	uint32_t max_mib;
	char *licence_key_file; /* this and what follows: NULL: none */
	char *account;
	char *sha256; /* 64 hexadecimal digits */
	char *sha256_url;
	char *ca_file;
};

struct config_geo {
	char **databases;
	struct config_where *database_wheres; /* as many */
	size_t database_count;
	bool ecs;
	struct config_region *regions;
	size_t region_count;
	struct config_geo_prefix *prefixes;
	size_t prefix_count;
	char **prefix_files;
	struct config_where *prefix_file_wheres; /* as many */
	size_t prefix_file_count;
	struct config_geo_test *tests;
	size_t test_count;
	struct config_geo_update *updates;
	size_t update_count;
};

enum check_kind { CHECK_HTTP, CHECK_TCP };

struct config_status_range {
	uint16_t first, last; /* "200", "200-299", "2xx" */
};

struct config_check {
	struct config_where where;
	char *name;
	enum check_kind kind;
	uint16_t port;
	bool tls;
	bool verify; /* default true */
	bool follow; /* redirects; default false */
	char *host; /* Host header and SNI; NULL: the address itself */
	char *path; /* default "/" */
	char *method; /* "GET" or "HEAD" */
	char **headers; /* "Name: value" */
	size_t header_count;
	struct config_status_range *status; /* default 200 */
	size_t status_count;
	char *body; /* substring expected in the first 64 KiB; NULL: anything */
	char *send; /* over TCP, once connected; NULL: nothing */
	int64_t certificate_ms; /* warned of when it expires sooner */
	char *ca_file; /* NULL: the system's */
	int64_t interval_ms, timeout_ms, confirm_ms;
	uint32_t fall, rise;
};

struct config_endpoint {
	bool is_name; /* a CNAME target instead of an address */
	struct ip ip;
	struct name name;
	uint32_t weight; /* 0..65535, default 1 */
	struct ip *probe; /* of a name: what to probe instead */
	size_t probe_count;
};

enum { CONFIG_SHARES_MAX = 16, CONFIG_SHARE_MAX = 65535 };

struct config_country {
	char code[3]; /* "NO" */
};

struct config_pool_region {
	char *region;
	struct config_endpoint *endpoints;
	size_t endpoint_count;
};

struct config_fallback {
	char *region;
	char **to;
	size_t to_count;
	uint32_t *shares; /* as many; NULL: in order */
};

enum all_down { ALL_DOWN_SERVE_ALL, ALL_DOWN_CNAME, ALL_DOWN_EMPTY };

/* Also the form in which a steered record of the store becomes a pool. */
struct config_pool {
	struct config_where where;
	char *name;
	char *check; /* NULL: none, every endpoint counts as up */
	uint32_t ttl, ttl_min;
	struct config_pool_region *regions;
	size_t region_count;
	struct config_endpoint *dflt;
	size_t dflt_count;
	struct config_fallback *fallbacks;
	size_t fallback_count;
	struct config_endpoint *rescue;
	size_t rescue_count;
	bool fallback_only;
	bool spread_all;
	bool lost_family_nodata;
	bool sticky;
	uint32_t max_answers; /* 0: 8, or 1 where weights differ or with sticky */
	uint32_t min_healthy; /* at least 1 */
	bool min_healthy_percent;
	enum all_down when_all_down;
	struct name all_down_name;
	struct config_country *blackhole;
	size_t blackhole_count;
};

struct config_health {
	struct ip_port
	    *canaries; /* answer a TCP connection whatever becomes of targets */
	size_t canary_count;
	bool quorum; /* targets are down when several nodes say so */
};

enum store_kind { STORE_EMBEDDED, STORE_REDIS };

struct config_login {
	bool is_set; /* written in the configuration */
	char *user; /* NULL: the default user */
	char *password; /* NULL: no AUTH; read from password_file */
};

struct config_tls {
	bool enabled;
	char *name; /* of the certificate; NULL: the address */
	char *ca_file; /* NULL: the system's */
	char *cert_file, *key_file; /* NULL, both: none is shown */
};

struct config_store {
	enum store_kind kind;
	struct ip_port address; /* family 0 when unix_path is set */
	char *unix_path; /* NULL: TCP */
	struct config_login login;
	struct config_login writer; /* not set: Redis is only read */
	struct config_login sentinel_login;
	struct ip_port *sentinels; /* in place of an address */
	size_t sentinel_count;
	char *master; /* NULL without sentinels */
	struct config_tls tls;
	bool poll; /* all is read again and again */
	int64_t poll_ms;
	int64_t rescan_ms;
	int64_t max_stale_ms; /* or CONFIG_FOREVER */
	uint32_t database; /* SELECT */
	int64_t fresh_for_ms;
	uint32_t stale_ttl; /* seconds */
	struct ip_prefix *probe_allow;
	size_t probe_allow_count;
	uint32_t max_targets;
};

struct config_zone {
	struct config_where where;
	struct name domain;
	char *file; /* NULL: from the store alone */
	bool store;
	bool ecs; /* geo.ecs unless the zone says otherwise */
	struct name *ns; /* for a zone without a file */
	size_t ns_count;
	struct config_peers transfer, notify; /* `server`'s where not written */
	bool transfer_all; /* steered names go out with all endpoints, not the default */
};

enum alert_form { ALERT_JSON, ALERT_SLACK };

enum { CONFIG_HOOKS_MAX = 16 };

/* Who is told of trouble: a URL or a program. */
struct config_hook {
	struct config_where where;
	char *name;
	char *url; /* NULL: exec; a secret */
	char **exec; /* the program and its arguments */
	size_t exec_count;
	enum alert_form form;
	uint32_t kinds; /* a bit for each enum event_kind */
	bool only_critical; /* what is just a warning is not told */
	bool critical; /* told only of what lasts */
	int64_t timeout_ms;
	char **headers; /* "Name: value" */
	size_t header_count;
	char **secret_headers;
	size_t secret_header_count;
	char *ca_file; /* NULL: the system's */
	char *proxy; /* NULL: none */
};

struct config_alerts {
	int64_t group_ms, escalate_ms;
	struct config_hook *hooks;
	size_t hook_count;
};

struct config {
	char *path;
	char **files; /* path and what it includes; wheres point here */
	size_t file_count;
	struct config_server server;
	struct config_geo geo;
	struct config_check *checks;
	size_t check_count;
	struct config_pool *pools;
	size_t pool_count;
	struct config_health health;
	struct config_store store;
	struct config_key *keys;
	size_t key_count;
	struct config_zone *zones;
	size_t zone_count;
	struct config_alerts alerts;
};

/*
 * Reads a file and what it includes. Every mistake becomes a complaint, all of them in
 * one run; ERR_SYNTAX when there was at least one error (warnings do not count).
 */
MUST_CHECK enum err
config_load(const char *path, struct config **out, struct complaints *complaints);

/* Where the files come from, and who wants to have their texts; both may be left out. */
struct config_source {
	/* Instead of from disk; the text is the caller's. */
	enum err (*open)(
	    void *ctx, const char *path, char **text, size_t *len, struct buf *why);
	/* With open: the files there are, for patterns; NULL behind the last. */
	const char *(*name)(void *ctx, size_t i);
	void (*on_file)(void *ctx, const char *path, const char *text, size_t len);
	void *ctx;
};

/* The same from there. */
MUST_CHECK enum err
config_load_by(const char *path, const struct config_source *source, struct config **out,
    struct complaints *complaints);

/* NULL is allowed. */
void
config_free(struct config *c);

/* Deep copy and free of one pool, for those who build pools elsewhere. The copy's
 * where.file is "": the original may be gone first. */
struct config_pool *
config_pool_copy(const struct config_pool *p);

void
config_pool_free(struct config_pool *p);

/* Is it a pool of names, or one that becomes a CNAME when all is down? */
bool
config_pool_is_cname(const struct config_pool *p);

/* Deep copy and free of one check; where.file as above. */
struct config_check *
config_check_copy(const struct config_check *c);

void
config_check_free(struct config_check *c);

/* True when two checks probe alike (all but the name and where). */
bool
config_check_equal(const struct config_check *a, const struct config_check *b);

/* True when two stores are one server, seen with one login and in one way. */
bool
config_store_is_same(const struct config_store *a, const struct config_store *b);

/* Who may take a zone, and who is told of its changes: its own list, or server's. */
const struct config_peers *
config_transfer(const struct config *c, const struct config_zone *z);

const struct config_peers *
config_notify(const struct config *c, const struct config_zone *z);

/* By its name, in any case; NULL: there is none. */
const struct config_key *
config_find_key(const struct config *c, const struct name *name);

const struct config_check *
config_find_check(const struct config *c, const char *name);

/* The 16 built-in region codes; needed to know that a name exists. */
bool
config_is_builtin_region(const char *name);

/* An ISO 3166 code of two capitals, or XK. */
bool
config_is_country(const char *code);

/* A code as people write it, in either case; false: there is no such country. */
bool
config_parse_country(const char *text, struct config_country *out);

#endif
