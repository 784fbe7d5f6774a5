/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers of zones of unusual shape: the root, one label, a DNAME at the apex, parent and
 * child both ours, chains as long as we follow them; and answers as large as messages
 * get.
 */
#include "unit.h"

#include "answer_make.h"

enum { TEXT = 255, FITS = 244 };

static const char config[] = "server: {state_dir: state}\n"
                             "zones:\n"
                             "  - {domain: ., file: root.zone}\n"
                             "  - {domain: test, file: test.zone}\n"
                             "  - {domain: sub.test, file: sub.test.zone}\n"
                             "  - {domain: moved.test, file: moved.test.zone}\n";

static const char root_zone[] = "$TTL 300\n"
                                "@ SOA ns hostmaster 1 1h 10m 2w 60\n"
                                "@ NS ns\n"
                                "ns A 192.0.2.1\n"
                                "test NS ns.test\n"
                                "test DS 1 8 2 " /* 32 octets */
                                "00000000000000000000000000000000"
                                "00000000000000000000000000000000\n"
                                "ns.test A 192.0.2.2\n"
                                "org NS ns.org\n"
                                "ns.org A 192.0.2.3\n"
                                "short A 192.0.2.4\n"
                                "* TXT wild\n";

static const char test_zone[] = "$TTL 300\n"
                                "@ SOA ns hostmaster 1 1h 10m 2w 60\n"
                                "@ NS ns\n"
                                "ns A 192.0.2.2\n"
                                "sub NS ns.sub\n"
                                "ns.sub A 192.0.2.5\n"
                                "moved NS ns\n"
                                /* CNAME and DNAME that lead to one another */
                                "a CNAME x.b\n"
                                "b DNAME c\n"
                                "x.c CNAME a\n"
                                /* a wildcard that is an alias, an ENT below one */
                                "*.w CNAME ns\n"
                                "*.e A 192.0.2.6\n"
                                "*.e TXT star\n"
                                "d.f.e A 192.0.2.7\n"
                                /* data below a cut and below a DNAME is not there */
                                "hidden.sub A 192.0.2.8\n"
                                "tomoved CNAME www.moved\n"
                                "Mixed CNAME wWw.W\n"
                                "d0 DNAME d1\n";

static const char sub_zone[] = "$TTL 300\n"
                               "@ SOA ns hostmaster 1 1h 10m 2w 60\n"
                               "@ NS ns\n"
                               "ns A 192.0.2.5\n";

static const char moved_zone[] = "$TTL 300\n"
                                 "@ SOA ns.test. hostmaster.test. 1 1h 10m 2w 60\n"
                                 "@ NS ns.test.\n"
                                 "@ A 192.0.2.9\n"
                                 "@ DNAME new.example.\n";

#define ROOT_SOA ". 60 IN SOA ns. hostmaster. 1 3600 600 1209600 60"
#define TEST_SOA "test. 60 IN SOA ns.test. hostmaster.test. 1 3600 600 1209600 60"
#define SUB_SOA \
	"sub.test. 60 IN SOA ns.sub.test. hostmaster.sub.test. 1 3600 600 1209600 60"
#define MOVED_SOA "moved.test. 60 IN SOA ns.test. hostmaster.test. 1 3600 600 1209600 60"
#define DS_OF_TEST \
	"test. 300 IN DS 1 8 2 " \
	"0000000000000000000000000000000000000000000000000000000000000000"

