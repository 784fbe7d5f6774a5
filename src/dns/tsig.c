/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/tsig.h"

#include <assert.h>
#include <string.h>

#include "dns/wire.h"

enum {
	ARCOUNT_AT = 10,
	POINTER = 0xc0,
	TIME_LEN = 6,
	MAC_MIN = 10, /* RFC 8945 5.2.2.1 */
	BEFORE_MAC = TIME_LEN + 4, /* time, fudge, MAC size */
	BEHIND_MAC = 6, /* original ID, error, other len */
	VARIABLES_MAX = 255 + 6 + 255 + TIME_LEN + 6 + TSIG_OTHER_MAX,
};

/* By enum tsig_algorithm: wire names, RFC 8945 6. */
static const char *const algorithms[] = {
    [TSIG_HMAC_SHA1] = "\011hmac-sha1",
    [TSIG_HMAC_SHA224] = "\013hmac-sha224",
    [TSIG_HMAC_SHA256] = "\013hmac-sha256",
    [TSIG_HMAC_SHA384] = "\013hmac-sha384",
    [TSIG_HMAC_SHA512] = "\013hmac-sha512",
};

static const enum hmac_hash hash_of[] = {
    [TSIG_HMAC_SHA1] = HMAC_SHA1,
    [TSIG_HMAC_SHA224] = HMAC_SHA224,
    [TSIG_HMAC_SHA256] = HMAC_SHA256,
    [TSIG_HMAC_SHA384] = HMAC_SHA384,
    [TSIG_HMAC_SHA512] = HMAC_SHA512,
};

static uint64_t
get48(const uint8_t *p)
{
	return (uint64_t)wire_get16(p) << 32 | wire_get32(p + 2);
}

static void
put48(uint8_t *p, uint64_t v)
{
	wire_put16(p, (uint16_t)(v >> 32));
	wire_put32(p + 2, (uint32_t)v);
}

static size_t
algorithm_len(const struct tsig_key *key)
{
	return strlen(algorithms[key->algorithm]) + 1;
}

/*
 * The owner, which may be compressed. A pointer leads to what stands before the labels
 * that it ends, so that there is no loop.
 */
static enum err
read_owner(const uint8_t *message, size_t len, size_t *at, struct name *out)
{
	size_t pos = *at, bound = *at, n = 0;
	bool followed = false;

	for (;;) {
		uint8_t octet;

		if (pos >= len)
			return ERR_SYNTAX;
		octet = message[pos];
		if (octet >= POINTER) {
			size_t to;

			if (len - pos < 2)
				return ERR_SYNTAX;
			to = wire_get16(message + pos) & 0x3fff;
			if (to >= bound)
				return ERR_SYNTAX;
			if (!followed)
				*at = pos + 2;
			followed = true;
			pos = bound = to;
			continue;
		}
		if (octet > DNS_LABEL_MAX || n + octet + 1u > DNS_NAME_MAX ||
		    len - pos < octet + 1u)
			return ERR_SYNTAX;
		memcpy(out->bytes + n, message + pos, octet + 1u);
		n += octet + 1u;
		pos += octet + 1u;
		if (octet == 0)
			break;
	}
	if (!followed)
		*at = pos;
	out->len = (uint8_t)n;
	return OK;
}

/* RFC 8945 4.2, of end octets. The algorithm's name is digested, so never compressed. */
static enum err
read_rdata(const uint8_t *rdata, size_t len, struct tsig *out)
{
	size_t at;

	if (name_read(rdata, len, &out->algorithm) != OK)
		return ERR_SYNTAX;
	at = out->algorithm.len;
	if (len - at < BEFORE_MAC)
		return ERR_SYNTAX;
	out->time_s = get48(rdata + at);
	out->fudge_s = wire_get16(rdata + at + TIME_LEN);
	out->mac_len = wire_get16(rdata + at + TIME_LEN + 2);
	at += BEFORE_MAC;
	if (len - at < (size_t)out->mac_len + BEHIND_MAC)
		return ERR_SYNTAX;
	out->mac = rdata + at;
	at += out->mac_len;
	out->original_id = wire_get16(rdata + at);
	out->error = wire_get16(rdata + at + 2);
	out->other_len = wire_get16(rdata + at + 4);
	at += BEHIND_MAC;
	out->other = rdata + at;
	return len - at == out->other_len ? OK : ERR_SYNTAX;
}

