/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/encoding.h"
#include "dns/cookie.h"

/* ---- SipHash-2-4: the vectors of its authors: key and input are 0, 1, 2 ... ---- */

static void
test_siphash(void **state)
{
	static const struct {
		size_t len;
		const char *hash;
	} rows[] = {
	    {0, "\x31\x0e\x0e\xdd\x47\xdb\x6f\x72"},
	    {1, "\xfd\x67\xdc\x93\xc5\x39\xf8\x74"},
	    {7, "\x37\xd1\x01\x8b\xf5\x00\x02\xab"},
	    {8, "\x62\x24\x93\x9a\x79\xf5\xf5\x93"},
	    {15, "\xe5\x45\xbe\x49\x61\xca\x29\xa1"},
	};
	uint8_t octets[16], hash[SIPHASH_LEN];

	(void)state;
	for (uint8_t i = 0; i < sizeof(octets); i++)
		octets[i] = i;
	for (size_t i = 0; i < COUNT(rows); i++) {
		siphash_put(hash, siphash(octets, octets, rows[i].len));
		assert_memory_equal(hash, rows[i].hash, SIPHASH_LEN);
	}
}

/* ---- RFC 9018, appendix A, and what is not valid ---- */

#define OLD "e5e973e5a6b2a43f48e7dc849e37bfcf"
#define CLIENT_1 "198.51.100.100"
#define CLIENT_2 "203.0.113.203"
#define CLIENT_6 "2001:db8:220:1:59de:d0f4:8769:82b8"
#define COOKIE_1 "2464c4abcf10c957010000005cf79f111f8130c3eee29480"
#define TIME_1 1559731985u

static const struct row {
	const char *what;
	const char *secrets[2];
	const char *client;
	uint32_t now_s;
	const char *option;
	enum cookie_verdict verdict;
	const char *reply; /* NULL: another one than what came */
} rows[] = {
    {"A.1", {OLD}, CLIENT_1, TIME_1, "2464c4abcf10c957", COOKIE_NEW, COOKIE_1},
    {"A.2", {OLD}, CLIENT_1, 1559734385, COOKIE_1, COOKIE_VALID,
        "2464c4abcf10c957010000005cf7a871d4a564a1442aca77"},
    {"A.3: its time is too long ago", {OLD}, CLIENT_2, 1559734700,
        "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", COOKIE_INVALID,
        "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e"},
    {"A.3: reserved octets are part of it", {OLD}, CLIENT_2, 1559727985,
        "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", COOKIE_VALID,
        "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5"},
    {"reserved octets changed", {OLD}, CLIENT_2, 1559727985,
        "fc93fc62807ddb8601abcdee5cf78f71a314227b6679ebf5", COOKIE_INVALID, NULL},
    {"A.4: made with the second secret",
        {"445536bcd2513298075a5d379663c962", "dd3bdf9344b678b185a6f5cb60fca715"},
        CLIENT_6, 1559741961, "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
        COOKIE_VALID, "22681ab97d52c298010000005cf7c609a6bb79d16625507a"},
    {"made with a secret that is gone", {"445536bcd2513298075a5d379663c962"}, CLIENT_6,
        1559741961, "22681ab97d52c298010000005cf7c57926556bd0934c72f8", COOKIE_INVALID,
        "22681ab97d52c298010000005cf7c609a6bb79d16625507a"},

    {"the same second", {OLD}, CLIENT_1, TIME_1, COOKIE_1, COOKIE_VALID, COOKIE_1},
    {"half an hour", {OLD}, CLIENT_1, TIME_1 + 1800, COOKIE_1, COOKIE_VALID, COOKIE_1},
    {"and a second", {OLD}, CLIENT_1, TIME_1 + 1801, COOKIE_1, COOKIE_VALID, NULL},
    {"an hour", {OLD}, CLIENT_1, TIME_1 + 3600, COOKIE_1, COOKIE_VALID, NULL},
    {"past an hour", {OLD}, CLIENT_1, TIME_1 + 3601, COOKIE_1, COOKIE_INVALID, NULL},
    {"five minutes ahead", {OLD}, CLIENT_1, TIME_1 - 300, COOKIE_1, COOKIE_VALID,
        COOKIE_1},
    {"further ahead", {OLD}, CLIENT_1, TIME_1 - 301, COOKIE_1, COOKIE_INVALID, NULL},
    {"half of all time away", {OLD}, CLIENT_1, TIME_1 + 0x80000000u, COOKIE_1,
        COOKIE_INVALID, NULL},

    {"of another client", {OLD}, CLIENT_2, TIME_1, COOKIE_1, COOKIE_INVALID, NULL},
    {"of another client's part", {OLD}, CLIENT_1, TIME_1,
        "2464c4abcf10c956010000005cf79f111f8130c3eee29480", COOKIE_INVALID, NULL},
    {"another version", {OLD}, CLIENT_1, TIME_1,
        "2464c4abcf10c957020000005cf79f111f8130c3eee29480", COOKIE_INVALID, NULL},
    {"another time", {OLD}, CLIENT_1, TIME_1,
        "2464c4abcf10c957010000005cf79f101f8130c3eee29480", COOKIE_INVALID, NULL},
    {"last bit of the hash", {OLD}, CLIENT_1, TIME_1,
        "2464c4abcf10c957010000005cf79f111f8130c3eee29481", COOKIE_INVALID, NULL},
    {"first bit of the hash", {OLD}, CLIENT_1, TIME_1,
        "2464c4abcf10c957010000005cf79f119f8130c3eee29480", COOKIE_INVALID, NULL},
    {"the shortest of a server", {OLD}, CLIENT_1, TIME_1,
        "2464c4abcf10c957010000005cf79f11", COOKIE_INVALID, COOKIE_1},
    {"ours with more behind", {OLD}, CLIENT_1, TIME_1,
        COOKIE_1 "00000000000000000000000000000000", COOKIE_INVALID, COOKIE_1},
};

