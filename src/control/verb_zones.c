/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/columns.h"
#include "control/trip.h"
#include "control/verbs.h"
#include "steer/pattern.h"

enum { ZONES_MOST = 1000, ZONES_MOST_MAX = 50000 };

/* What the store says of a zone. */
struct noted {
	struct name apex;
	size_t held, waiting;
	bool frozen;
};

struct zones_trip {
	struct trip trip; /* first */
	struct control *control;
	char *pattern; /* NULL: all */
	size_t most, count;
	struct noted *noted; /* sorted by apex */
	size_t noted_count, noted_cap;
	struct store_status status;
	struct columns table;
	struct json *list;
};

/* All that is said of one. */
struct said {
	const struct config_zone *cfg;
	const struct zone *zone; /* NULL: it is deleted in the store */
	const struct noted *noted; /* NULL: it takes nothing from the store */
	const struct heldfile *held;
	bool broken;
	char *bad; /* why its file is no good; NULL: it is, or there is none */
};

static void
note(void *ctx, const struct store_zone *z)
{
	struct zones_trip *t = ctx;

	t->noted = mem_grow(t->noted, t->noted_count, &t->noted_cap, sizeof(*t->noted));
	t->noted[t->noted_count++] =
	    (struct noted){*z->zone, z->held, z->waiting, z->frozen};
}

static int
compare_noted(const void *a, const void *b)
{
	const struct noted *x = a, *y = b;

	return name_compare(x->apex.bytes, y->apex.bytes);
}

static const struct noted *
find_noted(const struct zones_trip *t, const struct config_zone *z)
{
	struct noted like = {.apex = z->domain};

	if (!z->store || t->noted_count == 0)
		return NULL;
	return bsearch(&like, t->noted, t->noted_count, sizeof(*t->noted), compare_noted);
}

static const struct zone *
find_zone(const struct world *w, const struct config_zone *z)
{
	return (const struct zone *)(const void *)trie_find(&w->zones,
	    name_hash(z->domain.bytes, z->domain.len), z->domain.bytes, z->domain.len);
}

static const struct heldfile *
find_held(const struct parts *p, const struct config_zone *z)
{
	for (size_t i = 0; i < p->held_count; i++)
		if (name_equal(p->held[i]->apex.bytes, z->domain.bytes))
			return p->held[i];
	return NULL;
}

/* What was wrong with its file when it was read last. */
static char *
find_bad(const struct parts *p, const struct config_zone *z)
{
	struct buf text = {0};

	for (size_t i = 0; z->file != NULL && i < p->complaints.count; i++) {
		const struct complaint *c = &p->complaints.list[i];

		if (c->severity != SEVERITY_ERROR || c->source == NULL ||
		    strcmp(c->source, z->file) != 0 || strncmp(c->text, "held: ", 6) == 0)
			continue;
		complaint_write(c, &text);
		return buf_take(&text);
	}
	return NULL;
}

static uint32_t
serial_of(const struct zone *z)
{
	return wire_get32(z->soa->wire + z->soa->wire_len - 20);
}

/* What is wrong, the worst first; "served" alone when nothing is. */
static const char *
state_of(const struct zones_trip *t, const struct said *s)
{
	if (s->broken)
		return "SERVFAIL";
	if (s->zone == NULL)
		return "deleted";
	if (s->cfg->store && t->status.expired)
		return "expired";
	if (s->bad != NULL)
		return "old file";
	if (s->held != NULL || (s->noted != NULL && s->noted->held != 0))
		return "held";
	if (s->noted != NULL && s->noted->frozen)
		return "frozen";
	if (s->cfg->store && t->status.sync == STORE_STALE)
		return "stale";
	return "served";
}

static void
write_why(const struct said *s, struct buf *why)
{
	if (s->bad != NULL)
		buf_str(why, s->bad);
	else if (s->broken)
		buf_str(why, s->cfg->file != NULL ? "no good file; see PROBLEM in status"
		                                  : "no name servers");
	if (s->held != NULL)
		buf_printf(
		    why, "%sfile held: %s", why->len != 0 ? "; " : "", s->held->why);
	if (s->noted != NULL && s->noted->held != 0)
		buf_printf(
		    why, "%s%zu records held", why->len != 0 ? "; " : "", s->noted->held);
	if (s->noted != NULL && s->noted->frozen)
		buf_printf(why, "%sfrozen, %zu changes wait", why->len != 0 ? "; " : "",
		    s->noted->waiting);
}

static const char *
source_text(const struct config_zone *z)
{
	return z->file == NULL ? "store" : z->store ? "file, store" : "file";
}

static void
write_row(struct zones_trip *t, const struct said *s, const char *name, size_t rrsets,
    const char *since, const char *why)
{
	columns_cell(&t->table, name);
	columns_cell(&t->table, source_text(s->cfg));
	columns_cell(&t->table, state_of(t, s));
	if (s->zone != NULL && !s->broken)
		columns_cellf(&t->table, "%" PRIu32, serial_of(s->zone));
	else
		columns_cell(&t->table, "");
	columns_cellf(&t->table, "%zu", rrsets);
	columns_cell(&t->table, since);
	columns_cell(&t->table, why);
}

