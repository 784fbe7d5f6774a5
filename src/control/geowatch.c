/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/geowatch.h"

#include <stddef.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/reload.h"

struct watched {
	char *path;
	struct filestamp tried; /* what was read, good or bad */
	struct filestamp seen; /* at the last look */
	struct filestamp trying; /* when the reload that runs began */
	bool is_gone;
	struct geo_refusal refusal; /* path NULL: none */
};

struct geowatch {
	struct control *control;
	struct loop_timer *timer;
	struct watched *files;
	size_t count;
	struct reload_geo reload;
	struct updater *updater; /* NULL: nothing is fetched */
	struct updater_offer *offer; /* waits, or is read; NULL: none */
	bool is_offer_read;
};

static const struct config_geo *
config_of(const struct geowatch *w)
{
	return &w->control->parts->config->geo;
}

static void
forget_refusal(struct watched *f)
{
	mem_free(f->refusal.path);
	mem_free(f->refusal.why);
	f->refusal = (struct geo_refusal){0};
}

static void
free_files(struct watched *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mem_free(files[i].path);
		forget_refusal(&files[i]);
	}
	mem_free(files);
}

static struct watched *
find_file(const struct geowatch *w, const char *path)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->files[i].path, path) == 0)
			return &w->files[i];
	return NULL;
}

/* What the configuration says is watched; what is served was tried. */
static void
list_files(struct geowatch *w)
{
	const struct config_geo *cfg = config_of(w);
	const struct geo *g = w->control->parts->geo;

	w->count = geo_config_file_count(cfg);
	w->files = mem_array(w->count, sizeof(*w->files));
	for (size_t i = 0; i < w->count; i++) {
		struct watched *f = &w->files[i];
		const struct geo_file *from;

		f->path = mem_str(geo_config_file(cfg, i));
		from = geo_find_file(g, f->path);
		if (from != NULL && from->is_read && !from->is_other)
			f->tried = from->stamp;
		else
			(void)filestamp_get(f->path, &f->tried);
		f->seen = f->tried;
	}
}

/* What the last reload or start did not take. */
static void
refuse_rest(struct geowatch *w)
{
	const struct complaints *all = &w->control->parts->complaints;

	for (size_t i = 0; i < w->count; i++) {
		struct watched *f = &w->files[i];
		const struct geo_file *from =
		    geo_find_file(w->control->parts->geo, f->path);
		struct buf why = {0};

		if (from != NULL && from->is_read && !from->is_other)
			continue;
		for (size_t k = 0; k < all->count && why.len == 0; k++)
			if (geoload_is_about(&all->list[k], config_of(w)) &&
			    (strstr(all->list[k].text, f->path) != NULL ||
			        strncmp(all->list[k].text, "geo: ", 5) == 0 ||
			        (all->list[k].source != NULL &&
			            strcmp(all->list[k].source, f->path) == 0)))
				complaint_write(&all->list[k], &why);
		f->refusal = (struct geo_refusal){
		    .path = mem_str(f->path),
		    .why = mem_str(why.len != 0 ? buf_text(&why) : "it can not be used"),
		    .since_s = wall_now_s(),
		};
		event_bad(
		    EVENT_GEO, EVENT_WARNING, f->path, "refused: %s", f->refusal.why);
		buf_fini(&why);
	}
}

static void
take_refusal(struct geowatch *w, const struct geo_refusal *from)
{
	struct watched *f = find_file(w, from->path);

	log_error("geo file refused, the old one is served file=%s reason=\"%s\"",
	    from->path, from->why);
	event_bad(EVENT_GEO, EVENT_WARNING, from->path, "refused: %s", from->why);
	if (f == NULL)
		return;
	forget_refusal(f);
	f->refusal = (struct geo_refusal){
	    .path = mem_str(from->path),
	    .why = mem_str(from->why),
	    .since_s = from->since_s,
	};
}

static void
log_taken(const struct geowatch *w, struct watched *f)
{
	const struct geo_file *from = geo_find_file(w->control->parts->geo, f->path);

	if (from == NULL || !from->is_read || from->is_other)
		return;
	forget_refusal(f);
	event_good(EVENT_GEO, f->path, "taken");
	if (filestamp_equal(&f->tried, &from->stamp))
		return;
	f->tried = from->stamp;
	log_notice("geo file taken file=%s type=\"%s\" networks=%llu octets=%llu",
	    f->path, from->type, (unsigned long long)from->networks,
	    (unsigned long long)from->octets);
}

/* A new version that was fetched is judged; the updater may go on. */
static void
answer_offer(struct geowatch *w, enum err e)
{
	const struct geo_refusals *r = &w->reload.refusals;
	const char *why = e != OK ? "it can not be used" : NULL;

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->list[i].path, w->offer->file) == 0)
			why = r->list[i].why;
	updater_answer(w->updater, w->offer, why);
	w->offer = NULL;
	w->is_offer_read = false;
}

static bool
is_refused(const struct reload_geo *g, const char *path)
{
	for (size_t i = 0; i < g->refusals.count; i++)
		if (strcmp(g->refusals.list[i].path, path) == 0)
			return true;
	return false;
}

