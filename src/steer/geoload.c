/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/geoload.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "geo/verify.h"
#include "steer/accepted.h"

enum { CHUNK = 1 << 16 };

/* What is read from where, in one attempt after the other. */
struct attempt {
	const struct geoload *l;
	size_t count;
	const char **paths; /* as geo_sources has them */
	char **copies; /* where the last accepted copies stand */
	bool *bad;
	char **why; /* of what was found bad, in any of the attempts */
	struct complaints complaints; /* of the last one */
};

static void
attempt_init(struct attempt *a, const struct geoload *l)
{
	*a = (struct attempt){.l = l, .count = geo_config_file_count(l->cfg)};
	a->paths = mem_array(a->count, sizeof(*a->paths));
	a->copies = mem_array(a->count, sizeof(*a->copies));
	a->bad = mem_array(a->count, sizeof(*a->bad));
	a->why = mem_array(a->count, sizeof(*a->why));
	for (size_t i = 0; i < a->count; i++) {
		const char *path = geo_config_file(l->cfg, i);

		a->copies[i] = accepted_geo_path(l->state_dir, path);
		a->paths[i] = path;
		if (l->fresh != NULL && strcmp(path, l->fresh_for) == 0)
			a->paths[i] = l->fresh;
	}
}

static void
attempt_fini(struct attempt *a)
{
	for (size_t i = 0; i < a->count; i++) {
		mem_free(a->copies[i]);
		mem_free(a->why[i]);
	}
	mem_free(a->paths);
	mem_free(a->copies);
	mem_free(a->bad);
	mem_free(a->why);
	complaints_fini(&a->complaints);
}

static const char *
kind_text(const struct attempt *a, size_t i)
{
	return i < a->l->cfg->database_count ? "geo database" : "prefix file";
}

static void
set_bad(struct attempt *a, size_t i, const char *why)
{
	a->bad[i] = true;
	if (a->why[i] == NULL)
		a->why[i] = mem_str(why);
}

/* What geo_build() said of the file that it read for this one. */
static void
find_why(struct attempt *a, size_t i)
{
	for (size_t k = 0; k < a->complaints.count; k++) {
		const struct complaint *c = &a->complaints.list[k];
		struct buf whole = {0};

		if (c->severity != SEVERITY_ERROR)
			continue;
		complaint_write(c, &whole);
		if (i < a->l->cfg->database_count) {
			char *head = mem_printf("geo database %s: ", a->paths[i]);

			if (strncmp(c->text, head, strlen(head)) == 0)
				set_bad(a, i, c->text + strlen(head));
			mem_free(head);
		} else if (c->source != NULL && strcmp(c->source, a->paths[i]) == 0) {
			set_bad(a, i, buf_text(&whole));
		}
		buf_fini(&whole);
	}
	if (a->why[i] == NULL)
		set_bad(a, i, "it can not be used");
}

static const struct geo_file *
find_was(const struct geo *old, const struct geo_file *f)
{
	const struct geo_file *was = old != NULL ? geo_find_file(old, f->path) : NULL;

	return was != NULL && was->is_read && was->kind == f->kind ? was : NULL;
}

static bool
has_changed(const struct geo *old, const struct geo_file *f)
{
	const struct geo_file *was = find_was(old, f);

	return was == NULL || !filestamp_equal(&was->stamp, &f->stamp);
}

/* A fault of the whole: whatever is new may be guilty of it. */
static void
blame_changed(
    struct attempt *a, const struct geo *old, const struct geo *g, const char *why)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct geo_file *f = geo_file(g, i);

		if (f->is_read && !f->is_other && has_changed(old, f))
			set_bad(a, i, why);
	}
	complain(&a->complaints, SEVERITY_ERROR, NULL, 0, 0, "geo: %s", why);
}

/* Where clients are can be compared only where the same databases say it. */
static bool
same_databases(const struct geo *old, const struct geo *g)
{
	size_t was = 0, is = 0;

	for (size_t i = 0; i < geo_file_count(old); i++)
		was += geo_file(old, i)->kind == GEO_DATABASE;
	for (size_t i = 0; i < geo_file_count(g); i++) {
		const struct geo_file *f = geo_file(g, i);

		if (f->kind != GEO_DATABASE)
			continue;
		is++;
		if (!f->is_read || find_was(old, f) == NULL)
			return false;
	}
	return was == is;
}

