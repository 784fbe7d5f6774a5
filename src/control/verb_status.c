/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "control/notify.h"
#include "control/trip.h"
#include "control/verbs.h"

#include "config.h"

/* `status` goes to the store thread, the probe thread, and home. */
struct status_trip {
	struct trip trip; /* first */
	struct control *control;
};

static const char *
sync_text(enum store_sync s)
{
	switch (s) {
	case STORE_FRESH:
		return "fresh";
	case STORE_STALE:
		return "stale";
	case STORE_SYNCING:
		return "syncing";
	}
	return "?";
}

static void
write_store(struct request *rq, const struct store_status *s)
{
	struct json *j = json_object();
	struct buf *out = request_text(rq);
	char since[WALL_TEXT_MAX], contact[WALL_TEXT_MAX] = "never", age[AGE_TEXT_MAX];
	const char *kind = s->kind == STORE_REDIS ? "redis" : "embedded";

	wall_write(s->since_wall_s, since);
	if (s->contact_wall_s != 0)
		wall_write(s->contact_wall_s, contact);
	age_write(wall_now_s() - s->since_wall_s, age);
	buf_printf(out, "store      %s %s, %s", kind, s->address, sync_text(s->sync));
	buf_printf(out, ", %s for %s (since %s)\n",
	    s->connected ? "connected" : "disconnected", age, since);
	if (s->reason[0] != '\0')
		buf_printf(out, "           because (%s): %s\n", s->fault, s->reason);
	if (s->kind == STORE_REDIS)
		buf_printf(out, "           last contact %s%s%s\n", contact,
		    s->source[0] != '\0' ? ", the server is: " : "", s->source);
	buf_printf(out,
	    "           %zu records, %zu rejected, %llu changes since start\n",
	    s->records, s->rejected, (unsigned long long)s->changes);
	if (s->held != 0)
		buf_printf(
		    out, "           %zu REMOVALS HELD: see sextantctl held\n", s->held);
	if (s->disk_reason[0] == '\0')
		buf_printf(out, "disk       %s\n", s->disk_on ? "on" : "OFF");
	else
		buf_printf(out,
		    "disk       %s: %s\n"
		    "           records are served from memory; what changes is lost at "
		    "a "
		    "restart\n",
		    s->disk_on ? "NOT WRITTEN" : "OFF", s->disk_reason);
	json_set_str(j, "kind", kind);
	json_set_str(j, "address", s->address);
	json_set_str(j, "sync", sync_text(s->sync));
	json_set_bool(j, "connected", s->connected);
	json_set_str(j, "since", since);
	json_set_str(j, "reason", s->reason[0] != '\0' ? s->reason : NULL);
	json_set_str(j, "fault", s->fault[0] != '\0' ? s->fault : NULL);
	json_set_str(j, "source", s->source[0] != '\0' ? s->source : NULL);
	json_set_str(j, "last_contact", s->contact_wall_s != 0 ? contact : NULL);
	if (s->contact_age_ms >= 0)
		json_set_int(j, "contact_age_ms", s->contact_age_ms);
	else
		json_set_str(j, "contact_age_ms", NULL);
	json_set_int(j, "records", (int64_t)s->records);
	json_set_int(j, "rejected", (int64_t)s->rejected);
	json_set_int(j, "held", (int64_t)s->held);
	json_set_int(j, "changes", (int64_t)s->changes);
	json_set_int(j, "resyncs", (int64_t)s->resyncs);
	json_set_bool(j, "disk_on", s->disk_on);
	json_set_str(j, "disk_reason", s->disk_reason[0] != '\0' ? s->disk_reason : NULL);
	json_set(request_data(rq), "store", j);
}

static void
write_zones(struct request *rq, const struct world *w)
{
	const struct config *c = w->parts->config;
	struct json *list = json_array();
	struct buf *out = request_text(rq);
	size_t broken = 0;

	buf_printf(out, "zones      %zu", c->zone_count);
	for (size_t i = 0; i < c->zone_count; i++) {
		const struct config_zone *z = &c->zones[i];
		char name[NAME_TEXT_MAX];
		struct json *j = json_object();
		bool is_broken = z->file != NULL && w->parts->zone_files[i] == NULL;

		name_write_plain(z->domain.bytes, name);
		json_set_str(j, "zone", name);
		json_set_str(j, "file", z->file);
		json_set_bool(j, "store", z->store);
		json_set_bool(j, "broken", is_broken);
		json_push(list, j);
		if (is_broken)
			buf_printf(
			    out, "%s%s", broken++ == 0 ? ", SERVFAIL: " : " ", name);
	}
	buf_char(out, '\n');
	json_set(request_data(rq), "zones", list);
}

