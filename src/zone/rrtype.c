/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/rrtype.h"

#include <string.h>
#include <strings.h>

#include "dns/wire.h"

#define U8 FIELD_U8
#define U16 FIELD_U16
#define U32 FIELD_U32
#define PERIOD FIELD_PERIOD
#define NAME FIELD_NAME
#define STRING FIELD_STRING
#define STRINGS FIELD_STRINGS
#define ALG FIELD_ALGORITHM
#define HEX FIELD_HEX
#define B64 FIELD_BASE64
#define KEY FIELD_BASE64_OPTIONAL
#define TYPES FIELD_TYPES
#define FLAGS FIELD_KEY_FLAGS
#define PROTO FIELD_PROTOCOL

/* clang-format off */
static const struct rrtype types[] = {
	{1, "A", RRTYPE_FIELDS, {FIELD_IP4}},
	{2, "NS", RRTYPE_FIELDS, {NAME}},
	{3, "MD", RRTYPE_META, {0}},
	{4, "MF", RRTYPE_META, {0}},
	{5, "CNAME", RRTYPE_FIELDS, {NAME}},
	{6, "SOA", RRTYPE_FIELDS, {NAME, NAME, U32, PERIOD, PERIOD, PERIOD, PERIOD}},
	{7, "MB", RRTYPE_FIELDS, {NAME}},
	{8, "MG", RRTYPE_FIELDS, {NAME}},
	{9, "MR", RRTYPE_FIELDS, {NAME}},
	{10, "NULL", RRTYPE_GENERIC, {0}},
	{11, "WKS", RRTYPE_FIELDS, {FIELD_WKS}},
	{12, "PTR", RRTYPE_FIELDS, {NAME}},
	{13, "HINFO", RRTYPE_FIELDS, {STRING, STRING}},
	{14, "MINFO", RRTYPE_FIELDS, {NAME, NAME}},
	{15, "MX", RRTYPE_FIELDS, {U16, NAME}},
	{16, "TXT", RRTYPE_FIELDS, {STRINGS}},
	{17, "RP", RRTYPE_FIELDS, {NAME, NAME}},
	{18, "AFSDB", RRTYPE_FIELDS, {U16, NAME}},
	{19, "X25", RRTYPE_FIELDS, {FIELD_DIGITS}},
	{20, "ISDN", RRTYPE_FIELDS, {STRING, FIELD_STRING_OPTIONAL}},
	{21, "RT", RRTYPE_FIELDS, {U16, NAME}},
	{22, "NSAP", RRTYPE_FIELDS, {FIELD_NSAP}},
	{23, "NSAP-PTR", RRTYPE_FIELDS, {NAME}},
	{24, "SIG", RRTYPE_FIELDS, {FIELD_TYPE, ALG, U8, U32, FIELD_DATE, FIELD_DATE, U16, NAME, B64}},
	{25, "KEY", RRTYPE_FIELDS, {FLAGS, PROTO, ALG, KEY}},
	{26, "PX", RRTYPE_FIELDS, {U16, NAME, NAME}},
	{27, "GPOS", RRTYPE_FIELDS, {STRING, STRING, STRING}},
	{28, "AAAA", RRTYPE_FIELDS, {FIELD_IP6}},
	{29, "LOC", RRTYPE_FIELDS, {FIELD_LOC}},
	{30, "NXT", RRTYPE_FIELDS, {NAME, FIELD_TYPES_OLD}},
	{31, "EID", RRTYPE_FIELDS, {HEX}},
	{32, "NIMLOC", RRTYPE_FIELDS, {HEX}},
	{33, "SRV", RRTYPE_FIELDS, {U16, U16, U16, NAME}},
	{34, "ATMA", RRTYPE_FIELDS, {FIELD_ATMA}},
	{35, "NAPTR", RRTYPE_FIELDS, {U16, U16, STRING, STRING, FIELD_RULE, NAME}},
	{36, "KX", RRTYPE_FIELDS, {U16, NAME}},
	{37, "CERT", RRTYPE_FIELDS, {FIELD_CERT_TYPE, U16, ALG, B64}},
	{38, "A6", RRTYPE_FIELDS, {FIELD_A6}},
	{39, "DNAME", RRTYPE_FIELDS, {NAME}},
	{40, "SINK", RRTYPE_FIELDS, {U8, U8, U8, FIELD_BASE64_OPTIONAL}},
	{41, "OPT", RRTYPE_META, {0}},
	{42, "APL", RRTYPE_FIELDS, {FIELD_APL}},
	{43, "DS", RRTYPE_FIELDS, {U16, ALG, FIELD_DIGEST, HEX}},
	{44, "SSHFP", RRTYPE_FIELDS, {U8, U8, FIELD_HEX_OPTIONAL}},
	{45, "IPSECKEY", RRTYPE_FIELDS, {U8, U8, U8, FIELD_GATEWAY, KEY}},
	{46, "RRSIG", RRTYPE_FIELDS, {FIELD_TYPE, ALG, U8, U32, FIELD_TIME, FIELD_TIME, U16, NAME, B64}},
	{47, "NSEC", RRTYPE_FIELDS, {NAME, TYPES}},
	{48, "DNSKEY", RRTYPE_FIELDS, {FLAGS, PROTO, ALG, KEY}},
	{49, "DHCID", RRTYPE_FIELDS, {B64}},
	{50, "NSEC3", RRTYPE_FIELDS, {FIELD_HASH, U8, U16, FIELD_SALT, FIELD_NEXT_HASHED, TYPES}},
	{51, "NSEC3PARAM", RRTYPE_FIELDS, {FIELD_HASH, U8, U16, FIELD_SALT}},
	{52, "TLSA", RRTYPE_FIELDS, {U8, U8, U8, HEX}},
	{53, "SMIMEA", RRTYPE_FIELDS, {U8, U8, U8, HEX}},
	{55, "HIP", RRTYPE_FIELDS, {FIELD_HIP}},
	{56, "NINFO", RRTYPE_FIELDS, {STRINGS}},
	{57, "RKEY", RRTYPE_FIELDS, {FLAGS, PROTO, ALG, KEY}},
	{58, "TALINK", RRTYPE_FIELDS, {NAME, NAME}},
	{59, "CDS", RRTYPE_FIELDS, {U16, ALG, FIELD_DIGEST, HEX}},
	{60, "CDNSKEY", RRTYPE_FIELDS, {FLAGS, PROTO, ALG, KEY}},
	{61, "OPENPGPKEY", RRTYPE_FIELDS, {B64}},
	{62, "CSYNC", RRTYPE_FIELDS, {U32, U16, TYPES}},
	{63, "ZONEMD", RRTYPE_FIELDS, {U32, U8, U8, HEX}},
	{64, "SVCB", RRTYPE_FIELDS, {U16, NAME, FIELD_PARAMS}},
	{65, "HTTPS", RRTYPE_FIELDS, {U16, NAME, FIELD_PARAMS}},
	{66, "DSYNC", RRTYPE_FIELDS, {FIELD_TYPE, FIELD_SCHEME, U16, NAME}},
	{67, "HHIT", RRTYPE_FIELDS, {B64}},
	{68, "BRID", RRTYPE_FIELDS, {B64}},
	{99, "SPF", RRTYPE_FIELDS, {STRINGS}},
	{100, "UINFO", RRTYPE_GENERIC, {0}},
	{101, "UID", RRTYPE_GENERIC, {0}},
	{102, "GID", RRTYPE_GENERIC, {0}},
	{103, "UNSPEC", RRTYPE_GENERIC, {0}},
	{104, "NID", RRTYPE_FIELDS, {U16, FIELD_LOCATOR}},
	{105, "L32", RRTYPE_FIELDS, {U16, FIELD_IP4}},
	{106, "L64", RRTYPE_FIELDS, {U16, FIELD_LOCATOR}},
	{107, "LP", RRTYPE_FIELDS, {U16, NAME}},
	{108, "EUI48", RRTYPE_FIELDS, {FIELD_EUI48}},
	{109, "EUI64", RRTYPE_FIELDS, {FIELD_EUI64}},
	{249, "TKEY", RRTYPE_META, {0}},
	{250, "TSIG", RRTYPE_META, {0}},
	{251, "IXFR", RRTYPE_META, {0}},
	{252, "AXFR", RRTYPE_META, {0}},
	{253, "MAILB", RRTYPE_META, {0}},
	{254, "MAILA", RRTYPE_META, {0}},
	{255, "ANY", RRTYPE_META, {0}},
	{256, "URI", RRTYPE_FIELDS, {U16, U16, FIELD_QUOTED}},
	{257, "CAA", RRTYPE_FIELDS, {U8, FIELD_TAG, FIELD_LONG_STRING}},
	{258, "AVC", RRTYPE_FIELDS, {STRINGS}},
	{259, "DOA", RRTYPE_FIELDS, {U32, U32, U8, STRING, FIELD_BASE64_DASH}},
	{260, "AMTRELAY", RRTYPE_FIELDS, {U8, FIELD_RELAY}},
	{261, "RESINFO", RRTYPE_FIELDS, {STRINGS}},
	{262, "WALLET", RRTYPE_FIELDS, {STRINGS}},
	{32768, "TA", RRTYPE_FIELDS, {U16, ALG, FIELD_DIGEST, HEX}},
	{32769, "DLV", RRTYPE_FIELDS, {U16, ALG, FIELD_DIGEST, HEX}},
	{TYPE_POOL, "POOL", RRTYPE_GENERIC, {0}},
};
/* clang-format on */

