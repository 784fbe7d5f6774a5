/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/steered.h"

#include <string.h>

#include "base/ip.h"
#include "base/mem.h"
#include "store/policy.h"
#include "store/values.h"

/* The pool compiler's own limits (steer/pool.h). */
enum { ENDPOINTS_MAX = 4096, REGIONS_MAX = 250 };
enum { WEIGHT_MAX = 65535 };
enum { TTL_MIN_DEFAULT = 10 };

struct maker {
	const struct record_key *key;
	const struct fields *fields;
	const struct record_rules *rules;
	struct config_pool *pool;
	size_t endpoint_count; /* of all groups */
	struct buf *why;
};

bool
steered_is_field(const char *name)
{
	static const char *const names[] = {"blackhole", "check", "fallback",
	    "max_answers", "min_healthy", "rescue", "sticky", "weights", "when_all_down"};

	if (strncmp(name, STEERED_PREFIX, strlen(STEERED_PREFIX)) == 0 ||
	    strncmp(name, "weights@", strlen("weights@")) == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The addresses of one field, without those that stand there twice. */
MUST_CHECK static enum err
parse_endpoints(struct maker *m, const struct field *f, struct values *texts,
    struct config_endpoint *list)
{
	bool is_pool = m->key->kind == RECORD_POOL;
	uint8_t family = m->key->type == TYPE_A ? 4 : 6;

	for (size_t i = 0; i < texts->count; i++) {
		struct config_endpoint *ep = &list[i];

		if (ip_parse(texts->list[i], strlen(texts->list[i]), &ep->ip) != OK ||
		    (!is_pool && ep->ip.family != family)) {
			buf_printf(m->why, "field %s: %.80s is not an %s address",
			    f->name, texts->list[i],
			    is_pool       ? "IP"
			    : family == 4 ? "IPv4"
			                  : "IPv6");
			return ERR_SYNTAX;
		}
		ep->weight = 1;
	}
	return OK;
}

/* weights or weights@REGION, beside values or values@REGION. */
MUST_CHECK static enum err
set_weights(
    struct maker *m, const char *suffix, struct config_endpoint *list, size_t count)
{
	char *name = mem_printf("weights%s", suffix);
	const struct field *f = fields_find(m->fields, name);
	struct values texts = {0};
	enum err e = OK;

	mem_free(name);
	if (f == NULL)
		return OK;
	e = values_read(f, " \t,", &texts, m->why);
	if (e == OK && texts.count != count) {
		buf_printf(m->why, "field %s: %zu weights for %zu values", f->name,
		    texts.count, count);
		e = ERR_RANGE;
	}
	for (size_t i = 0; e == OK && i < count; i++) {
		if (policy_parse_number(texts.list[i], strlen(texts.list[i]), WEIGHT_MAX,
		        &list[i].weight))
			continue;
		buf_printf(m->why, "field %s: a weight is a number from 0 to %d", f->name,
		    WEIGHT_MAX);
		e = ERR_RANGE;
	}
	values_fini(&texts);
	return e;
}

static size_t
drop_doubles(struct config_endpoint *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (j < kept && !ip_equal(&list[i].ip, &list[j].ip))
			j++;
		if (j == kept)
			list[kept++] = list[i];
	}
	return kept;
}

/* suffix is what follows the field's name before '@': "" or "@REGION"; NULL: no weights.
 */
MUST_CHECK static enum err
read_group(struct maker *m, const struct field *f, const char *suffix,
    struct config_endpoint **out, size_t *out_count)
{
	struct values texts = {0};
	struct config_endpoint *list;
	size_t count;
	enum err e;

	e = values_read(f, " \t,", &texts, m->why);
	if (e != OK)
		return e;
	count = texts.count;
	if (m->endpoint_count + count > ENDPOINTS_MAX) {
		buf_printf(m->why, "more than %d endpoints", ENDPOINTS_MAX);
		values_fini(&texts);
		return ERR_RANGE;
	}
	list = mem_array(count + 1, sizeof(*list));
	e = parse_endpoints(m, f, &texts, list);
	values_fini(&texts);
	if (e == OK && suffix != NULL)
		e = set_weights(m, suffix, list, count);
	if (e != OK) {
		mem_free(list);
		return e;
	}
	*out = list;
	*out_count = drop_doubles(list, count);
	m->endpoint_count += *out_count;
	return OK;
}

MUST_CHECK static enum err
read_regions(struct maker *m)
{
	struct config_pool *p = m->pool;
	size_t cap = 0;

	for (size_t i = 0; i < m->fields->count; i++) {
		const struct field *f = &m->fields->list[i];
		struct config_pool_region *r;
		const char *name;
		enum err e;

		if (strncmp(f->name, STEERED_PREFIX, strlen(STEERED_PREFIX)) != 0)
			continue;
		name = f->name + strlen(STEERED_PREFIX);
		if (!policy_is_region(m->rules, name)) {
			buf_printf(
			    m->why, "field %s: there is no region %s", f->name, name);
			return ERR_DENIED;
		}
		if (p->region_count == REGIONS_MAX) {
			buf_printf(m->why, "more than %d regions", REGIONS_MAX);
			return ERR_RANGE;
		}
		p->regions = mem_grow(p->regions, p->region_count, &cap, sizeof(*r));
		r = &p->regions[p->region_count];
		memset(r, 0, sizeof(*r));
		e = read_group(m, f, name - 1, &r->endpoints, &r->endpoint_count);
		if (e != OK)
			return e;
		if (r->endpoint_count == 0) {
			mem_free(r->endpoints);
			continue;
		}
		r->region = mem_str(name);
		p->region_count++;
	}
	return OK;
}

MUST_CHECK static enum err
read_all(struct maker *m)
{
	const struct field *f = fields_find(m->fields, "values");
	struct config_pool *p = m->pool;
	enum err e = read_regions(m);

	if (e == OK && f != NULL)
		e = read_group(m, f, "", &p->dflt, &p->dflt_count);
	f = fields_find(m->fields, "rescue");
	if (e == OK && f != NULL)
		e = read_group(m, f, NULL, &p->rescue, &p->rescue_count);
	return e == OK
	           ? policy_read(&(struct policy){m->key, m->fields, m->rules, p, m->why})
	           : e;
}

/* weights@weu without values@weu would be ignored in silence. */
MUST_CHECK static enum err
check_weights(struct maker *m)
{
	for (size_t i = 0; i < m->fields->count; i++) {
		const char *name = m->fields->list[i].name;
		char *values;
		bool is_there;

		if (strncmp(name, "weights", 7) != 0)
			continue;
		values = mem_printf("values%s", name + 7);
		is_there = fields_find(m->fields, values) != NULL;
		if (!is_there)
			buf_printf(m->why, "field %s: there is no field %s beside it",
			    name, values);
		mem_free(values);
		if (!is_there)
			return ERR_DENIED;
	}
	return OK;
}

enum err
steered_compile(const struct record_key *key, const struct fields *fields, uint32_t ttl,
    const struct record_rules *rules, struct config_pool **out, struct buf *why)
{
	struct maker m = {.key = key, .fields = fields, .rules = rules, .why = why};
	enum err e;

	if (key->kind != RECORD_POOL && key->type != TYPE_A && key->type != TYPE_AAAA) {
		buf_str(why, "only A and AAAA can have values by region");
		return ERR_UNSUPPORTED;
	}
	m.pool = mem_new(sizeof(*m.pool));
	m.pool->ttl = ttl;
	m.pool->ttl_min = ttl < TTL_MIN_DEFAULT ? ttl : TTL_MIN_DEFAULT;
	e = check_weights(&m);
	if (e == OK)
		e = read_all(&m);
	if (e != OK || m.pool->region_count + m.pool->dflt_count == 0) {
		config_pool_free(m.pool);
		m.pool = NULL;
	}
	if (e == OK)
		*out = m.pool;
	return e;
}
