/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "dns/edns.h"

static const struct query_ecs ecs4 = {
    .present = true,
    .source_len = 22,
    .octets = 3,
    .family = 1,
    .ip = {4, {198, 51, 100}},
};
static const struct query_ecs ecs6 = {
    .present = true,
    .source_len = 32,
    .octets = 4,
    .family = 2,
    .ip = {6, {0x20, 0x01, 0x0d, 0xb8}},
};
static const struct query_ecs ecs_none = {.present = true};

static const uint8_t cookie[] = "clientidserverpartserver";

static const struct {
	struct edns_reply reply;
	const char *octets;
	size_t len;
} rows[] = {
#define ROW(octets, ...) \
	{ \
		{__VA_ARGS__}, octets, sizeof(octets) - 1 \
	}
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\0", .nsid = NULL),
    ROW("\0\0\x29\4\xd0\1\0\x80\0\0\0", .extended_rcode = 1, .dnssec_ok = true),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\7\0\3\0\3ns1", .nsid = "ns1xx", .nsid_len = 3),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\4\0\3\0\0", .nsid = "", .nsid_len = 0),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\xb\0\x8\0\7\0\1\x16\x18\xc6\x33\x64", .ecs = &ecs4,
        .ecs_scope = 24),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\xc\0\x8\0\x8\0\2\x20\x30\x20\1\xd\xb8", .ecs = &ecs6,
        .ecs_scope = 48),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\x8\0\x8\0\4\0\0\0\0", .ecs = &ecs_none),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\6\0\xf\0\2\0\3", .has_ede = true, .ede = 3),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\x16\0\3\0\1n\0\x8\0\7\0\1\x16\0\xc6\x33\x64\0\xf\0\2\0"
        "\x18",
        .nsid = "n", .nsid_len = 1, .ecs = &ecs4, .has_ede = true, .ede = 24),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\x1c\0\xa\0\x18"
        "clientidserverpartserver",
        .cookie = cookie),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\6\0\xb\0\2\0\xc8", .has_keepalive = true,
        .keepalive = 200),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\6\0\xb\0\2\0\0", .has_keepalive = true),
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\x28\0\xa\0\x18"
        "clientidserverpartserver\0\xb\0\2\1\0\0\xf\0\2\0\3",
        .cookie = cookie, .has_keepalive = true, .keepalive = 256, .has_ede = true,
        .ede = 3),
    /* there is no room for padding, not even its header */
    ROW("\0\0\x29\4\xd0\0\0\0\0\0\0", .pads = true),
};

static void
test_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct edns_reply reply = rows[i].reply;
		uint8_t buf[64];
		struct writer w;

		memset(buf, 0xee, sizeof(buf));
		/* room for just that */
		writer_init(&w, buf, 5 + rows[i].len);
		writer_put(&w, "12345", 5);
		edns_measure(&reply);
		assert_int_equal(edns_len(&reply), rows[i].len);
		edns_write(&reply, &w);
		assert_false(w.full);
		assert_int_equal(w.len, 5 + rows[i].len);
		assert_memory_equal(buf + 5, rows[i].octets, rows[i].len);
		assert_int_equal(buf[w.len], 0xee);
	}
}

/* RFC 8467 4.1: a message of len octets before OPT, in this much room. */
static void
test_padding(void **state)
{
	static const struct {
		size_t len, limit, padded;
	} sizes[] = {
	    {12, 65535, 468},
	    {453, 65535, 468}, /* with OPT and the option's header: just a block */
	    {454, 65535, 936},
	    {921, 65535, 936},
	    {65400, 65535, 65520},
	    /* never past the end: as far as it goes, or not at all */
	    {65510, 65535, 65535},
	    {65520, 65535, 65535},
	    {65521, 65535, 65532},
	    {65524, 65535, 65535},
	    {100, 300, 300},
	};
	static uint8_t buf[65536];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct edns_reply reply = {.pads = true};
		uint8_t *opt = buf + sizes[i].len;
		struct writer w;

		memset(buf, 0xee, sizeof(buf));
		writer_init(&w, buf, sizes[i].limit);
		w.len = sizes[i].len;
		edns_measure(&reply);
		edns_write(&reply, &w);
		assert_int_equal(w.len, sizes[i].padded);
		assert_int_equal(buf[w.len], 0xee);
		assert_int_equal(wire_get16(opt + 9), w.len - sizes[i].len - 11);
		if (w.len == sizes[i].len + 11)
			continue;
		assert_int_equal(wire_get16(opt + 11), 12);
		assert_int_equal(wire_get16(opt + 13), w.len - sizes[i].len - 15);
		for (const uint8_t *p = opt + 15; p < buf + w.len; p++)
			assert_int_equal(*p, 0);
	}
}

/* What we write, we read: as the additional record of a query it parses. */
static void
test_read_back(void **state)
{
	static const uint8_t head[] = "\1\2\0\0\0\1\0\0\0\0\0\1\0\0\1\0\1";
	struct edns_reply reply = {.dnssec_ok = true,
	    .ecs = &ecs6,
	    .nsid = "ns",
	    .nsid_len = 2,
	    .cookie = cookie,
	    .has_keepalive = true,
	    .keepalive = 1,
	    .pads = true,
	    .has_ede = true};
	struct query q;
	uint8_t buf[600];
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	writer_put(&w, head, sizeof(head) - 1);
	edns_measure(&reply);
	edns_write(&reply, &w);
	assert_int_equal(w.len, 468);
	assert_int_equal(query_parse(buf, w.len, &q), QUERY_ANSWER);
	assert_true(q.has_options && q.wants_keepalive && q.is_keepalive_filled);
	assert_true(q.wants_padding);
	assert_int_equal(q.cookie_len, 24);
	assert_memory_equal(q.cookie, cookie, 24);
	assert_true(q.has_edns && q.dnssec_ok && q.wants_nsid && q.ecs.present);
	assert_int_equal(q.udp_size, DNS_UDP_CAP);
	assert_int_equal(q.ecs.source_len, 32);
	assert_true(ip_equal(&q.ecs.ip, &ecs6.ip));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_padding),
	    cmocka_unit_test(test_read_back),
	};

	return cmocka_run_group_tests_name("edns", tests, NULL, NULL);
}
