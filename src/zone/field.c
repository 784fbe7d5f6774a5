/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/field.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/encoding.h"
#include "base/ip.h"
#include "base/mem.h"
#include "dns/wire.h"
#include "zone/rdata.h"
#include "zone/rrtype.h"
#include "zone/svcb.h"

struct mnemonic {
	uint16_t value;
	const char *name;
};

/* IANA "DNS Security Algorithm Numbers". */
static const struct mnemonic algorithms[] = {{1, "RSAMD5"}, {2, "DH"}, {3, "DSA"},
    {5, "RSASHA1"}, {6, "NSEC3DSA"}, {7, "NSEC3RSASHA1"}, {8, "RSASHA256"},
    {10, "RSASHA512"}, {12, "ECCGOST"}, {13, "ECDSAP256SHA256"}, {14, "ECDSAP384SHA384"},
    {15, "ED25519"}, {16, "ED448"}, {252, "INDIRECT"}, {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"}, {0, NULL}};

/* RFC 4398 2.1. */
static const struct mnemonic cert_types[] = {{1, "PKIX"}, {2, "SPKI"}, {3, "PGP"},
    {4, "IPKIX"}, {5, "ISPKI"}, {6, "IPGP"}, {7, "ACPKIX"}, {8, "IACPKIX"}, {253, "URI"},
    {254, "OID"}, {0, NULL}};

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

static enum err
fault(enum err e, const struct word *word, const char *what, struct buf *why)
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
		return fault(ERR_SYNTAX, word, "is not a number", why);
	for (size_t i = 0; i < word->len; i++) {
		if (word->text[i] < '0' || word->text[i] > '9')
			return fault(ERR_SYNTAX, word, "is not a number", why);
		v = v * 10 + (uint64_t)(word->text[i] - '0');
		if (v > max) {
			fault(ERR_RANGE, word, "is out of range", why);
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
    const struct mnemonic *names, struct field_out *out, struct buf *why)
{
	uint64_t value;
	enum err e;

	for (; names != NULL && names->name != NULL; names++)
		if (strlen(names->name) == word->len &&
		    strncasecmp(names->name, word->text, word->len) == 0)
			return append_number(out, names->value, octets, why);
	e = field_number(word, max, &value, why);
	return e != OK ? e : append_number(out, value, octets, why);
}

/* RFC 4034 3.2: 14 digits are a date, up to 10 digits are seconds. */
static enum err
time_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	struct tm tm = {0};
	struct tm back;
	uint64_t v;
	time_t t;

	if (word->len != 14)
		return number_parse(word, UINT32_MAX, 4, NULL, out, why);
	if (field_number(word, 99999999999999u, &v, why) != OK)
		return ERR_SYNTAX;
	tm.tm_sec = (int)(v % 100);
	tm.tm_min = (int)(v / 100 % 100);
	tm.tm_hour = (int)(v / 10000 % 100);
	tm.tm_mday = (int)(v / 1000000 % 100);
	tm.tm_mon = (int)(v / 100000000 % 100) - 1;
	tm.tm_year = (int)(v / 10000000000u) - 1900;
	back = tm;
	t = timegm(&back);
	if (back.tm_sec != tm.tm_sec || back.tm_min != tm.tm_min ||
	    back.tm_hour != tm.tm_hour || back.tm_mday != tm.tm_mday ||
	    back.tm_mon != tm.tm_mon || t < 0 || t > UINT32_MAX)
		return fault(ERR_RANGE, word, "is no time between 1970 and 2106", why);
	return append_number(out, (uint64_t)t, 4, why);
}

static enum err
name_field_parse(const struct word *word, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	struct name name;
	enum err e = name_parse(word->text, word->len, origin, &name);

	if (e != OK)
		return fault(e, word,
		    e == ERR_RANGE ? "is longer than a name can be" : "is not a name",
		    why);
	return field_append(out, name.bytes, name.len, why);
}

static enum err
address_parse(
    const struct word *word, uint8_t family, struct field_out *out, struct buf *why)
{
	struct ip ip;

	if (ip_parse(word->text, word->len, &ip) != OK || ip.family != family)
		return fault(ERR_SYNTAX, word,
		    family == 4 ? "is not an IPv4 address" : "is not an IPv6 address",
		    why);
	return field_append(out, ip.bytes, family == 4 ? 4 : 16, why);
}

/* A quote inside a word that was not begun with one is a slip, never data. */
static enum err
check_quotes(const struct word *word, struct buf *why)
{
	for (size_t i = 0; !word->quoted && i < word->len; i++) {
		if (word->text[i] == '\\')
			i++;
		else if (word->text[i] == '"')
			return fault(ERR_SYNTAX, word, "has a quote inside", why);
	}
	return OK;
}

static enum err
string_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	uint8_t text[256];
	size_t len;
	enum err e = check_quotes(word, why);

	if (e != OK)
		return e;
	e = word_unescape(word->text, word->len, text + 1, 255, &len);
	if (e == ERR_RANGE) {
		buf_str(why,
		    "a string has more than 255 octets: split it into several strings, "
		    "each in quotes");
		return e;
	}
	if (e != OK)
		return fault(e, word, "has a broken escape", why);
	text[0] = (uint8_t)len;
	return field_append(out, text, len + 1, why);
}

static enum err
strings_parse(
    const struct word *first, struct words *words, struct field_out *out, struct buf *why)
{
	struct word word = *first;
	enum err e = string_parse(&word, out, why);

	while (e == OK && !words_is_empty(words)) {
		e = words_next(words, &word, why);
		if (e == OK)
			e = string_parse(&word, out, why);
	}
	return e;
}

static enum err
long_string_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	size_t len;
	enum err e = check_quotes(word, why);

	if (e != OK)
		return e;
	e = word_unescape(
	    word->text, word->len, out->wire + out->len, FIELD_ROOM - out->len, &len);
	if (e != OK)
		return fault(e, word, "has a broken escape or is too long", why);
	out->len += len;
	return OK;
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
		return fault(ERR_SYNTAX, word, "is not a tag of letters and digits", why);
	e = field_append(out, &len, 1, why);
	return e != OK ? e : field_append(out, word->text, word->len, why);
}

