/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes into the additional section, and what of it may be left out. */
#include "unit.h"

#include "answer_make.h"
#include "serve/additional.h"

enum { MANY = 40, TOO_MANY = 300 };

static const char config[] = "server: {state_dir: state}\n"
                             "pools:\n"
                             "  - {name: edge, default: [192.0.2.4]}\n"
                             "zones:\n"
                             "  - {domain: example.com, file: example.com.zone}\n";

static const char zone_text[] = "$TTL 300\n"
                                "@ SOA ns1 hostmaster 7 1h 10m 2w 120\n"
                                "@ NS ns1\n"
                                "@ NS ns.sub\n"
                                "ns1 A 192.0.2.53\n"
                                "a A 192.0.2.10\n"
                                "a AAAA 2001:db8::10\n"
                                "b 60 A 192.0.2.11\n"
                                "alias CNAME a\n"
                                "steered POOL edge\n"
                                "steered HTTPS 1 . alpn=h2\n"
                                "*.wild A 192.0.2.20\n"
                                "mx MX 10 a\n"
                                "mx MX 20 A\n"
                                "mx MX 30 b\n"
                                "mx MX 40 mx.example.net.\n"
                                "mxalias MX 10 alias\n"
                                "mxwild MX 10 x.wild\n"
                                "mxcut MX 10 ns.sub\n"
                                "mxsteered MX 10 steered\n"
                                "mxnone MX 0 .\n"
                                "srv SRV 0 0 5 a\n"
                                "kx KX 10 b\n"
                                "rt RT 10 b\n"
                                "ptr PTR b\n"
                                "afsdb AFSDB 1 b\n"
                                "naptr NAPTR 1 1 \"A\" \"\" \"\" b\n"
                                "https HTTPS 1 b alpn=h2\n"
                                "self HTTPS 1 . alpn=h2\n"
                                "self A 192.0.2.12\n"
                                "svcb SVCB 0 https\n"
                                "twice HTTPS 1 .\n"
                                "twice HTTPS 2 Twice alpn=h2\n"
                                "twice A 192.0.2.99\n"
                                "point HTTPS 0 self\n"
                                "circle HTTPS 0 circle\n"
                                "tosteered HTTPS 0 steered\n"
                                "nowhere HTTPS 0 .\n"
                                "tomx CNAME mx\n"
                                "sub NS ns.sub\n"
                                "sub NS x.wild\n"
                                "sub NS steered\n"
                                "ns.sub A 192.0.2.40\n";

#define SOA \
	"example.com. 120 IN SOA ns1.example.com. hostmaster.example.com. 7 3600 600 " \
	"1209600 120"
#define A_ADDRESSES \
	"a.example.com. 300 IN A 192.0.2.10 | a.example.com. 300 IN AAAA 2001:db8::10"
#define B_ADDRESS "b.example.com. 60 IN A 192.0.2.11"
#define SELF_ADDRESS "self.example.com. 300 IN A 192.0.2.12"
#define MX \
	"mx.example.com. 300 IN MX 10 a.example.com. | " \
	"mx.example.com. 300 IN MX 20 a.example.com. | " \
	"mx.example.com. 300 IN MX 30 b.example.com. | " \
	"mx.example.com. 300 IN MX 40 mx.example.net."

