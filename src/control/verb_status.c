/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <unistd.h>

#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/alerts.h"
#include "control/geowatch.h"
#include "control/notify.h"
#include "control/probing.h"
#include "control/trip.h"
#include "control/verbs.h"

#include "config.h"

/* `status` goes to the store thread, the probe thread, and home. */
struct status_trip {
	struct trip trip; /* first */
	struct control *control;
};

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

	if (target_is_canary(t))
		return;
	all->by_state[t->machine.state]++;
	all->all++;
}

/* What was said for a maintenance and then forgotten has to be met again. */
static void
write_overrides(struct orders *orders, struct buf *out, struct json *data)
{
	const struct overrides *rules = orders_overrides(orders);
	const struct override_rule *oldest = NULL;
	char since[WALL_TEXT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < rules->count; i++) {
		const struct override_rule *r = &rules->list[i];

		if (r->kind == OVERRIDE_AUTO)
			continue;
		count++;
		if (oldest == NULL || r->since_s < oldest->since_s)
			oldest = r;
	}
	json_set_int(data, "overrides", (int64_t)count);
	if (oldest == NULL)
		return;
	wall_write(oldest->since_s, since);
	buf_printf(out, "overrides  %zu, the oldest: %s %s by %s since %s%s%s\n", count,
	    override_text(oldest->kind), oldest->pattern, oldest->who, since,
	    oldest->why[0] != '\0' ? ", " : "", oldest->why);
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
	probing_write(board_prober(st->control->board), true, out, request_data(t->rq));
	write_overrides(st->control->orders, out, request_data(t->rq));
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
	verb_store_write(t->rq, &s);
	write_zones(t->rq, w);
	write_geo(t->rq, w);
	write_problems(t->rq, w);
	t->there = in_probe_thread;
	trip_go(t, st->control->board_loop);
}

static void
write_load(const struct control *c, struct request *rq)
{
	struct buf *out = request_text(rq);
	struct json *j = json_object();
	struct control_load load;
	char since[WALL_TEXT_MAX];

	c->get_load(c->ctx, &load);
	json_set_str(j, "state", load.is_overloaded ? "overload" : "normal");
	json_set_int(j, "overloads", (int64_t)load.times);
	json_set_int(j, "dropped", (int64_t)load.dropped);
	buf_str(out, load.is_overloaded ? "load       OVERLOAD" : "load       normal");
	if (load.is_overloaded) {
		wall_write(load.since_s, since);
		buf_printf(out, " since %s", since);
	}
	json_set_str(j, "since", load.is_overloaded ? since : NULL);
	buf_printf(out, ", %llu questions dropped by the kernel\n",
	    (unsigned long long)load.dropped);
	json_set(request_data(rq), "load", j);
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

/* What the last process died of, if that was in hand. */
static void
write_quarantine(struct request *rq)
{
	struct inhand_item items[INHAND_QUARANTINED_MAX];
	size_t count = inhand_list(items);
	struct json *list = json_array();
	struct buf *out = request_text(rq);

	if (inhand_is_safe_mode())
		buf_str(out, "SAFE MODE  last accepted copies only, no connection to the "
		             "store, no reload: stop and start to end it\n");
	json_set_bool(request_data(rq), "safe_mode", inhand_is_safe_mode());
	for (size_t i = 0; i < count; i++) {
		char *name = mem_strn(items[i].name, items[i].name_len);
		const char *kind = inhand_kind_text((enum inhand_kind)items[i].kind);
		char since[WALL_TEXT_MAX];
		struct json *j = json_object();

		wall_write(items[i].since_s, since);
		buf_printf(out, "QUARANTINE %s %s since %s: the server died of it\n",
		    kind, name, since);
		json_set_str(j, "kind", kind);
		json_set_str(j, "name", name);
		json_set_str(j, "since", since);
		json_push(list, j);
		mem_free(name);
	}
	json_set(request_data(rq), "quarantine", list);
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
	write_load(c, rq);
	write_tcp(request_text(rq), sums);
	write_cookies(request_text(rq), sums);
	write_rate_limit(c, rq, sums);
	notifier_write(c->notifier, request_text(rq), data);
	alerts_write_status(c->alerts, request_text(rq), data);
}

void
verb_status(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct status_trip *st;

	if (!request_check_args(rq, 0, 0))
		return;
	write_server(c, rq);
	write_quarantine(rq);
	geowatch_write_refused(c->geowatch, request_text(rq), request_data(rq));
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
