/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/svcb.h"

#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/ip.h"
#include "base/mem.h"
#include "dns/wire.h"
#include "zone/utf8.h"

enum {
	KEY_MANDATORY = 0,
	KEY_ALPN = 1,
	KEY_NO_DEFAULT_ALPN = 2,
	KEY_PORT = 3,
	KEY_IPV4HINT = 4,
	KEY_ECH = 5,
	KEY_IPV6HINT = 6,
	KEY_DOHPATH = 7,
	KEY_OHTTP = 8,
	KEY_INVALID = 65535, /* RFC 9460 14.3.2 */
};

static const char *const key_names[] = {"mandatory", "alpn", "no-default-alpn", "port",
    "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"};

enum { KEY_NAMED = sizeof(key_names) / sizeof(key_names[0]), PARAMS_MAX = 64 };

struct param {
	uint16_t key;
	uint16_t len;
	const uint8_t *value;
};

struct params {
	struct param list[PARAMS_MAX];
	size_t count;
};

/* Keys are lower case only; keyN has no leading zeros (RFC 9460 2.1). */
static enum err
key_parse(const char *text, size_t len, uint16_t *key, bool *is_number)
{
	struct buf ignored = {0};
	struct word number;
	uint64_t value;
	enum err e;

	for (uint16_t k = 0; k < KEY_NAMED; k++) {
		if (strlen(key_names[k]) == len && memcmp(key_names[k], text, len) == 0) {
			*key = k;
			*is_number = false;
			return OK;
		}
	}
	if (len < 4 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && len > 4))
		return ERR_SYNTAX;
	number = (struct word){text + 3, len - 3, false};
	e = field_number(&number, KEY_INVALID - 1, &value, &ignored);
	buf_fini(&ignored);
	if (e == OK) {
		*key = (uint16_t)value;
		*is_number = true;
	}
	return e;
}

static void
key_write(uint16_t key, struct buf *out)
{
	if (key < KEY_NAMED)
		buf_str(out, key_names[key]);
	else
		buf_printf(out, "key%u", key);
}

static const struct param *
find_param(const struct params *p, uint16_t key)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].key == key)
			return &p->list[i];
	return NULL;
}

/* NULL, or what is wrong with it. */
static const char *
check_mandatory(const struct params *all, const struct param *p)
{
	if (p->len == 0 || p->len % 2 != 0)
		return "needs a list of keys";
	for (unsigned i = 0; i < p->len; i += 2) {
		uint16_t key = wire_get16(p->value + i);

		if (i != 0 && key <= wire_get16(p->value + i - 2))
			return "names a key twice";
		if (key == KEY_MANDATORY)
			return "can not name itself";
		if (find_param(all, key) == NULL)
			return "names a key that is not there";
	}
	return NULL;
}

static const char *
check_alpn(const struct param *p)
{
	size_t at = 0;

	while (at < p->len && p->value[at] != 0)
		at += 1u + p->value[at];
	return p->len == 0 || at != p->len ? "needs a list of protocol names" : NULL;
}

/* RFC 9461 5: a relative path, as a template of the variable "dns". */
static bool
is_dohpath(const uint8_t *text, size_t len)
{
	return len != 0 && text[0] == '/' && utf8_is_valid(text, len) &&
	       memmem(text, len, "{?dns}", 6) != NULL;
}

static const char *
check_param(const struct params *all, const struct param *p)
{
	switch (p->key) {
	case KEY_MANDATORY:
		return check_mandatory(all, p);
	case KEY_ALPN:
		return check_alpn(p);
	case KEY_NO_DEFAULT_ALPN:
		if (p->len != 0)
			return "takes no value";
		return find_param(all, KEY_ALPN) == NULL ? "needs alpn beside it" : NULL;
	case KEY_OHTTP:
		return p->len != 0 ? "takes no value" : NULL;
	case KEY_PORT:
		return p->len != 2 ? "needs a number 0..65535" : NULL;
	case KEY_IPV4HINT:
		return p->len == 0 || p->len % 4 != 0 ? "needs IPv4 addresses" : NULL;
	case KEY_IPV6HINT:
		return p->len == 0 || p->len % 16 != 0 ? "needs IPv6 addresses" : NULL;
	case KEY_DOHPATH:
		return is_dohpath(p->value, p->len) ? NULL : "needs a path with {?dns}";
	case KEY_INVALID:
		return "is reserved";
	default:
		return NULL;
	}
}

static enum err
check_params(const struct params *all, struct buf *why)
{
	for (size_t i = 0; i < all->count; i++) {
		const char *fault = check_param(all, &all->list[i]);

		if (fault != NULL) {
			key_write(all->list[i].key, why);
			buf_printf(why, " %s", fault);
			return ERR_SYNTAX;
		}
	}
	return OK;
}