/* What was wrong with files at the start: copies, or nothing, stand in for them. */
static void
write_problems(struct request *rq, const struct world *w)
{
	const struct complaints *all = &w->parts->complaints;
	struct json *list = json_array();
	struct buf one = {0};

	for (size_t i = 0; i < all->count; i++) {
		if (all->list[i].severity != SEVERITY_ERROR)
			continue;
		buf_clear(&one);
		complaint_write(&all->list[i], &one);
		buf_printf(request_text(rq), "PROBLEM    %s\n", buf_text(&one));
		json_push_str(list, buf_text(&one));
	}
	buf_fini(&one);
	json_set(request_data(rq), "problems", list);
}

static void
write_geo(struct request *rq, const struct world *w)
{
	const struct config_geo *g = &w->parts->config->geo;
	struct json *j = json_object();
	struct geo_sizes sizes;

	geo_get_sizes(w->geo, &sizes);
	buf_printf(request_text(rq),
	    "geo        %zu databases, %zu regions, %zu + %zu networks, %.1f MiB\n",
	    g->database_count, geo_region_count(w->geo), sizes.intervals4,
	    sizes.intervals6, (double)sizes.octets / 1048576);
	json_set_int(j, "databases", (int64_t)g->database_count);
	json_set_int(j, "regions", (int64_t)geo_region_count(w->geo));
	json_set_int(j, "networks4", (int64_t)sizes.intervals4);
	json_set_int(j, "networks6", (int64_t)sizes.intervals6);
	json_set_int(j, "octets", (int64_t)sizes.octets);
	json_set(request_data(rq), "geo", j);
}

static void
back_home(struct trip *t)
{
	struct status_trip *st = (struct status_trip *)(void *)t;

	reply_ok(t->rq);
	mem_free(st);
}

struct tally {
	size_t by_state[HEALTH_RECOVERING + 1];
	size_t all;
};

static void
tally_target(void *ctx, struct target *t)
{
	struct tally *all = ctx;

	all->by_state[t->machine.state]++;
	all->all++;
}

static void
in_probe_thread(struct trip *t)
{
	struct status_trip *st = (struct status_trip *)(void *)t;
	struct buf *out = request_text(t->rq);
	struct json *j = json_object();
	struct tally all = {0};

	prober_each(board_prober(st->control->board), tally_target, &all);
	buf_printf(out, "targets    %zu", all.all);
	for (unsigned s = 0; s <= HEALTH_RECOVERING; s++) {
		const char *text = health_state_text((enum health_state)s);

		json_set_int(j, text, (int64_t)all.by_state[s]);
		if (all.by_state[s] != 0)
			buf_printf(out, ", %zu %s", all.by_state[s], text);
	}
	buf_char(out, '\n');
	json_set(request_data(t->rq), "targets", j);
	trip_home(t);
}

/* The store thread makes the worlds: here the present one can not go away. */
static void
in_store_thread(struct trip *t)
{
	struct status_trip *st = (struct status_trip *)(void *)t;
	const struct world *w = publish_load(&st->control->shared->world);
	struct store_status s;

	store_get_status(st->control->store, &s);
	write_store(t->rq, &s);
	write_zones(t->rq, w);
	write_geo(t->rq, w);
	write_problems(t->rq, w);
	t->there = in_probe_thread;
	trip_go(t, st->control->board_loop);
}

