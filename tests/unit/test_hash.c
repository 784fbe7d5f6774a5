/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/hash.h"

/* Every octet and the length count, at every length. */
static void
test_each_octet_counts(void **state)
{
	uint8_t p[41] = {0};

	(void)state;
	for (size_t len = 1; len <= 40; len++) {
		uint64_t h = hash_bytes(1, p, len);

		assert_true(h != hash_bytes(1, p, len - 1));
		assert_true(h != hash_bytes(2, p, len));
		assert_true(h == hash_bytes(1, p, len));
		for (size_t i = 0; i < len; i++) {
			p[i] = 1;
			assert_true(h != hash_bytes(1, p, len));
			p[i] = 0;
		}
		/* what is behind does not count */
		p[len] = 1;
		assert_true(h == hash_bytes(1, p, len));
		p[len] = 0;
	}
}

/* Small numbers, the usual keys, spread over the low and the high bits alike. */
static void
test_spread(void **state)
{
	unsigned low[256] = {0}, high[256] = {0};

	(void)state;
	for (uint64_t i = 0; i < 65536; i++) {
		uint64_t h = hash_mix(0, i);

		low[h & 255]++;
		high[h >> 56]++;
	}
	/* 256 expected in each; 16 standard deviations are 256 */
	for (unsigned i = 0; i < 256; i++) {
		assert_in_range(low[i], 128, 384);
		assert_in_range(high[i], 128, 384);
	}
}

static void
test_key(void **state)
{
	uint64_t before = hash_bytes(0, (const uint8_t *)"name", 4);
	uint64_t key[2] = {hash_key[0], hash_key[1]};

	(void)state;
	hash_init();
	assert_true(hash_key[0] != key[0] && hash_key[1] != key[1]);
	assert_true(hash_bytes(0, (const uint8_t *)"name", 4) != before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_octet_counts),
	    cmocka_unit_test(test_spread),
	    cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
