/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/prefixes.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

struct entry {
	span_at start;
	uint8_t len;
	uint16_t region;
	size_t order;
};

struct entries {
	struct entry *list;
	size_t count;
	size_t cap;
};

struct set {
	struct entries families[2];
	struct prefix_origins *origins;
};

struct open_prefix {
	span_at last;
	uint32_t list;
};

/* What ip_unwrap() takes for IPv4, in order of address. */
static const struct {
	uint64_t high, low;
	unsigned len;
} wrappers[] = {
    {0, 0x0000ffff00000000, 96}, /* ::ffff:0:0/96, mapped */
    {0x0064ff9b00000000, 0, 96}, /* 64:ff9b::/96, NAT64 */
    {0x2001000000000000, 0, 32}, /* 2001::/32, Teredo */
    {0x2002000000000000, 0, 16}, /* 2002::/16, 6to4 */
};

static span_at
wrapper_start(size_t i)
{
	return (span_at)wrappers[i].high << 64 | wrappers[i].low;
}

void
prefixes_wrappers(struct spans *v6)
{
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		span_at start = wrapper_start(i);

		spans_add(v6, start, 1);
		spans_add(v6, span_last(start, wrappers[i].len, 128) + 1, 0);
	}
}

bool
prefixes_is_wrapped(span_at start, unsigned len)
{
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		span_at first = wrapper_start(i);

		if (len >= wrappers[i].len && start >= first &&
		    start <= span_last(first, wrappers[i].len, 128))
			return true;
	}
	return false;
}

static int
compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	bool a_builtin = a->region < REGIONS_BUILTIN;
	bool b_builtin = b->region < REGIONS_BUILTIN;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	if (a_builtin != b_builtin)
		return b_builtin ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return 0;
}

/* Closes what ended before `start`: behind it the prefix around it goes on. */
static size_t
close_before(struct open_prefix *stack, size_t depth, span_at start, struct spans *out)
{
	while (depth > 1 && stack[depth - 1].last < start) {
		depth--;
		spans_add(out, stack[depth].last + 1, stack[depth - 1].list);
	}
	return depth;
}

/*
 * Prefixes are nested or apart. Sorted by start and then length, each comes after those
 * around it, which are the stack; stack[0] is the whole space.
 */
static void
sweep(struct entries *e, unsigned bits, struct chains *chains, struct spans *out)
{
	struct open_prefix stack[130] = {{.last = span_last(0, 0, bits), .list = 0}};
	size_t depth = 1, i = 0;

	if (e->count == 0)
		return;
	qsort(e->list, e->count, sizeof(*e->list), compare);
	while (i < e->count) {
		const struct entry *first = &e->list[i];
		uint32_t own = 0;

		depth = close_before(stack, depth, first->start, out);
		for (; i < e->count && e->list[i].start == first->start &&
		       e->list[i].len == first->len;
		     i++)
			own = chains_join(
			    chains, own, chains_one(chains, e->list[i].region));
		own = chains_join(chains, own, stack[depth - 1].list);
		spans_add(out, first->start, own);
		assert(depth < sizeof(stack) / sizeof(stack[0]));
		stack[depth++] = (struct open_prefix){
		    .last = span_last(first->start, first->len, bits), .list = own};
	}
	while (depth > 1) {
		depth--;
		if (stack[depth].last != stack[0].last)
			spans_add(out, stack[depth].last + 1, stack[depth - 1].list);
	}
}

static void
add(struct set *set, const struct ip_prefix *p, uint16_t region, size_t order,
    const struct config_where *where, struct complaints *complaints)
{
	struct entries *e = &set->families[p->ip.family == 6];
	struct prefix_origins *o = set->origins;
	struct entry entry = {
	    .start = span_at_ip(&p->ip), .len = p->len, .region = region, .order = order};

	if (p->ip.family == 6 && prefixes_is_wrapped(entry.start, entry.len)) {
		char text[PREFIX_TEXT_MAX];

		ip_prefix_write(p, text);
		complain(complaints, SEVERITY_WARNING, where->file, where->line,
		    where->column,
		    "prefix %s is never seen: it stands for IPv4 addresses, and those "
		    "count as the IPv4 inside",
		    text);
	}
	e->list = mem_grow(e->list, e->count, &e->cap, sizeof(*e->list));
	e->list[e->count++] = entry;
	o->list = mem_grow(o->list, o->count, &o->cap, sizeof(*o->list));
	o->list[o->count++] = (struct prefix_origin){
	    .prefix = *p, .region = region, .line = where->line, .file = where->file};
}

enum err
prefixes_build(const struct config_geo *cfg, const struct prefixfile *files,
    const struct regions *regions, struct chains *chains, struct prefix_origins *origins,
    struct spans *v4, struct spans *v6, struct complaints *complaints)
{
	struct set set = {.origins = origins};
	enum err result = OK;
	size_t order = 0;
	uint16_t id;

	for (size_t i = 0; i < cfg->prefix_count; i++) {
		const struct config_geo_prefix *p = &cfg->prefixes[i];

		if (regions_find(regions, p->region, &id) == OK) {
			add(&set, &p->prefix, id, order++, &p->where, complaints);
			continue;
		}
		complain(complaints, SEVERITY_ERROR, p->where.file, p->where.line,
		    p->where.column, "there is no region %s", p->region);
		result = ERR_SYNTAX;
	}
	for (size_t i = 0; i < cfg->prefix_file_count; i++) {
		struct config_where where = {.file = cfg->prefix_files[i]};

		for (size_t k = 0; k < files[i].count; k++) {
			const struct prefixfile_entry *p = &files[i].list[k];

			where.line = p->line;
			add(&set, &p->prefix, p->region, order++, &where, complaints);
		}
	}
	for (size_t i = 0; i < cfg->region_count; i++) {
		const struct config_region *c = &cfg->regions[i];

		if (regions_find(regions, c->name, &id) != OK)
			continue;
		for (size_t k = 0; k < c->match_count; k++) {
			if (c->matches[k].kind == MATCH_PREFIX)
				add(&set, &c->matches[k].prefix, id, order++, &c->where,
				    complaints);
		}
	}
	sweep(&set.families[0], 32, chains, v4);
	sweep(&set.families[1], 128, chains, v6);
	mem_free(set.families[0].list);
	mem_free(set.families[1].list);
	return result;
}
