/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "config/value.h"
#include "store/record.h"
#include "zone/rdata.h"

/* Owner and zone with every octet as \DDD, and what stands around them. */
enum { KEY_MAX = 4096 };

static bool
is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* The labels from wire up to, and without, the suffix that begins at end. */
static void
write_labels(const uint8_t *wire, const uint8_t *end, bool star, struct buf *out)
{
	while (wire < end) {
		unsigned len = *wire++;

		if (star && len == 1 && *wire == '*') {
			buf_char(out, '*');
			wire++;
			len = 0;
		}
		while (len != 0) {
			unsigned plain = 0;

			while (plain < len && is_plain(wire[plain]))
				plain++;
			buf_add(out, wire, plain);
			wire += plain;
			len -= plain;
			if (len != 0) {
				buf_printf(out, "\\%03u", *wire++);
				len--;
			}
		}
		star = false;
		if (wire < end)
			buf_char(out, '.');
	}
}

void
record_key_write(const struct record_key *key, struct buf *out)
{
	char type[RDATA_TYPE_TEXT_MAX];
	size_t labels = key->owner.len - key->zone.len;

	if (key->kind == RECORD_POOL) {
		buf_printf(out, RECORD_KEY_POOL "%s", key->pool);
		return;
	}
	buf_str(out, RECORD_KEY_PREFIX "{");
	if (key->zone.len == 1)
		buf_char(out, '.');
	else
		write_labels(
		    key->zone.bytes, key->zone.bytes + key->zone.len - 1, false, out);
	buf_char(out, '}');
	if (key->kind == RECORD_ZONE)
		return;
	buf_char(out, ':');
	if (labels == 0)
		buf_char(out, '@');
	else
		write_labels(key->owner.bytes, key->owner.bytes + labels, true, out);
	rdata_type_write(key->type, type);
	buf_char(out, ':');
	buf_str(out, type);
}

MUST_CHECK static enum err
parse_name(const char *what, const char *text, size_t len, const struct name *origin,
    struct name *out, struct buf *why)
{
	struct name n;
	enum err e = name_parse(text, len, origin, &n);

	if (e == ERR_RANGE) {
		buf_printf(why, "the %s is too long for a name", what);
		return e;
	}
	if (e != OK) {
		buf_printf(why, "the %s is not a name", what);
		return e;
	}
	out->len = n.len;
	name_lower(out->bytes, n.bytes, n.len);
	return OK;
}

/* text is "OWNER:TYPE"; the type holds no colon, the owner might, wrongly spelled. */
MUST_CHECK static enum err
parse_owner_type(const char *text, size_t len, struct record_key *key, struct buf *why)
{
	const char *colon = memrchr(text, ':', len);
	size_t type_len;
	enum err e;

	if (colon == NULL) {
		buf_str(why, "a key is dns:{ZONE} or dns:{ZONE}:OWNER:TYPE");
		return ERR_SYNTAX;
	}
	e = parse_name(
	    "owner", text, (size_t)(colon - text), &key->zone, &key->owner, why);
	if (e != OK)
		return e;
	if (!name_is_under(key->owner.bytes, key->zone.bytes)) {
		buf_str(why, "the owner is not in the zone");
		return ERR_DENIED;
	}
	type_len = len - (size_t)(colon + 1 - text);
	e = rdata_type_parse(colon + 1, type_len, &key->type);
	if (e != OK)
		buf_printf(why, "%.*s is not a type of data that a zone can hold",
		    type_len < 32 ? (int)type_len : 32, colon + 1);
	return e;
}

MUST_CHECK static enum err
check_spelling(
    const char *text, size_t len, const struct record_key *key, struct buf *why)
{
	struct buf right = {0};
	enum err e = OK;

	record_key_write(key, &right);
	if (right.len != len || memcmp(right.data, text, len) != 0) {
		buf_printf(why, "the key is to be written %s", buf_text(&right));
		e = ERR_DENIED;
	}
	buf_fini(&right);
	return e;
}

/* dns:!pool:NAME, with a name as in the configuration. */
MUST_CHECK static enum err
parse_pool(const char *name, size_t len, struct record_key *key, struct buf *why)
{
	char text[RECORD_POOL_NAME_MAX + 1] = "";
	struct buf reason = {0};
	enum err e;

	if (len <= RECORD_POOL_NAME_MAX)
		memcpy(text, name, len);
	e = value_ident(text, &reason);
	if (e == OK && strlen(text) != len)
		e = ERR_SYNTAX;
	buf_fini(&reason);
	if (e != OK) {
		buf_printf(why,
		    "the pool's name has to have 1 to %d of a-z, 0-9, \"-\", \"_\" and "
		    "\".\", and to begin with a letter or digit",
		    RECORD_POOL_NAME_MAX);
		return ERR_SYNTAX;
	}
	memcpy(key->pool, name, len);
	key->kind = RECORD_POOL;
	key->zone = name_root;
	key->owner = name_root;
	return OK;
}

enum err
record_key_parse(const char *text, size_t len, struct record_key *out, struct buf *why)
{
	const size_t prefix_len = sizeof(RECORD_KEY_PREFIX "{") - 1;
	const size_t pool_len = sizeof(RECORD_KEY_POOL) - 1;
	struct record_key key;
	const char *close, *rest;
	enum err e;

	memset(&key, 0, sizeof(key));
	if (len > KEY_MAX) {
		buf_str(why, "the key is too long");
		return ERR_RANGE;
	}
	if (len >= pool_len && memcmp(text, RECORD_KEY_POOL, pool_len) == 0) {
		e = parse_pool(text + pool_len, len - pool_len, &key, why);
		if (e == OK)
			*out = key;
		return e;
	}
	if (len < prefix_len || memcmp(text, RECORD_KEY_PREFIX "{", prefix_len) != 0 ||
	    (close = memchr(text, '}', len)) == NULL) {
		buf_str(
		    why, "a key begins with dns:{ZONE}, or with dns:!pool: for a pool");
		return ERR_SYNTAX;
	}
	rest = text + prefix_len;
	e = parse_name("zone", rest, (size_t)(close - rest), NULL, &key.zone, why);
	if (e != OK)
		return e;
	rest = close + 1;
	if (rest == text + len) {
		key.kind = RECORD_ZONE;
		key.owner = key.zone;
	} else if (*rest == ':') {
		key.kind = RECORD_RRSET;
		rest++;
		e = parse_owner_type(rest, len - (size_t)(rest - text), &key, why);
	} else {
		buf_str(why, "a key is dns:{ZONE} or dns:{ZONE}:OWNER:TYPE");
		e = ERR_SYNTAX;
	}
	if (e == OK)
		e = check_spelling(text, len, &key, why);
	if (e == OK)
		*out = key;
	return e;
}
