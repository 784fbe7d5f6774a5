/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/loc.h"

#include <stdbool.h>
#include <string.h>

#include "dns/wire.h"

enum { LOC_LEN = 16, SECOND = 1000, DEGREE = 3600 * SECOND };

static const uint32_t EQUATOR = 1u << 31;
static const uint64_t BASE_CM = 10000000; /* 100 km */
static const uint64_t SIZE_MAX_M = 90000000;

/* Digits with up to `places` decimals, in units of the last one; "5.", ".5" are read. */
static enum err
decimal_parse(const struct word *word, unsigned places, uint64_t max, uint64_t *out,
    struct buf *why)
{
	const char *dot = memchr(word->text, '.', word->len);
	size_t whole = dot != NULL ? (size_t)(dot - word->text) : word->len;
	size_t rest = dot != NULL ? word->len - whole - 1 : 0;
	struct word digits = {word->text, whole, false};
	uint64_t v = 0;
	enum err e = OK;

	if (word->len == 0 || whole + rest == 0 || rest > places)
		return field_fault(ERR_SYNTAX, word, "is not a number of this form", why);
	if (whole != 0)
		e = field_number(&digits, max, &v, why);
	for (unsigned i = 0; e == OK && i < places; i++) {
		char c = i < rest ? dot[1 + i] : '0';

		if (c < '0' || c > '9')
			return field_fault(ERR_SYNTAX, word, "is not a number", why);
		v = v * 10 + (uint64_t)(c - '0');
	}
	if (e == OK)
		*out = v;
	return e;
}

/* +1 for marks[0], -1 for marks[1], 0 for anything else. */
static int
hemisphere(const struct word *word, const char *marks)
{
	char c = word->len == 1 ? word->text[0] : '\0';

	return c == marks[0] ? 1 : c == marks[1] ? -1 : 0;
}

/* Degrees, perhaps minutes, perhaps seconds, and the hemisphere. */
static enum err
angle_parse(struct words *words, uint64_t max, const char *marks, struct field_out *out,
    struct buf *why)
{
	static const uint64_t unit[] = {DEGREE, 60 * SECOND, 1};
	uint64_t sum = 0;
	uint8_t wire[4];

	for (unsigned part = 0;; part++) {
		struct word word;
		uint64_t v;
		enum err e = words_plain(words, "a part of the place", &word, why);
		int sign;

		if (e != OK)
			return e;
		sign = hemisphere(&word, marks);
		if (part != 0 && sign != 0) {
			wire_put32(wire,
			    sign > 0 ? EQUATOR + (uint32_t)sum : EQUATOR - (uint32_t)sum);
			return field_append(out, wire, 4, why);
		}
		if (part == 3)
			return field_fault(
			    ERR_SYNTAX, &word, "is not a direction: N, S, E or W", why);
		e = part == 2 ? decimal_parse(&word, 3, 59, &v, why)
		              : field_number(&word, part == 0 ? max : 59, &v, why);
		if (e != OK)
			return e;
		sum += v * unit[part];
		if (sum > max * DEGREE)
			return field_fault(ERR_RANGE, &word, "goes beyond the end", why);
	}
}

/* Without the m that may follow metres. */
static void
drop_unit(struct word *word)
{
	if (word->len != 0 && word->text[word->len - 1] == 'm')
		word->len--;
}

static enum err
altitude_parse(struct words *words, struct field_out *out, struct buf *why)
{
	struct word word;
	bool below;
	uint64_t cm;
	uint8_t wire[4];
	enum err e = words_plain(words, "the altitude", &word, why);

	if (e != OK)
		return e;
	drop_unit(&word);
	below = word.len != 0 && word.text[0] == '-';
	if (below || (word.len != 0 && word.text[0] == '+')) {
		word.text++;
		word.len--;
	}
	e = decimal_parse(&word, 2, 42849672, &cm, why);
	if (e != OK)
		return e;
	if (below ? cm > BASE_CM : cm + BASE_CM > UINT32_MAX)
		return field_fault(ERR_RANGE, &word, "is out of range", why);
	wire_put32(wire, (uint32_t)(below ? BASE_CM - cm : BASE_CM + cm));
	return field_append(out, wire, 4, why);
}

