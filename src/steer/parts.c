/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/parts_inside.h"

#include <string.h>
#include <unistd.h>

#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "steer/accepted.h"
#include "steer/loss.h"
#include "steer/sizes.h"

#include "config.h"

/* Saving copies may fail without harm to what is served: that costs durability only. */
static void
save_zones(struct parts *p, const struct zone_read *read)
{
	const struct config *c = p->config;
	struct file_batch batch = {0};
	struct buf why = {0};
	bool is_kept;

	for (size_t i = 0; i < c->zone_count; i++) {
		if (read[i].files.count == 0)
			continue;
		buf_clear(&why);
		if (accepted_zone_save(c->server.state_dir, &c->zones[i].domain,
		        &read[i].files, &batch, &why) == OK)
			p->sources[i]->is_kept = true;
		else
			log_warning("accepted copy of zone not kept: %s", buf_text(&why));
	}
	buf_clear(&why);
	is_kept = file_batch_finish(&batch, &why) == OK;
	if (!is_kept)
		log_warning("accepted copies of zones not kept: %s", buf_text(&why));
	for (size_t i = 0; i < c->zone_count && !is_kept; i++)
		if (read[i].files.count != 0)
			p->sources[i]->is_kept = false;
	buf_fini(&why);
}

size_t
parts_old_place(const struct parts *old, const struct config_zone *z, size_t hint)
{
	size_t count = old != NULL ? old->config->zone_count : 0;

	for (size_t i = 0; i < count; i++) {
		size_t at = (hint + i) % count;

		if (name_equal(old->config->zones[at].domain.bytes, z->domain.bytes))
			return at;
	}
	return SIZE_MAX;
}

static struct zone_file *
find_old(const struct parts *old, const struct config_zone *z, size_t hint)
{
	size_t at = parts_old_place(old, z, hint);

	return at != SIZE_MAX ? old->zone_files[at] : NULL;
}

/* The version that is served on instead of what is in the file; NULL: there is none. */
static struct zone_file *
find_standing(const struct parts *p, size_t i, const struct parts *old)
{
	const struct config_zone *z = &p->config->zones[i];
	struct zone_file *was = find_old(old, z, i);
	struct table *table;

	if (was != NULL)
		return zone_file_hold(was);
	return parts_read_copy(p->config, z, &table) == OK ? zone_file_new(table) : NULL;
}

/* The configuration has lost a pool that a standing version needs: all or nothing. */
MUST_CHECK static enum err
check_standing(const struct parts *p, size_t i, struct complaints *complaints)
{
	char name[NAME_TEXT_MAX];

	if (p->zone_files[i] == NULL || !loss_of_pool(p->zone_files[i]->table, p->config))
		return OK;
	name_write_plain(p->config->zones[i].domain.bytes, name);
	complain(complaints, SEVERITY_ERROR, p->config->path, 0, 0,
	    "the version of %s that would be served on needs a pool that is not here any "
	    "more",
	    name);
	return ERR_DENIED;
}

static void
stand_in_for_bad(struct parts *p, size_t i, const struct loading *g)
{
	char name[NAME_TEXT_MAX];

	name_write_plain(p->config->zones[i].domain.bytes, name);
	p->bad_count++;
	p->zone_files[i] = find_standing(p, i, g->old);
	if (g->dry)
		return;
	if (p->zone_files[i] == NULL)
		log_error("zone file bad, no accepted copy: SERVFAIL zone=%s", name);
	else if (find_old(g->old, &p->config->zones[i], i) != NULL)
		log_error("zone file bad, old version served on zone=%s", name);
	else
		log_error("zone file bad, last accepted copy served zone=%s", name);
}

/* Names of the version that would be served on. */
static size_t
count_old(const struct parts *p, size_t i, const struct loading *g,
    const struct zone_file *standing)
{
	size_t at = parts_old_place(g->old, &p->config->zones[i], i);

	if (at != SIZE_MAX && g->old->sources[at] != NULL)
		return g->old->sources[at]->names;
	return loss_count_names(standing->table);
}

