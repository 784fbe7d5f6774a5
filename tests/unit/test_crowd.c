/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "serve/crowd.h"

enum { MEMBERS_MAX = 4096 };

static struct crowd crowd;
static struct member members[MEMBERS_MAX];

static struct mono
at(int64_t ms)
{
	return (struct mono){ms};
}

static struct ip
ip(const char *text)
{
	struct ip out;

	assert_int_equal(ip_parse(text, strlen(text), &out), OK);
	return out;
}

static void
add(unsigned i, const char *from, int64_t now_ms)
{
	struct ip source = ip(from);

	crowd_add(&crowd, &members[i], &source, at(now_ms));
}

static void
update(unsigned i, size_t held, bool has_moved, int64_t now_ms)
{
	crowd_update(&crowd, &members[i], held, has_moved, at(now_ms));
}

/* The number of a member, -1 for nobody. */
static int
number(const struct member *m)
{
	return m == NULL ? -1 : (int)(m - members);
}

static void
assert_admits(const char *from, size_t max, int64_t now_ms, bool admits, int who)
{
	struct ip source = ip(from);
	struct member *instead;

	assert_int_equal(
	    crowd_admits(&crowd, &source, max, at(now_ms), &instead), admits);
	assert_int_equal(number(instead), who);
}

static int
begin(void **state)
{
	(void)state;
	crowd_init(&crowd);
	return 0;
}

/* All members are removed: nothing may be left of them. */
static int
end(void **state)
{
	struct member *m;

	(void)state;
	while ((m = crowd_superfluous(&crowd)) != NULL)
		crowd_remove(&crowd, m);
	crowd_fini(&crowd);
	return 0;
}

static void
nobody(void **state)
{
	(void)state;
	assert_null(crowd_superfluous(&crowd));
	assert_null(crowd_stuck(&crowd));
	assert_null(crowd_expired(&crowd, at(1000000), 1));
	assert_admits("192.0.2.1", 1, 1, true, -1);
}

static void
who_has_expired(void **state)
{
	(void)state;
	add(0, "192.0.2.1", 1000);
	add(1, "192.0.2.1", 1001);
	assert_int_equal(number(crowd_expired(&crowd, at(2000), 1000)), -1);
	assert_int_equal(number(crowd_expired(&crowd, at(2001), 1000)), 0);
	update(0, 0, true, 1500);
	assert_int_equal(number(crowd_expired(&crowd, at(2001), 1000)), -1);
	assert_int_equal(number(crowd_expired(&crowd, at(2002), 1000)), 1);
	/* to begin to hold something is to move, to go on is not */
	update(1, 10, false, 2000);
	update(1, 20, false, 2500);
	update(1, 30, false, 2900);
	assert_int_equal(number(crowd_expired(&crowd, at(2500), 1000)), -1);
	update(0, 0, true, 3000);
	assert_int_equal(number(crowd_expired(&crowd, at(3001), 1000)), 1);
	/* and to cease is */
	update(1, 0, false, 3000);
	assert_int_equal(number(crowd_expired(&crowd, at(4000), 1000)), -1);
}

static void
who_is_stuck(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		add(i, "192.0.2.1", 1000);
	update(1, 100, true, 1001);
	update(0, 50, true, 1002);
	assert_int_equal(crowd.held, 150);
	assert_int_equal(number(crowd_stuck(&crowd)), 1);
	update(1, 70, true, 1003);
	assert_int_equal(crowd.held, 120);
	assert_int_equal(number(crowd_stuck(&crowd)), 0);
	crowd_remove(&crowd, &members[0]);
	assert_int_equal(crowd.held, 70);
	assert_int_equal(number(crowd_stuck(&crowd)), 1);
	/* who holds much goes before who holds little, though that moved longer ago */
	update(2, CROWD_HEAVY - 1, true, 1004);
	assert_int_equal(number(crowd_stuck(&crowd)), 1);
	update(2, CROWD_HEAVY, false, 1005);
	assert_int_equal(number(crowd_stuck(&crowd)), 2);
	update(1, CROWD_HEAVY, false, 1006);
	assert_int_equal(number(crowd_stuck(&crowd)), 2);
	update(2, CROWD_HEAVY, true, 1007);
	assert_int_equal(number(crowd_stuck(&crowd)), 1);
	update(1, 1, true, 1008);
	assert_int_equal(number(crowd_stuck(&crowd)), 2);
	crowd_remove(&crowd, &members[2]);
	assert_int_equal(number(crowd_stuck(&crowd)), 1);
	update(1, 0, true, 1009);
	assert_null(crowd_stuck(&crowd));
}

static void
a_client_has_a_limit(void **state)
{
	(void)state;
	add(0, "192.0.2.1", 1000);
	add(1, "192.0.2.1", 1001);
	add(2, "192.0.2.2", 1002);
	assert_admits("192.0.2.1", 3, 1003, true, -1);
	assert_admits("192.0.2.1", 2, 1003, true, 0);
	assert_admits("192.0.2.1", 0, 1003, true, -1);
	assert_admits("192.0.2.2", 2, 1003, true, -1);
	assert_admits("192.0.2.3", 1, 1003, true, -1);
	update(0, 1, true, 1100);
	assert_admits("192.0.2.1", 2, 1103, true, 1);
	update(1, 1, true, 1200);
	assert_admits("192.0.2.1", 2, 1203, false, -1);
	assert_admits("192.0.2.1", 2, 1100 + CROWD_STUCK_MS - 1, false, -1);
	assert_admits("192.0.2.1", 2, 1100 + CROWD_STUCK_MS, true, 0);
}

