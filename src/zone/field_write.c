/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "base/ip.h"
#include "dns/wire.h"
#include "zone/field.h"
#include "zone/rdata.h"
#include "zone/svcb.h"

static size_t
left(const struct field_in *in)
{
	return (size_t)(in->end - in->at);
}

static enum err
number_write(unsigned octets, struct field_in *in, struct buf *out)
{
	uint64_t v = 0;

	if (left(in) < octets)
		return ERR_SYNTAX;
	for (unsigned i = 0; i < octets; i++)
		v = v << 8 | *in->at++;
	buf_printf(out, "%llu", (unsigned long long)v);
	return OK;
}

static enum err
time_write(struct field_in *in, struct buf *out)
{
	struct tm tm;
	char text[32];
	time_t t;

	if (left(in) < 4)
		return ERR_SYNTAX;
	t = (time_t)wire_get32(in->at);
	in->at += 4;
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm);
	buf_str(out, text);
	return OK;
}

static enum err
type_write(struct field_in *in, struct buf *out)
{
	char text[RDATA_TYPE_TEXT_MAX];

	if (left(in) < 2)
		return ERR_SYNTAX;
	rdata_type_write(wire_get16(in->at), text);
	in->at += 2;
	buf_str(out, text);
	return OK;
}

/* The name at the front; ERR_SYNTAX when there is no whole one. */
static enum err
name_field_write(struct field_in *in, struct buf *out)
{
	char text[NAME_TEXT_MAX];
	struct name name;
	size_t len = 0;

	while (len < left(in) && in->at[len] != 0) {
		if (in->at[len] > DNS_LABEL_MAX)
			return ERR_SYNTAX;
		len += 1u + in->at[len];
	}
	if (len >= left(in) || name_read(in->at, len + 1, &name) != OK)
		return ERR_SYNTAX;
	name_write(name.bytes, text);
	buf_str(out, text);
	in->at += len + 1;
	return OK;
}

static enum err
address_write(uint8_t family, struct field_in *in, struct buf *out)
{
	struct ip ip = {.family = family};
	size_t size = family == 4 ? 4 : 16;
	char text[IP_TEXT_MAX];

	if (left(in) < size)
		return ERR_SYNTAX;
	memcpy(ip.bytes, in->at, size);
	ip_write(&ip, text);
	buf_str(out, text);
	in->at += size;
	return OK;
}

/* The length octet and what it counts. */
static enum err
counted_read(struct field_in *in, const uint8_t **data, size_t *len)
{
	if (left(in) == 0 || left(in) - 1 < in->at[0])
		return ERR_SYNTAX;
	*len = in->at[0];
	*data = in->at + 1;
	in->at += 1 + *len;
	return OK;
}

static enum err
string_write(struct field_in *in, struct buf *out)
{
	const uint8_t *data;
	size_t len;
	enum err e = counted_read(in, &data, &len);

	if (e == OK)
		word_write_quoted(data, len, out);
	return e;
}

static enum err
strings_write(struct field_in *in, struct buf *out)
{
	enum err e = string_write(in, out);

	while (e == OK && left(in) != 0) {
		buf_char(out, ' ');
		e = string_write(in, out);
	}
	return e;
}

static enum err
counted_write(enum field_kind kind, struct field_in *in, struct buf *out)
{
	const uint8_t *data;
	size_t len;

	if (counted_read(in, &data, &len) != OK)
		return ERR_SYNTAX;
	if (kind == FIELD_TAG) {
		for (size_t i = 0; i < len; i++) {
			if (!((data[i] >= '0' && data[i] <= '9') ||
			        (data[i] >= 'A' && data[i] <= 'Z') ||
			        (data[i] >= 'a' && data[i] <= 'z')))
				return ERR_SYNTAX;
		}
		buf_add(out, data, len);
		return len != 0 ? OK : ERR_SYNTAX;
	}
	if (kind == FIELD_NEXT_HASHED) {
		encoding_base32_write(data, len, out);
		return len != 0 ? OK : ERR_SYNTAX;
	}
	if (len == 0)
		buf_char(out, '-');
	encoding_hex_write(data, len, out);
	return OK;
}

