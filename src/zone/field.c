/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/field.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/encoding.h"
#include "base/ip.h"
#include "base/mem.h"
#include "dns/wire.h"
#include "zone/charstring.h"
#include "zone/gateway.h"
#include "zone/loc.h"
#include "zone/mnemonic.h"
#include "zone/osi.h"
#include "zone/prefix.h"
#include "zone/rdata.h"
#include "zone/svcb.h"
#include "zone/typemap.h"
#include "zone/wks.h"

enum err
field_append(struct field_out *out, const void *data, size_t len, struct buf *why)
{
	if (len > FIELD_ROOM - out->len) {
		buf_str(why, "the data is longer than 65535 octets");
		return ERR_RANGE;
	}
	if (len != 0)
		memcpy(out->wire + out->len, data, len);
	out->len += len;
	return OK;
}

enum err
field_fault(enum err e, const struct word *word, const char *what, struct buf *why)
{
	buf_printf(
	    why, "'%.*s' %s", word->len < 64 ? (int)word->len : 64, word->text, what);
	return e;
}

enum err
field_number(const struct word *word, uint64_t max, uint64_t *value, struct buf *why)
{
	uint64_t v = 0;

	if (word->len == 0)
		return field_fault(ERR_SYNTAX, word, "is not a number", why);
	for (size_t i = 0; i < word->len; i++) {
		if (word->text[i] < '0' || word->text[i] > '9')
			return field_fault(ERR_SYNTAX, word, "is not a number", why);
		v = v * 10 + (uint64_t)(word->text[i] - '0');
		if (v > max) {
			field_fault(ERR_RANGE, word, "is out of range", why);
			buf_printf(why, " 0..%llu", (unsigned long long)max);
			return ERR_RANGE;
		}
	}
	*value = v;
	return OK;
}

static enum err
append_number(struct field_out *out, uint64_t value, unsigned octets, struct buf *why)
{
	uint8_t wire[8];

	for (unsigned i = octets; i-- > 0; value >>= 8)
		wire[i] = (uint8_t)value;
	return field_append(out, wire, octets, why);
}

static enum err
number_parse(const struct word *word, uint64_t max, unsigned octets,
    struct field_out *out, struct buf *why)
{
	uint64_t value;
	enum err e = field_number(word, max, &value, why);

	return e != OK ? e : append_number(out, value, octets, why);
}

/* A number that may have a name. */
static enum err
named_parse(
    enum field_kind kind, const struct word *word, struct field_out *out, struct buf *why)
{
	bool is_wide = kind == FIELD_CERT_TYPE;
	uint16_t value;

	if (mnemonic_find(kind, word, &value))
		return append_number(out, value, is_wide ? 2 : 1, why);
	return number_parse(
	    word, is_wide ? UINT16_MAX : UINT8_MAX, is_wide ? 2 : 1, out, why);
}

static enum err
flags_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	uint16_t flags;

	if (!mnemonic_flags(word, &flags))
		return field_fault(ERR_SYNTAX, word, "is not the flags of a key", why);
	return append_number(out, flags, 2, why);
}

/*
 * RFC 4034 3.2: 14 digits are a date, up to 10 digits are seconds. A second may be a leap
 * second; a date beyond 2106 or before 1970 counts modulo 2^32 (RFC 4034 3.1.5).
 */
static enum err
time_parse(
    enum field_kind kind, const struct word *word, struct field_out *out, struct buf *why)
{
	struct tm tm = {0};
	struct tm back;
	uint64_t v;
	bool is_leap;
	time_t t;

	if (word->len != 14 && kind == FIELD_TIME)
		return number_parse(word, UINT32_MAX, 4, out, why);
	if (word->len != 14)
		return field_fault(ERR_SYNTAX, word, "is not YYYYMMDDHHMMSS", why);
	if (field_number(word, 99999999999999u, &v, why) != OK)
		return ERR_SYNTAX;
	tm.tm_sec = (int)(v % 100);
	tm.tm_min = (int)(v / 100 % 100);
	tm.tm_hour = (int)(v / 10000 % 100);
	tm.tm_mday = (int)(v / 1000000 % 100);
	tm.tm_mon = (int)(v / 100000000 % 100) - 1;
	tm.tm_year = (int)(v / 10000000000u) - 1900;
	is_leap = tm.tm_sec == 60;
	tm.tm_sec -= is_leap;
	back = tm;
	t = timegm(&back);
	if (back.tm_sec != tm.tm_sec || back.tm_min != tm.tm_min ||
	    back.tm_hour != tm.tm_hour || back.tm_mday != tm.tm_mday ||
	    back.tm_mon != tm.tm_mon)
		return field_fault(ERR_RANGE, word, "is no date and time", why);
	return append_number(out, (uint32_t)(t + is_leap), 4, why);
}

