/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/policy.h"

#include <string.h>

#include "base/mem.h"
#include "store/values.h"

enum { MAX_ANSWERS_MAX = 255, MIN_HEALTHY_MAX = 4096 };

bool
policy_parse_number(const char *text, size_t len, uint32_t max, uint32_t *out)
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

bool
policy_is_region(const struct record_rules *rules, const char *name)
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

/* REGION=SHARE; cut at the sign. */
MUST_CHECK static enum err
read_share(const struct policy *in, char *text, uint32_t *share)
{
	char *sign = strchr(text, '=');

	if (sign != NULL &&
	    policy_parse_number(sign + 1, strlen(sign + 1), CONFIG_SHARE_MAX, share) &&
	    *share != 0) {
		*sign = '\0';
		return OK;
	}
	buf_printf(in->why,
	    "field fallback: %.80s: every region of a line has a share from 1 to %d, as "
	    "in "
	    "weu=70, or none has",
	    text, CONFIG_SHARE_MAX);
	return ERR_SYNTAX;
}

MUST_CHECK static enum err
read_shares(const struct policy *in, struct config_fallback *fb)
{
	enum err e = OK;

	if (fb->to_count > CONFIG_SHARES_MAX) {
		buf_printf(in->why, "field fallback: more than %d regions with shares",
		    CONFIG_SHARES_MAX);
		return ERR_RANGE;
	}
	fb->shares = mem_array(fb->to_count, sizeof(fb->shares[0]));
	for (size_t i = 0; e == OK && i < fb->to_count; i++)
		e = read_share(in, fb->to[i], &fb->shares[i]);
	return e;
}

MUST_CHECK static enum err
check_region(const struct policy *in, const char *name)
{
	if (policy_is_region(in->rules, name))
		return OK;
	buf_printf(in->why, "field fallback: there is no region %.80s", name);
	return ERR_DENIED;
}

/* "REGION: R1 R2", or with shares "REGION: R1=70 R2=30" */
MUST_CHECK static enum err
read_fallback_line(const struct policy *in, const char *line, struct config_fallback *fb)
{
	const char *colon = strchr(line, ':');
	struct values to = {0};
	enum err e;

	if (colon == NULL) {
		buf_str(in->why, "field fallback: a line is REGION: REGION ...");
		return ERR_SYNTAX;
	}
	fb->region = mem_strn(line, (size_t)(colon - line));
	e = values_parse(colon + 1, strlen(colon + 1), " \t,", &to, in->why);
	if (e != OK)
		return e;
	fb->to = to.list;
	fb->to_count = to.count;
	if (strchr(colon, '=') != NULL)
		e = read_shares(in, fb);
	if (e == OK)
		e = check_region(in, fb->region);
	for (size_t i = 0; e == OK && i < fb->to_count; i++) {
		e = check_region(in, fb->to[i]);
		for (size_t k = 0; e == OK && fb->shares != NULL && k < i; k++) {
			if (strcmp(fb->to[i], fb->to[k]) != 0)
				continue;
			buf_printf(
			    in->why, "field fallback: %s has two shares", fb->to[i]);
			e = ERR_SYNTAX;
		}
	}
	return e;
}

MUST_CHECK static enum err
read_fallback(const struct policy *in)
{
	const struct field *f = fields_find(in->fields, "fallback");
	struct config_pool *p = in->pool;
	struct values lines = {0};
	size_t cap = 0;
	enum err e;

	if (f == NULL)
		return OK;
	e = values_read(f, ";", &lines, in->why);
	for (size_t i = 0; e == OK && i < lines.count; i++) {
		struct config_fallback *fb;

		p->fallbacks =
		    mem_grow(p->fallbacks, p->fallback_count, &cap, sizeof(*fb));
		fb = &p->fallbacks[p->fallback_count++];
		memset(fb, 0, sizeof(*fb));
		e = read_fallback_line(in, lines.list[i], fb);
		for (size_t j = 0; e == OK && j + 1 < p->fallback_count; j++) {
			if (strcmp(p->fallbacks[j].region, fb->region) != 0)
				continue;
			buf_printf(
			    in->why, "field fallback: %s stands there twice", fb->region);
			e = ERR_SYNTAX;
		}
	}
	values_fini(&lines);
	return e;
}

MUST_CHECK static enum err
read_check(const struct policy *in)
{
	const struct field *f = fields_find(in->fields, "check");

	if (f == NULL || f->len == 0)
		return OK;
	if (in->rules->config != NULL &&
	    config_find_check(in->rules->config, f->value) == NULL) {
		buf_printf(in->why, "field check: the configuration has no check %.80s",
		    f->value);
		return ERR_DENIED;
	}
	in->pool->check = mem_str(f->value);
	return OK;
}

