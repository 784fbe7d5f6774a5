/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"
#include "store/ledger_inside.h"

void
ledger_freeze(struct ledger *l, struct census_zone *z, bool frozen)
{
	char zone[NAME_TEXT_MAX];

	if (z->frozen == frozen)
		return;
	z->frozen = frozen;
	l->census.frozen_count += frozen ? 1 : (size_t)-1;
	l->wants_read |= !frozen;
	census_write_zone(z, zone);
	if (frozen)
		log_notice("store zone is frozen zone=%s effect=\"changes of its records "
		           "wait\"",
		    zone);
	else
		log_notice("store zone is frozen no longer zone=%s waiting=%zu", zone,
		    z->waiting);
}

static void
set_waits(struct census_zone *z, struct entry *e, bool waits)
{
	bool did = (e->flags & ENTRY_WAITS) != 0;

	if (waits == did)
		return;
	e->flags = (uint8_t)(e->flags ^ ENTRY_WAITS);
	z->waiting += waits ? 1 : (size_t)-1;
}

/* The version that is served, or was rejected before. */
static bool
is_same(const struct entry *e, uint64_t sum)
{
	const struct reject *r = entry_reject(e);

	if (sum == 0)
		return !(e->flags & ENTRY_ACCEPTED);
	return ((e->flags & ENTRY_ACCEPTED) && e->sum == sum) ||
	       (r != NULL && r->sum == sum);
}

bool
ledger_is_frozen(const struct ledger *l, const char *key, size_t len)
{
	const struct census_zone *z = NULL;
	struct buf why = {0};
	struct record_key parsed;

	if (l->census.frozen_count != 0 &&
	    record_key_parse(key, len, &parsed, &why) == OK &&
	    parsed.kind == RECORD_RRSET)
		z = census_of_key(&l->census, &parsed);
	buf_fini(&why);
	return z != NULL && z->frozen;
}

bool
ledger_waits(struct ledger *l, struct entry *e, uint64_t sum)
{
	struct buf why = {0};
	struct record_key key;
	struct census_zone *z = NULL;
	bool waits = false;

	if (l->census.frozen_count == 0 && !(e->flags & ENTRY_WAITS))
		return false; /* most of the time there are none */
	if (record_key_parse(e->key, e->key_len, &key, &why) == OK &&
	    key.kind == RECORD_RRSET)
		z = census_of_key(&l->census, &key);
	if (z != NULL) {
		waits = z->frozen && !(l->reading && z->fills) && !is_same(e, sum);
		set_waits(z, e, waits);
	}
	buf_fini(&why);
	return waits;
}
