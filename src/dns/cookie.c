/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/cookie.h"

#include <string.h>

#include "dns/wire.h"

enum {
	VERSION_AT = 8,
	TIME_AT = 12,
	HASH_AT = 16,
	VERSION = 1,
	DAY_S = 24 * 3600,
	/* RFC 9018 4.3 */
	AGE_MAX_S = 3600,
	AGE_RENEW_S = 1800,
	AHEAD_MAX_S = 300,
};

/* The key of the day: half by half, by the master as the key of the same hash. */
static const uint8_t *
day_key(struct cookie_keys *k, uint32_t time_s)
{
	uint32_t number = time_s / DAY_S + 1;
	struct cookie_day *d = &k->days[number % 2];

	if (d->number != number) {
		uint8_t input[5];

		wire_put32(input, number);
		for (uint8_t half = 0; half < 2; half++) {
			input[4] = half;
			siphash_put(d->key + half * SIPHASH_LEN,
			    siphash(k->master, input, sizeof(input)));
		}
		d->number = number;
	}
	return d->key;
}

/* RFC 9018 4.4: over all before the hash, with the reserved octets as they are. */
static uint64_t
hash_of(const uint8_t *key, const uint8_t *cookie, const struct ip *client)
{
	size_t ip_len = client->family == 4 ? 4 : 16;
	uint8_t input[HASH_AT + 16];

	memcpy(input, cookie, HASH_AT);
	memcpy(input + HASH_AT, client->bytes, ip_len);
	return siphash(key, input, HASH_AT + ip_len);
}

static bool
is_made_with(const uint8_t *key, const uint8_t *cookie, const struct ip *client)
{
	uint8_t hash[SIPHASH_LEN], differs = 0;

	siphash_put(hash, hash_of(key, cookie, client));
	/* in the same time, however much of it is right */
	for (unsigned i = 0; i < SIPHASH_LEN; i++)
		differs |= hash[i] ^ cookie[HASH_AT + i];
	return differs == 0;
}

/* Sets *renew when it is valid, but the response is to carry a new one. */
static bool
is_valid(struct cookie_keys *k, const uint8_t *cookie, const struct ip *client,
    uint32_t now_s, bool *renew)
{
	uint32_t made_s = wire_get32(cookie + TIME_AT);
	/* RFC 9018 4.3: serial numbers, RFC 1982 */
	int32_t age_s = (int32_t)(now_s - made_s);

	if (cookie[VERSION_AT] != VERSION || age_s > AGE_MAX_S || age_s < -AHEAD_MAX_S)
		return false;
	*renew = age_s > AGE_RENEW_S;
	if (k->secret_count == 0)
		return is_made_with(day_key(k, made_s), cookie, client);
	for (size_t i = 0; i < k->secret_count; i++) {
		if (is_made_with(k->secrets[i], cookie, client)) {
			/* RFC 9018 5: clients come over to the new secret */
			*renew |= i != 0;
			return true;
		}
	}
	return false;
}

static void
make(struct cookie_keys *k, const uint8_t *option, const struct ip *client,
    uint32_t now_s, uint8_t *cookie)
{
	const uint8_t *key = k->secret_count != 0 ? k->secrets[0] : day_key(k, now_s);

	memcpy(cookie, option, COOKIE_CLIENT_LEN);
	wire_put32(cookie + VERSION_AT, (uint32_t)VERSION << 24);
	wire_put32(cookie + TIME_AT, now_s);
	siphash_put(cookie + HASH_AT, hash_of(key, cookie, client));
}

enum cookie_verdict
cookie_check(struct cookie_keys *k, const uint8_t *option, size_t len,
    const struct ip *client, uint32_t now_s, uint8_t reply[COOKIE_LEN])
{
	enum cookie_verdict verdict =
	    len == COOKIE_CLIENT_LEN ? COOKIE_NEW : COOKIE_INVALID;
	bool renew = true;

	if (len == COOKIE_LEN && is_valid(k, option, client, now_s, &renew))
		verdict = COOKIE_VALID;
	if (verdict == COOKIE_VALID && !renew)
		memcpy(reply, option, COOKIE_LEN);
	else
		make(k, option, client, now_s, reply);
	return verdict;
}
