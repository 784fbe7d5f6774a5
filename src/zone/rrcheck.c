/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/rrcheck.h"

#include "dns/name.h"
#include "dns/wire.h"

/* A digest of kind `kind` has lengths[kind] octets; 0: any number. */
static bool
check_digest(
    const uint8_t *lengths, size_t count, unsigned kind, size_t len, struct buf *why)
{
	if (kind >= count || lengths[kind] == 0 || lengths[kind] == len)
		return true;
	buf_printf(
	    why, "a digest of type %u has %u octets, not %zu", kind, lengths[kind], len);
	return false;
}

static bool
check_ds(const uint8_t *wire, size_t len, struct buf *why)
{
	static const uint8_t lengths[] = {0, 20, 32, 0, 48};

	return check_digest(lengths, sizeof(lengths), wire[3], len - 4, why);
}

static bool
check_sshfp(const uint8_t *wire, size_t len, struct buf *why)
{
	static const uint8_t lengths[] = {0, 20, 32};

	return check_digest(lengths, sizeof(lengths), wire[1], len - 2, why);
}

static bool
check_zonemd(const uint8_t *wire, size_t len, struct buf *why)
{
	static const uint8_t lengths[] = {0, 48, 64};

	if (len - 6 < 12) {
		buf_str(why, "a digest of a zone has at least 12 octets");
		return false;
	}
	return check_digest(lengths, sizeof(lengths), wire[5], len - 6, why);
}

/* RFC 2535 3.1.2: the two highest flags together say that there is no key. */
static bool
check_key(uint16_t type, const uint8_t *wire, size_t len, struct buf *why)
{
	uint16_t flags = wire_get16(wire);

	if (type == 57 && flags != 0) {
		buf_str(why, "the flags of RKEY must be 0");
		return false;
	}
	if (type == 25 && (flags & 0xc000) == 0xc000) {
		if (len > 4)
			buf_str(why, "flags that say there is no key, and a key");
		return len == 4;
	}
	if (len == 4)
		buf_str(why, "the key is missing");
	return len > 4;
}

/* RFC 4025 2.4: only algorithm 0 goes without a key. */
static bool
check_ipseckey(const uint8_t *wire, size_t len, struct buf *why)
{
	static const uint8_t lengths[] = {0, 4, 16};
	size_t gateway = wire[1] == 3 ? name_len(wire + 3) : lengths[wire[1]];

	if (wire[2] == 0 || len > 3 + gateway)
		return true;
	buf_str(why, "the key is missing");
	return false;
}

static bool
check_nsec3(const uint8_t *wire, struct buf *why)
{
	unsigned hash_len = wire[5 + wire[4]];

	if (wire[0] != 1 || hash_len == 20)
		return true;
	buf_printf(why, "a SHA-1 hash has 20 octets, not %u", hash_len);
	return false;
}

static bool
check_nsec(const uint8_t *wire, size_t len, struct buf *why)
{
	if (len > name_len(wire))
		return true;
	buf_str(why, "NSEC without types");
	return false;
}

bool
rrcheck(uint16_t type, const uint8_t *wire, size_t len, struct buf *why)
{
	switch (type) {
	case TYPE_DS:
	case 59: /* CDS */
	case 32768: /* TA */
	case 32769: /* DLV */
		return check_ds(wire, len, why);
	case 44:
		return check_sshfp(wire, len, why);
	case 63:
		return check_zonemd(wire, len, why);
	case 25: /* KEY */
	case 57: /* RKEY */
	case TYPE_DNSKEY:
	case 60: /* CDNSKEY */
		return check_key(type, wire, len, why);
	case 45:
		return check_ipseckey(wire, len, why);
	case TYPE_NSEC:
		return check_nsec(wire, len, why);
	case 50:
		return check_nsec3(wire, why);
	default:
		return true;
	}
}