enum { TYPE_COUNT = sizeof(types) / sizeof(types[0]) };

const struct rrtype *
rrtype_find(uint16_t number)
{
	size_t low = 0;
	size_t high = TYPE_COUNT;

	/* there is no gap among the first */
	if (number != 0 && number <= TYPE_COUNT && types[number - 1].number == number)
		return &types[number - 1];
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (types[mid].number == number)
			return &types[mid];
		if (types[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool
has_name(const struct rrtype *t, const char *text, size_t len)
{
	return len != 0 && ((t->name[0] ^ text[0]) & 0xdf) == 0 &&
	       strlen(t->name) == len && strncasecmp(t->name, text, len) == 0;
}

/*
 * A walk over all names would be seen with a million records: those that fill large
 * zones are tried first.
 */
const struct rrtype *
rrtype_find_name(const char *text, size_t len)
{
	static const uint16_t frequent[] = {
	    TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_TXT, TYPE_NS, TYPE_MX, TYPE_POOL};

	for (size_t i = 0; i < sizeof(frequent) / sizeof(frequent[0]); i++) {
		const struct rrtype *t = rrtype_find(frequent[i]);

		if (has_name(t, text, len))
			return t;
	}
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (has_name(&types[i], text, len))
			return &types[i];
	return NULL;
}
