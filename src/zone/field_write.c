/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "base/ip.h"
#include "dns/wire.h"
#include "zone/field.h"
#include "zone/charstring.h"
#include "zone/gateway.h"
#include "zone/loc.h"
#include "zone/osi.h"
#include "zone/prefix.h"
#include "zone/rdata.h"
#include "zone/svcb.h"
#include "zone/typemap.h"
#include "zone/wks.h"

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
enum err
field_name_write(struct field_in *in, struct buf *out)
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

enum err
field_address_write(uint8_t family, struct field_in *in, struct buf *out)
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
enum err
field_counted_read(struct field_in *in, const uint8_t **data, size_t *len)
{
	if (left(in) == 0 || left(in) - 1 < in->at[0])
		return ERR_SYNTAX;
	*len = in->at[0];
	*data = in->at + 1;
	in->at += 1 + *len;
	return OK;
}

static enum err
counted_write(enum field_kind kind, struct field_in *in, struct buf *out)
{
	const uint8_t *data;
	size_t len;

	if (field_counted_read(in, &data, &len) != OK)
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

/* What has no length of its own and goes to the end. */
static enum err
rest_write(enum field_kind kind, struct field_in *in, struct buf *out)
{
	if (left(in) == 0 && (kind == FIELD_HEX || kind == FIELD_BASE64))
		return ERR_SYNTAX;
	if (left(in) == 0 && kind == FIELD_BASE64_DASH)
		buf_char(out, '-');
	if (kind == FIELD_HEX || kind == FIELD_HEX_OPTIONAL)
		encoding_hex_write(in->at, left(in), out);
	else if (kind == FIELD_LONG_STRING || kind == FIELD_QUOTED)
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
	case FIELD_DIGEST:
	case FIELD_HASH:
	case FIELD_PROTOCOL:
	case FIELD_SCHEME:
		return number_write(1, in, out);
	case FIELD_U16:
	case FIELD_CERT_TYPE:
	case FIELD_KEY_FLAGS:
		return number_write(2, in, out);
	case FIELD_U32:
	case FIELD_PERIOD:
		return number_write(4, in, out);
	case FIELD_DATE:
	case FIELD_TIME:
		return time_write(in, out);
	case FIELD_TYPE:
		return type_write(in, out);
	case FIELD_NAME:
		return field_name_write(in, out);
	case FIELD_IP4:
		return field_address_write(4, in, out);
	case FIELD_IP6:
		return field_address_write(6, in, out);
	case FIELD_STRING:
	case FIELD_STRING_OPTIONAL:
	case FIELD_STRINGS:
	case FIELD_DIGITS:
	case FIELD_RULE:
		return charstring_write(kind, in, out);
	case FIELD_TAG:
	case FIELD_SALT:
	case FIELD_NEXT_HASHED:
		return counted_write(kind, in, out);
	case FIELD_HEX:
	case FIELD_HEX_OPTIONAL:
	case FIELD_BASE64:
	case FIELD_BASE64_OPTIONAL:
	case FIELD_BASE64_DASH:
	case FIELD_LONG_STRING:
	case FIELD_QUOTED:
		return rest_write(kind, in, out);
	case FIELD_TYPES:
		return typemap_write(in, out);
	case FIELD_TYPES_OLD:
		return typemap_old_write(in, out);
	case FIELD_LOCATOR:
		return groups_write(4, 2, ':', in, out);
	case FIELD_EUI48:
		return groups_write(6, 1, '-', in, out);
	case FIELD_EUI64:
		return groups_write(8, 1, '-', in, out);
	case FIELD_GATEWAY:
		return gateway_write(in, out);
	case FIELD_RELAY:
		return gateway_relay_write(in, out);
	case FIELD_NSAP:
		return osi_nsap_write(in, out);
	case FIELD_ATMA:
		return osi_atma_write(in, out);
	case FIELD_A6:
		return prefix_a6_write(in, out);
	case FIELD_APL:
		return prefix_list_write(in, out);
	case FIELD_HIP:
		return gateway_hip_write(in, out);
	case FIELD_LOC:
		return loc_write(in, out);
	case FIELD_WKS:
		return wks_write(in, out);
	case FIELD_PARAMS:
		return svcb_params_write(in, out);
	default:
		return ERR_SYNTAX; /* FIELD_END */
	}
}
