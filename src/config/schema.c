/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/schema.h"

#include <string.h>

#include "config/config.h"
#include "config/parts.h"
#include "config/schema_words.h"

#ifndef SEXTANT_STATEDIR
#define SEXTANT_STATEDIR "/var/lib/sextant"
#endif
#ifndef SEXTANT_RUNDIR
#define SEXTANT_RUNDIR "/run/sextant"
#endif

/* One entry in a few full lines reads better than a field a line. */
/* clang-format off */

static const struct schema_key server_keys[] = {
    {.name = "listen", .type = SCHEMA_LISTENERS,
        LIST(config_server, listen, listen_count), .dflt = "127.0.0.1@5300 ::1@5300",
        .help = "Addresses to answer on, UDP and TCP. Without a port: 53."},
    {.name = "workers", .type = SCHEMA_NUMBER, AT(config_server, workers), .min = 1,
        .max = 128, .dflt_text = "one per core that the process may use",
        .help = "Threads that answer over UDP."},
    {.name = "receive_buffer", .type = SCHEMA_NUMBER, AT(config_server, receive_buffer),
        .min = 65536, .max = 1 << 30, .dflt = "1048576",
        .help = "Octets asked of the kernel for questions that wait for one of these "
                "threads, so that bursts are not dropped. It counts double, and a short "
                "question costs some 832: the default is 2,500 questions, or 10 ms of "
                "what a thread can answer. net.core.rmem_max may give less. In overload "
                "the server makes it shorter by itself: see sextantd(8)."},
    {.name = "tcp_workers", .type = SCHEMA_NUMBER, AT(config_server, tcp_workers),
        .min = 1, .max = 64, .dflt = "1",
        .help = "Threads that answer over TCP."},
    {.name = "tcp_connections", .type = SCHEMA_NUMBER,
        AT(config_server, tcp_connections), .min = 16, .max = 1000000, .dflt = "4096",
        .help = "Connections that one of these threads keeps open; fewer when all of "
                "them together would take more than half of the files that the "
                "process may open. For one too many another is closed: of a client "
                "that has many, or the one that nobody uses for longest."},
    {.name = "tcp_per_client", .type = SCHEMA_NUMBER, AT(config_server, tcp_per_client),
        .min = 0, .max = 1000000, .dflt = "256",
        .help = "How many of them one client may have: an IPv4 address, or an IPv6 /64. "
                "0: all. For one too many his own oldest unused one is closed; when "
                "all are busy, the new one."},
    {.name = "tcp_idle", .type = SCHEMA_DURATION, AT(config_server, tcp_idle_ms),
        .min = SECOND, .max = HOUR, .dflt = "20s",
        .help = "How long a connection may stay without a complete request, or a client "
                "may leave an answer unread. A request counts from its first octet."},
    {.name = "identity", .type = SCHEMA_TEXT, AT(config_server, identity), .min = 1,
        .max = 255, .dflt_text = "the name of the host",
        .help = "The name of this node: NSID, id.server, and its name in a fleet."},
    {.name = "version", .type = SCHEMA_TEXT, AT(config_server, version), .min = 0,
        .max = 255, .dflt = "", .dflt_text = "empty",
        .help = "What version.bind and version.server say. When empty they are refused."},
    {.name = "chaos", .type = SCHEMA_BOOL, AT(config_server, chaos), .dflt = "on",
        .help = "Whether id.server, hostname.bind, version.bind and version.server of "
                "class CH are answered."},
    {.name = "cookies", .type = SCHEMA_MAP, AT(config_server, cookies),
        .map = &schema_cookies, .help = "See server.cookies below."},
    {.name = "rate_limit", .type = SCHEMA_MAP, AT(config_server, rate_limit),
        .map = &schema_rate_limit, .help = "See server.rate_limit below."},
    {.name = "transfer", .type = SCHEMA_OWN, .read = peer_read_transfer,
        AT(config_server, transfer), .shape = "list of peers", .dflt_text = "nobody",
        .help = "Who may take zones that have no transfer of their own. See "
                "transfer[] below."},
    {.name = "notify", .type = SCHEMA_OWN, .read = peer_read_notify,
        AT(config_server, notify), .shape = "list of peers", .dflt_text = "nobody",
        .help = "Who is told when zones change that have no notify of their own. "
                "See notify[] below."},
    {.name = "state_dir", .type = SCHEMA_PATH, AT(config_server, state_dir),
        .dflt = SEXTANT_STATEDIR, .dflt_text = "/var/lib/sextant, or as built",
        .help = "The folder of the on-disk state."},
    {.name = "control", .type = SCHEMA_PATH, AT(config_server, control),
        .dflt = SEXTANT_RUNDIR "/control.sock",
        .dflt_text = "/run/sextant/control.sock, or as built",
        .help = "The control socket."},
    {.name = "admin_group", .type = SCHEMA_TEXT, AT(config_server, admin_group), .min = 1,
        .max = 64, .dflt_text = "none: only the owner of the socket",
        .help = "The group whose members may change things over the control socket."},
    {.name = "http", .flags = SCHEMA_LATER, .shape = "address@port",
        .help = "Where to serve metrics, the API and the status page."},
    {0},
};