/* A line for people only where there is a limit; programs always find the map. */
static void
write_rate_limit(
    const struct control *c, struct request *rq, const uint64_t sums[COUNT_COUNTERS])
{
	const struct config_rate_limit *r = &c->parts->config->server.rate_limit;
	struct buf *out = request_text(rq);
	struct json *j = json_object();
	struct control_limited last = {0};
	bool was_limited = c->last_limited(c->ctx, &last);
	char prefix[PREFIX_TEXT_MAX], age[AGE_TEXT_MAX];
	int64_t age_ms = 0;

	json_set_int(j, "responses_per_second", r->responses_per_second);
	json_set_bool(j, "log_only", r->log_only);
	json_set_bool(j, "limiting", last.is_limiting);
	if (was_limited) {
		age_ms = mono_diff_ms(mono_now(), last.at);
		ip_prefix_write(&last.prefix, prefix);
		json_set_int(j, "last_age_ms", age_ms);
	} else {
		json_set_str(j, "last_age_ms", NULL);
	}
	json_set_str(j, "last_prefix", was_limited ? prefix : NULL);
	json_set(request_data(rq), "rate_limit", j);
	if (r->responses_per_second == 0 && !was_limited)
		return;
	buf_printf(out, "limiting   %s, %llu over the limit, %llu slipped, %llu dropped",
	    r->responses_per_second == 0 ? "off"
	    : last.is_limiting           ? r->log_only ? "NOW, only logs" : "NOW"
	    : r->log_only                ? "only logs"
	                                 : "on",
	    (unsigned long long)sums[COUNT_RATE_LIMITED],
	    (unsigned long long)sums[COUNT_RATE_SLIPPED],
	    (unsigned long long)sums[COUNT_RATE_DROPPED]);
	if (was_limited) {
		age_write(age_ms / 1000, age);
		buf_printf(out, ", last %s %s ago", prefix, age);
	}
	buf_char(out, '\n');
}

/* For people only once there are any. */
static void
write_cookies(struct buf *out, const uint64_t sums[COUNT_COUNTERS])
{
	uint64_t valid = sums[COUNT_COOKIES_VALID], first = sums[COUNT_COOKIES_NEW],
	         invalid = sums[COUNT_COOKIES_INVALID];

	if (valid + first + invalid != 0)
		buf_printf(out,
		    "cookies    %llu valid, %llu new, %llu invalid, %llu BADCOOKIE "
		    "sent\n",
		    (unsigned long long)valid, (unsigned long long)first,
		    (unsigned long long)invalid,
		    (unsigned long long)sums[COUNT_BADCOOKIE]);
}

/* For people only once somebody met a limit. */
static void
write_tcp(struct buf *out, const uint64_t sums[COUNT_COUNTERS])
{
	uint64_t slow = sums[COUNT_TCP_CLOSED_SLOW],
	         client = sums[COUNT_TCP_LIMIT_CLIENT],
	         total = sums[COUNT_TCP_LIMIT_TOTAL],
	         memory = sums[COUNT_TCP_LIMIT_MEMORY];

	if (slow + client + total + memory != 0)
		buf_printf(out,
		    "tcp        closed: %llu slow, %llu beyond what one client may have, "
		    "%llu beyond all, %llu that held too much\n",
		    (unsigned long long)slow, (unsigned long long)client,
		    (unsigned long long)total, (unsigned long long)memory);
}

static void
write_server(const struct control *c, struct request *rq)
{
	const struct config_server *s = &c->parts->config->server;
	int64_t up_s = mono_diff_ms(mono_now(), c->started) / 1000;
	uint64_t sums[COUNT_COUNTERS] = {0};
	struct json *counters = json_object();
	struct json *data = request_data(rq);
	char age[AGE_TEXT_MAX];

	age_write(up_s, age);
	buf_printf(request_text(rq), "sextantd   %s, identity %s, pid %ld, up %s\n",
	    PACKAGE_VERSION, s->identity, (long)getpid(), age);
	json_set_str(data, "version", PACKAGE_VERSION);
	json_set_str(data, "identity", s->identity);
	json_set_int(data, "pid", (int64_t)getpid());
	json_set_int(data, "uptime_s", up_s);
	c->sum_counters(c->ctx, sums);
	buf_printf(request_text(rq),
	    "queries    %llu UDP, %llu TCP, %llu steered, %llu below their first rung, "
	    "%llu "
	    "stale\n",
	    (unsigned long long)sums[COUNT_UDP_QUERIES],
	    (unsigned long long)sums[COUNT_TCP_QUERIES],
	    (unsigned long long)sums[COUNT_STEERED],
	    (unsigned long long)sums[COUNT_DEGRADED],
	    (unsigned long long)sums[COUNT_STALE]);
	for (unsigned i = 0; i < COUNT_COUNTERS; i++)
		json_set_int(counters, counter_name((enum counter)i), (int64_t)sums[i]);
	json_set(data, "counters", counters);
	write_tcp(request_text(rq), sums);
	write_cookies(request_text(rq), sums);
	write_rate_limit(c, rq, sums);
	notifier_write(c->notifier, request_text(rq), data);
}

void
verb_status(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct status_trip *st;

	if (!request_check_args(rq, 0, 0))
		return;
	write_server(c, rq);
	st = mem_new(sizeof(*st));
	st->control = c;
	st->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = in_store_thread,
	    .back = back_home,
	};
	trip_go(&st->trip, c->store_loop);
}
