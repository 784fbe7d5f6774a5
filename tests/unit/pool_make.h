/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools for tests, from short texts: "192.0.2.1 192.0.2.2*0 =cdn.example.net". */
#ifndef POOL_MAKE_H
#define POOL_MAKE_H

#include <stdlib.h>

#include "base/mem.h"
#include "steer/pool.h"

static struct geo *geo;

/* One word: an address or =NAME, and *WEIGHT. */
static inline struct config_endpoint
endpoint_of(const char *word)
{
	struct config_endpoint e = {.weight = 1};
	size_t len = strcspn(word, "*");

	if (word[len] == '*')
		e.weight = (uint32_t)atoi(word + len + 1);
	e.is_name = word[0] == '=';
	if (e.is_name)
		assert_int_equal(name_parse(word + 1, len - 1, &name_root, &e.name), OK);
	else
		assert_int_equal(ip_parse(word, len, &e.ip), OK);
	return e;
}

static inline size_t
words_of(const char *text, void *ctx, void (*fn)(void *ctx, const char *word))
{
	char copy[4096], *save = NULL;
	size_t count = 0;

	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save), count++)
		if (fn != NULL)
			fn(ctx, w);
	return count;
}

static inline void
put_endpoint(void *ctx, const char *word)
{
	struct config_endpoint **to = ctx;

	*(*to)++ = endpoint_of(word);
}

static inline void
spec_endpoints(const char *text, struct config_endpoint **list, size_t *count)
{
	struct config_endpoint *to;

	*count = words_of(text, NULL, NULL);
	*list = to = mem_array(*count, sizeof(**list));
	words_of(text, &to, put_endpoint);
}

static inline struct config_pool *
spec_new(const char *name)
{
	struct config_pool *p = mem_new(sizeof(*p));

	p->where.file = "";
	p->name = mem_str(name);
	p->ttl = 60;
	p->ttl_min = 10;
	p->min_healthy = 1;
	return p;
}

static inline void
spec_region(struct config_pool *p, const char *region, const char *endpoints)
{
	struct config_pool_region *r;

	p->regions = mem_resize(p->regions, p->region_count + 1, sizeof(*p->regions));
	r = &p->regions[p->region_count++];
	r->region = mem_str(region);
	spec_endpoints(endpoints, &r->endpoints, &r->endpoint_count);
}

static inline void
spec_default(struct config_pool *p, const char *endpoints)
{
	spec_endpoints(endpoints, &p->dflt, &p->dflt_count);
}

static inline void
spec_rescue(struct config_pool *p, const char *endpoints)
{
	spec_endpoints(endpoints, &p->rescue, &p->rescue_count);
}

static inline void
put_text(void *ctx, const char *word)
{
	char ***to = ctx;

	*(*to)++ = mem_str(word);
}

/* "weu ceu", or with shares "weu=70 ceu=30" */
static inline void
spec_fallback(struct config_pool *p, const char *region, const char *to)
{
	struct config_fallback *f;
	char **at;

	p->fallbacks =
	    mem_resize(p->fallbacks, p->fallback_count + 1, sizeof(*p->fallbacks));
	f = &p->fallbacks[p->fallback_count++];
	f->region = mem_str(region);
	f->to_count = words_of(to, NULL, NULL);
	f->to = at = mem_array(f->to_count, sizeof(char *));
	f->shares = NULL;
	words_of(to, &at, put_text);
	for (size_t i = 0; i < f->to_count; i++) {
		char *share = strchr(f->to[i], '=');

		if (share == NULL)
			continue;
		*share = '\0';
		if (f->shares == NULL)
			f->shares = mem_array(f->to_count, sizeof(*f->shares));
		f->shares[i] = (uint32_t)atoi(share + 1);
	}
}

/* The built-in regions, and 10.0.0.0/8 in weu with 10.1.0.0/16 in nnam. */
static inline struct geo *
geo_small(void)
{
	static struct config_geo_prefix prefixes[2];
	struct config_geo cfg = {.prefixes = prefixes, .prefix_count = COUNT(prefixes)};
	struct complaints complaints = {0};
	struct geo *g = NULL;

	assert_int_equal(ip_prefix_parse("10.0.0.0/8", 10, &prefixes[0].prefix), OK);
	assert_int_equal(ip_prefix_parse("10.1.0.0/16", 11, &prefixes[1].prefix), OK);
	prefixes[0].region = (char *)(uintptr_t) "weu";
	prefixes[1].region = (char *)(uintptr_t) "nnam";
	assert_int_equal(geo_build(&cfg, NULL, &g, &complaints), OK);
	complaints_fini(&complaints);
	return g;
}

/* Compiles and gives the specification back. */
static inline struct pool *
pool_make(struct config_pool *spec, const struct geo *against)
{
	struct pool *p = pool_compile(1, spec->name, spec, NULL, against);

	config_pool_free(spec);
	return p;
}

/* Of a group of tests: the geography that pools are compiled against. */
static inline int
geo_begin(void **state)
{
	(void)state;
	geo = geo_small();
	return 0;
}

static inline int
geo_end(void **state)
{
	(void)state;
	geo_free(geo);
	return 0;
}

#endif
