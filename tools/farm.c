/* SPDX-License-Identifier: BSD-2-Clause */
#include "farm.h"

#define C1 UINT32_C(0xcc9e2d51)
#define C2 UINT32_C(0x1b873593)
#define C3 UINT32_C(0xe6546b64)

/* Little-endian, as on the machines it was made for. */
static uint32_t
fetch(const char *p)
{
	const uint8_t *u = (const uint8_t *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static uint32_t
rotate(uint32_t v, unsigned by)
{
	return v >> by | v << (32 - by);
}

static uint32_t
finish(uint32_t h)
{
	h ^= h >> 16;
	h *= UINT32_C(0x85ebca6b);
	h ^= h >> 13;
	h *= UINT32_C(0xc2b2ae35);
	return h ^ h >> 16;
}

static uint32_t
mix(uint32_t h, uint32_t a)
{
	return rotate(h ^ a, 19) * 5 + C3;
}

static uint32_t
scramble(uint32_t a)
{
	return rotate(a * C1, 17) * C2;
}

static uint32_t
mur(uint32_t a, uint32_t h)
{
	return mix(h, scramble(a));
}

static uint32_t
up_to_4(const char *s, size_t len)
{
	uint32_t b = 0, c = 9;

	for (size_t i = 0; i < len; i++) {
		/* as a signed octet */
		b = b * C1 + ((uint32_t)(uint8_t)s[i] ^ 0x80) - 0x80;
		c ^= b;
	}
	return finish(mur(b, mur((uint32_t)len, c)));
}

static uint32_t
up_to_12(const char *s, size_t len)
{
	uint32_t a = (uint32_t)len, b = a * 5, c = 9, d = b;

	a += fetch(s);
	b += fetch(s + len - 4);
	c += fetch(s + (len >> 1 & 4));
	return finish(mur(c, mur(b, mur(a, d))));
}

static uint32_t
up_to_24(const char *s, size_t len)
{
	uint32_t a = fetch(s - 4 + (len >> 1)), b = fetch(s + 4), c = fetch(s + len - 8),
	         d = fetch(s + (len >> 1)), e = fetch(s), f = fetch(s + len - 4),
	         h = d * C1 + (uint32_t)len;

	a = rotate(a, 12) + f;
	h = mur(c, h) + a;
	a = rotate(a, 3) + c;
	h = mur(e, h) + a;
	a = rotate(a + f, 12) + d;
	return finish(mur(b, h) + a);
}

uint32_t
farm_fingerprint(const char *s, size_t len)
{
	uint32_t h = (uint32_t)len, g = C1 * h, f = g;

	if (len <= 24)
		return len <= 4    ? up_to_4(s, len)
		       : len <= 12 ? up_to_12(s, len)
		                   : up_to_24(s, len);
	h = mix(mix(h, scramble(fetch(s + len - 4))), scramble(fetch(s + len - 16)));
	g = mix(mix(g, scramble(fetch(s + len - 8))), scramble(fetch(s + len - 12)));
	f = rotate(f + scramble(fetch(s + len - 20)), 19) + 113;
	for (size_t n = (len - 1) / 20; n != 0; n--, s += 20) {
		uint32_t a = fetch(s), b = fetch(s + 4), c = fetch(s + 8),
		         d = fetch(s + 12), e = fetch(s + 16);

		h = mur(d, h + a) + e;
		g = mur(c, g + b) + a;
		f = mur(b + e * C1, f + c) + d;
		f += g;
		g += f;
	}
	g = rotate(rotate(g, 11) * C1, 17) * C1;
	f = rotate(rotate(f, 11) * C1, 17) * C1;
	h = rotate(rotate(h + g, 19) * 5 + C3, 17) * C1;
	return rotate(rotate(h + f, 19) * 5 + C3, 17) * C1;
}
