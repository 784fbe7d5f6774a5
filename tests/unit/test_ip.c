/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/ip.h"
#include "base/sockaddr.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		const char *written;
	} rows[] = {
	    {"192.0.2.1", OK, "192.0.2.1"},
	    {"0.0.0.0", OK, "0.0.0.0"},
	    {"2001:DB8:0:0:0:0:0:1", OK, "2001:db8::1"},
	    {"::", OK, "::"},
	    {"::ffff:1.2.3.4", OK, "::ffff:1.2.3.4"},
	    {"", ERR_SYNTAX, NULL},
	    {"192.0.2", ERR_SYNTAX, NULL},
	    {"192.0.2.256", ERR_SYNTAX, NULL},
	    {"192.0.2.1 ", ERR_SYNTAX, NULL},
	    {"[::1]", ERR_SYNTAX, NULL},
	    {"fe80::1%lo", ERR_SYNTAX, NULL},
	    {"localhost", ERR_SYNTAX, NULL},
	    {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", ERR_SYNTAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip ip = {.family = 77};
		char text[IP_TEXT_MAX];

		assert_int_equal(
		    ip_parse(rows[i].text, strlen(rows[i].text), &ip), rows[i].err);
		if (rows[i].err != OK) {
			assert_int_equal(ip.family, 77);
			continue;
		}
		ip_write(&ip, text);
		assert_string_equal(text, rows[i].written);
	}
}

static void
test_parse_bounds(void **state)
{
	struct ip ip, other = {4, {1, 2, 3, 4}};
	char text[IP_TEXT_MAX];

	(void)state;
	assert_int_equal(ip_parse("1.2.3.45", 7, &ip), OK);
	assert_true(ip_equal(&ip, &other));
	assert_int_equal(ip_parse("1.2.3.4\0x", 9, &ip), ERR_SYNTAX);
	other.family = 6;
	assert_false(ip_equal(&ip, &other));
	ip_write(&(struct ip){0}, text);
	assert_string_equal(text, "none");
}

/* What the system takes for an IPv4 address, and nothing else. */
static void
test_dotted(void **state)
{
	static const char marks[] = "0123569.. x-";
	uint32_t dice = 1;
	unsigned good = 0;

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		char text[20];
		uint8_t want[4];
		size_t len = 0;
		struct ip ip;
		bool is_good;

		/* mostly four short numbers, one of their characters another */
		for (unsigned k = 0; k < 4; k++) {
			static const unsigned most[] = {10, 100, 256, 300};

			dice = dice * 1664525 + 1013904223;
			len += (size_t)sprintf(text + len, k == 0 ? "%u" : ".%u",
			    (dice >> 16) % most[(dice >> 8) % 4]);
		}
		dice = dice * 1664525 + 1013904223;
		if (i % 2 == 0)
			text[(dice >> 8) % len] =
			    marks[(dice >> 24) % (sizeof(marks) - 1)];
		is_good = inet_pton(AF_INET, text, want) == 1;
		good += is_good;
		assert_int_equal(
		    ip_parse(text, len, &ip) == OK && ip.family == 4, is_good);
		if (is_good)
			assert_memory_equal(ip.bytes, want, 4);
	}
	assert_in_range(good, 100000, 250000);
}

static void
test_prefix(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		const char *written;
	} rows[] = {
	    {"10.0.0.0/8", OK, "10.0.0.0/8"},
	    {"0.0.0.0/0", OK, "0.0.0.0/0"},
	    {"192.0.2.254/31", OK, "192.0.2.254/31"},
	    {"192.0.2.1", OK, "192.0.2.1/32"},
	    {"2001:db8::/33", OK, "2001:db8::/33"},
	    {"::1", OK, "::1/128"},
	    {"10.0.0.1/8", ERR_RANGE, NULL},
	    {"192.0.2.255/31", ERR_RANGE, NULL},
	    {"2001:db8:8000::/32", ERR_RANGE, NULL},
	    {"10.0.0.0/33", ERR_RANGE, NULL},
	    {"::/129", ERR_RANGE, NULL},
	    {"10.0.0.0/", ERR_SYNTAX, NULL},
	    {"10.0.0.0/8x", ERR_SYNTAX, NULL},
	    {"10.0.0.0/-1", ERR_SYNTAX, NULL},
	    {"/8", ERR_SYNTAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip_prefix p;
		char text[PREFIX_TEXT_MAX];

		assert_int_equal(
		    ip_prefix_parse(rows[i].text, strlen(rows[i].text), &p), rows[i].err);
		if (rows[i].err != OK)
			continue;
		ip_prefix_write(&p, text);
		assert_string_equal(text, rows[i].written);
	}
}