/* True when the new version loses too much: then it is put aside, and the old stays. */
static bool
hold_version(struct parts *p, size_t i, const struct loading *g, struct zone_read *read,
    size_t names, struct complaints *complaints)
{
	const struct config_zone *z = &p->config->zones[i];
	struct zone_file *was = find_standing(p, i, g->old);
	struct buf why = {0};
	struct heldfile *h;

	if (was == NULL || !loss_of_zone(count_old(p, i, g, was), names, &p->peaks[i],
	                       mono_now(), &why)) {
		zone_file_release(was);
		buf_fini(&why);
		return false;
	}
	h = heldfile_new(&z->domain, z->file, buf_text(&why), read->table, &read->files);
	buf_fini(&why);
	p->zone_files[i] = was;
	p->held = mem_resize(p->held, p->held_count + 1, sizeof(struct heldfile *));
	p->held[p->held_count++] = h;
	if (!g->dry)
		log_error(
		    "zone file held, old version served on zone=%s reason=\"%s\" id=%s",
		    h->zone, h->why, h->id);
	complain(complaints, SEVERITY_ERROR, z->file, 0, 0,
	    "held: %s; `sextantctl accept %s` takes it all the same", h->why, h->id);
	return true;
}

/* The largest sizes of the last 24 hours, as far as they are known. */
static void
take_peaks(struct parts *p, const struct loading *g)
{
	const struct config *c = p->config;
	struct mono now = mono_now();
	struct sizes sizes = {0};

	p->peaks = mem_array(c->zone_count, sizeof(*p->peaks));
	if (g->mode == PARTS_START)
		sizes_load(&sizes, c->server.state_dir);
	for (size_t i = 0; i < c->zone_count; i++) {
		size_t at = parts_old_place(g->old, &c->zones[i], i);
		char name[NAME_TEXT_MAX];

		name_write_plain(c->zones[i].domain.bytes, name);
		if (at != SIZE_MAX)
			p->peaks[i] = g->old->peaks[at];
		else
			sizes_get(&sizes, name, &p->peaks[i], now);
	}
	if (g->old != NULL)
		p->endpoint_peak = g->old->endpoint_peak;
	else
		sizes_get(&sizes, SIZES_ENDPOINTS, &p->endpoint_peak, now);
	sizes_fini(&sizes);
}

/* This version is served: one that was forced is the measure alone. */
static void
note_size(struct parts *p, size_t i, size_t names, bool force)
{
	if (force)
		guard_peak_reset(&p->peaks[i], names, mono_now());
	else
		guard_peak_note(&p->peaks[i], names, mono_now());
}

/*
 * Where it came from goes along with a version that is served on, unless it was read with
 * other pools: with these the same text may be bad.
 */
static void
take_source(struct parts *p, size_t i, const struct loading *g)
{
	size_t at = parts_old_place(g->old, &p->config->zones[i], i);

	if (at != SIZE_MAX && p->zone_files[i] != NULL &&
	    p->zone_files[i] == g->old->zone_files[at] && g->old->sources[at] != NULL &&
	    zonesource_fits(g->old->sources[at], g->old->config, p->config))
		p->sources[i] = zonesource_hold(g->old->sources[at]);
}

/* As it was. */
static void
take_same(struct parts *p, size_t i, const struct loading *g, struct zone_file *same)
{
	p->zone_files[i] = same;
	p->unchanged_count++;
	take_source(p, i, g);
	note_size(p, i, p->sources[i]->names, g->force);
}

/* A new version is served, or held. */
MUST_CHECK static enum err
take_new(struct parts *p, size_t i, const struct loading *g, struct zone_read *read,
    struct complaints *complaints)
{
	size_t names = g->mode != PARTS_CHECK ? loss_count_names(read->table) : 0;

	if (g->mode != PARTS_CHECK && !g->force &&
	    hold_version(p, i, g, read, names, complaints)) {
		take_source(p, i, g);
		return g->old == NULL ? OK : check_standing(p, i, complaints);
	}
	p->zone_files[i] = zone_file_new(read->table);
	if (g->mode == PARTS_CHECK)
		return OK;
	note_size(p, i, names, g->force);
	p->sources[i] =
	    zonesource_new(&read->files, read->has_pools, names, &read->complaints);
	return OK;
}

static enum err
load_zone(struct parts *p, size_t i, const struct loading *g, struct zone_read *read,
    struct complaints *complaints)
{
	if (p->config->zones[i].file == NULL)
		return OK;
	complaints_merge(complaints, &read->complaints);
	if (read->same != NULL) {
		take_same(p, i, g, read->same);
		return OK;
	}
	if (read->e == OK)
		return take_new(p, i, g, read, complaints);
	if (g->mode == PARTS_CHECK)
		return read->e;
	stand_in_for_bad(p, i, g);
	take_source(p, i, g);
	return g->old == NULL ? OK : check_standing(p, i, complaints);
}

/* All that is read beside the configuration; what is good is kept once all was accepted.
 */
