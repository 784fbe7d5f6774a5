/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/verify.h"

#include <inttypes.h>
#include <string.h>

static bool
is_shrunken(const char *what, uint64_t was, uint64_t is, struct buf *why)
{
	if (is >= was / 2 + was % 2)
		return false;
	buf_printf(
	    why, "only %" PRIu64 " %s, and the old one has %" PRIu64, is, what, was);
	return true;
}

enum err
verify_file(const struct geo_file *was, const struct geo_file *is, struct buf *why)
{
	if (is->kind == GEO_PREFIX_FILE) {
		/* others may have any reason to become shorter; this is an accident */
		if (is->networks != 0 || was->networks == 0)
			return OK;
		buf_printf(
		    why, "no prefix in it, and the old one has %" PRIu64, was->networks);
		return ERR_DENIED;
	}
	if (strcmp(was->type, is->type) != 0) {
		buf_printf(why, "a database of type %s, and the old one is of type %s",
		    is->type, was->type);
		return ERR_DENIED;
	}
	if (is_shrunken("octets", was->octets, is->octets, why) ||
	    is_shrunken("networks", was->networks, is->networks, why))
		return ERR_DENIED;
	return OK;
}

static bool
chain_has(const struct geo *g, const struct ip *client, const char *region)
{
	uint8_t unused;
	struct geo_chain chain = geo_chain(g, geo_find(g, client, &unused));

	for (size_t i = 0; i < chain.count; i++)
		if (strcmp(geo_region(g, chain.regions[i])->name, region) == 0)
			return true;
	return false;
}

enum err
verify_tests(const struct config_geo *cfg, const struct geo *g, struct buf *why)
{
	for (size_t i = 0; i < cfg->test_count; i++) {
		const struct config_geo_test *t = &cfg->tests[i];
		struct geo_where where;
		char ip[IP_TEXT_MAX];

		ip_write(&t->address, ip);
		geo_describe(g, &t->address, &where);
		if (t->country != NULL && strcmp(where.country, t->country) != 0) {
			buf_printf(why,
			    "the test of line %" PRIu32 " fails: %s is in %s, not %s",
			    t->where.line, ip,
			    where.country[0] != '\0' ? where.country : "no country",
			    t->country);
			return ERR_DENIED;
		}
		if (t->region != NULL && !chain_has(g, &t->address, t->region)) {
			buf_printf(why,
			    "the test of line %" PRIu32 " fails: %s is not in region %s",
			    t->where.line, ip, t->region);
			return ERR_DENIED;
		}
	}
	return OK;
}

static enum err
check_share(double share, int max, const char *family, struct buf *why)
{
	if (share * 100 <= max)
		return OK;
	buf_printf(why,
	    "%.0f %% of the %s addresses would be in another country than now",
	    share * 100, family);
	return ERR_DENIED;
}

enum err
verify_moved(const struct geo *was, const struct geo *is, struct buf *why)
{
	enum err e = check_share(geo_moved(was, is, 4), VERIFY_MOVED_MAX4, "IPv4", why);

	if (e == OK)
		e = check_share(geo_moved(was, is, 6), VERIFY_MOVED_MAX6, "IPv6", why);
	return e;
}
