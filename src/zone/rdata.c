/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Most types are compiled from their fields (zone/field.h). ldns compiles the few with
 * a form of their own (WKS, NSAP, LOC, APL, HIP). What it is given was cut into words
 * and range-checked before, and what it gives must read back as the same octets: ldns
 * 1.8.3 wraps numbers, pads odd hex and drops octets without a word.
 */
#include "zone/rdata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldns/ldns.h>

#include "base/encoding.h"
#include "base/mem.h"
#include "dns/wire.h"
#include "dns/writer.h"
#include "zone/field.h"
#include "zone/rrtype.h"

enum { TEXT_MAX = 65536 };

/* RFC 6895 3.1: 0 is reserved, 128 to 255 are meta types and question types. */
static bool
is_meta(uint16_t type)
{
	return type == 0 || type == TYPE_OPT || (type >= 128 && type <= 255);
}

enum err
rdata_type_parse(const char *text, size_t len, uint16_t *type)
{
	const struct rrtype *t = rrtype_find_name(text, len);
	uint32_t v = 0;

	if (t != NULL) {
		v = t->number;
	} else {
		if (len < 5 || len > 9 || strncasecmp(text, "TYPE", 4) != 0)
			return ERR_SYNTAX;
		for (size_t i = 4; i < len; i++) {
			if (text[i] < '0' || text[i] > '9')
				return ERR_SYNTAX;
			v = v * 10 + (uint32_t)(text[i] - '0');
		}
		if (v > UINT16_MAX)
			return ERR_SYNTAX;
	}
	if (is_meta((uint16_t)v))
		return ERR_UNSUPPORTED;
	*type = (uint16_t)v;
	return OK;
}

void
rdata_type_write(uint16_t type, char out[RDATA_TYPE_TEXT_MAX])
{
	const struct rrtype *t = rrtype_find(type);

	if (t != NULL)
		snprintf(out, RDATA_TYPE_TEXT_MAX, "%s", t->name);
	else
		snprintf(out, RDATA_TYPE_TEXT_MAX, "TYPE%u", type);
}

enum err
rdata_ttl_parse(const char *text, size_t len, uint32_t *ttl)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	uint64_t sum = 0;
	size_t i = 0;

	if (len == 0)
		return ERR_SYNTAX;
	while (i < len) {
		uint64_t v = 0;
		size_t from = i;
		size_t u = 0;

		for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
			v = v * 10 + (uint64_t)(text[i] - '0');
			if (v > INT32_MAX)
				return ERR_RANGE;
		}
		if (i == from)
			return ERR_SYNTAX;
		if (i == len) {
			if (from != 0)
				return ERR_SYNTAX; /* "1h30": 30 of what? */
		} else {
			while (u < 5 && units[u].unit != (text[i] | 0x20))
				u++;
			if (u == 5)
				return ERR_SYNTAX;
			i++;
		}
		sum += v * units[u].seconds;
		if (sum > INT32_MAX)
			return ERR_RANGE; /* RFC 2181 8 */
	}
	*ttl = (uint32_t)sum;
	return OK;
}

/* ldns in: wire of text that was checked. The owner is the root. */
static enum err
ldns_parse(const struct rrtype *t, const char *text, size_t len,
    const struct name *origin, struct field_out *out, struct buf *why)
{
	char base[NAME_TEXT_MAX] = ".";
	ldns_rdf *base_rdf = NULL;
	ldns_status status;
	ldns_rr *rr = NULL;
	enum err e = OK;
	char *line;

	if (origin != NULL)
		name_write(origin->bytes, base);
	if (ldns_str2rdf_dname(&base_rdf, base) != LDNS_STATUS_OK)
		return ERR_SYNTAX;
	line = mem_printf(". 0 IN %s %.*s", t->name, (int)len, text);
	status = ldns_rr_new_frm_str(&rr, line, 0, base_rdf, NULL);
	mem_free(line);
	ldns_rdf_deep_free(base_rdf);
	if (status != LDNS_STATUS_OK) {
		buf_str(why, ldns_get_errorstr_by_id(status));
		return ERR_SYNTAX;
	}
	if ((uint16_t)ldns_rr_get_type(rr) != t->number || ldns_rr_rd_count(rr) == 0) {
		buf_str(why, "the data does not have the form of its type");
		e = ERR_SYNTAX;
	}
	for (size_t i = 0; e == OK && i < ldns_rr_rd_count(rr); i++)
		e = field_append(out, ldns_rdf_data(ldns_rr_rdf(rr, i)),
		    ldns_rdf_size(ldns_rr_rdf(rr, i)), why);
	ldns_rr_free(rr);
	return e;
}

