/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/serial.h"

#include <string.h>

#include "dns/wire.h"

static bool
is_same_set(const struct rrset *a, const struct rrset *b)
{
	return rrset_type(a) == rrset_type(b) && rrset_ttl(a) == rrset_ttl(b) &&
	       rrset_pool(a) == rrset_pool(b) && a->wire_len == b->wire_len &&
	       memcmp(a->wire, b->wire, a->wire_len) == 0;
}

/* Of one table; ctx: the other. */
static int
is_changed(const struct node *n, void *ctx)
{
	const struct node *other = table_find_twin(ctx, n);

	const struct rrset *s = node_first(n), *o;

	if (other == NULL)
		return 1;
	for (o = node_first(other); s != NULL && o != NULL;
	     s = node_next(s), o = node_next(o))
		if (!is_same_set(s, o))
			return 1;
	return s != NULL || o != NULL;
}

static uint32_t
serial_of(const struct table *t)
{
	const struct node *apex = table_find(
	    t, name_hash(t->apex.bytes, t->apex.len), t->apex.bytes, t->apex.len);
	const struct rrset *soa = node_rrset(apex, TYPE_SOA);

	return wire_get32(soa->wire + soa->wire_len - 20);
}

static void
check_zone(const struct config_zone *z, const struct zone_file *old,
    const struct zone_file *file, struct complaints *c)
{
	uint32_t before = serial_of(old->table), now = serial_of(file->table);
	char text[NAME_TEXT_MAX];

	name_write(z->domain.bytes, text);
	if ((int32_t)(now - before) < 0)
		complain(c, SEVERITY_WARNING, z->file, 0, 0,
		    "the serial of %s goes back from %lu to %lu: secondaries keep what "
		    "they "
		    "have",
		    text, (unsigned long)before, (unsigned long)now);
	else if (now == before &&
	         (old->table->rrset_count != file->table->rrset_count ||
	             table_each(file->table, is_changed, old->table) != 0))
		complain(c, SEVERITY_WARNING, z->file, 0, 0,
		    "%s was changed, but its serial is still %lu: secondaries keep what "
		    "they have",
		    text, (unsigned long)now);
}

/* A zone of that name, sought from *at on, as most lists keep their order. */
static const struct zone_file *
find_file(const struct parts *p, const struct name *domain, size_t *at)
{
	const struct config *c = p->config;

	for (size_t i = 0; i < c->zone_count; i++) {
		size_t k = (*at + i) % c->zone_count;

		if (c->zones[k].domain.len != domain->len ||
		    !name_equal(c->zones[k].domain.bytes, domain->bytes))
			continue;
		*at = k + 1;
		return c->zones[k].store ? NULL : p->zone_files[k];
	}
	return NULL;
}

void
serial_check(const struct parts *old, const struct parts *parts, struct complaints *c)
{
	const struct config *config = parts->config;
	size_t at = 0;

	for (size_t i = 0; i < config->zone_count; i++) {
		const struct config_zone *z = &config->zones[i];
		const struct zone_file *was;

		if (z->store || parts->zone_files[i] == NULL ||
		    config_transfer(config, z)->count + config_notify(config, z)->count ==
		        0)
			continue;
		was = find_file(old, &z->domain, &at);
		if (was != NULL && was != parts->zone_files[i])
			check_zone(z, was, parts->zone_files[i], c);
	}
}