MUST_CHECK static enum err
verify(struct attempt *a, const struct geo *old, const struct geo *g)
{
	enum err result = OK;
	struct buf why = {0};

	for (size_t i = 0; old != NULL && i < a->count; i++) {
		const struct geo_file *f = geo_file(g, i);

		buf_clear(&why);
		if (!f->is_read || f->is_other || !has_changed(old, f) ||
		    find_was(old, f) == NULL ||
		    verify_file(find_was(old, f), f, &why) == OK)
			continue;
		set_bad(a, i, buf_text(&why));
		complain(&a->complaints, SEVERITY_ERROR, NULL, 0, 0, "%s %s: %s",
		    kind_text(a, i), f->path, buf_text(&why));
		result = ERR_DENIED;
	}
	buf_clear(&why);
	if (result == OK)
		result = verify_tests(a->l->cfg, g, &why);
	if (result == OK && old != NULL && same_databases(old, g))
		result = verify_moved(old, g, &why);
	if (result != OK && why.len != 0)
		blame_changed(a, old, g, buf_text(&why));
	buf_fini(&why);
	return result;
}

MUST_CHECK static enum err
attempt_run(struct attempt *a, const struct geo *old, struct geo **out)
{
	struct geo_sources sources = {
	    .paths = a->paths, .bad = a->bad, .fresh = a->l->fresh};
	enum err e;

	complaints_fini(&a->complaints);
	a->complaints = (struct complaints){0};
	memset(a->bad, 0, a->count * sizeof(*a->bad));
	e = geo_build(a->l->cfg, &sources, out, &a->complaints);
	for (size_t i = 0; e != OK && i < a->count; i++)
		if (a->bad[i])
			find_why(a, i);
	if (e != OK)
		return e;
	e = verify(a, a->l->force ? NULL : old, *out);
	if (e != OK) {
		geo_free(*out);
		*out = NULL;
	}
	return e;
}

enum err
geoload_all(const struct geoload *l, struct geo **out, struct complaints *complaints)
{
	struct attempt a;
	enum err e;

	attempt_init(&a, l);
	e = attempt_run(&a, l->old, out);
	complaints_merge(complaints, &a.complaints);
	attempt_fini(&a);
	return e;
}

/* Is nothing of this file served? */
static bool
is_unserved(const struct attempt *a, size_t i)
{
	const struct geo *old = a->l->old;
	const struct geo_file *was =
	    old != NULL ? geo_find_file(old, geo_config_file(a->l->cfg, i)) : NULL;

	return was == NULL || !was->is_read;
}

/* False: no bad one was left to replace, or one that is served has no copy and
 * `leave_out` is not set. */
static bool
use_copies(struct attempt *a, bool leave_out)
{
	bool replaced = false;

	for (size_t i = 0; i < a->count; i++) {
		const char *copy = access(a->copies[i], R_OK) == 0 ? a->copies[i] : NULL;

		if (!a->bad[i])
			continue;
		if (copy == NULL && !leave_out && !is_unserved(a, i))
			return false;
		if (a->paths[i] == a->copies[i])
			copy = NULL;
		a->paths[i] = copy;
		replaced = true;
	}
	return replaced;
}

/* ---- a start ---- */

/* Do both files hold the same? */
static bool
is_same(const char *a, const char *b)
{
	FILE *fa = fopen(a, "rbe"), *fb = fopen(b, "rbe");
	char *chunks = mem_array(2, CHUNK);
	bool same = fa != NULL && fb != NULL;

	while (same) {
		size_t n = fread(chunks, 1, CHUNK, fa);

		same = fread(chunks + CHUNK, 1, CHUNK, fb) == n &&
		       memcmp(chunks, chunks + CHUNK, n) == 0;
		if (n < CHUNK)
			break;
	}
	if (fa != NULL)
		fclose(fa);
	if (fb != NULL)
		fclose(fb);
	mem_free(chunks);
	return same;
}

/* What the last accepted copies say, where a file is another now; NULL: none is. */
static struct geo *
build_old(const struct attempt *a)
{
	const char **paths = mem_array(a->count, sizeof(*paths));
	struct geo_sources sources = {.paths = paths};
	struct complaints unheard = {0};
	struct geo *old = NULL;
	bool differs = false;

	for (size_t i = 0; i < a->count; i++) {
		if (access(a->copies[i], R_OK) != 0)
			continue;
		paths[i] = a->copies[i];
		differs = differs || !is_same(a->copies[i], a->paths[i]);
	}
	if (differs && geo_build(a->l->cfg, &sources, &old, &unheard) != OK)
		old = NULL;
	complaints_fini(&unheard);
	mem_free(paths);
	return old;
}

static void
log_start(const struct attempt *a, const bool *was_bad)
{
	for (size_t i = 0; i < a->count; i++) {
		const char *path = geo_config_file(a->l->cfg, i);

		if (was_bad[i] && a->paths[i] != NULL)
			log_error("%s bad, last accepted copy used file=%s reason=\"%s\"",
			    kind_text(a, i), path, a->why[i] != NULL ? a->why[i] : "");
		else if (was_bad[i])
			log_error("%s bad, no accepted copy: it is left out file=%s "
			          "reason=\"%s\"",
			    kind_text(a, i), path, a->why[i] != NULL ? a->why[i] : "");
	}
}

