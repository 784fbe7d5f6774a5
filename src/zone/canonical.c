/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/canonical.h"

#include "dns/name.h"
#include "zone/rrtype.h"

bool
canonical_has_names(uint16_t type)
{
	const struct rrtype *t = rrtype_find(type);

	for (size_t i = 0; t != NULL && t->fields[i] != FIELD_END; i++)
		if (t->fields[i] == FIELD_NAME)
			return true;
	return false;
}

/* How many octets the field has that begins at `at`; 0: the rest is no name of ours. */
static size_t
field_len(enum field_kind kind, const uint8_t *at)
{
	switch (kind) {
	case FIELD_U8:
	case FIELD_ALGORITHM:
	case FIELD_SCHEME:
		return 1;
	case FIELD_U16:
	case FIELD_TYPE:
		return 2;
	case FIELD_U32:
	case FIELD_PERIOD:
	case FIELD_DATE:
	case FIELD_TIME:
		return 4;
	case FIELD_STRING:
	case FIELD_RULE:
		return 1u + at[0];
	case FIELD_NAME:
		return name_len(at);
	default:
		return 0;
	}
}

void
canonical_write(uint16_t type, const uint8_t *wire, size_t len, struct buf *out)
{
	const struct rrtype *t = rrtype_find(type);
	size_t at = 0;

	for (size_t i = 0; t != NULL && at < len && t->fields[i] != FIELD_END; i++) {
		size_t n = field_len((enum field_kind)t->fields[i], wire + at);

		if (n == 0 || n > len - at)
			break;
		if (t->fields[i] == FIELD_NAME) {
			uint8_t name[DNS_NAME_MAX];

			name_lower(name, wire + at, (uint8_t)n);
			buf_add(out, name, n);
		} else {
			buf_add(out, wire + at, n);
		}
		at += n;
	}
	buf_add(out, wire + at, len - at);
}
