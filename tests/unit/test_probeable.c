/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "steer/probeable.h"

static struct ip
ip_of(const char *text)
{
	struct ip ip = {0};

	assert_int_equal(ip_parse(text, strlen(text), &ip), OK);
	return ip;
}

static const struct {
	const char *ip;
	bool allowed;
} cases[] = {
    {"203.0.113.1", true}, {"8.8.8.8", true}, {"2001:db8::1", true}, {"0.0.0.0", false},
    {"10.1.2.3", false}, {"11.0.0.0", true}, {"100.64.0.1", false}, {"100.128.0.1", true},
    {"127.0.0.1", false}, {"169.254.169.254", false}, {"172.15.255.255", true},
    {"172.16.0.1", false}, {"172.31.255.255", false}, {"172.32.0.1", true},
    {"192.168.0.1", false}, {"224.0.0.1", false}, {"255.255.255.255", false},
    {"::", false}, {"::1", false}, {"fc00::1", false}, {"fdff::1", false},
    {"fe80::1", false}, {"ff02::1", false}, {"::ffff:127.0.0.1", false},
    {"::ffff:8.8.8.8", true}, {"64:ff9b::10.0.0.1", false},
    {"192.0.2.53", false}, /* our own */
};

static void
test_table(void **state)
{
	struct ip_port listen = {ip_of("192.0.2.53"), 53};
	struct config c = {.server = {.listen = &listen, .listen_count = 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip ip = ip_of(cases[i].ip);

		if (probeable_is_allowed(&c, &ip) != cases[i].allowed)
			fail_msg("%s", cases[i].ip);
	}
}

static void
test_allow(void **state)
{
	struct ip_prefix allow = {ip_of("127.0.0.0"), 8};
	struct config c = {.store = {.probe_allow = &allow, .probe_allow_count = 1}};
	struct ip loopback = ip_of("127.0.0.1"), mapped = ip_of("::ffff:127.0.0.1");
	struct ip private = ip_of("10.0.0.1");

	(void)state;
	assert_true(probeable_is_allowed(&c, &loopback));
	assert_true(probeable_is_allowed(&c, &mapped));
	assert_false(probeable_is_allowed(&c, &private));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_allow),
	};

	return cmocka_run_group_tests_name("probeable", tests, NULL, NULL);
}
