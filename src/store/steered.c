/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/steered.h"

#include <string.h>

#include "base/ip.h"
#include "base/mem.h"
#include "store/values.h"

/* The pool compiler's own limits (steer/pool.h). */
enum { ENDPOINTS_MAX = 4096, REGIONS_MAX = 250 };
enum { WEIGHT_MAX = 65535, MAX_ANSWERS_MAX = 255, MIN_HEALTHY_MAX = 4096 };
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
	static const char *const names[] = {"check", "fallback", "max_answers",
	    "min_healthy", "rescue", "weights", "when_all_down"};

	if (strncmp(name, STEERED_PREFIX, strlen(STEERED_PREFIX)) == 0 ||
	    strncmp(name, "weights@", strlen("weights@")) == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* A number of up to nine digits and nothing else. */
static bool
parse_number(const char *text, size_t len, uint32_t max, uint32_t *out)
{
	uint32_t v = 0;

	if (len == 0 || len > 9)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(text[i] - '0');
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

static bool
is_region(const struct record_rules *rules, const char *name)
{
	const struct config *c = rules->config;

	if (*name == '\0' || strpbrk(name, " \t\r\n") != NULL)
		return false;
	if (c == NULL || config_is_builtin_region(name))
		return true;
	for (size_t i = 0; i < c->geo.region_count; i++)
		if (strcmp(c->geo.regions[i].name, name) == 0)
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
		if (parse_number(texts.list[i], strlen(texts.list[i]), WEIGHT_MAX,
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
		if (!is_region(m->rules, name)) {
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

/* "REGION: R1 R2" */
MUST_CHECK static enum err
read_fallback_line(struct maker *m, const char *line, struct config_fallback *fb)
{
	const char *colon = strchr(line, ':');
	struct values to = {0};
	enum err e;

	if (colon == NULL) {
		buf_str(m->why, "field fallback: a line is REGION: REGION ...");
		return ERR_SYNTAX;
	}
	fb->region = mem_strn(line, (size_t)(colon - line));
	e = values_parse(colon + 1, strlen(colon + 1), " \t,", &to, m->why);
	if (e != OK)
		return e;
	fb->to = to.list;
	fb->to_count = to.count;
	if (!is_region(m->rules, fb->region)) {
		buf_printf(
		    m->why, "field fallback: there is no region %.80s", fb->region);
		return ERR_DENIED;
	}
	for (size_t i = 0; i < to.count; i++) {
		if (is_region(m->rules, to.list[i]))
			continue;
		buf_printf(
		    m->why, "field fallback: there is no region %.80s", to.list[i]);
		return ERR_DENIED;
	}
	return OK;
}

MUST_CHECK static enum err
read_fallback(struct maker *m)
{
	const struct field *f = fields_find(m->fields, "fallback");
	struct config_pool *p = m->pool;
	struct values lines = {0};
	size_t cap = 0;
	enum err e;

	if (f == NULL)
		return OK;
	e = values_read(f, ";", &lines, m->why);
	for (size_t i = 0; e == OK && i < lines.count; i++) {
		struct config_fallback *fb;

		p->fallbacks =
		    mem_grow(p->fallbacks, p->fallback_count, &cap, sizeof(*fb));
		fb = &p->fallbacks[p->fallback_count++];
		memset(fb, 0, sizeof(*fb));
		e = read_fallback_line(m, lines.list[i], fb);
		for (size_t j = 0; e == OK && j + 1 < p->fallback_count; j++) {
			if (strcmp(p->fallbacks[j].region, fb->region) != 0)
				continue;
			buf_printf(
			    m->why, "field fallback: %s stands there twice", fb->region);
			e = ERR_SYNTAX;
		}
	}
	values_fini(&lines);
	return e;
}

MUST_CHECK static enum err
read_check(struct maker *m)
{
	const struct field *f = fields_find(m->fields, "check");

	if (f == NULL || f->len == 0)
		return OK;
	if (m->rules->config != NULL &&
	    config_find_check(m->rules->config, f->value) == NULL) {
		buf_printf(m->why, "field check: the configuration has no check %.80s",
		    f->value);
		return ERR_DENIED;
	}
	m->pool->check = mem_str(f->value);
	return OK;
}

MUST_CHECK static enum err
read_numbers(struct maker *m)
{
	const struct field *f = fields_find(m->fields, "max_answers");
	struct config_pool *p = m->pool;
	size_t len;

	if (f != NULL &&
	    (!parse_number(f->value, f->len, MAX_ANSWERS_MAX, &p->max_answers) ||
	        p->max_answers == 0)) {
		buf_printf(m->why, "field max_answers: a number from 1 to %d is wanted",
		    MAX_ANSWERS_MAX);
		return ERR_RANGE;
	}
	p->min_healthy = 1;
	f = fields_find(m->fields, "min_healthy");
	if (f == NULL)
		return OK;
	len = f->len;
	if (len != 0 && f->value[len - 1] == '%') {
		p->min_healthy_percent = true;
		len--;
	}
	if (!parse_number(f->value, len, p->min_healthy_percent ? 100 : MIN_HEALTHY_MAX,
	        &p->min_healthy) ||
	    p->min_healthy == 0) {
		buf_str(m->why,
		    "field min_healthy: a number from 1, or 1% to 100%, is wanted");
		return ERR_RANGE;
	}
	return OK;
}

MUST_CHECK static enum err
read_all_down(struct maker *m)
{
	const struct field *f = fields_find(m->fields, "when_all_down");
	const char *name;

	if (f == NULL || strcmp(f->value, "serve-all") == 0)
		return OK;
	if (strcmp(f->value, "empty") == 0) {
		m->pool->when_all_down = ALL_DOWN_EMPTY;
		return OK;
	}
	if (strncmp(f->value, "cname ", 6) != 0) {
		buf_str(m->why,
		    "field when_all_down: serve-all, empty or cname NAME is wanted");
		return ERR_SYNTAX;
	}
	if (m->key->kind == RECORD_POOL) {
		buf_str(m->why, "field when_all_down: a pool of the store has no cname; "
		                "serve-all or empty is wanted");
		return ERR_UNSUPPORTED;
	}
	/* RFC 2181 10.1: the apex has SOA and NS, beside which no CNAME can stand */
	if (name_equal(m->key->owner.bytes, m->key->zone.bytes)) {
		buf_str(m->why, "field when_all_down: no CNAME can stand at the apex");
		return ERR_DENIED;
	}
	name = f->value + strspn(f->value + 5, " ") + 5;
	if (name_parse(name, strlen(name), &m->key->zone, &m->pool->all_down_name) !=
	    OK) {
		buf_str(m->why, "field when_all_down: what follows cname is not a name");
		return ERR_SYNTAX;
	}
	m->pool->when_all_down = ALL_DOWN_CNAME;
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
	if (e == OK)
		e = read_fallback(m);
	if (e == OK)
		e = read_check(m);
	if (e == OK)
		e = read_numbers(m);
	return e == OK ? read_all_down(m) : e;
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