enum err
field_name_parse(const struct word *word, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	struct name name;
	enum err e = name_parse(word->text, word->len, origin, &name);

	if (e != OK)
		return field_fault(e, word,
		    e == ERR_RANGE
		        ? "is too long: a label has 63 octets at most, a name 255"
		        : "is not a name",
		    why);
	return field_append(out, name.bytes, name.len, why);
}

enum err
field_address_parse(
    const struct word *word, uint8_t family, struct field_out *out, struct buf *why)
{
	struct ip ip;

	if (ip_parse(word->text, word->len, &ip) != OK || ip.family != family)
		return field_fault(ERR_SYNTAX, word,
		    family == 4 ? "is not an IPv4 address" : "is not an IPv6 address",
		    why);
	return field_append(out, ip.bytes, family == 4 ? 4 : 16, why);
}

/* RFC 8659 4.1: a non-zero length, ASCII letters and digits. */
static bool
is_tag(const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') ||
		        (text[i] >= 'A' && text[i] <= 'Z') ||
		        (text[i] >= '0' && text[i] <= '9')))
			return false;
	return len != 0 && len <= 255;
}

static enum err
tag_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	uint8_t len = (uint8_t)word->len;
	enum err e;

	if (!is_tag((const uint8_t *)word->text, word->len))
		return field_fault(
		    ERR_SYNTAX, word, "is not a tag of letters and digits", why);
	e = field_append(out, &len, 1, why);
	return e != OK ? e : field_append(out, word->text, word->len, why);
}

/* Hex or base64 over all words that are left. */
static enum err
digits_parse(
    enum field_kind kind, struct words *words, struct field_out *out, struct buf *why)
{
	bool is_hex = kind == FIELD_HEX || kind == FIELD_HEX_OPTIONAL;
	struct buf text = {0};
	uint8_t *room = out->wire + out->len;
	size_t free_len = FIELD_ROOM - out->len;
	size_t len = 0;
	enum err e = words_join(words, &text, why);

	if (e == OK && kind == FIELD_BASE64_DASH && strcmp(buf_text(&text), "-") == 0) {
		buf_fini(&text);
		return OK;
	}
	if (e == OK) {
		e = is_hex ? encoding_hex_parse(
		                 buf_text(&text), text.len, room, free_len, &len)
		           : encoding_base64_parse(
		                 buf_text(&text), text.len, room, free_len, &len);
		if (e == OK && len == 0 && kind != FIELD_HEX_OPTIONAL &&
		    kind != FIELD_BASE64_OPTIONAL)
			e = ERR_SYNTAX;
		if (e != OK)
			buf_str(why, is_hex
			                 ? "expected hex digits, an even number of them"
			                 : "expected base64, whole and with its padding");
	}
	out->len += len;
	buf_fini(&text);
	return e;
}

static enum err
counted_parse(
    enum field_kind kind, const struct word *word, struct field_out *out, struct buf *why)
{
	uint8_t octets[256];
	size_t len = 0;
	enum err e = OK;

	if (kind == FIELD_NEXT_HASHED)
		e = encoding_base32_parse(word->text, word->len, octets + 1, 255, &len);
	else if (word->len != 1 || word->text[0] != '-')
		e = encoding_hex_parse(word->text, word->len, octets + 1, 255, &len);
	if (e != OK || (kind == FIELD_NEXT_HASHED && len == 0))
		return field_fault(ERR_SYNTAX, word,
		    kind == FIELD_SALT ? "is not an even number of hex digits, or -"
		                       : "is not base32hex",
		    why);
	octets[0] = (uint8_t)len;
	return field_append(out, octets, len + 1, why);
}

/* Groups of hex digits: at least min and at most max digits each, with a mark between. */
static enum err
groups_parse(const struct word *word, unsigned groups, unsigned min, unsigned max,
    char mark, struct field_out *out, struct buf *why)
{
	size_t at = 0;

	for (unsigned g = 0; g < groups; g++) {
		char digits[4] = "0000";
		size_t from = at;
		uint8_t octets[2];
		size_t len;
		enum err e;

		if (g != 0 && (at == word->len || word->text[at++] != mark))
			return field_fault(
			    ERR_SYNTAX, word, "is not of the right form", why);
		from = at;
		while (at < word->len && at - from < max && word->text[at] != mark)
			at++;
		if (at - from < min)
			return field_fault(
			    ERR_SYNTAX, word, "is not of the right form", why);
		memcpy(digits + (max - (at - from)), word->text + from, at - from);
		if (encoding_hex_parse(digits, max, octets, 2, &len) != OK)
			return field_fault(ERR_SYNTAX, word, "has no hex digits", why);
		e = field_append(out, octets, len, why);
		if (e != OK)
			return e;
	}
	return at == word->len
	           ? OK
	           : field_fault(ERR_SYNTAX, word, "is not of the right form", why);
}

