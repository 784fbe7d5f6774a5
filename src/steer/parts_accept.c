/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "steer/accepted.h"
#include "steer/loss.h"
#include "steer/parts_inside.h"

static void
save_held(const struct parts *p, const struct heldfile *h)
{
	struct file_batch batch = {0};
	struct buf why = {0};

	if (accepted_zone_save(
	        p->config->server.state_dir, &h->apex, &h->texts, &batch, &why) != OK ||
	    file_batch_finish(&batch, &why) != OK)
		log_warning("accepted copy of zone not kept: %s", buf_text(&why));
	buf_fini(&why);
}

struct parts *
parts_derive(struct parts *old)
{
	struct parts *p = mem_new(sizeof(*p));

	atomic_init(&p->holders, 1);
	atomic_init(&p->derived, 1);
	p->base = old->base != NULL ? old->base : old;
	atomic_fetch_add(&p->base->derived, 1);
	p->config = old->config;
	p->geo = geo_hold(old->geo);
	p->bad_count = old->bad_count;
	p->peaks = mem_dup(old->peaks, p->config->zone_count * sizeof(*p->peaks));
	p->endpoint_peak = old->endpoint_peak;
	p->zone_files = mem_array(p->config->zone_count, sizeof(struct zone_file *));
	for (size_t i = 0; i < p->config->zone_count; i++)
		if (old->zone_files[i] != NULL)
			p->zone_files[i] = zone_file_hold(old->zone_files[i]);
	p->sources = mem_array(p->config->zone_count, sizeof(struct zonesource *));
	for (size_t i = 0; i < p->config->zone_count; i++)
		p->sources[i] = zonesource_hold(old->sources[i]);
	p->held = mem_array(old->held_count, sizeof(struct heldfile *));
	for (size_t i = 0; i < old->held_count; i++)
		p->held[p->held_count++] = heldfile_hold(old->held[i]);
	return p;
}

static void
drop_held(struct parts *p, const struct heldfile *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->held_count; i++) {
		if (p->held[i] != h)
			p->held[kept++] = p->held[i];
		else
			heldfile_release(p->held[i]);
	}
	p->held_count = kept;
}

/* As old, but for one zone. */
static struct parts *
derive(struct parts *old, const struct heldfile *h)
{
	struct parts *p = parts_derive(old);

	for (size_t i = 0; i < p->config->zone_count; i++) {
		if (!name_equal(p->config->zones[i].domain.bytes, h->apex.bytes))
			continue;
		zone_file_release(p->zone_files[i]);
		p->zone_files[i] = zone_file_hold(h->file);
		zonesource_release(p->sources[i]);
		p->sources[i] = NULL;
		guard_peak_reset(
		    &p->peaks[i], loss_count_names(h->file->table), mono_now());
	}
	drop_held(p, h);
	for (size_t i = 0; i < old->complaints.count; i++) {
		const struct complaint *c = &old->complaints.list[i];

		if (c->source == NULL || strcmp(c->source, h->path) != 0)
			complain(&p->complaints, c->severity, c->source, c->line,
			    c->column, "%s", c->text);
	}
	return p;
}

enum err
parts_accept(struct parts *old, const char *id, struct parts **out)
{
	for (size_t i = 0; i < old->held_count; i++) {
		if (strcmp(old->held[i]->id, id) != 0)
			continue;
		*out = derive(old, old->held[i]);
		save_held(*out, old->held[i]);
		parts_save_sizes(*out);
		return OK;
	}
	return ERR_MISSING;
}