/* Blocks ascend, are 1 to 32 octets long, and do not end with an empty one. */
static enum err
types_write(struct field_in *in, struct buf *out)
{
	int last = -1;
	bool first = true;

	while (left(in) != 0) {
		unsigned block = in->at[0];
		unsigned len;

		if (left(in) < 2)
			return ERR_SYNTAX;
		len = in->at[1];
		if ((int)block <= last || len == 0 || len > 32 || left(in) - 2 < len ||
		    in->at[1 + len] == 0)
			return ERR_SYNTAX;
		for (unsigned i = 0; i < len * 8; i++) {
			char text[RDATA_TYPE_TEXT_MAX];

			if ((in->at[2 + i / 8] & (0x80 >> i % 8)) == 0)
				continue;
			rdata_type_write((uint16_t)(block * 256 + i), text);
			if (!first)
				buf_char(out, ' ');
			buf_str(out, text);
			first = false;
		}
		last = (int)block;
		in->at += 2 + len;
	}
	return OK;
}

static enum err
groups_write(
    unsigned groups, unsigned octets, char mark, struct field_in *in, struct buf *out)
{
	if (left(in) < groups * octets)
		return ERR_SYNTAX;
	for (unsigned g = 0; g < groups; g++, in->at += octets) {
		if (g != 0)
			buf_char(out, mark);
		for (unsigned i = 0; i < octets; i++)
			buf_printf(out, "%02x", in->at[i]);
	}
	return OK;
}

static enum err
gateway_write(struct field_in *in, struct buf *out)
{
	switch (in->rdata[1]) {
	case 0:
		buf_char(out, '.');
		return OK;
	case 1:
		return address_write(4, in, out);
	case 2:
		return address_write(6, in, out);
	case 3:
		return name_field_write(in, out);
	default:
		return ERR_SYNTAX;
	}
}

/* What has no length of its own and goes to the end. */
static enum err
rest_write(enum field_kind kind, struct field_in *in, struct buf *out)
{
	if (left(in) == 0 && (kind == FIELD_HEX || kind == FIELD_BASE64))
		return ERR_SYNTAX;
	if (kind == FIELD_HEX)
		encoding_hex_write(in->at, left(in), out);
	else if (kind == FIELD_LONG_STRING)
		word_write_quoted(in->at, left(in), out);
	else
		encoding_base64_write(in->at, left(in), out);
	in->at = in->end;
	return OK;
}

enum err
field_write(enum field_kind kind, struct field_in *in, struct buf *out)
{
	switch (kind) {
	case FIELD_U8:
	case FIELD_ALGORITHM:
		return number_write(1, in, out);
	case FIELD_U16:
	case FIELD_CERT_TYPE:
		return number_write(2, in, out);
	case FIELD_U32:
	case FIELD_PERIOD:
		return number_write(4, in, out);
	case FIELD_TIME:
		return time_write(in, out);
	case FIELD_TYPE:
		return type_write(in, out);
	case FIELD_NAME:
		return name_field_write(in, out);
	case FIELD_IP4:
		return address_write(4, in, out);
	case FIELD_IP6:
		return address_write(6, in, out);
	case FIELD_STRING_OPTIONAL:
		if (left(in) == 0)
			return OK;
		return string_write(in, out);
	case FIELD_STRING:
		return string_write(in, out);
	case FIELD_STRINGS:
		return strings_write(in, out);
	case FIELD_TAG:
	case FIELD_SALT:
	case FIELD_NEXT_HASHED:
		return counted_write(kind, in, out);
	case FIELD_HEX:
	case FIELD_BASE64:
	case FIELD_BASE64_OPTIONAL:
	case FIELD_LONG_STRING:
		return rest_write(kind, in, out);
	case FIELD_TYPES:
		return types_write(in, out);
	case FIELD_LOCATOR:
		return groups_write(4, 2, ':', in, out);
	case FIELD_EUI48:
		return groups_write(6, 1, '-', in, out);
	case FIELD_EUI64:
		return groups_write(8, 1, '-', in, out);
	case FIELD_GATEWAY:
		return gateway_write(in, out);
	case FIELD_PARAMS:
		return svcb_params_write(in, out);
	default:
		return ERR_UNSUPPORTED;
	}
}
