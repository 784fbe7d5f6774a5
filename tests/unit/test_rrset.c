/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/mem.h"
#include "zone/rrset.h"

static struct rdata
rd(const char *text)
{
	return (struct rdata){(const uint8_t *)text, (uint16_t)strlen(text)};
}

static void
test_compare(void **state)
{
	/* Ascending, RFC 4034 6.3: octets are unsigned, and the shorter comes first. */
	static const struct rdata order[] = {
	    {(const uint8_t *)"", 0},
	    {(const uint8_t *)"\0", 1},
	    {(const uint8_t *)"\0\0", 2},
	    {(const uint8_t *)"\1", 1},
	    {(const uint8_t *)"\1\377", 2},
	    {(const uint8_t *)"\177", 1},
	    {(const uint8_t *)"\200", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(order); i++)
		for (size_t j = 0; j < COUNT(order); j++) {
			int c = rdata_compare(&order[i], &order[j]);

			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
}

static void
test_wire(void **state)
{
	static const uint8_t expect[] = {
	    0xC0,
	    0x0C,
	    0,
	    1,
	    0,
	    1,
	    0,
	    0,
	    0x0E,
	    0x10,
	    0,
	    4,
	    192,
	    0,
	    2,
	    1, /* 3600 */
	    0xC0,
	    0x0C,
	    0,
	    1,
	    0,
	    1,
	    0,
	    0,
	    0x0E,
	    0x10,
	    0,
	    4,
	    192,
	    0,
	    2,
	    9,
	};
	const struct rdata given[] = {
	    {(const uint8_t *)"\300\0\2\11", 4},
	    {(const uint8_t *)"\300\0\2\1", 4},
	    {(const uint8_t *)"\300\0\2\11", 4},
	};
	struct rrset *s = NULL;
	struct rdata r = {0};
	size_t pos = 0;

	(void)state;
	assert_int_equal(rrset_new(TYPE_A, 3600, given, COUNT(given), &s), OK);
	assert_int_equal(rrset_type(s), TYPE_A);
	assert_int_equal(s->count, 2);
	assert_int_equal(rrset_ttl(s), 3600);
	assert_int_equal(rrset_pool(s), 0);
	assert_int_equal(s->wire_len, sizeof(expect));
	assert_memory_equal(s->wire, expect, sizeof(expect));
	assert_true(s->flat);
	assert_true(rrset_next(s, &pos, &r));
	assert_int_equal(r.len, 4);
	assert_int_equal(r.data[3], 1);
	assert_true(rrset_next(s, &pos, &r));
	assert_int_equal(r.data[3], 9);
	assert_false(rrset_next(s, &pos, &r));
	rrset_free(s);
	rrset_free(NULL);
}

static void
test_names_are_not_flat(void **state)
{
	const struct rdata ns = {(const uint8_t *)"\1a", 3};
	struct rrset *s = NULL;

	(void)state;
	assert_int_equal(rrset_new(TYPE_NS, 1, &ns, 1, &s), OK);
	assert_false(s->flat);
	rrset_free(s);
}

static void
test_empty_rdata(void **state)
{
	const struct rdata none[] = {{NULL, 0}, rd("x"), {NULL, 0}};
	struct rrset *s = NULL;
	struct rdata r = {0};
	size_t pos = 0;

	(void)state;
	assert_int_equal(rrset_new(65281, 1, none, COUNT(none), &s), OK);
	assert_int_equal(s->count, 2);
	assert_true(rrset_next(s, &pos, &r));
	assert_int_equal(r.len, 0);
	assert_true(rrset_next(s, &pos, &r));
	assert_int_equal(r.len, 1);
	assert_false(rrset_next(s, &pos, &r));
	rrset_free(s);
}

static void
test_size_limit(void **state)
{
	uint8_t *octets = mem_new(65535);
	struct rdata two[2] = {{octets, 65535 - 12}, {octets, 0}};
	struct rrset *s = NULL;

	(void)state;
	assert_int_equal(rrset_new(TYPE_TXT, 1, two, 1, &s), OK);
	assert_int_equal(s->wire_len, 65535);
	rrset_free(s);
	s = NULL;
	assert_int_equal(rrset_new(TYPE_TXT, 1, two, 2, &s), ERR_RANGE);
	assert_null(s);
	two[0].len++;
	assert_int_equal(rrset_new(TYPE_TXT, 1, two, 1, &s), ERR_RANGE);
	/* Duplicates do not count. */
	two[0].len--;
	two[1] = two[0];
	assert_int_equal(rrset_new(TYPE_TXT, 1, two, 2, &s), OK);
	rrset_free(s);
	mem_free(octets);
}

static void
test_steered(void **state)
{
	struct rrset *s = rrset_new_steered(TYPE_POOL, 30, 7);
	struct rdata r;
	size_t pos = 0;

	(void)state;
	assert_int_equal(rrset_type(s), TYPE_POOL);
	assert_int_equal(rrset_ttl(s), 30);
	assert_int_equal(rrset_pool(s), 7);
	assert_int_equal(s->count, 0);
	assert_false(rrset_next(s, &pos, &r));
	rrset_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_wire),
	    cmocka_unit_test(test_names_are_not_flat),
	    cmocka_unit_test(test_empty_rdata),
	    cmocka_unit_test(test_size_limit),
	    cmocka_unit_test(test_steered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
