/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fetch.h"
#include "base/mem.h"
#include "control/geowatch.h"
#include "control/verbs.h"
#include "geo/mmdb.h"
#include "steer/accepted.h"

/* ---- sextantctl geo ---- */

static void
set_time(struct json *j, const char *key, int64_t at_s)
{
	char text[WALL_TEXT_MAX];

	if (at_s > 0)
		wall_write(at_s, text);
	json_set_str(j, key, at_s > 0 ? text : NULL);
}

static void
write_age(struct buf *out, const char *what, int64_t at_s)
{
	char age[AGE_TEXT_MAX], at[WALL_TEXT_MAX];

	if (at_s <= 0)
		return;
	wall_write(at_s, at);
	age_write(wall_now_s() > at_s ? wall_now_s() - at_s : 0, age);
	buf_printf(out, "    %s %s, %s ago\n", what, at, age);
}

static struct json *
write_refusal(struct buf *out, const struct geo_refusal *r)
{
	struct json *j = json_object();
	char since[WALL_TEXT_MAX];

	wall_write(r->since_s, since);
	buf_printf(out, "    REFUSED  %s: %s\n", since, r->why);
	json_set_str(j, "at", since);
	json_set_str(j, "why", r->why);
	return j;
}

static void
write_file(const struct control *c, struct request *rq, const struct geo_file *f,
    struct json *list)
{
	const struct geo_refusal *refusal = geowatch_refusal(c->geowatch, f->path);
	struct buf *out = request_text(rq);
	bool is_database = f->kind == GEO_DATABASE;
	struct json *j = json_object();

	buf_printf(out, "%s  %s", f->path, is_database ? "database" : "prefix file");
	if (!f->is_read)
		buf_str(out, ", LEFT OUT");
	else if (is_database)
		buf_printf(out, ", %s, %llu networks, %.1f MiB", f->type,
		    (unsigned long long)f->networks, (double)f->octets / 1048576);
	else
		buf_printf(out, ", %llu prefixes", (unsigned long long)f->networks);
	buf_str(out, f->is_other ? ", its last accepted copy\n" : "\n");
	write_age(out, "built   ", f->built_s);
	write_age(out, "loaded  ", f->loaded_s);
	json_set_str(j, "file", f->path);
	json_set_str(j, "kind", is_database ? "database" : "prefixes");
	json_set_bool(j, "used", f->is_read);
	json_set_bool(j, "copy", f->is_other);
	json_set_str(j, "type", is_database ? f->type : NULL);
	set_time(j, "built", f->built_s);
	json_set_int(j, "age_s", f->built_s > 0 ? wall_now_s() - f->built_s : 0);
	set_time(j, "loaded", f->loaded_s);
	json_set_int(j, "octets", (int64_t)f->octets);
	json_set_int(j, "networks", (int64_t)f->networks);
	if (refusal != NULL)
		json_set(j, "refused", write_refusal(out, refusal));
	else
		json_set_str(j, "refused", NULL);
	json_push(list, j);
}

struct updates {
	struct buf *out;
	struct json *list;
};

static void
write_update(void *ctx, const struct updater_state *s)
{
	struct updates *u = ctx;
	struct json *j = json_object();
	char origin[FETCH_ORIGIN_MAX], next[WALL_TEXT_MAX];

	fetch_origin(s->url, origin);
	wall_write(s->next_s, next);
	buf_printf(u->out, "update of %s from %s, %s %s\n", s->file, origin,
	    s->is_running ? "runs, due" : "next", next);
	write_age(u->out, "asked   ", s->asked_s);
	write_age(u->out, "taken   ", s->taken_s);
	if (s->why[0] != '\0')
		buf_printf(u->out, "    FAILED   %u in a row: %s\n", s->failures, s->why);
	json_set_str(j, "file", s->file);
	json_set_str(j, "from", origin);
	set_time(j, "asked", s->asked_s);
	set_time(j, "taken", s->taken_s);
	set_time(j, "next", s->next_s);
	json_set_bool(j, "running", s->is_running);
	json_set_int(j, "failures", s->failures);
	json_set_int(j, "runs", (int64_t)s->runs);
	json_set_str(j, "why", s->why[0] != '\0' ? s->why : NULL);
	json_push(u->list, j);
}