static void
test_prefix_holds(void **state)
{
	static const struct {
		const char *prefix;
		const char *ip;
		bool holds;
	} rows[] = {
	    {"10.0.0.0/8", "10.255.255.255", true},
	    {"10.0.0.0/8", "11.0.0.0", false},
	    {"192.0.2.128/25", "192.0.2.127", false},
	    {"192.0.2.128/25", "192.0.2.128", true},
	    {"0.0.0.0/0", "255.1.2.3", true},
	    {"0.0.0.0/0", "::1", false},
	    {"::/0", "1.2.3.4", false},
	    {"2001:db8::/33", "2001:db8:7fff::", true},
	    {"2001:db8::/33", "2001:db8:8000::", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip_prefix p;
		struct ip ip;

		assert_int_equal(
		    ip_prefix_parse(rows[i].prefix, strlen(rows[i].prefix), &p), OK);
		assert_int_equal(ip_parse(rows[i].ip, strlen(rows[i].ip), &ip), OK);
		assert_int_equal(ip_prefix_holds(&p, &ip), rows[i].holds);
	}
}

static void
test_port(void **state)
{
	static const struct {
		const char *text;
		uint16_t dflt;
		enum err err;
		const char *written;
	} rows[] = {
	    {"192.0.2.1@53", 0, OK, "192.0.2.1@53"},
	    {"2001:db8::1@65535", 1, OK, "2001:db8::1@65535"},
	    {"::1", 5300, OK, "::1@5300"},
	    {"::1", 0, ERR_SYNTAX, NULL},
	    {"::1@", 53, ERR_SYNTAX, NULL},
	    {"::1@0", 53, ERR_RANGE, NULL},
	    {"::1@65536", 53, ERR_RANGE, NULL},
	    {"::1@+5", 53, ERR_SYNTAX, NULL},
	    {"@53", 53, ERR_SYNTAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip_port e;
		char text[ENDPOINT_TEXT_MAX];

		assert_int_equal(
		    ip_port_parse(rows[i].text, strlen(rows[i].text), rows[i].dflt, &e),
		    rows[i].err);
		if (rows[i].err != OK)
			continue;
		ip_port_write(&e, text);
		assert_string_equal(text, rows[i].written);
	}
}

/* Every length: as many bits as it says are left. */
static void
test_mask(void **state)
{
	(void)state;
	for (unsigned len = 0; len <= 128; len++) {
		struct ip ip = {.family = 6};
		unsigned bits = 0;

		memset(ip.bytes, 0xff, 16);
		ip_mask(&ip, (uint8_t)len);
		while (bits < 128 && (ip.bytes[bits / 8] & (0x80 >> bits % 8)) != 0)
			bits++;
		assert_int_equal(bits, len);
		for (; bits < 128; bits++)
			assert_int_equal(ip.bytes[bits / 8] & (0x80 >> bits % 8), 0);
	}
}

static void
test_unwrap(void **state)
{
	static const struct {
		const char *in;
		const char *out;
		uint8_t outer_len;
	} rows[] = {
	    {"192.0.2.1", "192.0.2.1", 0},
	    {"2001:db8::1", "2001:db8::1", 0},
	    {"::ffff:192.0.2.1", "192.0.2.1", 96},
	    {"64:ff9b::192.0.2.1", "192.0.2.1", 96},
	    {"64:ff9b:1::192.0.2.1", "64:ff9b:1::c000:201", 0},
	    {"2002:c000:201::5", "192.0.2.1", 16},
	    {"2001:0:1234:5678:8000:9abc:3fff:fdfe", "192.0.2.1", 96},
	    {"2001:1::1", "2001:1::1", 0},
	    {"::192.0.2.1", "::192.0.2.1", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[IP_TEXT_MAX];
		uint8_t outer_len = 77;
		struct ip ip;

		assert_int_equal(ip_parse(rows[i].in, strlen(rows[i].in), &ip), OK);
		ip = ip_unwrap(&ip, &outer_len);
		ip_write(&ip, text);
		assert_string_equal(text, rows[i].out);
		assert_int_equal(outer_len, rows[i].outer_len);
	}
}

static void
test_sockaddr(void **state)
{
	static const struct {
		const char *text;
		sa_family_t family;
	} cases[] = {{"192.0.2.1@53", AF_INET}, {"2001:db8::1@5353", AF_INET6},
	    {"::@1", AF_INET6}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sockaddr_storage sa;
		struct ip_port in, back;

		assert_int_equal(
		    ip_port_parse(cases[i].text, strlen(cases[i].text), 0, &in), OK);
		assert_int_equal(sockaddr_write(&in, &sa),
		    in.ip.family == 4 ? sizeof(struct sockaddr_in)
		                      : sizeof(struct sockaddr_in6));
		assert_int_equal(sa.ss_family, cases[i].family);
		sockaddr_read(&sa, &back);
		assert_memory_equal(&in.ip, &back.ip, sizeof(in.ip));
		assert_int_equal(in.port, back.port);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_bounds),
	    cmocka_unit_test(test_dotted),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_prefix_holds),
	    cmocka_unit_test(test_port),
	    cmocka_unit_test(test_mask),
	    cmocka_unit_test(test_unwrap),
	    cmocka_unit_test(test_sockaddr),
	};

	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
