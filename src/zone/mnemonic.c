/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/mnemonic.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct mnemonic {
	uint16_t value;
	const char *name;
};

/* Lists end with a NULL. SHA1 and the like are other spellings that BIND reads. */
static const struct mnemonic algorithms[] = {{1, "RSAMD5"}, {2, "DH"}, {3, "DSA"},
    {5, "RSASHA1"}, {6, "NSEC3DSA"}, {7, "NSEC3RSASHA1"}, {8, "RSASHA256"},
    {10, "RSASHA512"}, {12, "ECCGOST"}, {13, "ECDSAP256SHA256"}, {14, "ECDSAP384SHA384"},
    {15, "ED25519"}, {16, "ED448"}, {252, "INDIRECT"}, {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"}, {0, NULL}};

static const struct mnemonic cert_types[] = {{1, "PKIX"}, {2, "SPKI"}, {3, "PGP"},
    {4, "IPKIX"}, {5, "ISPKI"}, {6, "IPGP"}, {7, "ACPKIX"}, {8, "IACPKIX"}, {253, "URI"},
    {254, "OID"}, {0, NULL}};

static const struct mnemonic digests[] = {{1, "SHA-1"}, {1, "SHA1"}, {2, "SHA-256"},
    {2, "SHA256"}, {3, "GOST"}, {4, "SHA-384"}, {4, "SHA384"}, {0, NULL}};

static const struct mnemonic hashes[] = {{1, "SHA-1"}, {0, NULL}};

static const struct mnemonic protocols[] = {{0, "NONE"}, {1, "TLS"}, {2, "EMAIL"},
    {3, "DNSSEC"}, {4, "IPSEC"}, {255, "ALL"}, {0, NULL}};

static const struct mnemonic schemes[] = {{1, "NOTIFY"}, {0, NULL}};

/* RFC 2535 3.1.2, and KSK of RFC 4034 2.1.1. */
static const struct flag {
	uint16_t value;
	const char *name;
} flags[] = {{0x4000, "NOCONF"}, {0x8000, "NOAUTH"}, {0xc000, "NOKEY"}, {0x2000, "FLAG2"},
    {0x1000, "EXTEND"}, {0x0800, "FLAG4"}, {0x0400, "FLAG5"}, {0, "USER"},
    {0x0100, "ZONE"}, {0x0200, "HOST"}, {0x0300, "NTYP3"}, {0x0080, "FLAG8"},
    {0x0040, "FLAG9"}, {0x0020, "FLAG10"}, {0x0010, "FLAG11"}, {0, "SIG0"}, {1, "SIG1"},
    {2, "SIG2"}, {3, "SIG3"}, {4, "SIG4"}, {5, "SIG5"}, {6, "SIG6"}, {7, "SIG7"},
    {8, "SIG8"}, {9, "SIG9"}, {10, "SIG10"}, {11, "SIG11"}, {12, "SIG12"}, {13, "SIG13"},
    {14, "SIG14"}, {15, "SIG15"}, {1, "KSK"}};

static bool
is_same(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && strncasecmp(name, text, len) == 0;
}

static const struct mnemonic *
list_of(enum field_kind kind)
{
	switch (kind) {
	case FIELD_ALGORITHM:
		return algorithms;
	case FIELD_CERT_TYPE:
		return cert_types;
	case FIELD_DIGEST:
		return digests;
	case FIELD_HASH:
		return hashes;
	case FIELD_PROTOCOL:
		return protocols;
	default:
		return schemes;
	}
}

bool
mnemonic_find(enum field_kind kind, const struct word *word, uint16_t *value)
{
	for (const struct mnemonic *m = list_of(kind); m->name != NULL; m++) {
		if (is_same(m->name, word->text, word->len)) {
			*value = m->value;
			return true;
		}
	}
	return false;
}

/* Decimal, or what is no decimal number hexadecimal, with 0x or without. */
static bool
flags_number(const struct word *word, uint16_t *value)
{
	char text[12];
	char *end;
	unsigned long v;

	if (word->len >= sizeof(text))
		return false;
	memcpy(text, word->text, word->len);
	text[word->len] = '\0';
	v = strtoul(text, &end, 10);
	if (*end != '\0')
		v = strtoul(text, &end, 16);
	if (*end != '\0' || v > UINT16_MAX)
		return false;
	*value = (uint16_t)v;
	return true;
}

static const struct flag *
find_flag(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (is_same(flags[i].name, text, len))
			return &flags[i];
	return NULL;
}

bool
mnemonic_flags(const struct word *word, uint16_t *value)
{
	const char *end = word->text + word->len;
	const char *p = word->text;
	uint16_t sum = 0;

	if (word->len != 0 && *p >= '0' && *p <= '9')
		return flags_number(word, value);
	for (;;) {
		const char *bar = memchr(p, '|', (size_t)(end - p));
		size_t len = (size_t)((bar != NULL ? bar : end) - p);
		const struct flag *f = find_flag(p, len);

		if (f == NULL)
			return false;
		sum |= f->value;
		if (bar == NULL)
			break;
		p = bar + 1;
	}
	*value = sum;
	return true;
}