static enum err
load_rest(struct parts *p, const struct loading *g)
{
	const struct config *c = p->config;
	struct zone_read *read = mem_array(c->zone_count, sizeof(*read));
	bool keep;
	enum err e, worst;

	p->zone_files = mem_array(c->zone_count, sizeof(struct zone_file *));
	p->sources = mem_array(c->zone_count, sizeof(struct zonesource *));
	worst = parts_load_geo(p, g);
	parts_read_zones(c, g, read);
	for (size_t i = 0; i < c->zone_count; i++) {
		e = load_zone(p, i, g, &read[i], &p->complaints);
		worst = e != OK ? e : worst;
	}
	if (worst == OK && g->mode != PARTS_CHECK)
		parts_judge_takeover(p, g);
	keep = worst == OK && g->mode != PARTS_CHECK && !g->dry &&
	       !inhand_is_safe_mode() && p->held_why == NULL;
	if (keep) {
		parts_save_geo(p, g);
		save_zones(p, read);
		parts_save_sizes(p);
	}
	for (size_t i = 0; i < c->zone_count; i++) {
		accepted_zone_fini(&read[i].files);
		complaints_fini(&read[i].complaints);
	}
	mem_free(read);
	return worst;
}

static void
open_inhand(const struct config *c)
{
	struct buf why = {0};

	if (file_make_dir(c->server.state_dir, &why) == OK)
		inhand_open(c->server.state_dir, PACKAGE_VERSION, &why);
	if (why.len != 0)
		log_warning("%s", buf_text(&why));
	buf_fini(&why);
}

enum err
parts_load_with(const char *path, const struct loading *g, struct parts **out,
    struct complaints *complaints)
{
	struct parts *p = mem_new(sizeof(*p));
	enum err e;

	atomic_init(&p->holders, 1);
	atomic_init(&p->derived, 1);
	e = parts_read_config(p, path, g);
	if (e == OK && g->mode == PARTS_START && g->copy == NULL)
		open_inhand(p->config);
	if (e == OK && g->mode == PARTS_RELOAD && inhand_is_safe_mode()) {
		complain(&p->complaints, SEVERITY_ERROR, path, 0, 0,
		    "nothing is loaded in safe mode: stop and start the server to end "
		    "it");
		e = ERR_DENIED;
	}
	if (e == OK) {
		take_peaks(p, g);
		parts_judge_config(p, g);
		e = load_rest(p, g);
	}
	complaints_merge(complaints, &p->complaints);
	if (e != OK) {
		parts_release(p);
		return e;
	}
	*out = p;
	return OK;
}

enum err
parts_load(const char *path, enum parts_mode mode, struct parts **out,
    struct complaints *complaints)
{
	return parts_load_with(path, &(struct loading){.mode = mode}, out, complaints);
}

enum err
parts_reload(const char *path, const struct parts *old, bool force, struct parts **out,
    struct complaints *complaints)
{
	struct loading g = {.mode = PARTS_RELOAD, .old = old, .force = force};

	return parts_load_with(path, &g, out, complaints);
}

enum err
parts_plan(const char *path, const struct parts *old, bool force, struct parts **out,
    struct complaints *complaints)
{
	struct loading g = {
	    .mode = PARTS_RELOAD, .old = old, .force = force, .dry = true};

	return parts_load_with(path, &g, out, complaints);
}

struct parts *
parts_hold(struct parts *p)
{
	atomic_fetch_add(&p->holders, 1);
	return p;
}

/* What was derived lives on the configuration alone: the geography may go before. */
static void
release_config(struct parts *p)
{
	if (atomic_fetch_sub(&p->derived, 1) != 1)
		return;
	if (p->base == NULL) {
		accepted_zone_fini(&p->texts);
		config_free(p->config);
	}
	mem_free(p);
}

void
parts_release(struct parts *p)
{
	struct parts *base;

	if (p == NULL || atomic_fetch_sub(&p->holders, 1) != 1)
		return;
	if (p->zone_files != NULL)
		for (size_t i = 0; i < p->config->zone_count; i++)
			zone_file_release(p->zone_files[i]);
	mem_free(p->zone_files);
	for (size_t i = 0; p->sources != NULL && i < p->config->zone_count; i++)
		zonesource_release(p->sources[i]);
	mem_free(p->sources);
	for (size_t i = 0; i < p->held_count; i++)
		heldfile_release(p->held[i]);
	mem_free(p->held);
	mem_free(p->held_why);
	mem_free(p->peaks);
	complaints_fini(&p->complaints);
	geo_free(p->geo);
	base = p->base;
	release_config(p);
	if (base != NULL)
		release_config(base);
}