static const struct schema_map schema_server = {.name = "server",
    .title = "server",
    .help = "What the daemon itself is.",
    .size = sizeof(struct config_server),
    .keys = server_keys,
    .finish = server_finish};

static const char *const method_words[] = {"GET", "HEAD", NULL};

static const struct schema_key http_keys[] = {
    {.name = "port", .type = SCHEMA_PORT, AT(config_check, port),
        .dflt_text = "443 with tls, else 80",
        .help = "The port."},
    {.name = "tls", .type = SCHEMA_BOOL, AT(config_check, tls), .dflt = "off",
        .help = "HTTPS instead of HTTP."},
    {.name = "verify", .type = SCHEMA_BOOL, AT(config_check, verify), .dflt = "on",
        .help = "Whether the certificate has to be good."},
    {.name = "ca_file", .type = SCHEMA_PATH, AT(config_check, ca_file),
        .dflt_text = "those of the system",
        .help = "The certificates to trust, in PEM form."},
    {.name = "certificate_warning", .type = SCHEMA_DURATION,
        AT(config_check, certificate_ms), .max = 400 * DAY, .dflt = "14d",
        .help = "How long before its certificate expires an endpoint is warned of."},
    {.name = "host", .type = SCHEMA_TEXT, AT(config_check, host), .min = 1, .max = 255,
        .dflt_text = "the address of the endpoint",
        .help = "The Host header, and the name asked for in TLS."},
    {.name = "path", .type = SCHEMA_TEXT, AT(config_check, path), .min = 1, .max = 2048,
        .dflt = "/",
        .help = "The path, with its query."},
    {.name = "method", .type = SCHEMA_TEXT, AT(config_check, method), .min = 1, .max = 8,
        .words = method_words, .dflt = "GET",
        .help = "The request method."},
    {.name = "headers", .type = SCHEMA_TEXTS, LIST(config_check, headers, header_count),
        .min = 1, .max = 4096, .dflt_text = "none", .shape = "list of \"Name: value\"",
        .help = "Further headers of the request."},
    {.name = "status", .type = SCHEMA_OWN, .read = check_read_status, .dflt = "200",
        .shape = "list of statuses",
        .help = "What is healthy: \"200\", \"200-299\" or \"2xx\"."},
    {.name = "body", .type = SCHEMA_TEXT, AT(config_check, body), .min = 1, .max = 4096,
        .dflt_text = "anything",
        .help = "Text that the first 64 KiB of the body have to contain."},
    {.name = "follow", .type = SCHEMA_BOOL, AT(config_check, follow), .dflt = "off",
        .help = "Whether redirects are followed."},
    {0},
};

