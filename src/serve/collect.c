/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/collect.h"

/* That the store has no more than this is known only while it is in touch. */
static uint32_t
stale_cap(const struct decide_input *in, struct decision *d, uint32_t cap)
{
	if (d->zone->store == NULL || in->stale_ttl == 0)
		return cap;
	d->is_stale = true;
	return in->stale_ttl < cap ? in->stale_ttl : cap;
}

/* RFC 2308 5: the SOA's TTL in a negative answer is the lesser of its TTL and MINIMUM. */
void
collect_negative(const struct decide_input *in, struct decision *d, uint32_t cap)
{
	const struct rrset *soa = d->zone->soa;
	uint32_t minimum = wire_get32(soa->wire + soa->wire_len - 4);
	uint32_t ttl = rrset_ttl(soa) < minimum ? rrset_ttl(soa) : minimum;
	struct item item = {
	    .section = SECTION_AUTHORITY,
	    .owner = d->zone->apex.bytes,
	    .rrset = soa,
	};

	cap = stale_cap(in, d, cap);
	item.ttl = ttl < cap ? ttl : cap;
	collect(d, &item);
}

void
collect_servfail(struct decision *d)
{
	d->rcode = RCODE_SERVFAIL;
	d->aa = false;
	d->item_count = 0;
}

bool
collect_has(const struct decision *d, const struct rrset *s)
{
	for (size_t i = 0; i < d->item_count; i++)
		if (d->items[i].rrset == s)
			return true;
	return false;
}
