/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/rrset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dns/writer.h"

enum {
	/* A pointer to the question's name, which follows the header of every response.
	 */
	OWNER_POINTER = 0xC000 | DNS_HEADER_LEN,
	RR_OVERHEAD = 2 + DNS_RR_FIXED_LEN,
	RRSET_WIRE_MAX = 65535,
};

int
rdata_compare(const struct rdata *a, const struct rdata *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = len != 0 ? memcmp(a->data, b->data, len) : 0;

	/* RFC 4034 6.3: the absence of an octet sorts before a zero octet. */
	return order != 0 ? order : (int)a->len - (int)b->len;
}

static int
compare(const void *a, const void *b)
{
	return rdata_compare(a, b);
}

static struct rrset *
rrset_alloc(uint16_t type, size_t wire_len)
{
	struct rrset *s = mem_new((sizeof(*s) + wire_len + 1u) & ~(size_t)1);

	s->flat = !rdata_has_names(type);
	return s;
}

static void
wire_write(uint8_t *rr, uint16_t type, uint32_t ttl, const struct rdata *r)
{
	wire_put16(rr, OWNER_POINTER);
	wire_put16(rr + 2, type);
	wire_put16(rr + 4, CLASS_IN);
	wire_put32(rr + 6, ttl);
	wire_put16(rr + 10, r->len);
	if (r->len != 0)
		memcpy(rr + RR_OVERHEAD, r->data, r->len);
}

/* Sorts and drops duplicates (RFC 2181 5: an RRset is a set); returns how many are left.
 */
static size_t
make_set(struct rdata *list, size_t count)
{
	size_t kept = 1;

	qsort(list, count, sizeof(*list), compare);
	for (size_t i = 1; i < count; i++)
		if (rdata_compare(&list[kept - 1], &list[i]) != 0)
			list[kept++] = list[i];
	return kept;
}

enum err
rrset_new(uint16_t type, uint32_t ttl, const struct rdata *rdatas, size_t count,
    struct rrset **out)
{
	struct rdata *list;
	struct rrset *s;
	size_t wire_len = 0;
	size_t pos = 0;

	assert(count != 0);
	list = mem_array(count, sizeof(*list));
	memcpy(list, rdatas, count * sizeof(*list));
	count = make_set(list, count);
	for (size_t i = 0; i < count; i++)
		wire_len += RR_OVERHEAD + list[i].len;
	if (wire_len > RRSET_WIRE_MAX) {
		mem_free(list);
		return ERR_RANGE;
	}
	s = rrset_alloc(type, wire_len);
	s->wire_len = (uint16_t)wire_len;
	s->count = (uint16_t)count;
	for (size_t i = 0; i < count; i++) {
		wire_write(s->wire + pos, type, ttl, &list[i]);
		pos += RR_OVERHEAD + list[i].len;
	}
	mem_free(list);
	*out = s;
	return OK;
}

struct rrset *
rrset_new_steered(uint16_t type, uint32_t ttl, uint32_t pool)
{
	struct rrset *s = rrset_alloc(type, RRSET_STEERED_LEN);
	uint8_t id[4];
	const struct rdata r = {id, sizeof(id)};

	wire_put32(id, pool);
	wire_write(s->wire, type, ttl, &r);
	s->steered = true;
	return s;
}

void
rrset_free(struct rrset *s)
{
	mem_free(s);
}