static const struct schema_map schema_http = {.name = "http",
    .title = "checks[].http",
    .help = "A request over HTTP or HTTPS.",
    .size = sizeof(struct config_check),
    .keys = http_keys,
    .finish = check_finish_http};

static const struct schema_key tcp_keys[] = {
    {.name = "port", .type = SCHEMA_PORT, .flags = SCHEMA_REQUIRED,
        AT(config_check, port),
        .help = "The port."},
    {.name = "send", .type = SCHEMA_TEXT, .flags = SCHEMA_RAW, AT(config_check, send),
        .min = 1, .max = 4096, .dflt_text = "nothing",
        .help = "What to send once connected, as in \"PING\\r\\n\"."},
    {.name = "expect", .type = SCHEMA_TEXT, .flags = SCHEMA_RAW, AT(config_check, body),
        .min = 1, .max = 4096, .dflt_text = "nothing: a connection that stands is enough",
        .help = "Text that the first 64 KiB of what comes back have to contain."},
    {0},
};

static const struct schema_map schema_tcp = {.name = "tcp",
    .title = "checks[].tcp",
    .help = "A TCP connection.",
    .size = sizeof(struct config_check),
    .keys = tcp_keys};

static const struct schema_key check_keys[] = {
    {.name = "name", .type = SCHEMA_IDENT, .flags = SCHEMA_REQUIRED,
        AT(config_check, name),
        .help = "The name that pools use."},
    {.name = "http", .type = SCHEMA_MAP, .map = &schema_http,
        .help = "See checks[].http below. Either this or tcp."},
    {.name = "tcp", .type = SCHEMA_MAP, .map = &schema_tcp,
        .help = "See checks[].tcp below."},
    {.name = "interval", .type = SCHEMA_DURATION, AT(config_check, interval_ms),
        .min = 50, .max = DAY, .dflt = "5s",
        .help = "From the start of a probe to the next."},
    {.name = "timeout", .type = SCHEMA_DURATION, AT(config_check, timeout_ms), .min = 10,
        .max = HOUR, .dflt = "2s",
        .help = "How long a whole probe may take."},
    {.name = "confirm_interval", .type = SCHEMA_DURATION, AT(config_check, confirm_ms),
        .min = 50, .max = HOUR, .dflt = "500ms",
        .help = "The interval while a change is being confirmed."},
    {.name = "fall", .type = SCHEMA_NUMBER, AT(config_check, fall), .min = 1, .max = 100,
        .dflt = "3",
        .help = "Failures in a row that make a target down."},
    {.name = "rise", .type = SCHEMA_NUMBER, AT(config_check, rise), .min = 1, .max = 100,
        .dflt = "2",
        .help = "Successes in a row that make it up again."},
    {0},
};

static const struct schema_map schema_check = {.name = "check",
    .title = "checks[]",
    .help = "How endpoints are probed.",
    .size = sizeof(struct config_check),
    .has_where = true,
    .keys = check_keys,
    .finish = check_finish};

static const char *const steered_words[] = {"default", "all", NULL};