/* Hex or base64 over all words that are left. */
static enum err
digits_parse(
    enum field_kind kind, struct words *words, struct field_out *out, struct buf *why)
{
	struct buf text = {0};
	uint8_t *room = out->wire + out->len;
	size_t free_len = FIELD_ROOM - out->len;
	size_t len = 0;
	enum err e = words_join(words, &text, why);

	if (e == OK) {
		e = kind == FIELD_HEX ? encoding_hex_parse(buf_text(&text), text.len,
		                            room, free_len, &len)
		                      : encoding_base64_parse(buf_text(&text), text.len,
		                            room, free_len, &len);
		if (e == OK && len == 0 && kind != FIELD_BASE64_OPTIONAL)
			e = ERR_SYNTAX;
		if (e != OK)
			buf_str(why, kind == FIELD_HEX
			                 ? "expected an even number of hex digits"
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
		return fault(ERR_SYNTAX, word,
		    kind == FIELD_SALT ? "is not an even number of hex digits, or -"
		                       : "is not base32hex",
		    why);
	octets[0] = (uint8_t)len;
	return field_append(out, octets, len + 1, why);
}

/* RFC 4034 4.1.2: a block for each 256 types that has any. */
static enum err
types_parse(struct words *words, struct field_out *out, struct buf *why)
{
	uint8_t *map = mem_array(8192, 1);
	struct word word;
	uint16_t type;
	enum err e = OK;

	while (e == OK && !words_is_empty(words)) {
		e = words_plain(words, "a type", &word, why);
		if (e != OK)
			break;
		e = rdata_type_parse(word.text, word.len, &type);
		if (e != OK)
			fault(e, &word, "is not a type of data", why);
		else
			map[type / 8] |= (uint8_t)(0x80 >> type % 8);
	}
	for (unsigned block = 0; e == OK && block < 256; block++) {
		uint8_t head[2] = {(uint8_t)block, 32};

		while (head[1] > 0 && map[block * 32 + head[1] - 1u] == 0)
			head[1]--;
		if (head[1] == 0)
			continue;
		e = field_append(out, head, 2, why);
		if (e == OK)
			e = field_append(out, map + block * 32, head[1], why);
	}
	mem_free(map);
	return e;
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
			return fault(ERR_SYNTAX, word, "is not of the right form", why);
		from = at;
		while (at < word->len && at - from < max && word->text[at] != mark)
			at++;
		if (at - from < min)
			return fault(ERR_SYNTAX, word, "is not of the right form", why);
		memcpy(digits + (max - (at - from)), word->text + from, at - from);
		if (encoding_hex_parse(digits, max, octets, 2, &len) != OK)
			return fault(ERR_SYNTAX, word, "has no hex digits", why);
		e = field_append(out, octets, len, why);
		if (e != OK)
			return e;
	}
	return at == word->len ? OK
	                       : fault(ERR_SYNTAX, word, "is not of the right form", why);
}

/* RFC 4025 2.5: the second octet says whether there is an address, a name or nothing. */
static enum err
gateway_parse(const struct word *word, const struct name *origin, struct field_out *out,
    struct buf *why)
{
	switch (out->wire[1]) {
	case 0:
		return word->len == 1 && word->text[0] == '.'
		           ? OK
		           : fault(
		                 ERR_SYNTAX, word, "must be . with gateway type 0", why);
	case 1:
		return address_parse(word, 4, out, why);
	case 2:
		return address_parse(word, 6, out, why);
	case 3:
		return name_field_parse(word, origin, out, why);
	default:
		buf_str(why, "the gateway type must be 0..3");
		return ERR_RANGE;
	}
}

static enum err
period_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	uint32_t seconds;
	enum err e = rdata_ttl_parse(word->text, word->len, &seconds);

