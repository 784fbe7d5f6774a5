/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/gateway.h"

#include <string.h>

#include "base/encoding.h"
#include "dns/wire.h"

enum { RELAY_DISCOVERY = 0x80, HIP_FIXED_LEN = 4 };

static enum err
any_parse(unsigned kind, const struct word *word, const struct name *origin,
    struct field_out *out, struct buf *why)
{
	switch (kind) {
	case 0:
		if (word->len == 1 && word->text[0] == '.')
			return OK;
		return field_fault(ERR_SYNTAX, word, "must be . with type 0", why);
	case 1:
		return field_address_parse(word, 4, out, why);
	case 2:
		return field_address_parse(word, 6, out, why);
	case 3:
		return field_name_parse(word, origin, out, why);
	default:
		buf_str(why, "the type must be 0..3");
		return ERR_RANGE;
	}
}

static enum err
any_write(unsigned kind, struct field_in *in, struct buf *out)
{
	switch (kind) {
	case 0:
		buf_char(out, '.');
		return OK;
	case 1:
		return field_address_write(4, in, out);
	case 2:
		return field_address_write(6, in, out);
	case 3:
		return field_name_write(in, out);
	default:
		return ERR_SYNTAX;
	}
}

enum err
gateway_parse(const struct word *word, const struct name *origin, struct field_out *out,
    struct buf *why)
{
	return any_parse(out->wire[1], word, origin, out, why);
}

enum err
gateway_write(struct field_in *in, struct buf *out)
{
	return any_write(in->rdata[1], in, out);
}

enum err
gateway_relay_parse(struct words *words, const struct name *origin, struct field_out *out,
    struct buf *why)
{
	struct word word;
	uint64_t discovery, kind;
	uint8_t octet;
	enum err e = words_plain(words, "the discovery bit", &word, why);

	if (e == OK)
		e = field_number(&word, 1, &discovery, why);
	if (e == OK)
		e = words_plain(words, "the type of the relay", &word, why);
	if (e == OK)
		e = field_number(&word, 127, &kind, why);
	if (e == OK)
		e = words_plain(words, "the relay", &word, why);
	if (e != OK)
		return e;
	octet = (uint8_t)(kind | (discovery != 0 ? RELAY_DISCOVERY : 0));
	e = field_append(out, &octet, 1, why);
	return e != OK ? e : any_parse((unsigned)kind, &word, origin, out, why);
}

enum err
gateway_relay_write(struct field_in *in, struct buf *out)
{
	unsigned kind;

	if (in->at == in->end)
		return ERR_SYNTAX;
	kind = *in->at & ~(unsigned)RELAY_DISCOVERY;
	buf_printf(out, "%u %u ", (*in->at & RELAY_DISCOVERY) != 0, kind);
	in->at++;
	if (kind > 3) {
		in->at = in->end;
		return ERR_UNSUPPORTED; /* RFC 8777 4.2.3: types to come */
	}
	return any_write(kind, in, out);
}

/* One word of hex or base64, appended; its length goes into *len. */
static enum err
digits_parse(bool is_hex, const struct word *word, size_t max, struct field_out *out,
    size_t *len, struct buf *why)
{
	uint8_t *room = out->wire + out->len;
	size_t room_len = FIELD_ROOM - out->len;
	enum err e =
	    is_hex ? encoding_hex_parse(word->text, word->len, room, room_len, len)
	           : encoding_base64_parse(word->text, word->len, room, room_len, len);

	if (e != OK || *len == 0 || *len > max)
		return field_fault(ERR_SYNTAX, word,
		    is_hex ? "is not hex of 1 to 255 octets" : "is not base64", why);
	out->len += *len;
	return OK;
}

enum err
gateway_hip_parse(struct words *words, const struct name *origin, struct field_out *out,
    struct buf *why)
{
	uint8_t head[HIP_FIXED_LEN] = {0};
	size_t start = out->len;
	size_t hit_len = 0;
	size_t key_len = 0;
	struct word word;
	uint64_t algorithm;
	enum err e = words_plain(words, "the algorithm", &word, why);

	if (e == OK)
		e = field_number(&word, UINT8_MAX, &algorithm, why);
	if (e == OK)
		e = field_append(out, head, sizeof(head), why);
	if (e == OK)
		e = words_plain(words, "the identity tag", &word, why);
	if (e == OK)
		e = digits_parse(true, &word, UINT8_MAX, out, &hit_len, why);
	if (e == OK)
		e = words_plain(words, "the public key", &word, why);
	if (e == OK)
		e = digits_parse(false, &word, UINT16_MAX, out, &key_len, why);
	if (e != OK)
		return e;
	out->wire[start] = (uint8_t)hit_len;
	out->wire[start + 1] = (uint8_t)algorithm;
	wire_put16(out->wire + start + 2, (uint16_t)key_len);
	while (e == OK && !words_is_empty(words)) {
		e = words_plain(words, "a server", &word, why);
		if (e == OK)
			e = field_name_parse(&word, origin, out, why);
	}
	return e;
}

enum err
gateway_hip_write(struct field_in *in, struct buf *out)
{
	const uint8_t *w = in->at;
	size_t left = (size_t)(in->end - w);
	size_t hit_len, key_len;

	if (left < HIP_FIXED_LEN)
		return ERR_SYNTAX;
	hit_len = w[0];
	key_len = wire_get16(w + 2);
	if (hit_len == 0 || key_len == 0 || left - HIP_FIXED_LEN < hit_len + key_len)
		return ERR_SYNTAX;
	buf_printf(out, "%u ", w[1]);
	encoding_hex_write(w + HIP_FIXED_LEN, hit_len, out);
	buf_char(out, ' ');
	encoding_base64_write(w + HIP_FIXED_LEN + hit_len, key_len, out);
	in->at += HIP_FIXED_LEN + hit_len + key_len;
	while (in->at < in->end) {
		enum err e;

		buf_char(out, ' ');
		e = field_name_write(in, out);
		if (e != OK)
			return e;
	}
	return OK;
}