MUST_CHECK static enum err
read_numbers(const struct policy *in)
{
	const struct field *f = fields_find(in->fields, "max_answers");
	struct config_pool *p = in->pool;
	size_t len;

	if (f != NULL &&
	    (!policy_parse_number(f->value, f->len, MAX_ANSWERS_MAX, &p->max_answers) ||
	        p->max_answers == 0)) {
		buf_printf(in->why, "field max_answers: a number from 1 to %d is wanted",
		    MAX_ANSWERS_MAX);
		return ERR_RANGE;
	}
	p->min_healthy = 1;
	f = fields_find(in->fields, "min_healthy");
	if (f == NULL)
		return OK;
	len = f->len;
	if (len != 0 && f->value[len - 1] == '%') {
		p->min_healthy_percent = true;
		len--;
	}
	if (!policy_parse_number(f->value, len,
	        p->min_healthy_percent ? 100 : MIN_HEALTHY_MAX, &p->min_healthy) ||
	    p->min_healthy == 0) {
		buf_str(in->why,
		    "field min_healthy: a number from 1, or 1% to 100%, is wanted");
		return ERR_RANGE;
	}
	return OK;
}

MUST_CHECK static enum err
read_all_down(const struct policy *in)
{
	const struct field *f = fields_find(in->fields, "when_all_down");
	const char *name;

	if (f == NULL || strcmp(f->value, "serve-all") == 0)
		return OK;
	if (strcmp(f->value, "empty") == 0) {
		in->pool->when_all_down = ALL_DOWN_EMPTY;
		return OK;
	}
	if (strncmp(f->value, "cname ", 6) != 0) {
		buf_str(in->why,
		    "field when_all_down: serve-all, empty or cname NAME is wanted");
		return ERR_SYNTAX;
	}
	if (in->key->kind == RECORD_POOL) {
		buf_str(in->why, "field when_all_down: a pool of the store has no cname; "
		                 "serve-all or empty is wanted");
		return ERR_UNSUPPORTED;
	}
	/* RFC 2181 10.1: the apex has SOA and NS, beside which no CNAME can stand */
	if (name_equal(in->key->owner.bytes, in->key->zone.bytes)) {
		buf_str(in->why, "field when_all_down: no CNAME can stand at the apex");
		return ERR_DENIED;
	}
	name = f->value + strspn(f->value + 5, " ") + 5;
	if (name_parse(name, strlen(name), &in->key->zone, &in->pool->all_down_name) !=
	    OK) {
		buf_str(in->why, "field when_all_down: what follows cname is not a name");
		return ERR_SYNTAX;
	}
	in->pool->when_all_down = ALL_DOWN_CNAME;
	return OK;
}

MUST_CHECK static enum err
read_sticky(const struct policy *in)
{
	const struct field *f = fields_find(in->fields, "sticky");

	if (f == NULL || strcmp(f->value, "false") == 0)
		return OK;
	if (strcmp(f->value, "true") != 0) {
		buf_str(in->why, "field sticky: true or false is wanted");
		return ERR_SYNTAX;
	}
	in->pool->sticky = true;
	return OK;
}

static bool
has_country(const struct config_pool *p, const struct config_country *c)
{
	for (size_t i = 0; i < p->blackhole_count; i++)
		if (strcmp(p->blackhole[i].code, c->code) == 0)
			return true;
	return false;
}

MUST_CHECK static enum err
read_blackhole(const struct policy *in)
{
	const struct field *f = fields_find(in->fields, "blackhole");
	struct config_pool *p = in->pool;
	struct values texts = {0};
	struct config_country c;
	size_t cap = 0;
	enum err e;

	if (f == NULL)
		return OK;
	e = values_read(f, " \t,", &texts, in->why);
	for (size_t i = 0; e == OK && i < texts.count; i++) {
		if (!config_parse_country(texts.list[i], &c)) {
			buf_printf(in->why,
			    "field blackhole: %.80s is not the ISO 3166 code of a "
			    "country",
			    texts.list[i]);
			e = ERR_SYNTAX;
		} else if (!has_country(p, &c)) {
			p->blackhole =
			    mem_grow(p->blackhole, p->blackhole_count, &cap, sizeof(c));
			p->blackhole[p->blackhole_count++] = c;
		}
	}
	values_fini(&texts);
	return e;
}

enum err
policy_read(const struct policy *in)
{
	enum err e = read_fallback(in);

	if (e == OK)
		e = read_check(in);
	if (e == OK)
		e = read_numbers(in);
	if (e == OK)
		e = read_sticky(in);
	if (e == OK)
		e = read_blackhole(in);
	return e == OK ? read_all_down(in) : e;
}