	if (e != OK)
		return fault(e, word, "is not a time of 0..2147483647 seconds", why);
	return append_number(out, seconds, 4, why);
}

static enum err
type_parse(const struct word *word, struct field_out *out, struct buf *why)
{
	uint16_t type;
	enum err e = rdata_type_parse(word->text, word->len, &type);

	if (e != OK)
		return fault(e, word, "is not a type of data", why);
	return append_number(out, type, 2, why);
}

/* Kinds that are exactly one word without quotes. */
static enum err
plain_parse(enum field_kind kind, const struct word *word, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	switch (kind) {
	case FIELD_U8:
		return number_parse(word, UINT8_MAX, 1, NULL, out, why);
	case FIELD_U16:
		return number_parse(word, UINT16_MAX, 2, NULL, out, why);
	case FIELD_U32:
		return number_parse(word, UINT32_MAX, 4, NULL, out, why);
	case FIELD_ALGORITHM:
		return number_parse(word, UINT8_MAX, 1, algorithms, out, why);
	case FIELD_CERT_TYPE:
		return number_parse(word, UINT16_MAX, 2, cert_types, out, why);
	case FIELD_PERIOD:
		return period_parse(word, out, why);
	case FIELD_TIME:
		return time_parse(word, out, why);
	case FIELD_TYPE:
		return type_parse(word, out, why);
	case FIELD_NAME:
		return name_field_parse(word, origin, out, why);
	case FIELD_IP4:
		return address_parse(word, 4, out, why);
	case FIELD_IP6:
		return address_parse(word, 6, out, why);
	case FIELD_TAG:
		return tag_parse(word, out, why);
	case FIELD_SALT:
	case FIELD_NEXT_HASHED:
		return counted_parse(kind, word, out, why);
	case FIELD_LOCATOR:
		return groups_parse(word, 4, 1, 4, ':', out, why);
	case FIELD_EUI48:
		return groups_parse(word, 6, 2, 2, '-', out, why);
	case FIELD_EUI64:
		return groups_parse(word, 8, 2, 2, '-', out, why);
	case FIELD_GATEWAY:
		return gateway_parse(word, origin, out, why);
	default:
		return OK; /* FIELD_ANY */
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
	case FIELD_BASE64:
	case FIELD_BASE64_OPTIONAL:
		return digits_parse(kind, words, out, why);
	case FIELD_TYPES:
		return types_parse(words, out, why);
	case FIELD_PARAMS:
		return svcb_params_parse(words, out, why);
	case FIELD_REST:
		words->at = words->end;
		return OK;
	case FIELD_STRING_OPTIONAL:
		if (words_is_empty(words))
			return OK;
		break;
	case FIELD_STRING:
	case FIELD_STRINGS:
	case FIELD_LONG_STRING:
		break;
	default:
		e = words_plain(words, "a field", &word, why);
		return e != OK ? e : plain_parse(kind, &word, origin, out, why);
	}
	e = words_next(words, &word, why);
	if (e == ERR_MISSING) {
		buf_str(why, "a string is missing");
		return ERR_SYNTAX;
	}
	if (e != OK)
		return e;
	if (kind == FIELD_STRINGS)
		return strings_parse(&word, words, out, why);
	if (kind == FIELD_LONG_STRING)
		return long_string_parse(&word, out, why);
	return string_parse(&word, out, why);
}