static void
write_all(const struct control *c, struct request *rq)
{
	const struct geo *g = c->parts->geo;
	struct json *files = json_array();
	struct updates u = {.out = request_text(rq), .list = json_array()};
	struct geo_sizes sizes;

	geo_get_sizes(g, &sizes);
	buf_printf(request_text(rq),
	    "table: %zu + %zu networks, %zu places, %zu regions, %.1f MiB\n",
	    sizes.intervals4, sizes.intervals6, sizes.places, geo_region_count(g),
	    (double)sizes.octets / 1048576);
	for (size_t i = 0; i < geo_file_count(g); i++)
		write_file(c, rq, geo_file(g, i), files);
	if (geowatch_updater(c->geowatch) != NULL)
		updater_each(geowatch_updater(c->geowatch), write_update, &u);
	json_set_int(request_data(rq), "networks4", (int64_t)sizes.intervals4);
	json_set_int(request_data(rq), "networks6", (int64_t)sizes.intervals6);
	json_set_int(request_data(rq), "octets", (int64_t)sizes.octets);
	json_set(request_data(rq), "files", files);
	json_set(request_data(rq), "updates", u.list);
	reply_ok(rq);
}

/* ---- sextantctl geo IP ---- */

static void
write_network(const struct ip *ip, uint8_t len, char out[PREFIX_TEXT_MAX])
{
	struct ip_prefix p = {.ip = *ip, .len = len};

	ip_mask(&p.ip, len);
	ip_prefix_write(&p, out);
}

static void
set_if(struct json *j, struct buf *out, const char *key, const char *value)
{
	json_set_str(j, key, value[0] != '\0' ? value : NULL);
	if (value[0] != '\0')
		buf_printf(
		    out, "%s%s", out->data[out->len - 1] == ':' ? " " : ", ", value);
}

static void
write_answer(
    struct buf *out, struct json *j, const struct ip *ip, const struct mmdb_answer *a)
{
	char network[PREFIX_TEXT_MAX], asn[16];

	write_network(ip, a->len, network);
	json_set_str(j, "network", network);
	snprintf(asn, sizeof(asn), a->record.asn != 0 ? "AS%u" : "%.0u", a->record.asn);
	set_if(j, out, "country", a->record.country);
	set_if(j, out, "continent", a->record.continent);
	set_if(j, out, "subdivision", a->record.subdivision);
	set_if(j, out, "city", a->names.city);
	set_if(j, out, "asn", asn);
	set_if(j, out, "organisation", a->names.organisation);
	if (!a->found)
		buf_str(out, " nothing");
	buf_printf(out, "  (%s)\n", network);
}

/* The version that is served: its copy, when another stands in the place of the file. */
static char *
served_path(const struct control *c, const struct geo_file *f)
{
	struct filestamp now;
	char *copy;

	if (!f->is_other && filestamp_get(f->path, &now) &&
	    filestamp_equal(&now, &f->stamp))
		return mem_str(f->path);
	copy = accepted_geo_path(c->parts->config->server.state_dir, f->path);
	return copy;
}

static void
write_databases(const struct control *c, struct request *rq, const struct ip *ip)
{
	const struct geo *g = c->parts->geo;
	struct buf *out = request_text(rq);
	struct json *list = json_array();

	for (size_t i = 0; i < geo_file_count(g); i++) {
		const struct geo_file *f = geo_file(g, i);
		struct json *j = json_object();
		struct mmdb_answer a;
		struct buf why = {0};
		char *path;

		if (f->kind != GEO_DATABASE || !f->is_read) {
			json_free(j);
			continue;
		}
		path = served_path(c, f);
		json_set_str(j, "file", f->path);
		json_set_str(j, "type", f->type);
		buf_printf(out, "%s:", f->path);
		if (mmdb_look_up(path, ip, &a, &why) == OK) {
			write_answer(out, j, ip, &a);
		} else {
			buf_printf(out, " cannot be asked: %s\n", buf_text(&why));
			json_set_str(j, "error", buf_text(&why));
		}
		json_push(list, j);
		mem_free(path);
		buf_fini(&why);
	}
	json_set(request_data(rq), "databases", list);
}

static void
write_prefix(struct request *rq, const struct geo_match *m)
{
	struct buf *out = request_text(rq);
	struct json *j = json_object();
	char text[PREFIX_TEXT_MAX];

	ip_prefix_write(&m->prefix, text);
	buf_printf(out, "prefix: %s is %s, from %s", text, m->region, m->file);
	if (m->line != 0)
		buf_printf(out, ":%u", m->line);
	buf_char(out, '\n');
	json_set_str(j, "prefix", text);
	json_set_str(j, "region", m->region);
	json_set_str(j, "file", m->file);
	json_set_int(j, "line", m->line);
	json_set(request_data(rq), "prefix", j);
}

struct distance {
	uint16_t id;
	double km;
};

