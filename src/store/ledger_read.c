/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "store/ledger_inside.h"

/* ---- a full read ---- */

void
ledger_begin(struct ledger *l)
{
	l->index.generation++;
	l->reject_logged = 0;
	l->reading = true;
	l->sweeping = false;
	for (size_t i = 0; i < l->census.count; i++)
		l->census.zones[i]->fills = l->census.zones[i]->rrsets == 0;
	removals_swept(&l->removals, false, 0);
}

void
ledger_end(struct ledger *l, bool complete)
{
	l->reading = l->sweeping = false;
	removals_swept(&l->removals, complete, l->accepted);
	if (!complete)
		removals_lost(&l->removals);
}

void
ledger_sweep(struct ledger *l, struct replica_names *missing)
{
	struct entry *e = NULL;

	/* beside what is live: what it misses is decided as one all the same */
	l->sweeping = !l->reading;
	for (size_t at = 0; (e = index_next(&l->index, &at, e)) != NULL;)
		if (e->generation != l->index.generation &&
		    !((e->flags & ENTRY_REMOVAL) && e->removal->sum == 0))
			replica_names_add(missing, e->key, e->key_len);
}

void
ledger_doubt(struct ledger *l)
{
	struct entry *e = NULL;

	for (size_t at = 0; (e = index_next(&l->index, &at, e)) != NULL;)
		e->sum = 0;
}

/* ---- another configuration ---- */

void
ledger_retry(struct ledger *l, const char *key, size_t len, const struct fields *fields)
{
	struct entry *e = index_find(&l->index, key, len);
	uint64_t sum = fields_sum(key, len, fields);

	/* gone, or a newer version has come under the new configuration */
	if (e == NULL || ((e->flags & ENTRY_ACCEPTED) && e->sum != sum))
		return;
	if (!(e->flags & ENTRY_EMITTED) || (e->flags & ENTRY_STEERED) ||
	    fields_find(fields, "ttl") == NULL)
		(void)ledger_judge(
		    l, e, sum, (struct fields *)(uintptr_t)fields, LEDGER_SETTLED);
}

/* What of this entry the census of the next configuration does not have goes. */
static void
leave_zone(struct ledger *l, struct entry *e)
{
	struct census_zone *z = census_of_entry(&l->census, e);

	if (z == NULL || !z->leaves)
		return;
	removals_cancel(&l->removals, e);
	census_unserve(&l->census, z, &l->index, e);
	ledger_take_back(l, e);
}

/* Counted by a zone that goes. */
static void
leave_frozen(struct ledger *l, struct entry *e)
{
	struct census_zone *z = census_of_entry(&l->census, e);

	if (z == NULL || z->leaves)
		e->flags &= (uint8_t)~ENTRY_WAITS;
}

void
ledger_reconfigure(struct ledger *l, const struct config *cfg)
{
	struct entry *e = NULL;

	census_begin(&l->census, cfg);
	l->reject_logged = 0;
	l->pools_changed = l->pools_came = true;
	for (size_t at = 0; (e = index_next(&l->index, &at, e)) != NULL;) {
		if (entry_reject(e) != NULL)
			e->reject->sum = 0; /* not known any more: judged anew */
		if (e->flags & ENTRY_WAITS)
			leave_frozen(l, e);
		if (e->flags & ENTRY_EMITTED)
			leave_zone(l, e);
	}
	census_finish(&l->census, cfg);
	l->cfg = cfg;
}