static int
compare_keys(const void *a, const void *b)
{
	uint16_t x = wire_get16(a);
	uint16_t y = wire_get16(b);

	return (x > y) - (x < y);
}

/* One item of a comma-separated list, as key number, name or address. */
static enum err
item_parse(
    uint16_t key, const char *text, size_t len, struct field_out *out, struct buf *why)
{
	uint8_t octets[2];
	uint16_t number;
	struct ip ip;
	uint8_t short_len = (uint8_t)len;
	bool is_number;
	enum err e;

	switch (key) {
	case KEY_MANDATORY:
		if (key_parse(text, len, &number, &is_number) != OK)
			break;
		wire_put16(octets, number);
		return field_append(out, octets, 2, why);
	case KEY_ALPN:
		if (len == 0 || len > 255)
			break;
		e = field_append(out, &short_len, 1, why);
		return e != OK ? e : field_append(out, text, len, why);
	default:
		if (ip_parse(text, len, &ip) != OK ||
		    ip.family != (key == KEY_IPV4HINT ? 4 : 6))
			break;
		return field_append(out, ip.bytes, ip.family == 4 ? 4 : 16, why);
	}
	key_write(key, why);
	buf_printf(why, ": '%.*s' does not fit", len < 64 ? (int)len : 64, text);
	return ERR_SYNTAX;
}

/* The second layer of escapes: "\," is a comma in an item, "\\" a backslash. */
static enum err
list_parse(
    uint16_t key, const uint8_t *text, size_t len, struct field_out *out, struct buf *why)
{
	struct buf item = {0};
	enum err e = OK;

	for (size_t i = 0; e == OK && i <= len; i++) {
		if (i == len || text[i] == ',') {
			e = item_parse(key, buf_text(&item), item.len, out, why);
			buf_clear(&item);
		} else if (text[i] == '\\' && ++i == len) {
			buf_str(why, "a backslash with nothing behind it");
			e = ERR_SYNTAX;
		} else {
			buf_char(&item, (char)text[i]);
		}
	}
	buf_fini(&item);
	return e;
}

static enum err
value_parse(uint16_t key, const uint8_t *value, size_t len, struct field_out *out,
    struct buf *why)
{
	struct word word = {(const char *)value, len, false};
	uint8_t octets[2];
	uint64_t number;
	size_t start = out->len;
	size_t n;
	enum err e;

	switch (key) {
	case KEY_MANDATORY:
		e = list_parse(key, value, len, out, why);
		if (e == OK)
			qsort(out->wire + start, (out->len - start) / 2, 2, compare_keys);
		return e;
	case KEY_ALPN:
	case KEY_IPV4HINT:
	case KEY_IPV6HINT:
		return list_parse(key, value, len, out, why);
	case KEY_PORT:
		e = field_number(&word, 65535, &number, why);
		if (e != OK)
			return e;
		wire_put16(octets, (uint16_t)number);
		return field_append(out, octets, 2, why);
	case KEY_ECH:
		e = encoding_base64_parse(
		    word.text, len, out->wire + out->len, FIELD_ROOM - out->len, &n);
		if (e != OK) {
			buf_str(why, "ech is not base64");
			return e;
		}
		out->len += n;
		return OK;
	default:
		return field_append(out, value, len, why);
	}
}

/* key, key=value or key="value"; the value goes behind what out holds. */
static enum err
param_parse(
    const struct word *word, struct field_out *out, struct param *param, struct buf *why)
{
	const char *equals = memchr(word->text, '=', word->len);
	size_t key_len = equals == NULL ? word->len : (size_t)(equals - word->text);
	size_t start = out->len;
	size_t n = 0;
	bool is_number;
	uint8_t *value;
	enum err e;

	if (key_parse(word->text, key_len, &param->key, &is_number) != OK) {
		buf_printf(why, "unknown SvcParam '%.*s'",
		    key_len < 64 ? (int)key_len : 64, word->text);
		return ERR_SYNTAX;
	}
	value = mem_array(word->len + 1, 1);
	if (equals != NULL) {
		const char *text = equals + 1;
		size_t len = word->len - key_len - 1;

		if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
			text++;
			len -= 2;
		}
		e = word_unescape(text, len, value, len, &n);
		if (e != OK) {
			buf_str(why, "a broken escape: \\DDD goes up to \\255");
			mem_free(value);
			return ERR_SYNTAX;
		}
	}
	/* keyN gives the octets as they are, also where the key has a name */
	e = equals == NULL ? OK
	    : is_number    ? field_append(out, value, n, why)
	                   : value_parse(param->key, value, n, out, why);
	mem_free(value);
	param->value = out->wire + start;
	param->len = (uint16_t)(out->len - start);
	return e;
}

