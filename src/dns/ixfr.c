/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/ixfr.h"

#include <stdbool.h>

#include "dns/wire.h"

enum { POINTER = 0xc0, SOA_NUMBERS_LEN = 20 };

/* Moves behind a name, which a pointer ends; false when it does not end before len. */
static bool
skip_name(const uint8_t *packet, size_t len, size_t *at)
{
	while (*at < len && packet[*at] != 0 && packet[*at] <= DNS_LABEL_MAX)
		*at += packet[*at] + 1u;
	if (*at >= len)
		return false;
	if (packet[*at] == 0) {
		*at += 1;
		return true;
	}
	*at += 2;
	return packet[*at - 2] >= POINTER && *at <= len;
}

enum err
ixfr_read_serial(const uint8_t *packet, size_t len, size_t question_len, uint32_t *serial)
{
	size_t at = DNS_HEADER_LEN + question_len, end;

	if (wire_get16(packet + 6) != 0 || wire_get16(packet + 8) == 0)
		return ERR_SYNTAX;
	if (!skip_name(packet, len, &at) || len - at < DNS_RR_FIXED_LEN ||
	    wire_get16(packet + at) != TYPE_SOA)
		return ERR_SYNTAX;
	end = at + DNS_RR_FIXED_LEN + wire_get16(packet + at + 8);
	at += DNS_RR_FIXED_LEN;
	if (end > len || !skip_name(packet, end, &at) || !skip_name(packet, end, &at) ||
	    end - at != SOA_NUMBERS_LEN)
		return ERR_SYNTAX;
	*serial = wire_get32(packet + at);
	return OK;
}