static enum err
period_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	uint32_t seconds;
	enum err e = rdata_period_parse(word->text, word->len, &seconds);

	if (e != OK)
		return field_fault(
		    e, word, "is not a time of 0..4294967295 seconds", why);
	return append_number(out, seconds, 4, why);
}

/* The type that a signature covers may be a plain number. */
static enum err
type_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	uint16_t type;
	uint64_t number;
	struct buf ignored = {0};
	enum err e = OK;

	if (!rdata_type_number(word->text, word->len, &type)) {
		e = field_number(word, UINT16_MAX, &number, &ignored);
		buf_fini(&ignored);
		if (e != OK)
			return field_fault(e, word, "is not a type", why);
		type = (uint16_t)number;
	}
	return append_number(out, type, 2, why);
}

/* Kinds that are exactly one word without quotes. */
static enum err
plain_parse(enum field_kind kind, const struct word *word, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	switch (kind) {
	case FIELD_U8:
		return number_parse(word, UINT8_MAX, 1, out, why);
	case FIELD_U16:
		return number_parse(word, UINT16_MAX, 2, out, why);
	case FIELD_U32:
		return number_parse(word, UINT32_MAX, 4, out, why);
	case FIELD_ALGORITHM:
	case FIELD_CERT_TYPE:
	case FIELD_DIGEST:
	case FIELD_HASH:
	case FIELD_PROTOCOL:
	case FIELD_SCHEME:
		return named_parse(kind, word, out, why);
	case FIELD_KEY_FLAGS:
		return flags_parse(word, out, why);
	case FIELD_PERIOD:
		return period_parse(word, out, why);
	case FIELD_DATE:
	case FIELD_TIME:
		return time_parse(kind, word, out, why);
	case FIELD_TYPE:
		return type_parse(word, out, why);
	case FIELD_NAME:
		return field_name_parse(word, origin, out, why);
	case FIELD_IP4:
		return field_address_parse(word, 4, out, why);
	case FIELD_IP6:
		return field_address_parse(word, 6, out, why);
	case FIELD_TAG:
		return tag_parse(word, out, why);
	case FIELD_SALT:
	case FIELD_NEXT_HASHED:
		return counted_parse(kind, word, out, why);
	case FIELD_LOCATOR:
		return groups_parse(word, 4, 1, 4, ':', out, why);
	case FIELD_EUI48:
		return groups_parse(word, 6, 1, 2, '-', out, why);
	case FIELD_EUI64:
		return groups_parse(word, 8, 1, 2, '-', out, why);
	case FIELD_GATEWAY:
		return gateway_parse(word, origin, out, why);
	case FIELD_NSAP:
		return osi_nsap_parse(word, out, why);
	case FIELD_ATMA:
		return osi_atma_parse(word, out, why);
	default:
		return ERR_UNSUPPORTED; /* none is left */
	}
}

enum err
field_parse(enum field_kind kind, struct words *words, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	struct word word;
	enum err e;

	switch (kind) {
	case FIELD_HEX:
	case FIELD_HEX_OPTIONAL:
	case FIELD_BASE64:
	case FIELD_BASE64_OPTIONAL:
	case FIELD_BASE64_DASH:
		return digits_parse(kind, words, out, why);
	case FIELD_TYPES:
		return typemap_parse(words, out, why);
	case FIELD_TYPES_OLD:
		return typemap_old_parse(words, out, why);
	case FIELD_PARAMS:
		return svcb_params_parse(words, out, why);
	case FIELD_LOC:
		return loc_parse(words, out, why);
	case FIELD_WKS:
		return wks_parse(words, out, why);
	case FIELD_APL:
		return prefix_list_parse(words, out, why);
	case FIELD_A6:
		return prefix_a6_parse(words, origin, out, why);
	case FIELD_RELAY:
		return gateway_relay_parse(words, origin, out, why);
	case FIELD_HIP:
		return gateway_hip_parse(words, origin, out, why);
	case FIELD_STRING:
	case FIELD_STRING_OPTIONAL:
	case FIELD_STRINGS:
	case FIELD_LONG_STRING:
	case FIELD_QUOTED:
	case FIELD_DIGITS:
	case FIELD_RULE:
		return charstring_parse(kind, words, out, why);
	default:
		e = words_plain(words, "a field", &word, why);
		return e != OK ? e : plain_parse(kind, &word, origin, out, why);
	}
}
