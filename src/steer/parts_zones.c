/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/crew.h"
#include "base/inhand.h"
#include "base/mem.h"
#include "steer/parts_inside.h"
#include "steer/poolid.h"
#include "zone/zonefile.h"

/* One zone file being read. */
struct reading {
	const struct config *config;
	struct accepted_zone files; /* what was read, or what is read from */
	bool dry;
	bool has_pools;
};

static uint32_t
find_pool(void *ctx, const char *name, uint32_t ttl)
{
	struct reading *r = ctx;
	uint32_t id;

	r->has_pools = true;
	for (size_t i = 0; i < r->config->pool_count; i++) {
		if (strcmp(r->config->pools[i].name, name) != 0)
			continue;
		id = poolid_of_name(name);
		if (!r->dry)
			poolid_note_ttl(id, ttl);
		return id;
	}
	return 0;
}

static bool
is_cname_pool(void *ctx, const char *name)
{
	const struct reading *r = ctx;

	for (size_t i = 0; i < r->config->pool_count; i++)
		if (strcmp(r->config->pools[i].name, name) == 0)
			return config_pool_is_cname(&r->config->pools[i]);
	return false;
}

static void
on_file(void *ctx, const char *path, char *text, size_t len)
{
	struct reading *r = ctx;

	accepted_zone_take(&r->files, path, text, len);
}

static enum err
open_copy(void *ctx, const char *path, char **text, size_t *len, struct buf *why)
{
	const struct reading *r = ctx;
	const struct accepted_file *f = accepted_zone_find(&r->files, path);

	if (f == NULL) {
		buf_printf(why, "%s is not in the last accepted copy", path);
		return ERR_MISSING;
	}
	*text = mem_strn(f->text, f->len);
	*len = f->len;
	return OK;
}

/* All zones, as a crew reads them. */
struct job {
	const struct config *config;
	const struct loading *g;
	struct zone_read *reads;
};

/* True when the file holds what is served: nothing would come of reading it again. */
static bool
is_same(const struct job *job, size_t i, struct zone_read *out)
{
	const struct config_zone *z = &job->config->zones[i];
	const struct parts *old = job->g->old;
	size_t at = parts_old_place(old, z, i);

	if (at == SIZE_MAX || old->zone_files[at] == NULL || old->sources[at] == NULL ||
	    !accepted_zone_is_there(
	        job->config->server.state_dir, &z->domain, old->sources[at]->copy_size) ||
	    !zonesource_is_current(old->sources[at], z->file, old->config, job->config))
		return false;
	out->same = zone_file_hold(old->zone_files[at]);
	complaints_merge(&out->complaints, &old->sources[at]->said);
	return true;
}

static void
read_zone(void *ctx, size_t i)
{
	const struct job *job = ctx;
	const struct config_zone *z = &job->config->zones[i];
	struct zone_read *out = &job->reads[i];
	struct reading r = {.config = job->config, .dry = job->g->dry};
	struct zonefile_options options = {
	    .origin = z->domain,
	    .pool_id = find_pool,
	    .pool_is_cname = is_cname_pool,
	    .on_file = job->g->mode == PARTS_CHECK ? NULL : on_file,
	    .ctx = &r,
	};

	if (z->file == NULL || out->e != OK || is_same(job, i, out))
		return;
	inhand_take(INHAND_ZONE, z->file, strlen(z->file), inhand_file_sum(z->file));
	out->e = zonefile_load(z->file, &options, &out->table, &out->complaints);
	inhand_drop(INHAND_ZONE);
	out->has_pools = r.has_pools;
	if (out->e == OK)
		out->files = r.files;
	else
		accepted_zone_fini(&r.files);
}

/* From the second start on: the first died of it. */
static void
leave_alone(const struct config_zone *z, struct zone_read *out)
{
	uint64_t sum = inhand_file_sum(z->file);

	if (!inhand_is_quarantined(INHAND_ZONE, z->file, strlen(z->file), sum))
		return;
	complain(&out->complaints, SEVERITY_ERROR, z->file, 0, 0,
	    "the server died while it read this file, which is left alone until "
	    "it changes");
	out->e = ERR_DENIED;
}

void
parts_read_zones(const struct config *c, const struct loading *g, struct zone_read *reads)
{
	struct job job = {.config = c, .g = g, .reads = reads};
	bool is_safe = g->mode == PARTS_START && inhand_is_safe_mode();

	for (size_t i = 0; i < c->zone_count; i++) {
		if (is_safe)
			reads[i].e = ERR_DENIED;
		else if (c->zones[i].file != NULL)
			leave_alone(&c->zones[i], &reads[i]);
	}
	crew_run(
	    inhand_is_suspicious() ? 1 : crew_size(), c->zone_count, read_zone, &job);
}

/* The last accepted copy of a zone whose file is bad. */
enum err
parts_read_copy(const struct config *c, const struct config_zone *z, struct table **out)
{
	struct reading r = {.config = c};
	struct zonefile_options options = {
	    .origin = z->domain,
	    .pool_id = find_pool,
	    .pool_is_cname = is_cname_pool,
	    .open = open_copy,
	    .ctx = &r,
	};
	struct complaints unheard = {0};
	struct buf why = {0};
	char name[NAME_TEXT_MAX]; /* no file is called so: a path has a slash */
	enum err e = accepted_zone_load(c->server.state_dir, &z->domain, &r.files, &why);

	name_write_plain(z->domain.bytes, name);
	if (e == OK && inhand_is_quarantined(INHAND_ZONE, name, strlen(name), 0))
		e = ERR_DENIED;
	inhand_take(INHAND_ZONE, name, strlen(name), 0);
	if (e == OK)
		e = zonefile_load(r.files.files[0].path, &options, out, &unheard);
	inhand_drop(INHAND_ZONE);
	complaints_fini(&unheard);
	accepted_zone_fini(&r.files);
	buf_fini(&why);
	return e;
}
