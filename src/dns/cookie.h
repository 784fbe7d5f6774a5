/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS cookies: the server's part, version 1.
 *
 * Shape: a cookie is 24 octets: 8 of the client, then version, three reserved, the
 * time it was made, and a SipHash-2-4 over all of these and the client's address. A
 * struct cookie_keys is what a server makes them with and knows them by: secrets that a
 * fleet shares, or, without any, keys made from a master, one a day.
 * Owner: values; the secrets point into the configuration.
 * Threads: a struct cookie_keys is one thread's own: it keeps the keys of two days.
 * Errors: none; what is not right is not valid.
 * Source: RFC 7873 5.2, RFC 9018 4 and 5.
 */
#ifndef DNS_COOKIE_H
#define DNS_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "dns/siphash.h"

enum {
	COOKIE_CLIENT_LEN = 8,
	COOKIE_SERVER_MIN = 8, /* what anybody's server part may have, RFC 7873 4 */
	COOKIE_SERVER_MAX = 32,
	COOKIE_LEN = 24, /* client's part and ours */
};

struct cookie_keys {
	/* shared by a fleet: the first makes, all are known */
	const uint8_t (*secrets)[SIPHASH_KEY_LEN];
	size_t secret_count; /* 0: keys are made from master */
	uint8_t master[SIPHASH_KEY_LEN];
	/* made from it, by the day's last bit; day 0 counts as none */
	struct cookie_day {
		uint32_t number;
		uint8_t key[SIPHASH_KEY_LEN];
	} days[2];
};

enum cookie_verdict {
	COOKIE_NEW, /* the client's part alone */
	COOKIE_INVALID, /* a server part that is not ours, too old, or of another client
	                 */
	COOKIE_VALID,
};

/*
 * Judges the option of a request, of 8 or 16 to 40 octets, from a client at this time,
 * and writes the cookie for the response: the same one while it is valid and young, else
 * a new one.
 */
enum cookie_verdict
cookie_check(struct cookie_keys *k, const uint8_t *option, size_t len,
    const struct ip *client, uint32_t now_s, uint8_t reply[COOKIE_LEN]);

#endif