/* Puts it at its place by key. */
static enum err
insert_param(struct params *all, const struct param *param, struct buf *why)
{
	size_t i = all->count;

	if (find_param(all, param->key) != NULL) {
		buf_str(why, "SvcParam given twice: ");
		key_write(param->key, why);
		return ERR_SYNTAX;
	}
	if (all->count == PARAMS_MAX) {
		buf_printf(why, "more than %d SvcParams", PARAMS_MAX);
		return ERR_RANGE;
	}
	for (; i > 0 && all->list[i - 1].key > param->key; i--)
		all->list[i] = all->list[i - 1];
	all->list[i] = *param;
	all->count++;
	return OK;
}

enum err
svcb_params_parse(struct words *words, struct field_out *out, struct buf *why)
{
	struct field_out values = {mem_array(FIELD_ROOM, 1), 0};
	struct params all = {.count = 0};
	struct word word;
	enum err e = OK;

	words->pairs = true;
	while (e == OK && !words_is_empty(words)) {
		struct param param = {0};

		e = words_plain(words, "a SvcParam", &word, why);
		if (e == OK)
			e = param_parse(&word, &values, &param, why);
		if (e == OK)
			e = insert_param(&all, &param, why);
	}
	if (e == OK)
		e = check_params(&all, why);
	for (size_t i = 0; e == OK && i < all.count; i++) {
		uint8_t head[4];

		wire_put16(head, all.list[i].key);
		wire_put16(head + 2, all.list[i].len);
		e = field_append(out, head, 4, why);
		if (e == OK)
			e = field_append(out, all.list[i].value, all.list[i].len, why);
	}
	mem_free(values.wire);
	return e;
}

static void
alpn_write(const struct param *p, struct buf *out)
{
	struct buf list = {0};

	for (size_t at = 0; at < p->len; at += 1u + p->value[at]) {
		if (at != 0)
			buf_char(&list, ',');
		for (size_t i = 0; i < p->value[at]; i++) {
			char c = (char)p->value[at + 1 + i];

			if (c == ',' || c == '\\')
				buf_char(&list, '\\');
			buf_char(&list, c);
		}
	}
	word_write_quoted((const uint8_t *)list.data, list.len, out);
	buf_fini(&list);
}

static void
hints_write(const struct param *p, struct buf *out)
{
	struct ip ip = {.family = p->key == KEY_IPV4HINT ? 4 : 6};
	size_t size = ip.family == 4 ? 4 : 16;
	char text[IP_TEXT_MAX];

	for (size_t at = 0; at < p->len; at += size) {
		memcpy(ip.bytes, p->value + at, size);
		ip_write(&ip, text);
		if (at != 0)
			buf_char(out, ',');
		buf_str(out, text);
	}
}

static void
param_write(const struct param *p, struct buf *out)
{
	key_write(p->key, out);
	if (p->len == 0)
		return;
	buf_char(out, '=');
	switch (p->key) {
	case KEY_MANDATORY:
		for (size_t at = 0; at < p->len; at += 2) {
			if (at != 0)
				buf_char(out, ',');
			key_write(wire_get16(p->value + at), out);
		}
		break;
	case KEY_ALPN:
		alpn_write(p, out);
		break;
	case KEY_PORT:
		buf_printf(out, "%u", wire_get16(p->value));
		break;
	case KEY_IPV4HINT:
	case KEY_IPV6HINT:
		hints_write(p, out);
		break;
	case KEY_ECH:
		encoding_base64_write(p->value, p->len, out);
		break;
	default:
		word_write_quoted(p->value, p->len, out);
		break;
	}
}

enum err
svcb_params_write(struct field_in *in, struct buf *out)
{
	struct params all = {.count = 0};
	struct buf ignored = {0};
	enum err e;

	while (in->at < in->end) {
		struct param *p = &all.list[all.count];

		if (in->end - in->at < 4 || all.count == PARAMS_MAX)
			return ERR_SYNTAX;
		p->key = wire_get16(in->at);
		p->len = wire_get16(in->at + 2);
		p->value = in->at + 4;
		if (in->end - p->value < p->len)
			return ERR_SYNTAX;
		if (all.count != 0 && p->key <= p[-1].key)
			return ERR_SYNTAX;
		in->at = p->value + p->len;
		all.count++;
	}
	e = check_params(&all, &ignored);
	buf_fini(&ignored);
	if (e != OK)
		return e;
	for (size_t i = 0; i < all.count; i++) {
		if (i != 0)
			buf_char(out, ' ');
		param_write(&all.list[i], out);
	}
	return OK;
}
