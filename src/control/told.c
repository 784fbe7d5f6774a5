/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/told.h"

#include "base/mem.h"

/* From *at on, where it mostly is: both are in the order of their configurations. */
static const struct told_zone *
find(const struct told *t, const struct name *apex, size_t *at)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct told_zone *z = &t->zones[(*at + i) % t->count];

		if (!name_equal(z->apex.bytes, apex->bytes))
			continue;
		*at = (size_t)(z - t->zones) + 1;
		return z;
	}
	return NULL;
}

/* What is known of a zone's serial and of a peer's answers outlives a reload. */
static void
take_over(struct told_zone *z, const struct told_zone *was)
{
	z->is_known = was->is_known;
	z->serial = was->serial;
	z->told = was->told;
	for (size_t i = 0; i < z->count; i++)
		for (size_t k = 0; k < was->count; k++) {
			const struct ip_port *a = &z->notices[i].peer->address;
			const struct notice *b = &was->notices[k];

			if (a->port != b->peer->address.port ||
			    !ip_equal(&a->ip, &b->peer->address.ip))
				continue;
			z->notices[i].is_silent = b->is_silent;
			z->notices[i].answered = b->answered;
			z->notices[i].rcode = b->rcode;
			z->notices[i].serial = b->serial;
			/* what was not answered yet is told anew, with the new key */
			if (b->is_pending)
				z->is_forced = true;
		}
	/* a peer that joined has heard nothing */
	if (z->count > was->count)
		z->is_forced = true;
}

static void
fill_zone(
    struct told_zone *z, const struct config_zone *cfg, const struct config_peers *peers)
{
	z->apex.len = cfg->domain.len;
	name_lower(z->apex.bytes, cfg->domain.bytes, cfg->domain.len);
	z->count = peers->count;
	z->notices = mem_array(peers->count, sizeof(*z->notices));
	for (size_t i = 0; i < peers->count; i++) {
		z->notices[i].peer = &peers->list[i];
		z->notices[i].zone = z;
	}
}

void
told_make(struct told *t, const struct config *c, const struct told *was)
{
	size_t at = 0;

	*t = (struct told){.zones = mem_array(c->zone_count, sizeof(*t->zones))};
	for (size_t i = 0; i < c->zone_count; i++) {
		const struct config_peers *peers = config_notify(c, &c->zones[i]);
		struct told_zone *z = &t->zones[t->count];
		const struct told_zone *before;

		if (peers->count == 0)
			continue;
		fill_zone(z, &c->zones[i], peers);
		before = find(was, &z->apex, &at);
		if (before != NULL)
			take_over(z, before);
		t->count++;
		t->peer_count += z->count;
	}
}

void
told_fini(struct told *t)
{
	for (size_t i = 0; i < t->count; i++)
		mem_free(t->zones[i].notices);
	mem_free(t->zones);
	*t = (struct told){0};
}
