/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/edns.h"

#include <assert.h>
#include <string.h>

#include "dns/cookie.h"
#include "dns/wire.h"

enum {
	OPTION_HEADER_LEN = 4,
	ECS_FIXED_LEN = 4, /* family, source and scope prefix length */
};

void
edns_measure(struct edns_reply *e)
{
	size_t len = 0;

	if (e->nsid != NULL)
		len += OPTION_HEADER_LEN + e->nsid_len;
	if (e->ecs != NULL)
		len += edns_subnet_len(e->ecs);
	if (e->cookie != NULL)
		len += OPTION_HEADER_LEN + COOKIE_LEN;
	if (e->has_keepalive)
		len += OPTION_HEADER_LEN + 2;
	if (e->has_ede)
		len += OPTION_HEADER_LEN + 2;
	e->options_len = (uint16_t)len;
}

size_t
edns_len(const struct edns_reply *e)
{
	return EDNS_OPT_LEN + e->options_len;
}

static uint8_t *
option(uint8_t *p, uint16_t code, size_t len)
{
	wire_put16(p, code);
	wire_put16(p + 2, (uint16_t)len);
	return p + OPTION_HEADER_LEN;
}

/* RFC 7871 7.2.1: family, source prefix length and address as they were asked. */
static uint8_t *
write_ecs(uint8_t *p, const struct query_ecs *ecs, uint8_t scope)
{
	p = option(p, OPTION_ECS, ECS_FIXED_LEN + (size_t)ecs->octets);
	wire_put16(p, ecs->family);
	p[2] = ecs->source_len;
	p[3] = scope;
	memcpy(p + ECS_FIXED_LEN, ecs->ip.bytes, ecs->octets);
	return p + ECS_FIXED_LEN + ecs->octets;
}

static uint8_t *
write_options(uint8_t *p, const struct edns_reply *e)
{
	if (e->nsid != NULL) {
		p = option(p, OPTION_NSID, e->nsid_len);
		memcpy(p, e->nsid, e->nsid_len);
		p += e->nsid_len;
	}
	if (e->ecs != NULL)
		p = write_ecs(p, e->ecs, e->ecs_scope);
	if (e->cookie != NULL) {
		p = option(p, OPTION_COOKIE, COOKIE_LEN);
		memcpy(p, e->cookie, COOKIE_LEN);
		p += COOKIE_LEN;
	}
	if (e->has_keepalive) {
		p = option(p, OPTION_KEEPALIVE, 2);
		wire_put16(p, e->keepalive);
		p += 2;
	}
	if (e->has_ede) {
		p = option(p, OPTION_EDE, 2);
		wire_put16(p, e->ede);
		p += 2;
	}
	return p;
}

/* RFC 8467 4.1: the message to the next multiple of the block, or to the limit. */
static uint8_t *
write_padding(uint8_t *p, const struct edns_reply *e, const struct writer *w)
{
	size_t len = (size_t)(p - w->buf) + OPTION_HEADER_LEN + e->behind, padded;
	size_t limit = w->limit + e->behind;

	if (len > limit)
		return p;
	padded = (len + EDNS_PADDING_BLOCK - 1) / EDNS_PADDING_BLOCK * EDNS_PADDING_BLOCK;
	if (padded > limit)
		padded = limit;
	p = option(p, OPTION_PADDING, padded - len);
	memset(p, 0, padded - len);
	return p + (padded - len);
}

/* Without options: RFC 6891 6.1.2 and 6.1.3. */
static inline void
write_opt(uint8_t *opt, uint8_t extended_rcode, bool dnssec_ok)
{
	*opt = 0;
	wire_put16(opt + 1, TYPE_OPT);
	wire_put16(opt + 3, DNS_UDP_CAP);
	opt[5] = extended_rcode;
	opt[6] = 0; /* version */
	wire_put16(opt + 7, dnssec_ok ? 0x8000 : 0);
	wire_put16(opt + 9, 0);
}

uint8_t *
edns_write_subnet(uint8_t *p, bool dnssec_ok, const struct query_ecs *ecs, uint8_t scope)
{
	write_opt(p, 0, dnssec_ok);
	if (ecs == NULL)
		return p + EDNS_OPT_LEN;
	wire_put16(p + 9, (uint16_t)edns_subnet_len(ecs));
	return write_ecs(p + EDNS_OPT_LEN, ecs, scope);
}

void
edns_write(const struct edns_reply *e, struct writer *w)
{
	uint8_t *opt = w->buf + w->len, *p = opt + EDNS_OPT_LEN;

	assert(w->len <= w->limit && w->limit - w->len >= edns_len(e));
	write_opt(opt, e->extended_rcode, e->dnssec_ok);
	if (e->options_len != 0)
		p = write_options(p, e);
	assert(p == opt + edns_len(e));
	if (e->pads)
		p = write_padding(p, e, w);
	wire_put16(opt + 9, (uint16_t)(p - opt - EDNS_OPT_LEN));
	w->len = (size_t)(p - w->buf);
}