enum err
geoload_start(const struct geoload *l, struct geo **out, struct complaints *complaints)
{
	struct geo *old = NULL;
	struct attempt a;
	bool *was_bad;
	enum err e;

	attempt_init(&a, l);
	was_bad = mem_array(a.count, sizeof(*was_bad));
	if (inhand_is_safe_mode()) {
		for (size_t i = 0; i < a.count; i++) {
			a.bad[i] = was_bad[i] = true;
			a.why[i] = mem_str("safe mode");
		}
		e = ERR_DENIED;
	} else {
		old = build_old(&a);
		e = attempt_run(&a, old, out);
		geo_free(old);
		complaints_merge(complaints, &a.complaints);
	}
	/* copies for the bad ones; then nothing for bad copies; then none of them */
	for (unsigned i = 0; i < 3 && e != OK && use_copies(&a, true); i++) {
		for (size_t k = 0; k < a.count; k++)
			was_bad[k] = was_bad[k] || a.bad[k];
		e = attempt_run(&a, NULL, out);
	}
	if (e != OK) {
		struct geo_sources sources = {.paths = a.paths};

		/* what was accepted once is better than nothing, whatever tests say now
		 */
		e = geo_build(l->cfg, &sources, out, complaints);
	}
	log_start(&a, was_bad);
	mem_free(was_bad);
	attempt_fini(&a);
	return e;
}

/* ---- files that have changed ---- */

void
geo_refusals_fini(struct geo_refusals *r)
{
	for (size_t i = 0; i < r->count; i++) {
		mem_free(r->list[i].path);
		mem_free(r->list[i].why);
	}
	mem_free(r->list);
	*r = (struct geo_refusals){0};
}

static void
take_refusals(struct attempt *a, struct geo_refusals *r)
{
	r->list = mem_array(a->count, sizeof(*r->list));
	for (size_t i = 0; i < a->count; i++) {
		if (a->why[i] == NULL)
			continue;
		r->list[r->count++] = (struct geo_refusal){
		    .path = mem_str(geo_config_file(a->l->cfg, i)),
		    .why = a->why[i],
		    .since_s = wall_now_s(),
		};
		a->why[i] = NULL;
	}
}

/* Is there anything left to take, when the bad ones keep their old versions? */
static bool
is_worth_it(const struct attempt *a)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct geo_file *was =
		    geo_find_file(a->l->old, geo_config_file(a->l->cfg, i));
		struct filestamp now;

		if (!a->bad[i] && was != NULL && filestamp_get(a->paths[i], &now) &&
		    !filestamp_equal(&was->stamp, &now))
			return true;
	}
	return false;
}

enum err
geoload_changed(const struct geoload *l, struct geo **out, struct geo_refusals *refusals)
{
	struct attempt a;
	enum err e;

	attempt_init(&a, l);
	e = attempt_run(&a, l->old, out);
	if (e != OK && is_worth_it(&a) && use_copies(&a, false))
		e = attempt_run(&a, l->old, out);
	take_refusals(&a, refusals);
	attempt_fini(&a);
	return e != OK ? ERR_DENIED : OK;
}

/* ---- copies ---- */

void
geoload_save(const struct geoload *l, const struct geo *g)
{
	for (size_t i = 0; i < geo_file_count(g); i++) {
		const struct geo_file *f = geo_file(g, i);
		struct filestamp now;
		struct buf why = {0};

		if (!f->is_read || f->is_other ||
		    (l->old != NULL && !has_changed(l->old, f)))
			continue;
		/* it has changed again: that version is not accepted yet */
		if (!filestamp_get(f->path, &now) || !filestamp_equal(&now, &f->stamp))
			continue;
		if (accepted_geo_save(l->state_dir, f->path, &why) != OK)
			log_warning(
			    "accepted copy of geo file not kept: %s", buf_text(&why));
		buf_fini(&why);
	}
}

bool
geoload_is_about(const struct complaint *c, const struct config_geo *cfg)
{
	if (strncmp(c->text, "geo database ", 13) == 0 ||
	    strncmp(c->text, "prefix file ", 12) == 0 ||
	    strncmp(c->text, "geo: ", 5) == 0)
		return true;
	for (size_t i = 0; c->source != NULL && i < cfg->prefix_file_count; i++)
		if (strcmp(c->source, cfg->prefix_files[i]) == 0)
			return true;
	return false;
}
