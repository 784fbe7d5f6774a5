/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/inhand.h"
#include "base/mem.h"
#include "store/ledger_inside.h"

bool
ledger_gives_nothing(const struct record *r)
{
	return r->rrset == NULL && r->pool == NULL && r->pool_name == NULL &&
	       r->zone == NULL;
}

/* A zone file's own: the store adds none of them to its zone. */
MUST_CHECK static enum err
check_zone(const struct census_zone *z, const struct record_key *key, struct buf *why)
{
	if (z->cfg->file == NULL || key->kind == RECORD_ZONE)
		return OK;
	switch (key->type) {
	case TYPE_SOA:
	case TYPE_NS:
	case TYPE_DS:
	case TYPE_DNSKEY:
	case TYPE_DNAME:
		buf_str(why, "the zone has a file, and to such a zone the store adds no "
		             "SOA, NS, DS, DNSKEY or DNAME");
		return ERR_DENIED;
	default:
		return OK;
	}
}

/* Has the store a pool of that name, or will it have by the batch that is checked? */
static bool
has_pool(void *ctx, const char *name)
{
	const struct ledger *l = ctx;
	char key[sizeof(RECORD_KEY_POOL) + RECORD_POOL_NAME_MAX];
	int len = snprintf(key, sizeof(key), RECORD_KEY_POOL "%s", name);
	const struct entry *e;

	if (len < 0 || (size_t)len >= sizeof(key))
		return false;
	for (size_t i = 0; i < l->coming_count; i++)
		if (strcmp(l->coming[i].key, key) == 0)
			return l->coming[i].fields.count != 0;
	e = index_find(&l->index, key, (size_t)len);
	if (e == NULL || !(e->flags & ENTRY_ACCEPTED))
		return false;
	return !(e->flags & ENTRY_REMOVAL) || e->removal->state == REMOVAL_HELD;
}

MUST_CHECK static enum err
compile(const struct ledger *l, const char *text, size_t len, const struct fields *fields,
    struct record_key *key, struct record **out, struct buf *why)
{
	struct record_rules rules = {
	    .default_ttl = CENSUS_TTL_DEFAULT,
	    .config = l->cfg,
	    .has_pool = has_pool,
	    .ctx = (void *)(uintptr_t)l,
	};
	const struct census_zone *z;
	enum err e = record_key_parse(text, len, key, why);

	if (e != OK)
		return e;
	if (key->kind == RECORD_POOL)
		return record_compile(key, fields, &rules, out, why);
	z = census_find(&l->census, &key->zone);
	if (z == NULL) {
		*out = NULL;
		return OK;
	}
	e = check_zone(z, key, why);
	if (e != OK)
		return e;
	if (key->kind == RECORD_RRSET)
		rules.default_ttl = z->ttl;
	return record_compile(key, fields, &rules, out, why);
}

/* With the record in hand: should it kill us, the next start leaves it alone. */
enum err
ledger_compile(const struct ledger *l, const char *text, size_t len,
    const struct fields *fields, struct record_key *key, struct record **out,
    struct buf *why)
{
	uint64_t sum = fields_sum(text, len, fields);
	enum err e;

	if (inhand_is_quarantined(INHAND_RECORD, text, len, sum)) {
		buf_str(why, "it is in quarantine: the server died while it read this "
		             "version");
		return ERR_DENIED;
	}
	inhand_take(INHAND_RECORD, text, len, sum);
	e = compile(l, text, len, fields, key, out, why);
	inhand_drop(INHAND_RECORD);
	return e;
}

enum err
ledger_check(const struct ledger *l, const char *text, size_t len,
    const struct fields *fields, struct buf *why)
{
	struct record *r = NULL;
	struct record_key key;
	enum err e = ledger_compile(l, text, len, fields, &key, &r, why);

	if (e == OK && r == NULL) {
		buf_str(why, "no zone of that name has store: on in the configuration");
		e = ERR_DENIED;
	}
	if (e == OK && ledger_is_frozen(l, text, len)) {
		buf_str(why, "the zone is frozen: its own record says so");
		e = ERR_DENIED;
	}
	record_free(r);
	return e;
}

size_t
ledger_endpoints(const struct record *r)
{
	size_t count = 0;

	if (r->pool == NULL)
		return 0;
	count = r->pool->dflt_count + r->pool->rescue_count;
	for (size_t i = 0; i < r->pool->region_count; i++)
		count += r->pool->regions[i].endpoint_count;
	return count;
}