/* ldns out: the text of one RR's data, which is given with an empty owner. */
static enum err
ldns_write(uint16_t type, const uint8_t *wire, size_t len, struct buf *out)
{
	size_t size = 1 + DNS_RR_FIXED_LEN + len;
	uint8_t *packed = mem_array(size, 1);
	enum err e = ERR_SYNTAX;
	ldns_rr *rr = NULL;
	size_t pos = 0;

	wire_put16(packed + 1, type);
	wire_put16(packed + 3, CLASS_IN);
	wire_put16(packed + 9, (uint16_t)len);
	memcpy(packed + 11, wire, len);
	if (ldns_wire2rr(&rr, packed, size, &pos, LDNS_SECTION_ANSWER) ==
	        LDNS_STATUS_OK &&
	    pos == size) {
		e = OK;
		for (size_t i = 0; e == OK && i < ldns_rr_rd_count(rr); i++) {
			char *text = ldns_rdf2str(ldns_rr_rdf(rr, i));

			if (text == NULL) {
				e = ERR_SYNTAX;
				break;
			}
			if (i != 0)
				buf_char(out, ' ');
			buf_str(out, text);
			free(text);
		}
		while (out->len != 0 && out->data[out->len - 1] == ' ')
			out->data[--out->len] = '\0'; /* ldns leaves them after lists */
	}
	ldns_rr_free(rr);
	mem_free(packed);
	return e;
}

/* What ldns would wrap or ignore in words that only it takes apart. */
static enum err
check_word(uint16_t type, const struct word *word, size_t index, struct buf *why)
{
	static const uint64_t loc_max[] = {90, 59, 59};
	const char *slash = memchr(word->text, '/', word->len);
	struct word number = *word;
	uint64_t max = UINT16_MAX;
	uint64_t value;

	if (type == TYPE_TXT)
		return OK;
	if (type == 42) { /* APL: [!]family:address/prefix, RFC 3123 4 */
		if (slash == NULL) {
			buf_str(why, "expected family:address/prefix");
			return ERR_SYNTAX;
		}
		number.text = slash + 1;
		number.len = (size_t)(word->text + word->len - number.text);
		max = memchr(word->text, '.', word->len) != NULL ? 32 : 128;
	} else if (type == 29) { /* LOC: degrees, minutes, whole seconds, RFC 1876 3 */
		if (index > 2 || memchr(word->text, '.', word->len) != NULL)
			return OK;
		max = loc_max[index];
	} else if (type == 11) { /* WKS: protocol, then ports */
		max = index == 1 ? UINT8_MAX : UINT16_MAX;
	} else if (type != 55 || index != 0) {
		return OK;
	} else {
		max = UINT8_MAX; /* HIP: the algorithm of the key */
	}
	if (number.len == 0 || number.text[0] < '0' || number.text[0] > '9')
		return type == 42 ? field_number(&number, max, &value, why) : OK;
	if (type == 11 && index == 0)
		return OK; /* the address */
	return field_number(&number, max, &value, why);
}

static enum err
check_words(uint16_t type, struct words words, struct buf *why)
{
	struct word word;

	for (size_t i = 0; !words_is_empty(&words); i++) {
		enum err e = words_plain(&words, "data", &word, why);

		if (e == OK)
			e = check_word(type, &word, i, why);
		if (e != OK)
			return e;
		/* LOC: the longitude follows the N or S, with its own three numbers. */
		if (type == 29 && word.len == 1 && strchr("NSns", word.text[0]) != NULL)
			type = TYPE_TXT;
	}
	return OK;
}

static enum err
ldns_parse_checked(const struct rrtype *t, struct words *words, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	struct field_out again = {mem_array(FIELD_ROOM, 1), 0};
	struct buf text = {0};
	struct buf ignored = {0};
	enum err e = check_words(t->number, *words, why);

	if (e == OK)
		e = ldns_parse(
		    t, words->at, (size_t)(words->end - words->at), origin, out, why);
	if (e == OK &&
	    (ldns_write(t->number, out->wire, out->len, &text) != OK ||
	        ldns_parse(t, buf_text(&text), text.len, NULL, &again, &ignored) != OK ||
	        again.len != out->len || memcmp(again.wire, out->wire, out->len) != 0)) {
		buf_printf(why,
		    "this data can not be read safely: write it as TYPE%u \\#",
		    t->number);
		e = ERR_UNSUPPORTED;
	}
	words->at = words->end;
	buf_fini(&text);
	buf_fini(&ignored);
	mem_free(again.wire);
	return e;
}

/* ERR_SYNTAX when the octets do not have the form of the type. */
static enum err
form_write(const struct rrtype *t, const uint8_t *wire, size_t len, struct buf *out)
{
	struct field_in in = {wire, wire, wire + len};

	if (t->way == RRTYPE_LDNS)
		return ldns_write(t->number, wire, len, out);
	for (size_t i = 0; t->fields[i] != FIELD_END; i++) {
		size_t before = out->len;
		enum err e;

		if (i != 0)
			buf_char(out, ' ');
		e = field_write(t->fields[i], &in, out);
		if (e != OK)
			return e;
		if (i != 0 && out->len == before + 1)
			out->data[--out->len] = '\0'; /* nothing was written */
	}
	return in.at == in.end ? OK : ERR_SYNTAX;
}

