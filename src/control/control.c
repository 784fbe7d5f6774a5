/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/control.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "control/geowatch.h"
#include "control/alerts.h"
#include "control/notify.h"
#include "control/reload.h"
#include "control/verbs.h"
#include "control/watch.h"

static void
verb_stop(void *ctx, struct request *rq)
{
	struct control *c = ctx;

	if (!request_check_args(rq, 0, 0))
		return;
	log_notice("stop asked by=\"%s\"", rq->who);
	buf_str(request_text(rq), "stopping\n");
	reply_ok(rq);
	c->stop(c->ctx);
}

static void
verb_log(void *ctx, struct request *rq)
{
	enum log_level level;

	(void)ctx;
	if (!request_check_args(rq, 1, 1))
		return;
	if (!log_level_parse(rq->argv[1], &level)) {
		reply_error(rq, "usage",
		    "\"%s\" is no level: error, warning, notice, info or debug",
		    rq->argv[1]);
		return;
	}
	log_set_level(level);
	log_notice("log level set level=%s by=\"%s\"", log_level_text(level), rq->who);
	reply_ok(rq);
}

static const struct verb verbs[] = {
    {"status", "", "what runs, since when, and whether the store is in touch", false,
        verb_status},
    {"store", "", "the record store: state, contact, zones, disk", false, verb_store},
    {"health", "[PATTERN]", "endpoints, their state, since when and why", false,
        verb_health},
    {"pools", "[PATTERN] [--limit N]",
        "pools: what is up, who is served what, and how fast a failover is", false,
        verb_pools},
    {"up", "PATTERN [--for 30m] [--why TEXT] [--force]",
        "take endpoints for healthy, whatever is measured", true, verb_up},
    {"down", "PATTERN [--for 30m] [--why TEXT] [--force]",
        "take endpoints out, whatever is measured", true, verb_down},
    {"drain", "PATTERN [--for 30m] [--why TEXT] [--force]",
        "use endpoints only before rescue; says when the last answer expires", true,
        verb_drain},
    {"auto", "PATTERN", "go by what is measured again", true, verb_auto},
    {"overrides", "", "what operators have said of endpoints", false, verb_overrides},
    {"whatif", "--down PATTERN | --drain PATTERN | --up PATTERN ...",
        "who would be served what instead; changes nothing", false, verb_whatif},
    {"zones", "[PATTERN] [--limit N]",
        "zones: source, serial, records, and whether something is wrong with them", false,
        verb_zones},
    {"explain", "NAME [TYPE] --client IP", "every step of the answer this client gets",
        false, verb_explain},
    {"geo", "[IP]", "the databases; or what they and the regions make of an address",
        false, verb_geo},
    {"geo update", "[FILE]", "fetch what geo.update names now, or this one", true,
        verb_geo_update},
    {"records list", "[ZONE | NAME | PATTERN] [--after KEY] [--limit N] [--lines]",
        "records of the store, by key, a page at a time", false, verb_records_list},
    {"records get", "NAME TYPE | KEY", "one record of the store", false,
        verb_records_get},
    {"records set", "NAME TYPE | KEY  FIELD=VALUE ... [--replace] [--force]",
        "set fields of a record; durable when it returns", true, verb_records_set},
    {"records delete", "NAME TYPE | KEY [--force]", "take a record out of the store",
        true, verb_records_delete},
    {"held", "", "what would go if the guard let it, and the id to accept it by", false,
        verb_held},
    {"accept", "ID", "let what is held under this id go, and nothing more", true,
        verb_accept},
    {"rejected", "", "records that are no good, and whether an older version is served",
        false, verb_rejected},
    {"records batch", "[--check | --skip] [--force] RECORD ...",
        "set or check records, given as JSON; all of them or none", true,
        verb_records_batch},
    {"notify", "[ZONE]", "tell the secondaries of a zone, or of all, now", true,
        verb_notify},
    {"alerts", "", "what is open, since when, and who was told", false, verb_alerts},
    {"alerts test", "[HOOK]", "send a test message to a hook, or to all", true,
        verb_alerts_test},
    {"plan", "[--force] [--limit N]",
        "what a reload would change, hold and refuse; changes nothing", false, verb_plan},
    {"reload", "[--force]", "read configuration, zones and geo databases again", true,
        verb_reload},
    {"watch", "", "trouble and its end, a line each, as it happens; until you hang up",
        false, verb_watch},
    {"log", "LEVEL", "error, warning, notice, info or debug", true, verb_log},
    {"stop", "", "end the server", true, verb_stop},
    {0},
};

void
age_write(int64_t s, char out[AGE_TEXT_MAX])
{
	if (s < 60)
		snprintf(out, AGE_TEXT_MAX, "%llds", (long long)s);
	else if (s < 3600)
		snprintf(out, AGE_TEXT_MAX, "%lldm %llds", (long long)(s / 60),
		    (long long)(s % 60));
	else if (s < 86400)
		snprintf(out, AGE_TEXT_MAX, "%lldh %lldm", (long long)(s / 3600),
		    (long long)(s % 3600 / 60));
	else
		snprintf(out, AGE_TEXT_MAX, "%lldd %lldh", (long long)(s / 86400),
		    (long long)(s % 86400 / 3600));
}

enum err
control_open(struct control *c, struct buf *why)
{
	struct socket_options options = {
	    .path = c->parts->config->server.control,
	    .admin_group = c->parts->config->server.admin_group,
	    .verbs = verbs,
	    .ctx = c,
	};

	c->held_since_s = wall_now_s(); /* of what the start has held */
	if (notifier_new(c->loop, c->shared, &c->notifier) != OK) {
		buf_str(why, "too many threads");
		return ERR_SPACE;
	}
	c->geowatch = geowatch_new(c);
	c->alerts = alerts_open(c->loop, c->parts);
	alerts_tell_held_config(c->held_parts);
	c->watch = watch_open();
	return socket_open(c->loop, &options, &c->socket, why);
}

void
control_listening(struct control *c)
{
	notifier_start(c->notifier);
	geowatch_start(c->geowatch);
}

void
control_close(struct control *c)
{
	reload_wait(c);
	alerts_close(c->alerts);
	c->alerts = NULL;
	geowatch_free(c->geowatch);
	c->geowatch = NULL;
	socket_close(c->socket);
	c->socket = NULL;
	watch_close(c->watch);
	c->watch = NULL;
	notifier_free(c->notifier);
	c->notifier = NULL;
	parts_release(c->held_parts);
	c->held_parts = NULL;
}