static const struct expected cases[] = {
    /* each name once, in whatever case; nothing for names that are not ours */
    {Q("mx.example.com", TYPE_MX), 0, true, MX, "", A_ADDRESSES " | " B_ADDRESS},
    {Q("tomx.example.com", TYPE_MX), 0, true,
        MX " | tomx.example.com. 300 IN CNAME mx.example.com.", "",
        A_ADDRESSES " | " B_ADDRESS},
    {Q("example.com", TYPE_NS), 0, true,
        "example.com. 300 IN NS ns.sub.example.com. | example.com. 300 IN NS "
        "ns1.example.com.",
        "",
        "ns.sub.example.com. 300 IN A 192.0.2.40 | ns1.example.com. 300 IN A "
        "192.0.2.53"},
    {Q("srv.example.com", TYPE_SRV), 0, true,
        "srv.example.com. 300 IN SRV 0 0 5 a.example.com.", "", A_ADDRESSES},
    {Q("kx.example.com", TYPE_KX), 0, true, "kx.example.com. 300 IN KX 10 b.example.com.",
        "", B_ADDRESS},
    {Q("rt.example.com", TYPE_RT), 0, true, "rt.example.com. 300 IN RT 10 b.example.com.",
        "", B_ADDRESS},
    /* what a question for the name would find: wildcards, no CNAME, nothing below a
       cut, nothing steered */
    {Q("mxwild.example.com", TYPE_MX), 0, true,
        "mxwild.example.com. 300 IN MX 10 x.wild.example.com.", "",
        "x.wild.example.com. 300 IN A 192.0.2.20"},
    {Q("mxalias.example.com", TYPE_MX), 0, true,
        "mxalias.example.com. 300 IN MX 10 alias.example.com.", "", ""},
    {Q("mxcut.example.com", TYPE_MX), 0, true,
        "mxcut.example.com. 300 IN MX 10 ns.sub.example.com.", "", ""},
    {Q("mxsteered.example.com", TYPE_MX), 0, true,
        "mxsteered.example.com. 300 IN MX 10 steered.example.com.", "", ""},
    {Q("mxnone.example.com", TYPE_MX), 0, true, "mxnone.example.com. 300 IN MX 0 .", "",
        ""},
    /* types without */
    {Q("ptr.example.com", TYPE_PTR), 0, true,
        "ptr.example.com. 300 IN PTR b.example.com.", "", ""},
    {Q("afsdb.example.com", TYPE_AFSDB), 0, true,
        "afsdb.example.com. 300 IN AFSDB 1 b.example.com.", "", ""},
    {Q("naptr.example.com", TYPE_NAPTR), 0, true,
        "naptr.example.com. 300 IN NAPTR 1 1 \"A\" \"\" \"\" b.example.com.", "", ""},
    /* RFC 8482: ANY gets as little as there is */
    {Q("mx.example.com", TYPE_ANY), 0, true, MX, "", ""},
    /* no question for the type, no addition */
    {Q("mx.example.com", TYPE_A), 0, true, "", SOA, ""},
    /* a referral: glue, and what else is known of its name servers, but not steered */
    {Q("x.sub.example.com", TYPE_A), 0, false, "",
        "sub.example.com. 300 IN NS ns.sub.example.com. | sub.example.com. 300 IN NS "
        "steered.example.com. | sub.example.com. 300 IN NS x.wild.example.com.",
        "ns.sub.example.com. 300 IN A 192.0.2.40 | x.wild.example.com. 300 IN A "
        "192.0.2.20"},
};

static void
the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(&cases[i]);
}

/* ---- ldns 1.8.3 writes SVCB in ways of its own: here only owners and types count ----
 */

static void
expect_additional(const char *name, uint16_t type, const char *expected)
{
	struct question q = Q(name, type);
	ldns_pkt *p = ask(&q);
	const ldns_rr_list *l = ldns_pkt_additional(p);
	struct buf got = {0};

	assert_true(ldns_pkt_ancount(p) >= 1);
	for (size_t i = 0; i < ldns_rr_list_rr_count(l); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(l, i);
		char *owner = ldns_rdf2str(ldns_rr_owner(rr));

		buf_printf(
		    &got, "%s%s %u", i != 0 ? " " : "", owner, ldns_rr_get_type(rr));
		free(owner);
	}
	assert_string_equal(buf_text(&got), expected);
	buf_fini(&got);
	ldns_pkt_free(p);
}

/* RFC 9460 4.1 */
static void
targets_of_service_bindings(void **state)
{
	(void)state;
	expect_additional("https.example.com", TYPE_HTTPS, "b.example.com. 1");
	expect_additional("self.example.com", TYPE_HTTPS, "self.example.com. 1");
	/* AliasMode: the records of the same type too */
	expect_additional(
	    "point.example.com", TYPE_HTTPS, "self.example.com. 65 self.example.com. 1");
	/* the same name in both ways of writing it, and once only */
	expect_additional("twice.example.com", TYPE_HTTPS, "twice.example.com. 1");
	expect_additional("svcb.example.com", TYPE_SVCB, "");
	/* "." in AliasMode is "not there"; and nothing is in a response twice */
	expect_additional("nowhere.example.com", TYPE_HTTPS, "");
	expect_additional("circle.example.com", TYPE_HTTPS, "");
	/* what is steered carries its own scope and hints */
	expect_additional("tosteered.example.com", TYPE_HTTPS, "");
	expect_additional("steered.example.com", TYPE_HTTPS, "");
}

/* ---- sizes ---- */