/* RFC 4034 5.1.4, RFC 4509 2.2, RFC 6605 2: a digest that can not be is refused. */
static enum err
check_digest(uint16_t type, const struct field_out *out, struct buf *why)
{
	static const uint8_t lengths[] = {0, 20, 32, 32, 48};
	unsigned digest;

	if (type != TYPE_DS && type != 59 && type != 32768 && type != 32769)
		return OK;
	digest = out->wire[3];
	if (digest >= sizeof(lengths) || lengths[digest] == 0 ||
	    out->len == 4u + lengths[digest])
		return OK;
	buf_printf(why, "digest type %u has %u octets, not %zu", digest, lengths[digest],
	    out->len - 4);
	return ERR_SYNTAX;
}

/* RFC 3597 5: \# length hex. Data of a type that we know must have that type's form. */
static enum err
generic_parse(uint16_t type, struct words *words, struct field_out *out, struct buf *why)
{
	const struct rrtype *t = rrtype_find(type);
	struct buf hex = {0};
	struct word word;
	uint64_t len;
	size_t got = 0;
	enum err e = words_plain(words, "the length", &word, why);

	if (e == OK)
		e = field_number(&word, FIELD_ROOM, &len, why);
	if (e == OK)
		e = words_join(words, &hex, why);
	if (e == OK) {
		e = encoding_hex_parse(
		    buf_text(&hex), hex.len, out->wire, FIELD_ROOM, &got);
		if (e != OK)
			buf_str(why, "expected an even number of hex digits");
	}
	if (e == OK && got != len) {
		buf_printf(why, "the length says %u octets, but there are %zu",
		    (unsigned)len, got);
		e = ERR_SYNTAX;
	}
	out->len = got;
	buf_clear(&hex);
	if (e == OK && (!rdata_check(type, out->wire, got) ||
	                   (t != NULL && t->way != RRTYPE_GENERIC &&
	                       form_write(t, out->wire, got, &hex) != OK))) {
		buf_printf(why, "the octets do not have the form of %s",
		    t != NULL ? t->name : "their type");
		e = ERR_SYNTAX;
	}
	buf_fini(&hex);
	return e;
}

static enum err
fields_parse(const struct rrtype *t, struct words *words, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	for (size_t i = 0; t->fields[i] != FIELD_END; i++) {
		enum err e = field_parse(t->fields[i], words, origin, out, why);

		if (e != OK)
			return e;
	}
	if (!words_is_empty(words)) {
		buf_printf(why, "more data than %s has: '%.*s'", t->name,
		    words->end - words->at < 64 ? (int)(words->end - words->at) : 64,
		    words->at);
		return ERR_SYNTAX;
	}
	return check_digest(t->number, out, why);
}

static bool
is_generic(const char *text, size_t len)
{
	return len >= 2 && text[0] == '\\' && text[1] == '#' &&
	       (len == 2 || text[2] == ' ' || text[2] == '\t');
}

enum err
rdata_parse(uint16_t type, const char *text, size_t len, const struct name *origin,
    uint8_t *wire, uint16_t *wire_len, struct buf *why)
{
	const struct rrtype *t = rrtype_find(type);
	struct words words = {text, text + len};
	struct field_out out = {wire, 0};
	enum err e;

	if (type == TYPE_POOL || is_meta(type)) {
		buf_str(why, "this type has no data of its own");
		return ERR_UNSUPPORTED;
	}
	if (len > TEXT_MAX) {
		buf_str(why, "the data is longer than 64 KiB");
		return ERR_RANGE;
	}
	if (memchr(text, '\0', len) != NULL || memchr(text, '\n', len) != NULL) {
		buf_str(why, "a line break or NUL in the data: write it as \\DDD");
		return ERR_SYNTAX;
	}
	words_is_empty(&words); /* skips blanks */
	if (is_generic(words.at, (size_t)(words.end - words.at))) {
		words.at += 2;
		e = generic_parse(type, &words, &out, why);
	} else if (t == NULL || t->way == RRTYPE_GENERIC) {
		buf_printf(why,
		    "%s is not read in text form: write it as TYPE%u \\# LENGTH HEX",
		    t == NULL ? "data of this type" : t->name, type);
		e = ERR_UNSUPPORTED;
	} else if (words_is_empty(&words) && type != 42) {
		buf_printf(why, "%s without data", t->name);
		e = ERR_SYNTAX;
	} else if (t->way == RRTYPE_LDNS) {
		e = ldns_parse_checked(t, &words, origin, &out, why);
	} else {
		e = fields_parse(t, &words, origin, &out, why);
	}
	if (e == OK)
		*wire_len = (uint16_t)out.len;
	return e;
}

void
rdata_write(uint16_t type, const uint8_t *wire, uint16_t wire_len, struct buf *out)
{
	const struct rrtype *t = rrtype_find(type);
	struct buf text = {0};

	if (t != NULL && (t->way == RRTYPE_FIELDS || t->way == RRTYPE_LDNS) &&
	    form_write(t, wire, wire_len, &text) == OK) {
		buf_str(out, buf_text(&text));
	} else {
		buf_printf(out, "\\# %u", wire_len);
		if (wire_len != 0)
			buf_char(out, ' ');
		encoding_hex_write(wire, wire_len, out);
	}
	buf_fini(&text);
}
