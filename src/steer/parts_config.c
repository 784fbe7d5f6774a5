/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "steer/loss.h"
#include "steer/parts_inside.h"
#include "steer/sizes.h"

/* ---- reading ---- */

static void
on_file(void *ctx, const char *path, const char *text, size_t len)
{
	accepted_zone_add(ctx, path, text, len);
}

static enum err
open_copy(void *ctx, const char *path, char **text, size_t *len, struct buf *why)
{
	const struct accepted_file *f = accepted_zone_find(ctx, path);

	if (f == NULL) {
		buf_printf(why, "%s is not in the last accepted copy", path);
		return ERR_MISSING;
	}
	*text = mem_strn(f->text, f->len);
	*len = f->len;
	return OK;
}

static const char *
name_of_copy(void *ctx, size_t i)
{
	const struct accepted_zone *copy = ctx;

	return i < copy->count ? copy->files[i].path : NULL;
}

static enum err
read_copy(
    const struct accepted_zone *copy, struct config **out, struct complaints *complaints)
{
	struct config_source from = {
	    .open = open_copy,
	    .name = name_of_copy,
	    .ctx = (void *)(uintptr_t)copy,
	};

	return config_load_by(copy->files[0].path, &from, out, complaints);
}

enum err
parts_read_config(struct parts *p, const char *path, const struct loading *g)
{
	struct config_source from = {.on_file = on_file, .ctx = &p->texts};

	if (g->mode == PARTS_CHECK)
		return config_load(path, &p->config, &p->complaints);
	if (g->copy == NULL)
		return config_load_by(path, &from, &p->config, &p->complaints);
	for (size_t i = 0; i < g->copy->count; i++)
		on_file(&p->texts, g->copy->files[i].path, g->copy->files[i].text,
		    g->copy->files[i].len);
	return read_copy(g->copy, &p->config, &p->complaints);
}

/* ---- judging ---- */

/* The configuration that was accepted last. */
MUST_CHECK static enum err
read_last(const struct parts *p, struct config **out)
{
	struct accepted_zone copy = {0};
	struct complaints unheard = {0};
	struct buf why = {0};
	enum err e = accepted_config_load(p->config->server.state_dir, &copy, &why);

	if (e == OK)
		e = read_copy(&copy, out, &unheard);
	if (e != OK && e != ERR_MISSING)
		log_warning("the configuration is not compared with the last one: its "
		            "accepted copy cannot be read any more");
	complaints_fini(&unheard);
	accepted_zone_fini(&copy);
	buf_fini(&why);
	return e;
}

/* What it is compared with; NULL: nothing. *mine is to be freed. */
static const struct config *
find_was(const struct parts *p, const struct loading *g, struct config **mine)
{
	*mine = NULL;
	if (g->mode == PARTS_CHECK || g->force || g->copy != NULL)
		return NULL;
	if (g->old != NULL)
		return g->old->config;
	return g->mode == PARTS_START && read_last(p, mine) == OK ? *mine : NULL;
}

static void
hold(struct parts *p, struct buf *why)
{
	if (p->held_why != NULL) {
		struct buf both = {0};

		buf_printf(&both, "%s; %s", p->held_why, buf_text(why));
		mem_free(p->held_why);
		p->held_why = buf_take(&both);
	} else {
		p->held_why = mem_str(buf_text(why));
	}
	complain(&p->complaints, SEVERITY_ERROR, p->config->path, 0, 0, "held: %s",
	    buf_text(why));
}

void
parts_judge_config(struct parts *p, const struct loading *g)
{
	struct mono now = mono_now();
	struct buf why = {0};
	struct config *mine;
	const struct config *was = find_was(p, g, &mine);
	size_t endpoints = loss_count_endpoints(p->config);

	if (was != NULL && loss_of_config(was, p->config, &p->endpoint_peak, now, &why))
		hold(p, &why);
	else if (g->force)
		guard_peak_reset(&p->endpoint_peak, endpoints, now);
	else
		guard_peak_note(&p->endpoint_peak, endpoints, now);
	config_free(mine);
	buf_fini(&why);
}

void
parts_judge_takeover(struct parts *p, const struct loading *g)
{
	struct buf why = {0};
	struct config *mine;
	const struct config *was = find_was(p, g, &mine);

	if (was != NULL && loss_to_new_zones(was, p->config, p->zone_files, &why))
		hold(p, &why);
	config_free(mine);
	buf_fini(&why);
}

/* ---- keeping ---- */

void
parts_save_sizes(const struct parts *p)
{
	const struct config *c = p->config;
	struct buf lines = {0}, why = {0};

	for (size_t i = 0; i < c->zone_count; i++) {
		char name[NAME_TEXT_MAX];

		if (c->zones[i].file == NULL)
			continue;
		name_write_plain(c->zones[i].domain.bytes, name);
		sizes_write(&lines, name, &p->peaks[i]);
	}
	sizes_write(&lines, SIZES_ENDPOINTS, &p->endpoint_peak);
	if (sizes_save(c->server.state_dir, &lines, &why) != OK)
		log_warning("sizes of zone files not kept: %s", buf_text(&why));
	buf_fini(&lines);
	buf_fini(&why);
}

void
parts_keep_config(const struct parts *p)
{
	const struct parts *from = p->base != NULL ? p->base : p;
	struct buf why = {0};

	if (accepted_config_save(p->config->server.state_dir, &from->texts, &why) != OK)
		log_warning(
		    "accepted copy of the configuration not kept: %s", buf_text(&why));
	buf_fini(&why);
}

void
parts_accept_config(struct parts *p)
{
	guard_peak_reset(&p->endpoint_peak, loss_count_endpoints(p->config), mono_now());
	parts_save_sizes(p);
}

/* ---- a start ---- */

/* The whole configuration as it was accepted last, instead of one that is held. */
MUST_CHECK static enum err
start_from_copy(const struct parts *held, struct parts **out)
{
	struct accepted_zone copy = {0};
	struct complaints said = {0};
	struct buf why = {0};
	enum err e = accepted_config_load(held->config->server.state_dir, &copy, &why);
	struct loading g = {.mode = PARTS_START, .copy = &copy};

	if (e == OK)
		e = parts_load_with(copy.files[0].path, &g, out, &said);
	complaints_fini(&said);
	accepted_zone_fini(&copy);
	buf_fini(&why);
	if (e == OK)
		complain(&(*out)->complaints, SEVERITY_ERROR, held->config->path, 0, 0,
		    "held, and the last accepted one is served: %s", held->held_why);
	return e;
}

enum err
parts_start(const char *path, struct parts **out, struct parts **held,
    struct complaints *complaints)
{
	struct loading g = {.mode = PARTS_START};
	struct parts *p, *was;
	enum err e = parts_load_with(path, &g, &p, complaints);

	*held = NULL;
	if (e != OK)
		return e;
	*out = p;
	if (p->held_why == NULL) {
		parts_keep_config(p);
	} else if (start_from_copy(p, &was) == OK) {
		*out = was;
		*held = p;
		log_error("configuration held, the last accepted one is served "
		          "reason=\"%s\" id=configuration/%08x hint=\"see sextantctl "
		          "held\"",
		    p->held_why, accepted_zone_sum(&p->texts));
	} else {
		log_error("configuration loses much and is taken all the same: the last "
		          "accepted one can not be served any more reason=\"%s\"",
		    p->held_why);
		mem_free(p->held_why);
		p->held_why = NULL;
	}
	return OK;
}
