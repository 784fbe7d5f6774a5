/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "steer/plan_inside.h"

/* ---- lists of examples ---- */

struct plan_kind
plan_kind_begin(struct plan *p)
{
	return (struct plan_kind){.plan = p, .list = json_array()};
}

bool
plan_kind_count(struct plan_kind *k)
{
	if (k->count++ >= k->plan->most || k->plan->left == 0)
		return false;
	k->plan->left--;
	k->shown++;
	return true;
}

void
plan_kind_add(struct plan_kind *k, char sign, const char *text)
{
	if (!plan_kind_count(k))
		return;
	buf_printf(&k->lines, "    %c %s\n", sign, text);
	json_push_str(k->list, text);
}

void
plan_kind_end(struct plan_kind *k, struct json *into, const char *key)
{
	char *count_key = mem_printf("%s_count", key), *key_text = mem_str(key);

	for (char *c = key_text; *c != '\0'; c++)
		*c = *c == '_' ? ' ' : *c;

	buf_add(k->plan->text, buf_text(&k->lines), k->lines.len);
	if (k->count != k->shown)
		buf_printf(k->plan->text, "      and %zu more, %s\n", k->count - k->shown,
		    key_text);
	json_set(into, key, k->list);
	json_set_int(into, count_key, (int64_t)k->count);
	mem_free(count_key);
	mem_free(key_text);
	buf_fini(&k->lines);
}

bool
plan_settings(const struct plan_setting *s, size_t count, struct buf *out,
    struct json *into, const char *key)
{
	struct json *list = json_array();
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (s[i].same)
			continue;
		buf_printf(out, "%s%s", any ? ", " : "", s[i].key);
		json_push_str(list, s[i].key);
		any = true;
	}
	json_set(into, key, list);
	return any;
}

/* ---- checks ---- */

static int
compare_checks(const void *a, const void *b)
{
	const struct config_check *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static const struct config_check **
sort_checks(const struct config *c)
{
	const struct config_check **list =
	    mem_array(c->check_count + 1, sizeof(const struct config_check *));

	for (size_t i = 0; i < c->check_count; i++)
		list[i] = &c->checks[i];
	qsort(list, c->check_count, sizeof(*list), compare_checks);
	return list;
}

bool
plan_checks(struct plan *p)
{
	const struct config *a = p->old->config, *b = p->next->config;
	const struct config_check **was = sort_checks(a), **is = sort_checks(b);
	struct plan_kind added = plan_kind_begin(p), removed = plan_kind_begin(p),
	                 changed = plan_kind_begin(p);
	struct json *j = json_object();
	size_t i = 0, k = 0;
	bool any;

	while (i < a->check_count || k < b->check_count) {
		int order = i == a->check_count   ? 1
		            : k == b->check_count ? -1
		                                  : strcmp(was[i]->name, is[k]->name);

		if (order == 0 && !config_check_equal(was[i], is[k]))
			plan_kind_add(&changed, '~', is[k]->name);
		else if (order < 0)
			plan_kind_add(&removed, '-', was[i]->name);
		else if (order > 0)
			plan_kind_add(&added, '+', is[k]->name);
		i += order <= 0;
		k += order >= 0;
	}
	any = added.count + removed.count + changed.count != 0;
	buf_printf(p->text, "checks     %zu come, %zu go, %zu change\n", added.count,
	    removed.count, changed.count);
	plan_kind_end(&added, j, "added");
	plan_kind_end(&removed, j, "removed");
	plan_kind_end(&changed, j, "changed");
	json_set(p->data, "checks", j);
	mem_free(was);
	mem_free(is);
	return any;
}

bool
plan_write(struct plan *p)
{
	bool any;

	p->left = PLAN_EXAMPLES_MAX;
	any = plan_zones(p);
	any |= plan_pools(p);
	any |= plan_checks(p);
	any |= plan_geo(p);
	json_set_bool(p->data, "changes", any);
	return any;
}
