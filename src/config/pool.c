/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "config/names.h"
#include "config/parts.h"
#include "config/reader.h"
#include "config/value.h"

/* "203.0.113.300" is a mistyped address, never a name: no TLD is a number. */
static bool
is_address_like(const char *text)
{
	size_t len = strlen(text);
	const char *dot;

	if (strpbrk(text, ":@/[") != NULL)
		return true;
	if (len > 0 && text[len - 1] == '.')
		len--;
	dot = memrchr(text, '.', len);
	return len > 0 && isdigit((unsigned char)text[len - 1]) &&
	       (dot == NULL ||
	           strspn(dot + 1, "0123456789") >= len - (size_t)(dot + 1 - text));
}

static enum err
parse_target(const char *text, struct config_endpoint *e, struct buf *why)
{
	if (ip_parse(text, strlen(text), &e->ip) == OK)
		return OK;
	if (strchr(text, '@') != NULL) {
		buf_str(why,
		    "expected an address without a port; the port belongs to the "
		    "check");
		return ERR_SYNTAX;
	}
	if (is_address_like(text))
		return value_ip(text, &e->ip, why);
	if (strchr(text, '.') == NULL) {
		buf_str(
		    why, "expected an address, or a domain name of two labels or more");
		return ERR_SYNTAX;
	}
	e->is_name = true;
	return value_domain(text, &e->name, why);
}

void
pool_read_address(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	const char *text = reader_text(r, value, key->name);
	struct buf why = {0};

	if (text != NULL && parse_target(text, base, &why) != OK)
		reader_value_error(r, value, key->name, buf_text(&why));
	buf_fini(&why);
}

void
pool_finish_endpoint(struct reader *r, const struct tree_node *map, void *base)
{
	const struct config_endpoint *e = base;

	if (!e->is_name && e->ip.family != 0 && tree_find(map, "probe") != NULL)
		reader_error(r, tree_find(map, "probe"),
		    "probe is for names; an address is probed itself");
}

static void
read_endpoint(struct reader *r, const struct tree_node *n, const char *what,
    struct config_endpoint *e)
{
	struct buf why = {0};
	const char *text;

	if (n->kind == TREE_MAP) {
		reader_map(r, &schema_endpoint, n, e);
		return;
	}
	e->weight = 1;
	text = reader_text(r, n, what);
	if (text != NULL && parse_target(text, e, &why) != OK)
		reader_value_error(r, n, what, buf_text(&why));
	buf_fini(&why);
}

/* Adds one endpoint's text to the names seen; false when it did not parse. */
static bool
endpoint_text(const struct config_endpoint *e, char out[NAME_TEXT_MAX])
{
	uint8_t lower[DNS_NAME_MAX];

	if (e->is_name && e->name.len != 0) {
		name_lower(lower, e->name.bytes, e->name.len);
		name_write_plain(lower, out);
	} else if (!e->is_name && e->ip.family != 0) {
		ip_write(&e->ip, out);
	} else {
		return false;
	}
	return true;
}

static void
read_endpoints(struct reader *r, const struct tree_node *list, const char *what,
    struct config_endpoint **out, size_t *out_count)
{
	size_t count = reader_list_count(r, list, what), i;
	struct config_endpoint *e = mem_array(count, sizeof(*e));
	char text[NAME_TEXT_MAX];
	struct names seen = {0};

	for (i = 0; i < count; i++) {
		read_endpoint(r, tree_at(list, i), what, &e[i]);
		if (endpoint_text(&e[i], text))
			names_add(&seen, text, tree_at(list, i));
	}
	names_sort(&seen, r, "endpoint");
	names_fini(&seen);
	*out = e;
	*out_count = count;
}

void
pool_read_endpoints(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	read_endpoints(r, value, key->name,
	    (struct config_endpoint **)((char *)base + key->offset),
	    (size_t *)((char *)base + key->count_offset));
}

/* False, with a complaint, unless n is a map with something in it. */
static bool
is_region_map(struct reader *r, const struct tree_node *n, const char *key)
{
	if (n->kind == TREE_MAP && n->count != 0)
		return true;
	if (n->kind != TREE_BAD)
		reader_error(r, n, "%s: expected a map, as in \"weu: [...]\"", key);
	return false;
}

void
pool_read_regions(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_pool *p = base;
	size_t i;

	if (!is_region_map(r, value, key->name))
		return;
	p->region_count = value->count;
	p->regions = mem_array(value->count, sizeof(p->regions[0]));
	for (i = 0; i < value->count; i++) {
		p->regions[i].region = mem_str(value->keys[i]->text);
		read_endpoints(r, value->values[i], p->regions[i].region,
		    &p->regions[i].endpoints, &p->regions[i].endpoint_count);
	}
}

/* {weu: 70, ceu: 30} */
static void
read_fallback_shares(
    struct reader *r, const struct tree_node *map, struct config_fallback *f)
{
	struct buf why = {0};

	if (map->count == 0 || map->count > CONFIG_SHARES_MAX) {
		reader_error(r, map, "%s: expected from 1 to %d regions with shares",
		    f->region, CONFIG_SHARES_MAX);
		return;
	}
	f->to = mem_array(map->count, sizeof(f->to[0]));
	f->shares = mem_array(map->count, sizeof(f->shares[0]));
	f->to_count = map->count;
	for (size_t i = 0; i < map->count; i++) {
		const char *text = reader_text(r, map->values[i], "share");
		int64_t share = 1;

		f->to[i] = mem_str(map->keys[i]->text);
		buf_clear(&why);
		if (text != NULL &&
		    value_number(text, 1, CONFIG_SHARE_MAX, &share, &why) != OK)
			reader_value_error(r, map->values[i], "share", buf_text(&why));
		f->shares[i] = (uint32_t)share;
	}
	buf_fini(&why);
}