static const struct expected cases[] = {
    /* the root */
    {Q(".", TYPE_NS), 0, true, ". 300 IN NS ns.", "", "ns. 300 IN A 192.0.2.1"},
    {Q(".", TYPE_SOA), 0, true, ". 300 IN SOA ns. hostmaster. 1 3600 600 1209600 60", "",
        ""},
    {Q(".", TYPE_A), 0, true, "", ROOT_SOA, ""},
    {Q(".", TYPE_DS), 0, true, "", ROOT_SOA, ""},
    {Q("short", TYPE_A), 0, true, "short. 300 IN A 192.0.2.4", "", ""},
    {Q("none", TYPE_TXT), 0, true, "none. 300 IN TXT \"wild\"", "", ""},
    {Q("a.b.none", TYPE_TXT), 0, true, "a.b.none. 300 IN TXT \"wild\"", "", ""},
    {Q("a.short", TYPE_TXT), 3, true, "", ROOT_SOA, ""},
    {Q("www.org", TYPE_A), 0, false, "", "org. 300 IN NS ns.org.",
        "ns.org. 300 IN A 192.0.2.3"},
    /* one label; its DS is the root's */
    {Q("test", TYPE_NS), 0, true, "test. 300 IN NS ns.test.", "",
        "ns.test. 300 IN A 192.0.2.2"},
    {Q("test", TYPE_DS), 0, true, DS_OF_TEST, "", ""},
    {Q("none.test", TYPE_A), 3, true, "", TEST_SOA, ""},
    /* RFC 4035 3.1.4.1: the DS that is not there is not there in the parent */
    {Q("sub.test", TYPE_DS), 0, true, "", TEST_SOA, ""},
    {Q("ns.sub.test", TYPE_DS), 0, true, "", SUB_SOA, ""},
    {Q("sub.test", TYPE_A), 0, true, "", SUB_SOA, ""},
    {Q("hidden.sub.test", TYPE_A), 3, true, "", SUB_SOA, ""},
    /* RFC 6672 2.3: a DNAME at the apex redirects all but the apex */
    {Q("moved.test", TYPE_A), 0, true, "moved.test. 300 IN A 192.0.2.9", "", ""},
    {Q("moved.test", TYPE_DNAME), 0, true, "moved.test. 300 IN DNAME new.example.", "",
        ""},
    {Q("moved.test", TYPE_TXT), 0, true, "", MOVED_SOA, ""},
    {Q("www.moved.test", TYPE_A), 0, true,
        "moved.test. 300 IN DNAME new.example. | www.moved.test. 300 IN CNAME "
        "www.new.example.",
        "", ""},
    /* another zone of ours is the resolver's to ask */
    {Q("tomoved.test", TYPE_A), 0, true, "tomoved.test. 300 IN CNAME www.moved.test.", "",
        ""},
    /* a loop of both kinds: each record once */
    {Q("a.test", TYPE_A), 0, true,
        "a.test. 300 IN CNAME x.b.test. | b.test. 300 IN DNAME c.test. | x.b.test. 300 "
        "IN CNAME x.c.test. | x.c.test. 300 IN CNAME a.test.",
        "", ""},
    {Q("x.b.test", TYPE_A), 0, true,
        "a.test. 300 IN CNAME x.b.test. | b.test. 300 IN DNAME c.test. | x.b.test. 300 "
        "IN CNAME x.c.test. | x.c.test. 300 IN CNAME a.test.",
        "", ""},
    {Q("n.b.test", TYPE_A), 3, true,
        "b.test. 300 IN DNAME c.test. | n.b.test. 300 IN CNAME n.c.test.", TEST_SOA, ""},
    /* wildcards: the alias, and what an empty non-terminal below hides */
    {Q("x.y.w.test", TYPE_A), 0, true,
        "ns.test. 300 IN A 192.0.2.2 | x.y.w.test. 300 IN CNAME ns.test.", "", ""},
    {Q("*.w.test", TYPE_CNAME), 0, true, "*.w.test. 300 IN CNAME ns.test.", "", ""},
    {Q("g.e.test", TYPE_TXT), 0, true, "g.e.test. 300 IN TXT \"star\"", "", ""},
    {Q("f.e.test", TYPE_TXT), 0, true, "", TEST_SOA, ""},
    {Q("g.f.e.test", TYPE_TXT), 3, true, "", TEST_SOA, ""},
    /* the case of the question, and of what the zone says */
    {Q("MIXED.Test", TYPE_A), 0, true,
        "MIXED.Test. 300 IN CNAME wWw.W.Test. | ns.Test. 300 IN A 192.0.2.2 | "
        "wWw.W.Test. 300 IN CNAME ns.Test.",
        "", ""},
};

static void
the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(&cases[i]);
}

/* As many as are followed, and not one more. */
static void
a_chain_of_dnames(void **state)
{
	struct question q = {"x.d0.test", TYPE_A, .over = OVER_TCP};
	ldns_pkt *p = ask(&q);

	(void)state;
	assert_int_equal(ldns_pkt_get_rcode(p), LDNS_RCODE_NOERROR);
	assert_int_equal(answerer.decision.chain, CHAIN_MAX);
	/* a DNAME and a CNAME of each, and the DNAME of the one that is not followed */
	assert_int_equal(ldns_pkt_ancount(p), 2 * CHAIN_MAX + 1);
	ldns_pkt_free(p);
}