static void
hex(const char *text, uint8_t *out, size_t room, size_t *len)
{
	assert_int_equal(encoding_hex_parse(text, strlen(text), out, room, len), OK);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		uint8_t secrets[2][SIPHASH_KEY_LEN], option[40], want[COOKIE_LEN];
		uint8_t reply[COOKIE_LEN], again[COOKIE_LEN];
		struct cookie_keys keys = {.secrets = secrets};
		enum cookie_verdict verdict;
		struct ip client;
		size_t len, n;

		for (; keys.secret_count < 2 && r->secrets[keys.secret_count] != NULL;
		     keys.secret_count++)
			hex(r->secrets[keys.secret_count], secrets[keys.secret_count],
			    SIPHASH_KEY_LEN, &n);
		hex(r->option, option, sizeof(option), &len);
		assert_int_equal(ip_parse(r->client, strlen(r->client), &client), OK);
		verdict = cookie_check(&keys, option, len, &client, r->now_s, reply);
		if (verdict != r->verdict)
			print_error("row \"%s\"\n", r->what);
		assert_int_equal(verdict, r->verdict);
		assert_memory_equal(reply, option, COOKIE_CLIENT_LEN);
		if (r->reply != NULL) {
			hex(r->reply, want, sizeof(want), &n);
			assert_memory_equal(reply, want, COOKIE_LEN);
		} else {
			assert_memory_not_equal(reply, option, COOKIE_LEN);
		}
		/* whatever came, what it was answered with is valid, and stays */
		assert_int_equal(
		    cookie_check(&keys, reply, COOKIE_LEN, &client, r->now_s, again),
		    COOKIE_VALID);
		assert_memory_equal(reply, again, COOKIE_LEN);
	}
}

/* ---- a server without secrets of a fleet ---- */

#define DAY 86400u

static void
test_own_keys(void **state)
{
	static const struct {
		uint32_t made_s, now_s;
		enum cookie_verdict verdict;
	} times[] = {
	    {20000 * DAY, 20000 * DAY, COOKIE_VALID},
	    /* over midnight, either way */
	    {20000 * DAY - 1, 20000 * DAY, COOKIE_VALID},
	    {20000 * DAY - 1, 20000 * DAY + 3599, COOKIE_VALID},
	    {20000 * DAY - 1, 20000 * DAY + 3600, COOKIE_INVALID},
	    {20000 * DAY, 20000 * DAY - 1, COOKIE_VALID},
	    /* a clock that jumps */
	    {20000 * DAY, 20001 * DAY, COOKIE_INVALID},
	    {20000 * DAY, 19998 * DAY, COOKIE_INVALID},
	    {20000 * DAY, 0, COOKIE_INVALID},
	    {0, 0, COOKIE_VALID},
	    {0xffffffffu, 100, COOKIE_VALID},
	};
	static const uint8_t option[] = "clientid";
	const struct ip client = {4, {192, 0, 2, 1}};
	struct cookie_keys keys = {.master = "sixteen octets!"};

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		struct cookie_keys fresh = {.master = "sixteen octets!"};
		uint8_t cookie[COOKIE_LEN], reply[COOKIE_LEN];

		assert_int_equal(cookie_check(&keys, option, COOKIE_CLIENT_LEN, &client,
		                     times[i].made_s, cookie),
		    COOKIE_NEW);
		assert_int_equal(cookie_check(&keys, cookie, COOKIE_LEN, &client,
		                     times[i].now_s, reply),
		    times[i].verdict);
		/* whatever the clock did, the next request is in order */
		assert_int_equal(cookie_check(&keys, reply, COOKIE_LEN, &client,
		                     times[i].now_s, reply),
		    COOKIE_VALID);
		/* another thread of the process knows it as well */
		assert_int_equal(cookie_check(&fresh, cookie, COOKIE_LEN, &client,
		                     times[i].now_s, reply),
		    times[i].verdict);
		/* another process does not */
		fresh = (struct cookie_keys){.master = "sixteen octets?"};
		assert_int_equal(cookie_check(&fresh, cookie, COOKIE_LEN, &client,
		                     times[i].made_s, reply),
		    COOKIE_INVALID);
	}
}

/* Each day has a key of its own, and both halves of it differ. */
static void
test_days(void **state)
{
	const struct ip client = {4, {192, 0, 2, 1}};
	struct cookie_keys keys = {.master = "sixteen octets!"};
	uint8_t reply[COOKIE_LEN];

	(void)state;
	for (unsigned day = 0; day < 2; day++)
		cookie_check(&keys, (const uint8_t *)"clientid", COOKIE_CLIENT_LEN,
		    &client, (20000 + day) * DAY, reply);
	assert_int_not_equal(keys.days[0].number, keys.days[1].number);
	assert_memory_not_equal(keys.days[0].key, keys.days[1].key, SIPHASH_KEY_LEN);
	assert_memory_not_equal(keys.days[0].key, keys.days[0].key + 8, 8);
	assert_memory_not_equal(keys.days[0].key, keys.master, SIPHASH_KEY_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_siphash),
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_own_keys),
	    cmocka_unit_test(test_days),
	};

	return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