static int
by_distance(const void *pa, const void *pb)
{
	const struct distance *a = pa, *b = pb;

	if (a->km != b->km)
		return a->km < b->km ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

/* From the first region of the chain, as rung 4 of the ladder has it. */
static void
write_distances(struct request *rq, const struct geo *g, uint16_t from)
{
	size_t count = geo_region_count(g);
	struct distance *list = mem_array(count, sizeof(*list));
	struct json *all = json_array();
	struct buf *out = request_text(rq);

	for (size_t i = 0; i < count; i++)
		list[i] = (struct distance){
		    .id = (uint16_t)i, .km = geo_distance_km(g, from, (uint16_t)i)};
	qsort(list, count, sizeof(*list), by_distance);
	buf_printf(out, "by distance from %s:", geo_region(g, from)->name);
	for (size_t i = 0; i < count; i++) {
		const char *name = geo_region(g, list[i].id)->name;
		struct json *j = json_object();

		json_set_str(j, "region", name);
		if (isfinite(list[i].km)) {
			buf_printf(out, " %s %.0f km%s", name, list[i].km,
			    i + 1 < count ? "," : "");
			json_set_real(j, "km", list[i].km);
		} else {
			buf_printf(out, " %s unknown%s", name, i + 1 < count ? "," : "");
			json_set_str(j, "km", NULL);
		}
		json_push(all, j);
	}
	buf_char(out, '\n');
	json_set(request_data(rq), "distances", all);
	mem_free(list);
}

static void
write_chain(struct request *rq, const struct geo *g, const struct ip *client)
{
	uint8_t scope;
	struct geo_chain chain = geo_chain(g, geo_find(g, client, &scope));
	struct json *list = json_array();
	struct buf *out = request_text(rq);
	char network[PREFIX_TEXT_MAX];

	buf_str(out, "regions:");
	for (size_t i = 0; i < chain.count; i++) {
		const struct geo_region *r = geo_region(g, chain.regions[i]);

		buf_printf(out, "%s %s (%s)", i != 0 ? "," : "", r->name, r->title);
		json_push_str(list, r->name);
	}
	buf_str(out, chain.count == 0 ? " none: the default of each pool\n" : "\n");
	write_network(client, scope, network);
	buf_printf(out, "network: %s, which is the ECS scope /%u\n", network, scope);
	json_set(request_data(rq), "chain", list);
	json_set_str(request_data(rq), "network", network);
	json_set_int(request_data(rq), "scope", scope);
	if (chain.count != 0)
		write_distances(rq, g, chain.regions[0]);
}

static void
write_client(const struct control *c, struct request *rq, const struct ip *client)
{
	const struct geo *g = c->parts->geo;
	struct geo_match match;
	struct geo_where where;
	uint8_t outer_len;
	struct ip inner = ip_unwrap(client, &outer_len);
	char text[IP_TEXT_MAX];

	ip_write(client, text);
	json_set_str(request_data(rq), "address", text);
	ip_write(&inner, text);
	json_set_str(request_data(rq), "counts_as", text);
	if (outer_len != 0)
		buf_printf(
		    request_text(rq), "counts as the IPv4 address inside: %s\n", text);
	write_databases(c, rq, &inner);
	geo_describe(g, &inner, &where);
	buf_printf(request_text(rq), "country: %s, continent: %s\n",
	    where.country[0] != '\0' ? where.country : "unknown",
	    where.continent[0] != '\0' ? where.continent : "unknown");
	json_set_str(
	    request_data(rq), "country", where.country[0] != '\0' ? where.country : NULL);
	json_set_str(request_data(rq), "continent",
	    where.continent[0] != '\0' ? where.continent : NULL);
	if (geo_find_prefix(g, &inner, &match))
		write_prefix(rq, &match);
	else
		json_set_str(request_data(rq), "prefix", NULL);
	write_chain(rq, g, client);
	reply_ok(rq);
}

void
verb_geo(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct ip client;

	if (!request_check_args(rq, 0, 1))
		return;
	if (rq->argc == 1)
		write_all(c, rq);
	else if (ip_parse(rq->argv[1], strlen(rq->argv[1]), &client) != OK)
		reply_error(
		    rq, "usage", "\"%s\" is no IPv4 or IPv6 address", rq->argv[1]);
	else
		write_client(c, rq, &client);
}

void
verb_geo_update(void *ctx, struct request *rq)
{
	struct control *c = ctx;
	struct updater *u = geowatch_updater(c->geowatch);
	size_t count = 0;

	if (!request_check_args(rq, 0, 1))
		return;
	if (u != NULL)
		count = updater_hurry(u, rq->argc > 1 ? rq->argv[1] : NULL);
	if (count == 0) {
		reply_error(rq, "not-found", "geo.update names no such file");
		return;
	}
	buf_printf(
	    request_text(rq), "%zu due now; `geo` tells what became of it\n", count);
	json_set_int(request_data(rq), "count", (int64_t)count);
	reply_ok(rq);
}