static void
on_reload_done(struct reload_geo *g, enum err e)
{
	struct geowatch *w =
	    (struct geowatch *)(void *)((char *)g - offsetof(struct geowatch, reload));

	/* what failed is not tried again until it changes; a version that was fetched and
	 * refused never was in its place */
	for (size_t i = 0; i < w->count && !w->is_offer_read; i++)
		if (e != OK || is_refused(g, w->files[i].path))
			w->files[i].tried = w->files[i].trying;
	for (size_t i = 0; i < g->refusals.count; i++)
		take_refusal(w, &g->refusals.list[i]);
	for (size_t i = 0; e == OK && i < w->count; i++)
		if (!is_refused(g, w->files[i].path))
			log_taken(w, &w->files[i]);
	if (w->is_offer_read)
		answer_offer(w, e);
	geo_refusals_fini(&g->refusals);
}

static void
begin(struct geowatch *w, const struct updater_offer *offer)
{
	w->is_offer_read = offer != NULL;
	w->reload = (struct reload_geo){.done = on_reload_done};
	if (offer != NULL) {
		w->reload.fresh = offer->fresh;
		w->reload.fresh_for = offer->file;
	}
	for (size_t i = 0; i < w->count; i++)
		w->files[i].trying = w->files[i].seen;
	reload_geo(w->control, &w->reload);
}

/* True when it is another one now, and was already at the last look. */
static bool
look(struct watched *f)
{
	struct filestamp now, before = f->seen;

	if (!filestamp_get(f->path, &now)) {
		if (!f->is_gone)
			log_warning(
			    "geo file gone, what was read is served file=%s", f->path);
		f->is_gone = true;
		return false;
	}
	f->is_gone = false;
	f->seen = now;
	return filestamp_equal(&now, &before) && !filestamp_equal(&now, &f->tried);
}

static void
on_timer(void *ctx)
{
	struct geowatch *w = ctx;
	bool changed = false;

	loop_timer_set_ms(w->timer, GEOWATCH_LOOK_MS);
	if (w->control->reload != NULL || w->control->closing)
		return;
	if (w->offer != NULL) {
		begin(w, w->offer);
		return;
	}
	for (size_t i = 0; i < w->count; i++)
		changed = look(&w->files[i]) || changed;
	if (!changed)
		return;
	begin(w, NULL);
}

/* In the control thread: a new version was fetched. */
static void
on_offer(void *ctx, struct updater_offer *offer)
{
	struct geowatch *w = ctx;

	/* nobody awaits an answer */
	if (w->control->closing)
		return;
	w->offer = offer;
	if (w->control->reload == NULL)
		begin(w, offer);
}

static void
configure_updater(struct geowatch *w)
{
	const struct config *c = w->control->parts->config;

	if (w->updater == NULL && c->geo.update_count == 0)
		return;
	if (w->updater == NULL)
		w->updater = updater_new(w->control->loop, on_offer, w);
	updater_configure(w->updater, &c->geo, c->server.state_dir);
}

struct geowatch *
geowatch_new(struct control *c)
{
	struct geowatch *w = mem_new(sizeof(*w));

	w->control = c;
	w->timer = loop_timer_new(c->loop, on_timer, w);
	list_files(w);
	refuse_rest(w);
	return w;
}

void
geowatch_start(struct geowatch *w)
{
	loop_timer_set_ms(w->timer, GEOWATCH_LOOK_MS);
	configure_updater(w);
}

void
geowatch_free(struct geowatch *w)
{
	if (w == NULL)
		return;
	updater_free(w->updater);
	loop_timer_free(w->timer);
	free_files(w->files, w->count);
	mem_free(w);
}

void
geowatch_reloaded(struct geowatch *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->count; i++)
		if (w->files[i].refusal.path != NULL)
			event_good(EVENT_GEO, w->files[i].path, "taken by a reload");
	free_files(w->files, w->count);
	list_files(w);
	refuse_rest(w);
	configure_updater(w);
}

const struct geo_refusal *
geowatch_refusal(const struct geowatch *w, const char *path)
{
	const struct watched *f = find_file(w, path);

	return f != NULL && f->refusal.path != NULL ? &f->refusal : NULL;
}

void
geowatch_write_refused(const struct geowatch *w, struct buf *out, struct json *data)
{
	struct json *list = json_array();

	for (size_t i = 0; i < w->count; i++) {
		const struct geo_refusal *r = &w->files[i].refusal;
		char since[WALL_TEXT_MAX];
		struct json *j;

		if (r->path == NULL)
			continue;
		j = json_object();
		wall_write(r->since_s, since);
		buf_printf(out, "GEO        %s refused: %s\n", r->path, r->why);
		json_set_str(j, "file", r->path);
		json_set_str(j, "why", r->why);
		json_set_str(j, "since", since);
		json_push(list, j);
	}
	json_set(data, "geo_refused", list);
}

void
geowatch_write_rejected(const struct geowatch *w, struct buf *out, struct json *list)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct geo_refusal *r = &w->files[i].refusal;
		const struct geo_file *served;
		char since[WALL_TEXT_MAX];
		struct json *j;
		bool kept;

		if (r->path == NULL)
			continue;
		served = geo_find_file(w->control->parts->geo, r->path);
		kept = served != NULL && served->is_read;
		j = json_object();
		wall_write(r->since_s, since);
		buf_printf(out, "%s\n    %s\n    since %s, %s\n", r->path, r->why, since,
		    kept ? "the last good version is served"
		         : "there is no good version");
		json_set_str(j, "key", r->path);
		json_set_str(j, "why", r->why);
		json_set_str(j, "since", since);
		json_set_bool(j, "kept", kept);
		json_push(list, j);
	}
}

struct updater *
geowatch_updater(const struct geowatch *w)
{
	return w->updater;
}