/* What does not fit into any message is said to be cut off, over TCP too. */
static void
as_large_as_messages_get(void **state)
{
	struct question q = {"fits.test", TYPE_TXT, .over = OVER_TCP};
	size_t n = ask_octets(&q);

	(void)state;
	assert_int_equal(wire_get16(response + 2) & FLAG_TC, 0);
	assert_int_equal(wire_get16(response + 6), FITS);
	assert_int_equal(n, 12 + 11 + 4 + FITS * (12 + 1 + TEXT));
	q.edns = true;
	assert_int_equal(ask_octets(&q), n + 11);
	q.name = "toolarge.test";
	n = ask_octets(&q);
	assert_int_equal(wire_get16(response + 2) & FLAG_TC, FLAG_TC);
	assert_int_equal(wire_get16(response + 6), 0);
	assert_int_equal(n, 12 + 15 + 4 + 11);
}

/* The SOA of a negative answer is no additional data: without room for it, TC. */
static void
a_negative_answer_without_its_soa(void **state)
{
	struct question q = {"", TYPE_A, .size = 512};
	char name[256];
	ldns_pkt *p;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (unsigned i = 49; i < 240; i += 50)
		name[i] = '.';
	strcpy(name + 240, ".long.test");
	q.name = name;
	p = ask(&q);
	assert_true(ldns_pkt_tc(p));
	assert_int_equal(ldns_pkt_get_rcode(p), LDNS_RCODE_NXDOMAIN);
	assert_int_equal(ldns_pkt_nscount(p), 0);
	ldns_pkt_free(p);
	q.size = 1232;
	p = ask(&q);
	assert_false(ldns_pkt_tc(p));
	assert_int_equal(ldns_pkt_nscount(p), 1);
	ldns_pkt_free(p);
}

static void
write_test_zone(void)
{
	char text[TEXT + 1];
	struct buf b = {0};

	buf_str(&b, test_zone);
	for (unsigned i = 1; i < CHAIN_MAX + 4; i++)
		buf_printf(&b, "d%u DNAME d%u\n", i, i + 1);
	memset(text, 'x', TEXT);
	text[TEXT] = '\0';
	for (unsigned i = 0; i <= FITS; i++) {
		snprintf(text, 4, "%03u", i);
		text[3] = 'x';
		if (i < FITS)
			buf_printf(&b, "fits TXT \"%s\"\n", text);
		/* 65,520 octets of records: a good RRset, but no message has the room */
		text[i < FITS ? TEXT : 115] = '\0';
		buf_printf(&b, "toolarge TXT \"%s\"\n", text);
		text[115] = 'x';
	}
	maker_file(&maker, "test.zone", buf_text(&b));
	buf_fini(&b);
}

/* Its SOA names hosts as long as names get, so that it needs 400 octets. */
static void
write_long_zone(void)
{
	struct buf b = {0};

	buf_str(&b, "$TTL 300\n@ SOA ");
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned k = 0; k < 3; k++)
			buf_printf(&b, "%060u.", i * 3 + k);
		buf_str(&b, "example. ");
	}
	buf_str(&b, "1 1h 10m 2w 60\n@ NS ns.test.\n");
	maker_file(&maker, "long.zone", buf_text(&b));
	buf_fini(&b);
}

static int
begin(void **state)
{
	struct buf yaml = {0};

	(void)state;
	maker_open(&maker);
	buf_str(&yaml, config);
	buf_str(&yaml, "  - {domain: long.test, file: long.zone}\n");
	maker_file(&maker, "sextant.yaml", buf_text(&yaml));
	buf_fini(&yaml);
	maker_file(&maker, "root.zone", root_zone);
	maker_file(&maker, "sub.test.zone", sub_zone);
	maker_file(&maker, "moved.test.zone", moved_zone);
	write_test_zone();
	write_long_zone();
	answer_begin();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table),
	    cmocka_unit_test(a_chain_of_dnames),
	    cmocka_unit_test(as_large_as_messages_get),
	    cmocka_unit_test(a_negative_answer_without_its_soa),
	};

	return cmocka_run_group_tests_name("chains", tests, begin, answer_end);
}
