/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/inhand.h"
#include "base/mem.h"
#include "steer/parts_inside.h"

static struct geoload
loading_of(const struct parts *p, const struct loading *g)
{
	return (struct geoload){
	    .cfg = &p->config->geo,
	    .state_dir = p->config->server.state_dir,
	    .old = g->old != NULL ? g->old->geo : NULL,
	    .force = g->force,
	};
}

enum err
parts_load_geo(struct parts *p, const struct loading *g)
{
	struct geoload l = loading_of(p, g);

	return g->mode == PARTS_START ? geoload_start(&l, &p->geo, &p->complaints)
	                              : geoload_all(&l, &p->geo, &p->complaints);
}

void
parts_save_geo(const struct parts *p, const struct loading *g)
{
	struct geoload l = loading_of(p, g);

	if (!inhand_is_safe_mode())
		geoload_save(&l, p->geo);
}

/* As old, but for the geography and what was said of it. */
static struct parts *
derive(struct parts *old, struct geo *geo)
{
	struct parts *p = parts_derive(old);

	geo_free(p->geo);
	p->geo = geo;
	for (size_t i = 0; i < old->complaints.count; i++) {
		const struct complaint *c = &old->complaints.list[i];

		if (!geoload_is_about(c, &p->config->geo))
			complain(&p->complaints, c->severity, c->source, c->line,
			    c->column, "%s", c->text);
	}
	return p;
}

/* Into its place, once it was found good and before anybody is told. */
MUST_CHECK static enum err
put_in_place(const struct geoload *l, struct geo_refusals *refusals)
{
	struct buf why = {0};
	enum err e = file_put_in_place(l->fresh, l->fresh_for, &why);

	if (e != OK) {
		geo_refusals_fini(refusals);
		refusals->list = mem_array(1, sizeof(*refusals->list));
		refusals->list[0] = (struct geo_refusal){
		    .path = mem_str(l->fresh_for),
		    .why = mem_str(buf_text(&why)),
		    .since_s = wall_now_s(),
		};
		refusals->count = 1;
	}
	buf_fini(&why);
	return e;
}

static bool
is_refused(const struct geo_refusals *r, const char *path)
{
	for (size_t i = 0; path != NULL && i < r->count; i++)
		if (strcmp(r->list[i].path, path) == 0)
			return true;
	return false;
}

enum err
parts_geo(struct parts *old, const char *fresh, const char *fresh_for, struct parts **out,
    struct geo_refusals *refusals)
{
	struct geoload l = {
	    .cfg = &old->config->geo,
	    .state_dir = old->config->server.state_dir,
	    .old = old->geo,
	    .fresh = fresh,
	    .fresh_for = fresh_for,
	};
	struct geo *geo;
	enum err e;

	*refusals = (struct geo_refusals){0};
	if (inhand_is_safe_mode())
		return ERR_DENIED;
	e = geoload_changed(&l, &geo, refusals);
	if (e != OK)
		return e;
	if (fresh != NULL && !is_refused(refusals, fresh_for)) {
		e = put_in_place(&l, refusals);
		if (e != OK) {
			geo_free(geo);
			return e;
		}
	}
	geoload_save(&l, geo);
	*out = derive(old, geo);
	return OK;
}