/* However little room there is, additional data never sets TC. */
static void
what_is_additional_never_sets_tc(void **state)
{
	size_t least = SIZE_MAX, most = 0;

	(void)state;
	for (uint16_t size = 512; size <= 1232; size++) {
		struct question q = {"many.example.com", TYPE_MX, .size = size};
		ldns_pkt *p = ask(&q);
		size_t n = ldns_pkt_arcount(p);

		assert_false(ldns_pkt_tc(p));
		assert_int_equal(ldns_pkt_ancount(p), MANY / 2);
		least = n < least ? n : least;
		most = n > most ? n : most;
		ldns_pkt_free(p);
	}
	/* at 512 not all that there could be; never more than of 16 names */
	assert_true(least < ADDITIONAL_NAMES_MAX);
	assert_int_equal(most, ADDITIONAL_NAMES_MAX);
}

/* More than 64 RRsets of glue: all over TCP, TC over UDP. */
static void
glue_of_many_name_servers(void **state)
{
	struct question q = {"www.cut.example.com", TYPE_A, .over = OVER_TCP};
	ldns_pkt *p = ask(&q);

	(void)state;
	assert_false(ldns_pkt_tc(p));
	assert_int_equal(ldns_pkt_nscount(p), MANY);
	assert_int_equal(ldns_pkt_arcount(p), 2 * MANY);
	ldns_pkt_free(p);
	q.over = OVER_UDP;
	q.edns = true;
	p = ask(&q);
	assert_true(ldns_pkt_tc(p));
	ldns_pkt_free(p);
	/* what even we have no room for is said to be missing */
	q = (struct question){"www.huge.example.com", TYPE_A, .over = OVER_TCP};
	p = ask(&q);
	assert_true(ldns_pkt_tc(p));
	assert_int_equal(ldns_pkt_nscount(p), TOO_MANY);
	assert_int_equal(ldns_pkt_arcount(p), DECISION_ITEMS_MAX - 1);
	ldns_pkt_free(p);
}

/* Only what a referral is of no use without is left, and nothing sets TC for that. */
static void
in_overload_it_is_left_out(void **state)
{
	uint64_t before = counter_get(&counters, COUNT_SHED_ADDITIONAL);
	struct question cut = {"www.cut.example.com", TYPE_A, .over = OVER_TCP};
	ldns_pkt *p;

	(void)state;
	answerer.shed = true;
	expect_additional("mx.example.com", TYPE_MX, "");
	expect_additional("https.example.com", TYPE_HTTPS, "");
	p = ask(&cut);
	assert_int_equal(ldns_pkt_arcount(p), 2 * MANY);
	ldns_pkt_free(p);
	assert_int_equal(counter_get(&counters, COUNT_SHED_ADDITIONAL), before + 2);
	/* two of these three servers are not below the cut */
	cut.name = "www.sub.example.com";
	p = ask(&cut);
	assert_int_equal(ldns_pkt_nscount(p), 3);
	assert_int_equal(ldns_pkt_arcount(p), 1);
	ldns_pkt_free(p);
	assert_int_equal(counter_get(&counters, COUNT_SHED_ADDITIONAL), before + 3);
	answerer.shed = false;
	expect_additional("https.example.com", TYPE_HTTPS, "b.example.com. 1");
}

static int
begin(void **state)
{
	struct buf zone = {0};

	(void)state;
	maker_open(&maker);
	buf_str(&zone, zone_text);
	for (unsigned i = 0; i < MANY; i++)
		buf_printf(&zone,
		    "cut NS n%u.cut\nn%u.cut A 192.0.2.%u\nn%u.cut AAAA 2001:db8::%u\n",
		    i, i, i, i, i);
	for (unsigned i = 0; i < TOO_MANY; i++)
		buf_printf(&zone,
		    "huge NS n%u.huge\nn%u.huge A 192.0.2.1\nn%u.huge AAAA ::1\n", i, i,
		    i);
	for (unsigned i = 0; i < MANY / 2; i++)
		buf_printf(&zone, "many MX 10 m%u\nm%u A 192.0.2.%u\n", i, i, i);
	maker_file(&maker, "sextant.yaml", config);
	maker_file(&maker, "example.com.zone", buf_text(&zone));
	answer_begin();
	buf_fini(&zone);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table),
	    cmocka_unit_test(targets_of_service_bindings),
	    cmocka_unit_test(what_is_additional_never_sets_tc),
	    cmocka_unit_test(glue_of_many_name_servers),
	    cmocka_unit_test(in_overload_it_is_left_out),
	};

	return cmocka_run_group_tests_name("additional", tests, begin, answer_end);
}
