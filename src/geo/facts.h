/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the databases say of an address, reduced to what can matter to a chain.
 *
 * Shape: packed into 64 bits, so that it is the value of a span (geo/spans.h); 0 is
 * "nothing known". Subdivision and AS are list numbers (geo/chains.h), 0 when nothing
 * is said and FACTS_OTHER when what is said is named by no region, so that a later
 * database can take back what an earlier one said.
 * Owner: values.
 * Threads: any.
 * Errors: none.
 * Source: none.
 */
#ifndef GEO_FACTS_H
#define GEO_FACTS_H

#include <stdint.h>

enum { FACTS_OTHER = (1 << 22) - 1 };

struct facts {
	uint16_t country; /* geo/country.h */
	uint8_t continent;
	uint32_t subdivision;
	uint32_t asn;
};

static inline uint64_t
facts_pack(const struct facts *f)
{
	return (uint64_t)f->country << 48 | (uint64_t)f->continent << 44 |
	       (uint64_t)f->subdivision << 22 | f->asn;
}

static inline struct facts
facts_unpack(uint64_t v)
{
	return (struct facts){
	    .country = (uint16_t)(v >> 48),
	    .continent = (uint8_t)(v >> 44 & 15),
	    .subdivision = (uint32_t)(v >> 22 & FACTS_OTHER),
	    .asn = (uint32_t)(v & FACTS_OTHER),
	};
}

/*
 * A later database refines an earlier one: another country replaces country, continent
 * and subdivision together, the same country what the later one says, an AS the AS. A
 * continent alone counts only where no country is known.
 */
static inline uint64_t
facts_refine(uint64_t earlier, uint64_t later)
{
	struct facts a = facts_unpack(earlier), b = facts_unpack(later);

	if (b.country != 0 && b.country != a.country) {
		a.country = b.country;
		a.continent = b.continent;
		a.subdivision = b.subdivision;
	} else if (b.country == a.country) {
		a.continent = b.continent != 0 ? b.continent : a.continent;
		a.subdivision = b.subdivision != 0 ? b.subdivision : a.subdivision;
	}
	a.asn = b.asn != 0 ? b.asn : a.asn;
	return facts_pack(&a);
}

#endif