/* The first digit, and the power of ten of centimetres. */
static enum err
size_parse(struct words *words, uint8_t *octet, struct buf *why)
{
	struct word word;
	unsigned power = 0;
	uint64_t cm;
	enum err e;

	if (words_is_empty(words))
		return OK;
	e = words_plain(words, "a size", &word, why);
	if (e != OK)
		return e;
	drop_unit(&word);
	e = decimal_parse(&word, 2, SIZE_MAX_M, &cm, why);
	if (e != OK)
		return e;
	if (cm > SIZE_MAX_M * 100)
		return field_fault(ERR_RANGE, &word, "is out of range", why);
	for (; cm > 9; cm /= 10)
		power++;
	*octet = (uint8_t)(cm << 4 | power);
	return OK;
}

enum err
loc_parse(struct words *words, struct field_out *out, struct buf *why)
{
	/* RFC 1876 3: 1 m, 10000 m, 10 m where nothing else is said. */
	uint8_t head[4] = {0, 0x12, 0x16, 0x13};
	size_t start = out->len;
	enum err e = field_append(out, head, sizeof(head), why);

	if (e == OK)
		e = angle_parse(words, 90, "NS", out, why);
	if (e == OK)
		e = angle_parse(words, 180, "EW", out, why);
	if (e == OK)
		e = altitude_parse(words, out, why);
	for (unsigned i = 1; e == OK && i < sizeof(head); i++)
		e = size_parse(words, &out->wire[start + i], why);
	return e;
}

static enum err
angle_write(uint32_t wire, uint32_t max, const char *marks, struct buf *out)
{
	uint32_t v = wire >= EQUATOR ? wire - EQUATOR : EQUATOR - wire;

	if (v > max * DEGREE)
		return ERR_SYNTAX;
	buf_printf(out, "%u %u %u.%03u %c ", v / DEGREE, v / (60 * SECOND) % 60,
	    v / SECOND % 60, v % SECOND, wire >= EQUATOR ? marks[0] : marks[1]);
	return OK;
}

static void
metres_write(uint64_t cm, struct buf *out)
{
	buf_printf(out, "%llu", (unsigned long long)(cm / 100));
	if (cm % 100 != 0)
		buf_printf(out, ".%02u", (unsigned)(cm % 100));
	buf_char(out, 'm');
}

static enum err
size_write(uint8_t octet, struct buf *out)
{
	uint64_t cm = octet >> 4;

	if (cm > 9 || (octet & 15) > 9 || (cm == 0 && octet != 0))
		return ERR_SYNTAX;
	for (unsigned i = octet & 15; i > 0; i--)
		cm *= 10;
	buf_char(out, ' ');
	metres_write(cm, out);
	return OK;
}

enum err
loc_write(struct field_in *in, struct buf *out)
{
	const uint8_t *w = in->at;
	uint32_t altitude;
	enum err e;

	if (w < in->end && w[0] != 0) {
		in->at = in->end; /* RFC 1876 2: a version to come */
		return ERR_UNSUPPORTED;
	}
	if (in->end - w != LOC_LEN)
		return ERR_SYNTAX;
	e = angle_write(wire_get32(w + 4), 90, "NS", out);
	if (e == OK)
		e = angle_write(wire_get32(w + 8), 180, "EW", out);
	if (e != OK)
		return e;
	altitude = wire_get32(w + 12);
	if (altitude < BASE_CM)
		buf_char(out, '-');
	metres_write(altitude < BASE_CM ? BASE_CM - altitude : altitude - BASE_CM, out);
	for (unsigned i = 1; i <= 3; i++) {
		e = size_write(w[i], out);
		if (e != OK)
			return e;
	}
	in->at = in->end;
	return OK;
}
