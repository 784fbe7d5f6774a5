/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/rendezvous.h"

enum { FRACTION_BITS = 24 };

static const uint64_t fnv_basis = UINT64_C(0xcbf29ce484222325);
static const uint64_t fnv_prime = UINT64_C(0x100000001b3);

/* FNV-1a of a kind and octets, and the finalizer, which FNV lacks for short inputs. */
static uint64_t
hash(char kind, const uint8_t *p, size_t len)
{
	uint64_t h = (fnv_basis ^ (uint8_t)kind) * fnv_prime;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * fnv_prime;
	return rendezvous_draw(h, 0, 0).draw;
}

uint64_t
rendezvous_client(const struct ip *client, uint8_t *scope)
{
	uint8_t outer_len;
	struct ip ip = ip_unwrap(client, &outer_len);

	if (ip.family == 4) {
		*scope = (uint8_t)(outer_len + RENDEZVOUS_IPV4_LEN);
		return hash('4', ip.bytes, RENDEZVOUS_IPV4_LEN / 8);
	}
	*scope = RENDEZVOUS_IPV6_LEN;
	return hash('6', ip.bytes, RENDEZVOUS_IPV6_LEN / 8);
}

uint64_t
rendezvous_address(const struct ip *address)
{
	return hash('a', address->bytes, address->family == 4 ? 4 : 16);
}

uint64_t
rendezvous_name(const uint8_t *name, size_t len)
{
	return hash('n', name, len);
}

uint64_t
rendezvous_region(const char *region)
{
	size_t len = 0;

	while (region[len] != '\0')
		len++;
	return hash('r', (const uint8_t *)region, len);
}

/*
 * -log2(draw / 2^64), in integers alone, so that no machine's floating point can differ:
 * the leading zeros, less the fraction, one bit a squaring.
 */
static uint32_t
cost_of(uint64_t draw)
{
	uint32_t zeros, fraction = 0;
	uint64_t m;

	if (draw == 0)
		draw = 1;
	zeros = (uint32_t)__builtin_clzll(draw);
	m = draw << zeros >> 32; /* 1.0 to 2.0, with 31 bits behind the point */
	for (unsigned i = 0; i < FRACTION_BITS; i++) {
		m = m * m >> 31;
		fraction <<= 1;
		if (m >> 32 != 0) {
			m >>= 1;
			fraction |= 1;
		}
	}
	return ((zeros + 1) << FRACTION_BITS) - fraction;
}

bool
rendezvous_is_before(struct rendezvous *a, struct rendezvous *b)
{
	uint64_t left, right;

	if (a->weight == b->weight)
		return a->draw > b->draw;
	if (a->weight == 0 || b->weight == 0)
		return b->weight == 0;
	if (a->cost == 0)
		a->cost = cost_of(a->draw);
	if (b->cost == 0)
		b->cost = cost_of(b->draw);
	left = (uint64_t)a->cost * b->weight;
	right = (uint64_t)b->cost * a->weight;
	return left != right ? left < right : a->draw > b->draw;
}