enum err
tsig_read(const uint8_t *message, size_t len, size_t at, struct tsig *out)
{
	size_t pos = at;
	const uint8_t *fixed;

	if (read_owner(message, len, &pos, &out->key_name) != OK ||
	    len - pos < DNS_RR_FIXED_LEN)
		return ERR_SYNTAX;
	fixed = message + pos;
	pos += DNS_RR_FIXED_LEN;
	/* RFC 8945 4.2: class ANY, TTL 0 */
	if (wire_get16(fixed) != TYPE_TSIG || wire_get16(fixed + 2) != CLASS_ANY ||
	    wire_get32(fixed + 4) != 0 || wire_get16(fixed + 8) != len - pos)
		return ERR_SYNTAX;
	if (read_rdata(message + pos, len - pos, out) != OK)
		return ERR_SYNTAX;
	out->at = at;
	name_lower(out->key_name.bytes, out->key_name.bytes, out->key_name.len);
	name_lower(out->algorithm.bytes, out->algorithm.bytes, out->algorithm.len);
	return OK;
}

/* What an RR says and the code covers. */
struct variables {
	const struct name *key_name;
	const struct name *algorithm;
	uint64_t time_s;
	uint16_t fudge_s;
	uint16_t error;
	const uint8_t *other;
	size_t other_len;
	bool timers_only; /* RFC 8945 5.3.1: of later messages */
};

/* RFC 8945 4.3.3. */
static size_t
write_variables(const struct variables *v, uint8_t *out)
{
	uint8_t *p = out;

	if (!v->timers_only) {
		memcpy(p, v->key_name->bytes, v->key_name->len);
		p += v->key_name->len;
		wire_put16(p, CLASS_ANY);
		wire_put32(p + 2, 0);
		p += 6;
		memcpy(p, v->algorithm->bytes, v->algorithm->len);
		p += v->algorithm->len;
	}
	put48(p, v->time_s);
	wire_put16(p + TIME_LEN, v->fudge_s);
	p += TIME_LEN + 2;
	if (!v->timers_only) {
		wire_put16(p, v->error);
		wire_put16(p + 2, (uint16_t)v->other_len);
		p += 4;
		if (v->other_len != 0)
			memcpy(p, v->other, v->other_len);
		p += v->other_len;
	}
	return (size_t)(p - out);
}

/* RFC 8945 4.3: the code before, the message as it was without the RR, the variables. */
static enum err
digest(const struct tsig_key *key, const uint8_t header[DNS_HEADER_LEN],
    const uint8_t *message, size_t len, const uint8_t *prior, size_t prior_len,
    const struct variables *v, uint8_t out[HMAC_LEN_MAX])
{
	uint8_t size[2], text[VARIABLES_MAX];
	struct hmac_part parts[5];
	size_t count = 0;

	wire_put16(size, (uint16_t)prior_len);
	if (prior_len != 0) {
		parts[count++] = (struct hmac_part){size, sizeof(size)};
		parts[count++] = (struct hmac_part){prior, prior_len};
	}
	parts[count++] = (struct hmac_part){header, DNS_HEADER_LEN};
	parts[count++] =
	    (struct hmac_part){message + DNS_HEADER_LEN, len - DNS_HEADER_LEN};
	parts[count++] = (struct hmac_part){text, write_variables(v, text)};
	return hmac(
	    hash_of[key->algorithm], key->secret, key->secret_len, parts, count, out);
}

static bool
is_mac(const struct tsig *t, const uint8_t *message, const struct tsig_key *key,
    const uint8_t *prior, size_t prior_len)
{
	struct variables v = {
	    .key_name = &t->key_name,
	    .algorithm = &t->algorithm,
	    .time_s = t->time_s,
	    .fudge_s = t->fudge_s,
	    .error = t->error,
	    .other = t->other,
	    .other_len = t->other_len,
	};
	uint8_t header[DNS_HEADER_LEN], code[HMAC_LEN_MAX];

	memcpy(header, message, sizeof(header));
	wire_put16(header, t->original_id);
	wire_put16(header + ARCOUNT_AT, (uint16_t)(wire_get16(message + ARCOUNT_AT) - 1));
	return digest(key, header, message, t->at, prior, prior_len, &v, code) == OK &&
	       hmac_equal(code, t->mac, t->mac_len);
}

enum tsig_error
tsig_verify(const struct tsig *t, const uint8_t *message, const struct tsig_key *key,
    const uint8_t *prior, size_t prior_len, int64_t now_s)
{
	size_t whole, least;
	int64_t off_s;

	if (key == NULL || t->algorithm.len != algorithm_len(key) ||
	    memcmp(t->algorithm.bytes, algorithms[key->algorithm], t->algorithm.len) != 0)
		return TSIG_BADKEY;
	whole = hmac_len(hash_of[key->algorithm]);
	least = whole / 2 > MAC_MIN ? whole / 2 : MAC_MIN;
	/* 5.2.2.1: outside of these it is no truncated code */
	if (t->mac_len > whole || t->mac_len < least)
		return TSIG_FORMERR;
	/* ours never have more than the time; more than that would not be digested */
	if (t->other_len > TSIG_OTHER_MAX || !is_mac(t, message, key, prior, prior_len))
		return TSIG_BADSIG;
	off_s = now_s - (int64_t)t->time_s;
	if (off_s > t->fudge_s || -off_s > t->fudge_s)
		return TSIG_BADTIME;
	/* 5.2.4: truncated codes are not asked for by anybody's policy here */
	return t->mac_len < whole ? TSIG_BADTRUNC : TSIG_OK;
}

