/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/mem.h"
#include "control/trip.h"
#include "control/verbs.h"

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

/* The one word that says what somebody may have to do. */
static const char *
state_text(const struct store_status *s)
{
	if (s->expired)
		return "expired";
	if (!s->connected && strcmp(s->fault, "denied") == 0)
		return "denied";
	return s->held != 0 ? "held" : sync_text(s->sync);
}

static void
write_disk(struct buf *out, const struct store_status *s)
{
	if (s->disk_reason[0] == '\0')
		buf_printf(out, "disk       %s\n", s->disk_on ? "on" : "OFF");
	else
		buf_printf(out,
		    "disk       %s: %s\n"
		    "           records are served from memory; what changes is lost at "
		    "a "
		    "restart\n",
		    s->disk_on ? "NOT WRITTEN" : "OFF", s->disk_reason);
	if (s->damaged + s->lost != 0 || s->damage_reason[0] != '\0')
		buf_printf(out,
		    "           WAS DAMAGED at the start: %zu rows set aside, %zu "
		    "lost%s%s\n",
		    s->damaged, s->lost, s->damage_reason[0] != '\0' ? ": " : "",
		    s->damage_reason);
}

static void
write_quorum(struct buf *out, const struct store_status *s)
{
	if (!s->quorum_on)
		return;
	if (s->quorum_heard)
		buf_printf(out, "quorum     %zu nodes vote%s\n", s->quorum_nodes,
		    s->quorum_nodes < 2 ? ": NO TARGET CAN GO DOWN, for that two have to "
		                          "say so"
		                        : "");
	else
		buf_printf(out, "quorum     NOT HEARD: %s\n", s->quorum_reason);
	if (s->quorum_twin)
		buf_str(out, "           ANOTHER NODE HAS OUR NAME (server.identity): "
		             "neither votes\n");
}

static void
write_quorum_json(struct json *j, const struct store_status *s)
{
	struct json *q = json_object();

	json_set_bool(q, "on", s->quorum_on);
	json_set_bool(q, "heard", s->quorum_heard);
	json_set_bool(q, "twin", s->quorum_twin);
	json_set_int(q, "nodes", (int64_t)s->quorum_nodes);
	json_set_str(q, "reason", s->quorum_reason[0] != '\0' ? s->quorum_reason : NULL);
	json_set(j, "quorum", q);
}

static void
write_text(struct buf *out, const struct store_status *s, const char *kind,
    const char *since, const char *contact)
{
	char age[AGE_TEXT_MAX];

	age_write(wall_now_s() - s->since_wall_s, age);
	buf_printf(out, "store      %s %s, %s", kind, s->address, state_text(s));
	buf_printf(out, ", %s for %s (since %s)\n",
	    s->connected ? "connected" : "disconnected", age, since);
	if (s->expired)
		buf_str(out, "           TOO OLD: names of the store get SERVFAIL "
		             "(max_stale)\n");
	if (s->reason[0] != '\0')
		buf_printf(out, "           because (%s): %s\n", s->fault, s->reason);
	if (s->kind == STORE_REDIS)
		buf_printf(out, "           last contact %s%s%s\n", contact,
		    s->source[0] != '\0' ? ", the server is: " : "", s->source);
	if (s->refused[0] != '\0')
		buf_printf(out, "           WRITES ARE REFUSED (%s): %s\n",
		    s->refused_fault, s->refused);
	buf_printf(out,
	    "           %zu records, %zu rejected, %llu changes since start\n",
	    s->records, s->rejected, (unsigned long long)s->changes);
	if (s->held != 0)
		buf_printf(
		    out, "           %zu REMOVALS HELD: see sextantctl held\n", s->held);
	write_quorum(out, s);
	write_disk(out, s);
}

void
verb_store_write(struct request *rq, const struct store_status *s)
{
	struct json *j = json_object();
	char since[WALL_TEXT_MAX], contact[WALL_TEXT_MAX] = "never";
	const char *kind = s->kind == STORE_REDIS ? "redis" : "embedded";

	wall_write(s->since_wall_s, since);
	if (s->contact_wall_s != 0)
		wall_write(s->contact_wall_s, contact);
	write_text(request_text(rq), s, kind, since, contact);
	json_set_str(j, "kind", kind);
	json_set_str(j, "address", s->address);
	json_set_str(j, "state", state_text(s));
	json_set_str(j, "sync", sync_text(s->sync));
	json_set_bool(j, "expired", s->expired);
	json_set_bool(j, "connected", s->connected);
	json_set_str(j, "since", since);
	json_set_str(j, "reason", s->reason[0] != '\0' ? s->reason : NULL);
	json_set_str(j, "fault", s->fault[0] != '\0' ? s->fault : NULL);
	json_set_str(j, "refused", s->refused[0] != '\0' ? s->refused : NULL);
	json_set_str(
	    j, "refused_fault", s->refused_fault[0] != '\0' ? s->refused_fault : NULL);
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
	write_quorum_json(j, s);
	json_set_bool(j, "disk_on", s->disk_on);
	json_set_str(j, "disk_reason", s->disk_reason[0] != '\0' ? s->disk_reason : NULL);
	json_set_int(j, "damaged", (int64_t)s->damaged);
	json_set_int(j, "lost", (int64_t)s->lost);
	json_set_str(
	    j, "damage_reason", s->damage_reason[0] != '\0' ? s->damage_reason : NULL);
	json_set(request_data(rq), "store", j);
}

/* `store` goes to the store thread and home. */
struct store_trip {
	struct trip trip; /* first */
	struct control *control;
	struct json *zones;
};

static void
write_zone(void *ctx, const struct store_zone *z)
{
	struct store_trip *st = ctx;
	struct json *j = json_object();
	char name[NAME_TEXT_MAX];

	name_write_plain(z->zone->bytes, name);
	buf_printf(request_text(st->trip.rq), "zone       %s: %zu names, %zu RRsets",
	    name, z->names, z->rrsets);
	if (z->held != 0)
		buf_printf(request_text(st->trip.rq), ", %zu removals held", z->held);
	if (z->frozen)
		buf_printf(request_text(st->trip.rq),
		    ", FROZEN: %zu changed records wait", z->waiting);
	buf_char(request_text(st->trip.rq), '\n');
	json_set_str(j, "zone", name);
	json_set_bool(j, "frozen", z->frozen);
	json_set_int(j, "waiting", (int64_t)z->waiting);
	json_set_int(j, "names", (int64_t)z->names);
	json_set_int(j, "rrsets", (int64_t)z->rrsets);
	json_set_int(j, "held", (int64_t)z->held);
	json_push(st->zones, j);
}

static void
in_store_thread(struct trip *t)
{
	struct store_trip *st = (struct store_trip *)(void *)t;
	struct store_status s;

	store_get_status(st->control->store, &s);
	verb_store_write(t->rq, &s);
	buf_printf(request_text(t->rq), "resyncs    %llu since start\n",
	    (unsigned long long)s.resyncs);
	st->zones = json_array();
	store_each_zone(st->control->store, write_zone, st);
	json_set(request_data(t->rq), "zones", st->zones);
	trip_home(t);
}

static void
back_home(struct trip *t)
{
	reply_ok(t->rq);
	mem_free((struct store_trip *)(void *)t);
}

void
verb_store(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct store_trip *st;

	if (!request_check_args(rq, 0, 0))
		return;
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