static const struct schema_key zone_keys[] = {
    {.name = "domain", .type = SCHEMA_DOMAIN, .flags = SCHEMA_REQUIRED,
        AT(config_zone, domain),
        .help = "The name of the zone."},
    {.name = "file", .type = SCHEMA_PATH, AT(config_zone, file),
        .dflt_text = "none: from the store alone",
        .help = "The zone file."},
    {.name = "store", .type = SCHEMA_BOOL, AT(config_zone, store), .dflt = "off",
        .help = "Whether records of the store are added."},
    {.name = "ecs", .type = SCHEMA_BOOL, AT(config_zone, ecs), .dflt_text = "that of geo",
        .help = "Whether the client subnet is used."},
    {.name = "ns", .type = SCHEMA_DOMAINS, LIST(config_zone, ns, ns_count),
        .dflt_text = "none",
        .help = "The name servers of a zone without a file."},
    {.name = "transfer", .type = SCHEMA_OWN, .read = peer_read_transfer,
        AT(config_zone, transfer), .shape = "list of peers",
        .dflt_text = "that of server",
        .help = "Who may take the zone by AXFR. See transfer[] below."},
    {.name = "notify", .type = SCHEMA_OWN, .read = peer_read_notify,
        AT(config_zone, notify), .shape = "list of peers",
        .dflt_text = "that of server",
        .help = "Who is told when the zone changes. See notify[] below."},
    {.name = "transfer_steered", .type = SCHEMA_SWITCH, AT(config_zone, transfer_all),
        .words = steered_words, .dflt = "default",
        .help = "What a transfer holds for steered names: the default endpoints of the "
                "pool (all where it has none), or all endpoints."},
    {0},
};

static const struct schema_map schema_zone = {.name = "zone",
    .title = "zones[]",
    .help = "What is served.",
    .size = sizeof(struct config_zone),
    .has_where = true,
    .keys = zone_keys,
    .finish = zone_finish};

static const struct schema_key top_keys[] = {
    {.name = "include", .type = SCHEMA_TEXTS, .shape = "list of files",
        .dflt_text = "none",
        .help = "Files to read here as if they stood in this one: lists are added to, "
                "a key that has one value may be set once in all of them. Names may "
                "hold *, ? and []; such files are read in the order of their names."},
    {.name = "server", .type = SCHEMA_MAP, AT(config, server), .map = &schema_server,
        .help = "See server below."},
    {.name = "geo", .type = SCHEMA_MAP, AT(config, geo), .map = &schema_geo,
        .help = "See geo below."},
    {.name = "checks", .type = SCHEMA_MAPS, LIST(config, checks, check_count),
        .map = &schema_check,
        .help = "See checks[] below."},
    {.name = "pools", .type = SCHEMA_MAPS, LIST(config, pools, pool_count),
        .map = &schema_pool,
        .help = "See pools[] below."},
    {.name = "health", .type = SCHEMA_MAP, AT(config, health), .map = &schema_health,
        .help = "See health below."},
    {.name = "store", .type = SCHEMA_MAP, AT(config, store), .map = &schema_store,
        .help = "See store below."},
    {.name = "keys", .type = SCHEMA_MAPS, LIST(config, keys, key_count),
        .map = &schema_tsig_key,
        .help = "TSIG keys. See keys[] below."},
    {.name = "zones", .type = SCHEMA_MAPS, .flags = SCHEMA_REQUIRED,
        LIST(config, zones, zone_count), .map = &schema_zone,
        .help = "See zones[] below."},
    {.name = "alerts", .type = SCHEMA_MAP, AT(config, alerts), .map = &schema_alerts,
        .help = "Who is told of trouble. See alerts below."},
    {0},
};

const struct schema_map schema_top = {.name = "the file",
    .title = "the top level",
    .help = "Everything but zones is optional.",
    .size = sizeof(struct config),
    .keys = top_keys};

const struct schema_map *const schema_maps[] = {&schema_top, &schema_server,
    &schema_cookies, &schema_rate_limit, &schema_geo, &schema_region, &schema_prefix,
    &schema_geo_test, &schema_geo_update,
    &schema_check, &schema_http, &schema_tcp, &schema_pool, &schema_endpoint,
    &schema_health, &schema_store, &schema_writer,
    &schema_store_tls, &schema_tsig_key, &schema_zone, &schema_transfer_peer,
    &schema_notify_peer, &schema_alerts, &schema_hook, NULL};

/* clang-format on */

const struct schema_key *
schema_find(const struct schema_map *map, const char *key)
{
	const struct schema_key *k;

	for (k = map->keys; k->name != NULL; k++) {
		if (strcmp(k->name, key) == 0)
			return k;
	}
	return NULL;
}
