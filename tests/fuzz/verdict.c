/* SPDX-License-Identifier: BSD-2-Clause */
#include "verdict.h"

#include <ldns/ldns.h>
#include <string.h>

#include "dns/wire.h"

/* Where a name ends, without following pointers; NULL: it does not. */
static const uint8_t *
skip_name(const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p != 0 && *p < 64)
		p += 1 + *p;
	if (p < end && *p == 0)
		return p + 1;
	return end - p >= 2 && *p >= 192 ? p + 2 : NULL;
}

/* What the client takes over UDP, as far as the request can be read. */
static size_t
udp_limit(const uint8_t *request, size_t len)
{
	const uint8_t *p = request + DNS_HEADER_LEN, *end = request + len;
	unsigned questions, records;
	size_t limit = DNS_UDP_MIN;

	if (len < DNS_HEADER_LEN)
		return DNS_UDP_MIN;
	questions = wire_get16(request + 4);
	records = (unsigned)wire_get16(request + 6) + wire_get16(request + 8) +
	          wire_get16(request + 10);
	while (questions-- != 0) {
		p = skip_name(p, end);
		if (p == NULL || end - p < 4)
			return DNS_UDP_CAP;
		p += 4;
	}
	while (records-- != 0) {
		p = skip_name(p, end);
		if (p == NULL || end - p < 10 || end - p < 10 + wire_get16(p + 8))
			return DNS_UDP_CAP;
		if (wire_get16(p) == 41 && wire_get16(p + 2) > limit)
			limit = wire_get16(p + 2);
		p += 10 + wire_get16(p + 8);
	}
	return limit < DNS_UDP_CAP ? limit : DNS_UDP_CAP;
}

const char *
verdict_form(const uint8_t *response, size_t len)
{
	ldns_pkt *pkt = NULL;
	const char *wrong = NULL;
	ldns_status status;

	if (len < DNS_HEADER_LEN)
		return "shorter than a header";
	if (!(response[2] & 0x80))
		return "QR is not set";
	status = ldns_wire2pkt(&pkt, response, len);
	if (status != LDNS_STATUS_OK)
		return ldns_get_errorstr_by_id(status);
	if (ldns_pkt_qdcount(pkt) > 1)
		wrong = "more than one question";
	ldns_pkt_free(pkt);
	return wrong;
}

/* The question of the response, if it has one, is that of the request, octet by octet. */
static bool
has_own_question(
    const uint8_t *request, size_t request_len, const uint8_t *response, size_t len)
{
	const uint8_t *end = skip_name(response + DNS_HEADER_LEN, response + len);
	size_t n;

	if (wire_get16(response + 4) == 0)
		return true;
	if (end == NULL)
		return false;
	n = (size_t)(end + 4 - response) - DNS_HEADER_LEN;
	return request_len >= DNS_HEADER_LEN + n && len >= DNS_HEADER_LEN + n &&
	       memcmp(request + DNS_HEADER_LEN, response + DNS_HEADER_LEN, n) == 0;
}

const char *
verdict(const uint8_t *request, size_t request_len, const uint8_t *response, size_t len,
    bool over_udp)
{
	const char *wrong = verdict_form(response, len);

	if (wrong != NULL)
		return wrong;
	if (request_len < DNS_HEADER_LEN)
		return "a response to less than a header";
	if (request[2] & 0x80)
		return "a response to a response";
	if ((request[2] ^ response[2]) & 0x79)
		return "opcode or RD is not that of the request";
	if (!has_own_question(request, request_len, response, len))
		return "the question is another";
	if (over_udp && len > udp_limit(request, request_len))
		return "longer than the client takes";
	return NULL;
}
