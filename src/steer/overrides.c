/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/overrides.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/words.h"
#include "steer/pattern.h"

/* What is kept on disk may say anything: times until the year 9999, and room to count. */
#define SECONDS_MAX INT64_C(253402300799)
#define NUMBER_MAX (INT64_MAX / 2)

static void
free_rule(struct override_rule *r)
{
	mem_free(r->pattern);
	mem_free(r->who);
	mem_free(r->why);
}

void
overrides_fini(struct overrides *o)
{
	for (size_t i = 0; i < o->count; i++)
		free_rule(&o->list[i]);
	mem_free(o->list);
	memset(o, 0, sizeof(*o));
}

const struct override_rule *
overrides_find(const struct overrides *o, const char *name)
{
	for (size_t i = o->count; i-- != 0;)
		if (pattern_match(o->list[i].pattern, name))
			return &o->list[i];
	return NULL;
}

static void
take_out(struct overrides *o, size_t i,
    void (*on_gone)(void *ctx, const struct override_rule *gone), void *ctx)
{
	struct override_rule gone = o->list[i];

	o->count--;
	memmove(&o->list[i], &o->list[i + 1], (o->count - i) * sizeof(*o->list));
	on_gone(ctx, &gone);
	free_rule(&gone);
}

/* An `auto` stands only against an older one. */
static bool
has_use(const struct overrides *o, size_t at, const struct override_rule *r)
{
	if (r->kind != OVERRIDE_AUTO)
		return true;
	for (size_t i = 0; i < at; i++)
		if (o->list[i].kind != OVERRIDE_AUTO &&
		    pattern_meets(o->list[i].pattern, r->pattern))
			return true;
	return false;
}

static void
drop_useless(struct overrides *o,
    void (*on_gone)(void *ctx, const struct override_rule *gone), void *ctx)
{
	for (size_t i = o->count; i-- != 0;)
		if (!has_use(o, i, &o->list[i]))
			take_out(o, i, on_gone, ctx);
}

/* Copies the texts; keeps the list in order. */
static struct override_rule *
insert(struct overrides *o, const struct override_rule *rule)
{
	size_t at = o->count;

	o->list = mem_grow(o->list, o->count, &o->cap, sizeof(*o->list));
	while (at != 0 && o->list[at - 1].number > rule->number)
		at--;
	memmove(&o->list[at + 1], &o->list[at], (o->count - at) * sizeof(*o->list));
	o->count++;
	o->list[at] = *rule;
	o->list[at].pattern = mem_str(rule->pattern);
	o->list[at].who = mem_str(rule->who);
	o->list[at].why = mem_str(rule->why);
	return &o->list[at];
}

/* What is said for a while does not end what was said for longer: that is in force again
 * afterwards. A pattern is there once: it is what rules are kept by. */
static bool
replaces(const struct override_rule *rule, const struct override_rule *old)
{
	if (!pattern_covers(rule->pattern, old->pattern))
		return false;
	if (mono_is_never(rule->until) || strcmp(rule->pattern, old->pattern) == 0)
		return true;
	return !mono_is_never(old->until) && mono_diff_ms(old->until, rule->until) <= 0;
}

enum err
overrides_set(struct overrides *o, const struct override_rule *rule,
    void (*on_gone)(void *ctx, const struct override_rule *gone), void *ctx,
    const struct override_rule **out)
{
	struct override_rule numbered = *rule;

	for (size_t i = o->count; i-- != 0;)
		if (replaces(rule, &o->list[i]))
			take_out(o, i, on_gone, ctx);
	drop_useless(o, on_gone, ctx);
	if (!has_use(o, o->count, rule)) {
		if (out != NULL)
			*out = NULL;
		return OK;
	}
	if (o->count == OVERRIDES_MAX)
		return ERR_SPACE;
	numbered.number = ++o->last_number;
	rule = insert(o, &numbered);
	if (out != NULL)
		*out = rule;
	return OK;
}

int64_t
overrides_expire(struct overrides *o, struct mono now,
    void (*on_gone)(void *ctx, const struct override_rule *gone), void *ctx)
{
	int64_t soonest = -1;
	size_t count = o->count;

	for (size_t i = o->count; i-- != 0;) {
		int64_t left;

		if (mono_is_never(o->list[i].until))
			continue;
		left = mono_diff_ms(o->list[i].until, now);
		if (left <= 0)
			take_out(o, i, on_gone, ctx);
		else if (soonest < 0 || left < soonest)
			soonest = left;
	}
	if (o->count != count)
		drop_useless(o, on_gone, ctx);
	return soonest;
}

/* ---- kept over restarts ---- */

void
overrides_write(const struct override_rule *rule, struct buf *out)
{
	buf_printf(out, "%s %" PRIu64 " %" PRId64 " %" PRId64 " ",
	    override_text(rule->kind), rule->number, rule->since_s, rule->until_s);
	words_write(out, rule->who);
	buf_char(out, ' ');
	words_write(out, rule->why);
}

enum err
overrides_parse_kind(const char *text, enum override *out)
{
	for (unsigned k = OVERRIDE_AUTO; k <= OVERRIDE_DRAIN; k++) {
		if (strcmp(text, override_text((enum override)k)) != 0)
			continue;
		*out = (enum override)k;
		return OK;
	}
	return ERR_SYNTAX;
}

static bool
parse_number(const char *text, int64_t *out)
{
	char *end;

	*out = strtoll(text, &end, 10);
	return end != text && *end == '\0' && *out >= 0;
}

static enum err
read_words(const struct words *w, struct override_rule *r)
{
	int64_t number;

	if (w->count != 6 || !parse_number(w->list[1], &number) || number == 0 ||
	    !parse_number(w->list[2], &r->since_s) ||
	    !parse_number(w->list[3], &r->until_s) || number > NUMBER_MAX ||
	    r->since_s > SECONDS_MAX || r->until_s > SECONDS_MAX)
		return ERR_SYNTAX;
	r->number = (uint64_t)number;
	r->who = w->list[4];
	r->why = w->list[5];
	return overrides_parse_kind(w->list[0], &r->kind);
}

enum err
overrides_restore(struct overrides *o, const char *pattern, const char *line,
    int64_t wall_s, struct mono now)
{
	struct override_rule r = {.pattern = (char *)(uintptr_t)pattern};
	struct words words = {0};
	const char *why;
	size_t column;
	enum err e = words_parse(line, strlen(line), &words, &column, &why);

	if (e == OK)
		e = read_words(&words, &r);
	if (e == OK && strlen(pattern) > PATTERN_MAX)
		e = ERR_RANGE;
	if (e == OK && r.until_s != 0) {
		int64_t left = r.until_s - wall_s, whole = r.until_s - r.since_s;

		/* one that has expired goes by the first overrides_expire() */
		left = left < whole ? left : whole;
		r.until = mono_add_ms(now, left > 0 ? left * 1000 : 0);
	}
	if (e == OK && o->count == OVERRIDES_MAX)
		e = ERR_SPACE;
	if (e == OK) {
		(void)insert(o, &r);
		if (r.number > o->last_number)
			o->last_number = r.number;
	}
	words_fini(&words);
	return e;
}