void
tsig_signer_init(struct tsig_signer *s, const struct tsig_key *key)
{
	memset(s, 0, sizeof(*s));
	s->key = key;
	s->key_name = key->name;
	s->algorithm.len = (uint8_t)algorithm_len(key);
	memcpy(s->algorithm.bytes, algorithms[key->algorithm], s->algorithm.len);
	s->fudge_s = TSIG_FUDGE_S;
}

void
tsig_signer_answer(struct tsig_signer *s, const struct tsig *request,
    const struct tsig_key *key, enum tsig_error error)
{
	memset(s, 0, sizeof(*s));
	s->key_name = request->key_name;
	s->algorithm = request->algorithm;
	s->fudge_s = TSIG_FUDGE_S;
	s->error = (uint16_t)error;
	/* 5.3.2: never signed with a key that the client has not proved to have */
	if (error == TSIG_BADKEY || error == TSIG_BADSIG)
		return;
	s->key = key;
	s->mac_len = request->mac_len;
	memcpy(s->mac, request->mac, request->mac_len);
	if (error == TSIG_BADTIME) {
		/* 5.2.3: the client's own time, so that it can check the code */
		s->fudge_s = request->fudge_s;
		s->client_time_s = request->time_s;
	}
}

static size_t
other_len(const struct tsig_signer *s)
{
	return s->error == TSIG_BADTIME ? TIME_LEN : 0;
}

static size_t
mac_len(const struct tsig_signer *s)
{
	return s->key != NULL ? hmac_len(hash_of[s->key->algorithm]) : 0;
}

size_t
tsig_signer_len(const struct tsig_signer *s)
{
	return s->key_name.len + DNS_RR_FIXED_LEN + (size_t)s->algorithm.len +
	       BEFORE_MAC + mac_len(s) + BEHIND_MAC + other_len(s);
}

static void
write_rr(const struct tsig_signer *s, const struct variables *v, uint16_t id,
    const uint8_t *mac, uint8_t *p)
{
	size_t n = mac_len(s);

	memcpy(p, s->key_name.bytes, s->key_name.len);
	p += s->key_name.len;
	wire_put16(p, TYPE_TSIG);
	wire_put16(p + 2, CLASS_ANY);
	wire_put32(p + 4, 0);
	wire_put16(
	    p + 8, (uint16_t)(tsig_signer_len(s) - s->key_name.len - DNS_RR_FIXED_LEN));
	p += DNS_RR_FIXED_LEN;
	memcpy(p, s->algorithm.bytes, s->algorithm.len);
	p += s->algorithm.len;
	put48(p, v->time_s);
	wire_put16(p + TIME_LEN, v->fudge_s);
	wire_put16(p + TIME_LEN + 2, (uint16_t)n);
	p += BEFORE_MAC;
	memcpy(p, mac, n);
	p += n;
	wire_put16(p, id);
	wire_put16(p + 2, v->error);
	wire_put16(p + 4, (uint16_t)v->other_len);
	p += BEHIND_MAC;
	if (v->other_len != 0)
		memcpy(p, v->other, v->other_len);
}

enum err
tsig_sign(struct tsig_signer *s, uint8_t *message, size_t *len, int64_t now_s)
{
	uint8_t other[TIME_LEN], mac[HMAC_LEN_MAX];
	struct variables v = {
	    .key_name = &s->key_name,
	    .algorithm = &s->algorithm,
	    .time_s = s->client_time_s != 0 ? s->client_time_s : (uint64_t)now_s,
	    .fudge_s = s->fudge_s,
	    .error = s->error,
	    .other = other,
	    .other_len = other_len(s),
	    .timers_only = s->is_later,
	};

	put48(other, (uint64_t)now_s);
	if (s->key != NULL) {
		enum err e =
		    digest(s->key, message, message, *len, s->mac, s->mac_len, &v, mac);

		if (e != OK)
			return e;
		s->mac_len = mac_len(s);
		memcpy(s->mac, mac, s->mac_len);
		s->is_later = true;
	}
	write_rr(s, &v, wire_get16(message), mac, message + *len);
	*len += tsig_signer_len(s);
	wire_put16(
	    message + ARCOUNT_AT, (uint16_t)(wire_get16(message + ARCOUNT_AT) + 1));
	return OK;
}