static void
read_fallback_targets(
    struct reader *r, const struct tree_node *list, struct config_fallback *f)
{
	size_t count, i;

	if (list->kind == TREE_MAP) {
		read_fallback_shares(r, list, f);
		return;
	}
	count = reader_list_count(r, list, f->region);
	f->to = mem_array(count, sizeof(f->to[0]));
	f->to_count = count;
	for (i = 0; i < count; i++)
		f->to[i] = mem_str(reader_text(r, tree_at(list, i), f->region));
}

void
pool_read_fallback(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	struct config_pool *p = base;
	size_t i;

	if (!is_region_map(r, value, key->name))
		return;
	p->fallback_count = value->count;
	p->fallbacks = mem_array(value->count, sizeof(p->fallbacks[0]));
	for (i = 0; i < value->count; i++) {
		p->fallbacks[i].region = mem_str(value->keys[i]->text);
		read_fallback_targets(r, value->values[i], &p->fallbacks[i]);
	}
}

void
pool_read_blackhole(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	size_t count = reader_list_count(r, value, key->name);
	struct config_pool *p = base;
	struct names seen = {0};

	p->blackhole = mem_array(count, sizeof(p->blackhole[0]));
	for (size_t i = 0; i < count; i++) {
		const struct tree_node *n = tree_at(value, i);
		const char *text = reader_text(r, n, key->name);
		struct config_country *c = &p->blackhole[p->blackhole_count];

		if (text == NULL)
			continue;
		if (!config_parse_country(text, c)) {
			reader_value_error(r, n, key->name,
			    "expected the ISO 3166 code of a country, such as \"KP\"");
			continue;
		}
		names_add(&seen, c->code, n);
		p->blackhole_count++;
	}
	names_sort(&seen, r, "country");
	names_fini(&seen);
}

void
pool_read_min_healthy(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	const char *text = reader_text(r, value, key->name);
	struct config_pool *p = base;
	struct buf why = {0};
	char digits[8] = "";
	int64_t number = 0;
	size_t len;
	enum err e;

	if (text == NULL)
		return;
	len = strlen(text);
	if (len > 1 && len < sizeof(digits) && text[len - 1] == '%') {
		memcpy(digits, text, len - 1);
		e = value_number(digits, 1, 100, &number, &why);
		p->min_healthy_percent = true;
	} else {
		e = value_number(text, 1, 65535, &number, &why);
	}
	if (e == OK) {
		p->min_healthy = (uint32_t)number;
	} else {
		buf_str(&why, ", or a percentage such as \"50%\"");
		reader_value_error(r, value, key->name, buf_text(&why));
	}
	buf_fini(&why);
}

void
pool_read_all_down(struct reader *r, const struct schema_key *key,
    const struct tree_node *value, void *base)
{
	const char *text = reader_text(r, value, key->name);
	struct config_pool *p = base;
	struct buf why = {0};

	if (text == NULL)
		return;
	if (strcmp(text, "serve-all") == 0) {
		p->when_all_down = ALL_DOWN_SERVE_ALL;
	} else if (strcmp(text, "empty") == 0) {
		p->when_all_down = ALL_DOWN_EMPTY;
	} else if (strncmp(text, "cname ", 6) == 0) {
		p->when_all_down = ALL_DOWN_CNAME;
		text += 6 + strspn(text + 6, " ");
		if (value_domain(text, &p->all_down_name, &why) != OK)
			reader_value_error(r, value, key->name, buf_text(&why));
	} else {
		reader_value_error(r, value, key->name,
		    "expected \"serve-all\", \"empty\" or \"cname NAME\"");
	}
	buf_fini(&why);
}

struct kinds {
	const struct tree_node *address, *name; /* the first of each */
	bool unprobed_name;
};

static void
count_kinds(struct kinds *k, const struct tree_node *list,
    const struct config_endpoint *e, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (e[i].is_name && k->name == NULL)
			k->name = tree_at(list, i);
		if (e[i].ip.family != 0 && k->address == NULL)
			k->address = tree_at(list, i);
		if (e[i].is_name && e[i].probe_count == 0)
			k->unprobed_name = true;
	}
}

static void
check_kinds(struct reader *r, const struct tree_node *map, const struct config_pool *p)
{
	const struct tree_node *regions = tree_find(map, "regions");
	struct kinds k = {0};
	size_t i;

	for (i = 0; i < p->region_count; i++)
		count_kinds(&k, regions->values[i], p->regions[i].endpoints,
		    p->regions[i].endpoint_count);
	count_kinds(&k, tree_find(map, "default"), p->dflt, p->dflt_count);
	count_kinds(&k, tree_find(map, "rescue"), p->rescue, p->rescue_count);
	if (k.address != NULL && k.name != NULL)
		reader_error(r, k.name,
		    "a pool is all addresses or all names; the first address is at "
		    "%s:%u:%u",
		    k.address->file, k.address->line, k.address->column);
	else if (k.unprobed_name && p->check != NULL)
		reader_warning(r, k.name,
		    "a name without \"probe\" counts as up whatever the check says");
}

void
pool_finish(struct reader *r, const struct tree_node *map, void *base)
{
	struct config_pool *p = base;

	if (tree_find(map, "regions") == NULL && tree_find(map, "default") == NULL)
		reader_error(r, map, "a pool needs \"regions\", \"default\", or both");
	check_kinds(r, map, p);
	if (p->ttl_min <= p->ttl)
		return;
	if (tree_find(map, "ttl_min") == NULL)
		p->ttl_min = p->ttl;
	else
		reader_error(r, tree_find(map, "ttl_min"),
		    "ttl_min \"%u\": expected at most ttl, which is %u", p->ttl_min,
		    p->ttl);
}