static void
write_zone(struct zones_trip *t, const struct said *s, const char *name)
{
	const struct zone *z = s->zone;
	size_t file = z != NULL && z->file != NULL ? z->file->table->rrset_count : 0,
	       store = z != NULL && z->store != NULL ? z->store->rrset_count : 0;
	struct json *j = json_object();
	char since[WALL_TEXT_MAX] = "";
	struct buf why = {0};

	if (z != NULL)
		wall_write(z->changed_s, since);
	write_why(s, &why);
	write_row(t, s, name, file + store, since, buf_text(&why));
	json_set_str(j, "zone", name);
	json_set_str(j, "file", s->cfg->file);
	json_set_bool(j, "store", s->cfg->store);
	json_set_str(j, "state", state_of(t, s));
	if (z != NULL && !s->broken)
		json_set_int(j, "serial", serial_of(z));
	else
		json_set_str(j, "serial", NULL);
	json_set_int(j, "rrsets", (int64_t)(file + store));
	json_set_int(j, "rrsets_file", (int64_t)file);
	json_set_int(j, "rrsets_store", (int64_t)store);
	json_set_str(j, "since", z != NULL ? since : NULL);
	json_set_bool(j, "broken", s->broken);
	json_set_str(j, "bad_file", s->bad);
	json_set_str(j, "held_file", s->held != NULL ? s->held->why : NULL);
	json_set_int(j, "held", s->noted != NULL ? (int64_t)s->noted->held : 0);
	json_set_bool(j, "frozen", s->noted != NULL && s->noted->frozen);
	json_set_bool(j, "stale", s->cfg->store && t->status.sync == STORE_STALE);
	json_set_str(j, "why", why.len != 0 ? buf_text(&why) : NULL);
	json_push(t->list, j);
	buf_fini(&why);
}

static void
look_at(struct zones_trip *t, const struct world *w, size_t i)
{
	struct said s = {.cfg = &w->parts->config->zones[i]};
	char name[NAME_TEXT_MAX];

	name_write_plain(s.cfg->domain.bytes, name);
	if ((t->pattern != NULL && !pattern_match(t->pattern, name)) ||
	    t->count++ >= t->most)
		return;
	s.zone = find_zone(w, s.cfg);
	s.broken = s.zone != NULL && s.zone->broken;
	s.noted = find_noted(t, s.cfg);
	s.held = find_held(w->parts, s.cfg);
	s.bad = find_bad(w->parts, s.cfg);
	write_zone(t, &s, name);
	mem_free(s.bad);
}

/* The store thread makes the worlds: here the present one can not go away. */
static void
in_store_thread(struct trip *trip)
{
	struct zones_trip *t = (struct zones_trip *)(void *)trip;
	const struct world *w = publish_load(&t->control->shared->world);

	t->list = json_array();
	store_get_status(t->control->store, &t->status);
	store_each_zone(t->control->store, note, t);
	if (t->noted_count != 0)
		qsort(t->noted, t->noted_count, sizeof(*t->noted), compare_noted);
	columns_init(&t->table, "zone source state >serial >rrsets since why");
	for (size_t i = 0; i < w->parts->config->zone_count; i++)
		look_at(t, w, i);
	columns_write(&t->table, request_text(trip->rq));
	columns_fini(&t->table);
	if (t->count > t->most)
		buf_printf(request_text(trip->rq), "and %zu more zones; see --limit\n",
		    t->count - t->most);
	json_set(request_data(trip->rq), "zones", t->list);
	json_set_int(request_data(trip->rq), "count", (int64_t)t->count);
	trip_home(trip);
}

static void
back_home(struct trip *trip)
{
	struct zones_trip *t = (struct zones_trip *)(void *)trip;

	if (t->pattern != NULL && t->count == 0)
		reply_error(trip->rq, "not-found", "no zone matches \"%s\"", t->pattern);
	else
		reply_ok(trip->rq);
	mem_free(t->noted);
	mem_free(t->pattern);
	mem_free(t);
}

void
verb_zones(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	const char *limit = NULL;
	struct zones_trip *t;
	size_t most = ZONES_MOST;

	if (request_option(rq, "--limit", &limit) != OK) {
		reply_usage(rq);
		return;
	}
	if (!request_check_args(rq, 0, 1))
		return;
	if (!request_number(rq, "--limit", limit, ZONES_MOST_MAX, &most))
		return;
	t = mem_new(sizeof(*t));
	t->control = c;
	t->pattern = mem_str(rq->argv[1]);
	t->most = most;
	t->trip = (struct trip){
	    .rq = rq,
	    .home = c->loop,
	    .there = in_store_thread,
	    .back = back_home,
	};
	trip_go(&t->trip, c->store_loop);
}