static void
who_is_one_client(void **state)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} cases[] = {
	    {"192.0.2.1", "192.0.2.1", true},
	    {"192.0.2.1", "192.0.2.2", false},
	    {"2001:db8::1", "2001:db8::ffff:0:0:1", true},
	    {"2001:db8:0:0::1", "2001:db8:0:1::1", false},
	    {"2001:db8:0:0:8000::", "2001:db8::", true},
	    {"0.0.0.0", "::", false},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(cases); i++) {
		add(0, cases[i].a, 1000);
		assert_admits(cases[i].b, 1, 1000, true, cases[i].is_same ? 0 : -1);
		crowd_remove(&crowd, &members[0]);
	}
}

/* Who has many gives way to who has few, the idle to the busy. */
static void
who_is_superfluous(void **state)
{
	(void)state;
	add(0, "192.0.2.1", 1000);
	add(1, "192.0.2.2", 1001);
	assert_int_equal(number(crowd_superfluous(&crowd)), 0);
	update(0, 5, true, 1002);
	assert_int_equal(number(crowd_superfluous(&crowd)), 1);
	update(1, 5, true, 1003);
	assert_int_equal(number(crowd_superfluous(&crowd)), 0);
	/* seven of one client are not many */
	for (unsigned i = 2; i < 9; i++)
		add(i, "192.0.2.3", 1000 + i);
	add(9, "192.0.2.4", 500);
	update(2, 0, true, 1100);
	assert_int_equal(number(crowd_superfluous(&crowd)), 3);
	/* eight are: though one that was idle for longer is there */
	update(9, 0, true, 1200);
	for (unsigned i = 2; i < 9; i++)
		update(i, 0, true, 1300 + i);
	assert_int_equal(number(crowd_superfluous(&crowd)), 9);
	add(10, "192.0.2.3", 1400);
	/* and who never asked anything goes before who did */
	assert_int_equal(number(crowd_superfluous(&crowd)), 10);
	update(10, 0, true, 1401);
	assert_int_equal(number(crowd_superfluous(&crowd)), 2);
	/* even a busy one of theirs, when all of them are */
	for (unsigned i = 2; i < 11; i++)
		if (i != 9)
			update(i, 1, true, 1500 - i);
	assert_int_equal(number(crowd_superfluous(&crowd)), 2);
	crowd_remove(&crowd, &members[2]);
	assert_int_equal(number(crowd_superfluous(&crowd)), 9);
}

/* Connections that come and are silent push out each other, not who has asked. */
static void
fresh_ones_go_first(void **state)
{
	(void)state;
	add(0, "192.0.2.1", 1000);
	update(0, 0, true, 1000);
	for (unsigned i = 1; i < 5; i++) {
		add(i, i % 2 == 0 ? "192.0.2.2" : "192.0.2.1", 1000 + i);
		assert_int_equal(number(crowd_superfluous(&crowd)), 1);
	}
	assert_admits("192.0.2.1", 3, 1010, true, 1);
	/* part of a request is not yet one */
	update(1, 5, false, 1011);
	assert_int_equal(number(crowd_superfluous(&crowd)), 2);
	update(1, 0, false, 1012);
	update(2, 0, true, 1013);
	update(4, 0, true, 1014);
	assert_int_equal(number(crowd_superfluous(&crowd)), 3);
	update(3, 0, true, 1015);
	assert_int_equal(number(crowd_superfluous(&crowd)), 1);
	update(1, 0, true, 1016);
	assert_int_equal(number(crowd_superfluous(&crowd)), 0);
}

/* More clients than the table began with: each is found, and each is forgotten. */
static void
many_clients(void **state)
{
	char text[32];

	(void)state;
	for (unsigned i = 0; i < MEMBERS_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%u.%u", i >> 8, i & 255);
		add(i, text, 1000 + i);
	}
	assert_int_equal(crowd.client_count, MEMBERS_MAX);
	assert_true(crowd.bucket_count >= MEMBERS_MAX);
	for (unsigned i = 0; i < MEMBERS_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%u.%u", i >> 8, i & 255);
		assert_admits(text, 1, 1000, true, (int)i);
	}
	assert_int_equal(number(crowd_superfluous(&crowd)), 0);
	for (unsigned i = 0; i < MEMBERS_MAX; i += 2)
		crowd_remove(&crowd, &members[i]);
	assert_int_equal(crowd.client_count, MEMBERS_MAX / 2);
	assert_admits("10.0.0.0", 1, 1000, true, -1);
	assert_admits("10.0.0.1", 1, 1000, true, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(nobody, begin, end),
	    cmocka_unit_test_setup_teardown(who_has_expired, begin, end),
	    cmocka_unit_test_setup_teardown(who_is_stuck, begin, end),
	    cmocka_unit_test_setup_teardown(a_client_has_a_limit, begin, end),
	    cmocka_unit_test_setup_teardown(who_is_one_client, begin, end),
	    cmocka_unit_test_setup_teardown(who_is_superfluous, begin, end),
	    cmocka_unit_test_setup_teardown(fresh_ones_go_first, begin, end),
	    cmocka_unit_test_setup_teardown(many_clients, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
