/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/kept.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Moments and ages that can be added up; no clock comes there. */
#define MOMENT_MAX (INT64_MAX / 8)
enum { COUNTER_MAX = 1 << 30, LEAK_MAX = 60 };

void
kept_clock_read(struct kept_clock *out)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	*out = (struct kept_clock){.mono_ms = mono_now().ms, .wall_ms = wall_now_ms()};
	if (f == NULL)
		return;
	if (fgets(out->boot, sizeof(out->boot), f) == NULL)
		out->boot[0] = '\0';
	out->boot[strcspn(out->boot, "\n ")] = '\0';
	fclose(f);
}

void
kept_write_clock(const struct kept_clock *c, struct buf *out)
{
	buf_printf(out, "%s %" PRId64 " %" PRId64, c->boot[0] != '\0' ? c->boot : "-",
	    c->mono_ms, c->wall_ms);
}

void
kept_add(void *kept, const char *kind, const char *key, const char *value)
{
	struct kept *k = kept;
	struct kept_clock c = {0};

	if (strcmp(kind, KEPT_TARGET) == 0) {
		k->rows = mem_grow(k->rows, k->count, &k->cap, sizeof(*k->rows));
		k->rows[k->count++] =
		    (struct kept_row){.key = mem_str(key), .value = mem_str(value)};
		return;
	}
	if (strcmp(kind, KEPT_SAVED) != 0 || strcmp(key, KEPT_SAVED_KEY) != 0 ||
	    sscanf(value, "%39s %" SCNd64 " %" SCNd64, c.boot, &c.mono_ms, &c.wall_ms) !=
	        3)
		return;
	if (c.mono_ms < 0 || c.mono_ms > MOMENT_MAX || c.wall_ms < 0 ||
	    c.wall_ms > MOMENT_MAX)
		return;
	k->saved = c;
	k->has_saved = true;
}

static int
compare(const void *a, const void *b)
{
	const struct kept_row *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static bool
is_same_boot(const struct kept *k, const struct kept_clock *now)
{
	return now->boot[0] != '\0' && strcmp(k->saved.boot, now->boot) == 0;
}

int64_t
kept_age_ms(const struct kept *k, const struct kept_clock *now)
{
	int64_t age = is_same_boot(k, now) ? now->mono_ms - k->saved.mono_ms
	                                   : now->wall_ms - k->saved.wall_ms;

	return age > 0 ? age : 0;
}

bool
kept_finish(struct kept *k, const struct kept_clock *now)
{
	if (!k->has_saved || k->count == 0 || kept_age_ms(k, now) > KEPT_MAX_MS)
		return false;
	k->now_ms = now->mono_ms;
	if (!is_same_boot(k, now))
		k->shift_ms = now->mono_ms - kept_age_ms(k, now) - k->saved.mono_ms;
	qsort(k->rows, k->count, sizeof(*k->rows), compare);
	return true;
}

void
kept_fini(struct kept *k)
{
	for (size_t i = 0; i < k->count; i++) {
		mem_free(k->rows[i].key);
		mem_free(k->rows[i].value);
	}
	mem_free(k->rows);
	*k = (struct kept){0};
}

void
kept_write_key(const struct target *t, struct buf *out)
{
	char address[IP_TEXT_MAX];

	ip_write(&t->ip, address);
	buf_printf(out, "%s %s", t->check->name, address);
}

/* state since failures successes leak held-until falls reason */
void
kept_write(const struct target *t, struct buf *out)
{
	const struct machine *m = &t->machine;

	buf_printf(out, "%s %" PRId64 " %u %u %u %" PRId64 " ",
	    health_state_text(m->state), t->since.ms, m->failures, m->successes, m->leak,
	    t->held.until_ms);
	for (unsigned i = 0; i < HELD_FALLS; i++)
		buf_printf(out, "%s%" PRId64, i != 0 ? "," : "", t->held.falls_ms[i]);
	buf_printf(out, " %s", t->last_failed ? t->reason : "");
}

static bool
parse_state(const char *text, enum health_state *out)
{
	for (unsigned s = HEALTH_UNKNOWN; s <= HEALTH_RECOVERING; s++)
		if (strcmp(text, health_state_text((enum health_state)s)) == 0) {
			*out = (enum health_state)s;
			return true;
		}
	return false;
}

/* 0 is never, on every clock; what would become 0 or less is merely long ago. */
static int64_t
shifted(const struct kept *k, int64_t ms)
{
	return ms == 0 ? 0 : ms + k->shift_ms > 0 ? ms + k->shift_ms : 1;
}

/* Whole numbers, one behind the other; false: there is none, or it is too large. */
static bool
take_number(const char **p, int64_t max, int64_t *out)
{
	const char *at = *p;
	int64_t v = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		int64_t digit = *at - '0';

		if (digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (at == *p)
		return false;
	*p = at;
	*out = v;
	return true;
}

/* A moment of the row's clock, on ours: at most so long after now. */
static bool
take_moment(const struct kept *k, const char **p, int64_t ahead_ms, int64_t *out)
{
	int64_t v;

	if (!take_number(p, MOMENT_MAX, &v))
		return false;
	*out = shifted(k, v);
	return *out <= k->now_ms + ahead_ms;
}

static bool
take_counter(const char **p, int64_t max, uint32_t *out)
{
	int64_t v;

	if (**p != ' ')
		return false;
	++*p;
	if (!take_number(p, max, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool
take_falls(const struct kept *k, const char **p, struct held *h)
{
	for (unsigned i = 0; i < HELD_FALLS; i++) {
		if (!take_moment(k, p, KEPT_MAX_MS, &h->falls_ms[i]))
			return false;
		if (**p != ',')
			return true;
		++*p;
	}
	return false;
}

MUST_CHECK static enum err
parse(const struct kept *k, const char *text, struct target *t)
{
	struct machine m = {0};
	struct held h = {0};
	size_t len = strcspn(text, " ");
	const char *p = text + len;
	int64_t since;
	char state[16];

	snprintf(state, sizeof(state), "%.*s", len < sizeof(state) ? (int)len : 0, text);
	if (!parse_state(state, &m.state) || *p++ != ' ' ||
	    !take_moment(k, &p, KEPT_MAX_MS, &since) ||
	    !take_counter(&p, COUNTER_MAX, &m.failures) ||
	    !take_counter(&p, COUNTER_MAX, &m.successes) ||
	    !take_counter(&p, LEAK_MAX, &m.leak) || *p++ != ' ' ||
	    !take_moment(k, &p, HELD_WINDOW_MS, &h.until_ms) || *p++ != ' ' ||
	    !take_falls(k, &p, &h) || *p++ != ' ')
		return ERR_SYNTAX;
	t->machine = m;
	t->held = h;
	t->since = (struct mono){since < k->now_ms ? since : k->now_ms};
	t->last_failed = *p != '\0';
	snprintf(t->reason, sizeof(t->reason), "%s", p);
	return OK;
}

enum err
kept_restore(struct kept *k, struct target *t)
{
	struct buf key = {0};
	struct kept_row wanted;
	struct kept_row *row = NULL;

	kept_write_key(t, &key);
	wanted.key = (char *)(uintptr_t)buf_text(&key);
	if (k->count != 0)
		row = bsearch(&wanted, k->rows, k->count, sizeof(*k->rows), compare);
	buf_fini(&key);
	if (row == NULL)
		return ERR_MISSING;
	row->is_used = true;
	if (parse(k, row->value, t) == OK)
		return OK;
	k->refused++;
	return ERR_SYNTAX;
}
