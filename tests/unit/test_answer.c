/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "answer_make.h"

static const char config[] =
    "server: {identity: ns1.example.net, state_dir: state}\n"
    "geo:\n"
    "  prefixes:\n"
    "    - {prefix: 10.0.0.0/8, region: weu}\n"
    "    - {prefix: 10.1.0.0/16, region: nnam}\n"
    "    - {prefix: \"fd00:1::/32\", region: weu}\n"
    "pools:\n"
    "  - name: edge\n"
    "    ttl: 60\n"
    "    regions:\n"
    "      weu: [192.0.2.1, 192.0.2.2, \"2001:db8::1\"]\n"
    "      nnam: [192.0.2.3]\n"
    "    default: [192.0.2.4]\n"
    "  - name: heavy\n"
    "    default: [{address: 192.0.2.1, weight: 3}, {address: 192.0.2.2, weight: 0},\n"
    "      {address: 192.0.2.3, weight: 1}]\n"
    "  - name: heavy2\n"
    "    max_answers: 2\n"
    "    default: [{address: 192.0.2.1, weight: 60000}, {address: 192.0.2.2,\n"
    "      weight: 20000}]\n"
    "  - name: six\n"
    "    regions: {weu: [\"2001:db8::6\"]}\n"
    "  - name: cdn\n"
    "    ttl: 90\n"
    "    regions:\n"
    "      weu: [a.example.com]\n"
    "      nnam: [cdn.example.net]\n"
    "    default: [nowhere.example.com]\n"
    "  - name: leave\n"
    "    regions: {weu: [192.0.2.5]}\n"
    "    when_all_down: cname old.example.net\n"
    "  - name: large\n"
    "    max_answers: 255\n"
    "    regions:\n"
    "      weu: [";

static const char config_end[] = "]\n"
                                 "zones:\n"
                                 "  - {domain: example.com, file: example.com.zone}\n"
                                 "  - {domain: child.example.com, file: child.zone}\n"
                                 "  - {domain: quiet.test, file: quiet.zone, ecs: off}\n"
                                 "  - {domain: broken.test, file: broken.zone}\n";

static const char zone_text[] =
    "$TTL 300\n"
    "@ 3600 SOA ns1 hostmaster 7 1h 10m 2w 120\n"
    "@ NS ns1\n"
    "@ NS ns2.example.net.\n"
    "ns1 A 192.0.2.53\n"
    "www 60 POOL edge\n"
    "www TXT beside\n"
    "heavy POOL heavy\n"
    "heavy2 POOL heavy2\n"
    "six POOL six\n"
    "cdn POOL cdn\n"
    "leave POOL leave\n"
    "large POOL large\n"
    "a A 192.0.2.10\n"
    "a AAAA 2001:db8::10\n"
    "mail MX 10 a\n"
    "alias CNAME www\n"
    "alias2 CNAME alias\n"
    "out CNAME elsewhere.example.net.\n"
    "tochild CNAME www.child.example.com.\n"
    "tocut CNAME child\n"
    "dangling CNAME none\n"
    "loop CNAME loop2\n"
    "loop2 CNAME loop\n"
    "self CNAME self\n"
    "deep.empty TXT x\n"
    "*.wild A 192.0.2.20\n"
    "*.wild TXT w\n"
    "*.steered POOL edge\n"
    "old DNAME new\n"
    "x.new A 192.0.2.30\n"
    "back.new CNAME old\n"
    "rec DNAME a.rec\n"
    "sub NS ns.sub\n"
    "sub NS ns.other\n"
    "sub NS ns.example.net.\n"
    "sub DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000\n"
    "ns.sub A 192.0.2.40\n"
    "ns.sub AAAA 2001:db8::40\n"
    "ns.other A 192.0.2.41\n"
    "big NS n0.big\n"
    "n0.big A 192.0.2.60\n"
    "n0.big AAAA 2001:db8::60\n"
    "big NS n1.big\n"
    "n1.big A 192.0.2.61\n"
    "n1.big AAAA 2001:db8::61\n"
    "big NS n2.big\n"
    "n2.big A 192.0.2.62\n"
    "n2.big AAAA 2001:db8::62\n"
    "big NS n3.big\n"
    "n3.big A 192.0.2.63\n"
    "n3.big AAAA 2001:db8::63\n"
    "big NS n4.big\n"
    "n4.big A 192.0.2.64\n"
    "n4.big AAAA 2001:db8::64\n"
    "big NS n5.big\n"
    "n5.big A 192.0.2.65\n"
    "n5.big AAAA 2001:db8::65\n"
    "big NS n6.big\n"
    "n6.big A 192.0.2.66\n"
    "n6.big AAAA 2001:db8::66\n"
    "big NS n7.big\n"
    "n7.big A 192.0.2.67\n"
    "n7.big AAAA 2001:db8::67\n"
    "child NS ns.child\n"
    "child DS 2 8 2 1111111111111111111111111111111111111111111111111111111111111111\n"
    "ns.child A 192.0.2.42\n";

static const char child_text[] = "$TTL 300\n@ SOA ns hostmaster 1 1h 10m 2w 60\n"
                                 "@ NS ns\nns A 192.0.2.42\nwww A 192.0.2.43\n";

/* An SOA with a name of elsewhere, and one in another case. */
static const char quiet_text[] =
    "$TTL 300\n@ SOA ns.example.net. host.Quiet.test. 1 1h 10m 2w 60\n"
    "@ NS ns\nns A 192.0.2.42\nwww POOL edge\n";

#define SOA \
	"example.com. 120 IN SOA ns1.example.com. hostmaster.example.com. 7 3600 600 " \
	"1209600 120"
#define SOA_30 \
	"example.com. 30 IN SOA ns1.example.com. hostmaster.example.com. 7 3600 600 " \
	"1209600 120"
#define CHILD_SOA \
	"child.example.com. 60 IN SOA ns.child.example.com. " \
	"hostmaster.child.example.com. 1 3600 600 1209600 60"
#define SUB_NS \
	"sub.example.com. 300 IN NS ns.example.net. | sub.example.com. 300 IN NS " \
	"ns.other.example.com. | sub.example.com. 300 IN NS ns.sub.example.com."
#define SUB_GLUE \
	"ns.other.example.com. 300 IN A 192.0.2.41 | ns.sub.example.com. 300 IN A " \
	"192.0.2.40 | ns.sub.example.com. 300 IN AAAA 2001:db8::40"
#define DS_OF_SUB \
	"sub.example.com. 300 IN DS 1 8 2 " \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define DS_OF_CHILD \
	"child.example.com. 300 IN DS 2 8 2 " \
	"1111111111111111111111111111111111111111111111111111111111111111"

static const struct expected cases[] = {
    {Q("a.example.com", TYPE_A), 0, true, "a.example.com. 300 IN A 192.0.2.10", "", ""},
    {Q("A.eXample.com", TYPE_A), 0, true, "A.eXample.com. 300 IN A 192.0.2.10", "", ""},
    {Q("example.com", TYPE_NS), 0, true,
        "example.com. 300 IN NS ns1.example.com. | example.com. 300 IN NS "
        "ns2.example.net.",
        "", "ns1.example.com. 300 IN A 192.0.2.53"},
    {Q("example.com", TYPE_SOA), 0, true,
        "example.com. 3600 IN SOA ns1.example.com. hostmaster.example.com. 7 3600 600 "
        "1209600 120",
        "", ""},
    {Q("mail.example.com", TYPE_MX), 0, true,
        "mail.example.com. 300 IN MX 10 a.example.com.", "",
        "a.example.com. 300 IN A 192.0.2.10 | a.example.com. 300 IN AAAA "
        "2001:db8::10"},
    /* RFC 2308: NODATA and NXDOMAIN with the lesser of the SOA's TTL and MINIMUM */
    {Q("a.example.com", TYPE_TXT), 0, true, "", SOA, ""},
    {Q("empty.example.com", TYPE_TXT), 0, true, "", SOA, ""},
    {Q("none.example.com", TYPE_A), 3, true, "", SOA, ""},
    {Q("none.empty.example.com", TYPE_A), 3, true, "", SOA, ""},
    /* out of zone */
    {Q("example.org", TYPE_A), 5, false, "", "", ""},
    {Q(".", TYPE_NS), 5, false, "", "", ""},
    {Q("com", TYPE_NS), 5, false, "", "", ""},
    {Q("example.com", TYPE_AXFR), 5, false, "", "", ""},
    {Q("a.example.com", TYPE_AXFR), 9, false, "", "", ""},
    {Q("www.broken.test", TYPE_A), 2, false, "", "", ""},
    /* wildcards */
    {Q("x.y.wild.example.com", TYPE_A), 0, true,
        "x.y.wild.example.com. 300 IN A 192.0.2.20", "", ""},
    {Q("x.wild.example.com", TYPE_MX), 0, true, "", SOA, ""},
    {Q("wild.example.com", TYPE_A), 0, true, "", SOA, ""},
    {Q("x.steered.example.com", TYPE_A), 0, true,
        "x.steered.example.com. 60 IN A 192.0.2.4", "", ""},
    /* steered */
    {FROM("www.example.com", TYPE_A, "10.2.0.1"), 0, true,
        "www.example.com. 60 IN A 192.0.2.1 | www.example.com. 60 IN A 192.0.2.2", "",
        ""},
    {FROM("WWW.example.com", TYPE_A, "10.1.0.1"), 0, true,
        "WWW.example.com. 60 IN A 192.0.2.3", "", ""},
    {Q("www.example.com", TYPE_A), 0, true, "www.example.com. 60 IN A 192.0.2.4", "", ""},
    {FROM("www.example.com", TYPE_AAAA, "10.2.0.1"), 0, true,
        "www.example.com. 60 IN AAAA 2001:db8::1", "", ""},
    {FROM("www.example.com", TYPE_AAAA, "10.1.0.1"), 0, true, "", SOA_30, ""},
    {Q("www.example.com", TYPE_MX), 0, true, "", SOA_30, ""},
    {Q("www.example.com", TYPE_POOL), 0, true, "", SOA_30, ""},
    {Q("www.example.com", TYPE_TXT), 0, true, "www.example.com. 300 IN TXT \"beside\"",
        "", ""},
    {Q("www.example.com", TYPE_CNAME), 0, true, "", SOA_30, ""},
    {Q("cdn.example.com", TYPE_POOL), 3, true,
        "cdn.example.com. 90 IN CNAME "
        "nowhere.example.com.",
        SOA, ""},
    /* RFC 8482 */
    {Q("a.example.com", TYPE_ANY), 0, true, "a.example.com. 300 IN A 192.0.2.10", "", ""},
    {Q("www.example.com", TYPE_ANY), 0, true, "www.example.com. 300 IN TXT \"beside\"",
        "", ""},
    {Q("six.example.com", TYPE_ANY), 0, true, "six.example.com. 60 IN AAAA 2001:db8::6",
        "", ""},
    {Q("six.example.com", TYPE_A), 0, true, "", SOA_30, ""},
    /* names from a pool, followed inside the zone only */
    {FROM("cdn.example.com", TYPE_A, "10.2.0.1"), 0, true,
        "a.example.com. 300 IN A 192.0.2.10 | cdn.example.com. 90 IN CNAME "
        "a.example.com.",
        "", ""},
    {FROM("cdn.example.com", TYPE_TXT, "10.1.0.1"), 0, true,
        "cdn.example.com. 90 IN CNAME cdn.example.net.", "", ""},
    {FROM("cdn.example.com", TYPE_CNAME, "10.2.0.1"), 0, true,
        "cdn.example.com. 90 IN CNAME a.example.com.", "", ""},
    {Q("cdn.example.com", TYPE_A), 3, true,
        "cdn.example.com. 90 IN CNAME nowhere.example.com.", SOA, ""},
    /* CNAMEs */
    {FROM("alias2.example.com", TYPE_A, "10.1.0.1"), 0, true,
        "alias.example.com. 300 IN CNAME www.example.com. | alias2.example.com. 300 IN "
        "CNAME alias.example.com. | www.example.com. 60 IN A 192.0.2.3",
        "", ""},
    {Q("alias.example.com", TYPE_CNAME), 0, true,
        "alias.example.com. 300 IN CNAME www.example.com.", "", ""},
    {Q("alias.example.com", TYPE_RRSIG), 0, true, "", SOA, ""},
    {Q("alias.example.com", TYPE_NSEC), 0, true, "", SOA, ""},
    {Q("alias.example.com", TYPE_MX), 0, true,
        "alias.example.com. 300 IN CNAME www.example.com.", SOA_30, ""},
    {Q("out.example.com", TYPE_A), 0, true,
        "out.example.com. 300 IN CNAME elsewhere.example.net.", "", ""},
    /* another zone, even one of ours, is the resolver's to ask */
    {Q("tochild.example.com", TYPE_A), 0, true,
        "tochild.example.com. 300 IN CNAME www.child.example.com.", "", ""},
    {Q("dangling.example.com", TYPE_A), 3, true,
        "dangling.example.com. 300 IN CNAME none.example.com.", SOA, ""},
    {Q("loop.example.com", TYPE_A), 0, true,
        "loop.example.com. 300 IN CNAME loop2.example.com. | loop2.example.com. 300 IN "
        "CNAME loop.example.com.",
        "", ""},
    {Q("SELF.example.com", TYPE_A), 0, true,
        "SELF.example.com. 300 IN CNAME SELF.example.com.", "", ""},
    /* DNAME */
    {Q("x.old.example.com", TYPE_A), 0, true,
        "old.example.com. 300 IN DNAME new.example.com. | x.new.example.com. 300 IN A "
        "192.0.2.30 | x.old.example.com. 300 IN CNAME x.new.example.com.",
        "", ""},
    {Q("y.old.example.com", TYPE_A), 3, true,
        "old.example.com. 300 IN DNAME new.example.com. | y.old.example.com. 300 IN "
        "CNAME y.new.example.com.",
        SOA, ""},
    {Q("back.old.example.com", TYPE_DNAME), 0, true,
        "back.new.example.com. 300 IN CNAME old.example.com. | back.old.example.com. 300 "
        "IN CNAME back.new.example.com. | old.example.com. 300 IN DNAME new.example.com.",
        "", ""},
    {Q("old.example.com", TYPE_DNAME), 0, true,
        "old.example.com. 300 IN DNAME new.example.com.", "", ""},
    {Q("old.example.com", TYPE_A), 0, true, "", SOA, ""},
    /* referrals */
    {Q("www.sub.example.com", TYPE_A), 0, false, "", SUB_NS, SUB_GLUE},
    {Q("sub.example.com", TYPE_NS), 0, false, "", SUB_NS, SUB_GLUE},
    {Q("sub.example.com", TYPE_DS), 0, true, DS_OF_SUB, "", ""},
    /* the DS of a zone of ours is with the zone above */
    {Q("child.example.com", TYPE_DS), 0, true, DS_OF_CHILD, "", ""},
    {Q("www.child.example.com", TYPE_DS), 0, true, "", CHILD_SOA, ""},
    /* behind a CNAME too, and it alone: the rest is another zone's */
    {Q("tocut.example.com", TYPE_DS), 0, true,
        DS_OF_CHILD " | tocut.example.com. 300 IN CNAME child.example.com.", "", ""},
    {Q("tocut.example.com", TYPE_SOA), 0, true,
        "tocut.example.com. 300 IN CNAME child.example.com.", "", ""},
    {Q("example.com", TYPE_DS), 0, true, "", SOA, ""},
    {Q("www.child.example.com", TYPE_A), 0, true,
        "www.child.example.com. 300 IN A "
        "192.0.2.43",
        "", ""},
    /* classes */
    {{.name = "a.example.com", .type = TYPE_A, .qclass = CLASS_CH}, 5, false, "", "", ""},
};

static void
the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct expected x = cases[i];

		expect(&x);
		x.q.edns = true;
		expect(&x);
		x.q.over = OVER_TCP;
		expect(&x);
	}
}

static void
a_dname_that_leads_deeper_ends(void **state)
{
	struct question q = {"x.rec.example.com", TYPE_A, .over = OVER_TCP};
	ldns_pkt *p = ask(&q);
	unsigned dnames = 0;

	(void)state;
	for (size_t i = 0; i < ldns_pkt_ancount(p); i++)
		dnames += ldns_rr_get_type(ldns_rr_list_rr(ldns_pkt_answer(p), i)) ==
		          LDNS_RR_TYPE_DNAME;
	assert_int_equal(dnames, 1);
	assert_true(ldns_pkt_ancount(p) >= CHAIN_MAX);
	ldns_pkt_free(p);
}

static void
a_name_that_gets_too_long_is_yxdomain(void **state)
{
	/* 253 octets below old.example.com would be more below new... the same: use rec
	 */
	char name[256];
	struct question q = Q(name, TYPE_A);
	ldns_pkt *p;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (unsigned i = 49; i < 236; i += 50)
		name[i] = '.';
	strcpy(name + 236, ".rec.example.com");
	p = ask(&q);
	assert_int_equal(ldns_pkt_get_rcode(p), LDNS_RCODE_YXDOMAIN);
	ldns_pkt_free(p);
}

/* ---- the client subnet ---- */

static void
scopes(void **state)
{
	static const struct {
		const char *name, *source, *subnet, *address;
		uint16_t type;
		int scope; /* -1: the option is not returned */
	} table[] = {
	    /* 10.0.0.0/8 without 10.1.0.0/16: the largest prefix around the client */
	    {"www.example.com", NULL, "10.128.0.0/24", "192.0.2.1", TYPE_A, 9},
	    {"www.example.com", NULL, "10.0.0.0/24", "192.0.2.1", TYPE_A, 16},
	    {"www.example.com", NULL, "10.1.2.0/24", "192.0.2.3", TYPE_A, 16},
	    {"www.example.com", NULL, "10.1.2.3/32", "192.0.2.3", TYPE_A, 16},
	    {"www.example.com", "10.1.0.1", "10.128.0.0/16", "192.0.2.1", TYPE_A, 9},
	    /* a source of /0 asks not to be looked at: the packet's source, scope 0 */
	    {"www.example.com", "10.1.0.1", "0.0.0.0/0", "192.0.2.3", TYPE_A, 0},
	    {"www.example.com", NULL, "fd00:1::/48", "192.0.2.1", TYPE_A, 32},
	    /* over a chain, and for what is not there */
	    {"alias2.example.com", NULL, "10.1.2.0/24", "192.0.2.3", TYPE_A, 16},
	    {"cdn.example.com", NULL, "10.128.2.0/24", "192.0.2.10", TYPE_A, 9},
	    {"www.example.com", NULL, "10.1.2.0/24", NULL, TYPE_AAAA, 16},
	    /* not steered */
	    {"a.example.com", NULL, "10.1.2.0/24", "192.0.2.10", TYPE_A, 0},
	    {"www.example.com", NULL, "10.1.2.0/24", NULL, TYPE_TXT, 0},
	    {"none.example.com", NULL, "10.1.2.0/24", NULL, TYPE_A, 0},
	    /* ecs: off, and no zone of ours */
	    {"www.quiet.test", NULL, "10.1.2.0/24", "192.0.2.4", TYPE_A, -1},
	    {"www.quiet.test", "10.1.0.1", "10.2.0.0/24", "192.0.2.3", TYPE_A, -1},
	    {"example.org", NULL, "10.1.2.0/24", NULL, TYPE_A, -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct question q = {.name = table[i].name,
		    .type = table[i].type,
		    .source = table[i].source,
		    .subnet = table[i].subnet};
		size_t n = ask_octets(&q);
		uint16_t len = 0;
		const uint8_t *ecs = option_of(n, OPTION_ECS, &len);
		struct ip_prefix sent;
		struct ip ip;

		if (table[i].scope < 0) {
			assert_null(ecs);
		} else {
			assert_non_null(ecs);
			assert_int_equal(
			    ip_prefix_parse(q.subnet, strlen(q.subnet), &sent), OK);
			assert_int_equal(ecs[2], sent.len);
			if (ecs[3] != table[i].scope)
				fail_msg("%s %s: scope %u, not %d", q.name, q.subnet,
				    ecs[3], table[i].scope);
			assert_int_equal(len, 4 + (sent.len + 7) / 8);
			assert_memory_equal(ecs + 4, sent.ip.bytes, len - 4u);
		}
		if (table[i].address == NULL)
			continue;
		/* two of weu are rotated; the others are alone */
		assert_int_equal(
		    ip_parse(table[i].address, strlen(table[i].address), &ip), OK);
		assert_non_null(memmem(response, n, ip.bytes, 4));
	}
}

static void
identity_is_told_to_who_asks(void **state)
{
	struct question q = {"a.example.com", TYPE_A, .nsid = true};
	uint16_t len;
	const uint8_t *nsid = option_of(ask_octets(&q), OPTION_NSID, &len);

	(void)state;
	assert_non_null(nsid);
	assert_int_equal(len, 15);
	assert_memory_equal(nsid, "ns1.example.net", 15);
	q.nsid = false;
	q.edns = true;
	assert_null(option_of(ask_octets(&q), OPTION_NSID, &len));
}

/* ---- sizes ---- */

static void
responses_keep_to_every_limit(void **state)
{
	static const char *const names[] = {"large.example.com", "www.sub.example.com",
	    "alias2.example.com", "none.example.com", "x.old.example.com"};

	(void)state;
	for (size_t k = 0; k < COUNT(names); k++)
		for (uint16_t size = 500; size < 1300; size++) {
			struct question q = {
			    names[k], TYPE_A, "10.2.0.1", "10.2.0.0/24", .size = size};
			ldns_pkt *p = ask(&q); /* which looks at the length */

			/* 200 addresses never fit, the others always */
			assert_int_equal(ldns_pkt_tc(p), k == 0);
			assert_int_equal(ldns_pkt_arcount(p) + (ldns_pkt_edns(p) ? 1 : 0),
			    k == 1 ? 4 : 1);
			ldns_pkt_free(p);
		}
}

static void
what_does_not_fit_is_asked_over_tcp(void **state)
{
	struct question q = FROM("large.example.com", TYPE_A, "10.2.0.1");
	ldns_pkt *p = ask(&q);

	(void)state;
	assert_true(ldns_pkt_tc(p));
	assert_int_equal(ldns_pkt_ancount(p), 0);
	ldns_pkt_free(p);
	q.over = OVER_TCP;
	p = ask(&q);
	assert_false(ldns_pkt_tc(p));
	assert_int_equal(ldns_pkt_ancount(p), 200);
	ldns_pkt_free(p);
}

/* RFC 9471: without its glue nobody gets below the cut. */
static void
glue_that_does_not_fit_sets_tc(void **state)
{
	struct question q = Q("www.big.example.com", TYPE_A);
	ldns_pkt *p = ask(&q);

	(void)state;
	assert_true(ldns_pkt_tc(p));
	assert_int_equal(ldns_pkt_nscount(p), 8);
	assert_true(ldns_pkt_arcount(p) < 16);
	ldns_pkt_free(p);
	q.edns = true;
	p = ask(&q);
	assert_false(ldns_pkt_tc(p));
	assert_int_equal(ldns_pkt_arcount(p), 16);
	ldns_pkt_free(p);
}

/* ---- health ---- */

static void
degraded_answers_live_shortly(void **state)
{
	static const struct expected second = {
	    FROM("www.example.com", TYPE_A, "10.2.0.1"), 0, true,
	    "www.example.com. 30 IN A 192.0.2.4", "", ""};
	static const struct expected all = {FROM("www.example.com", TYPE_A, "10.2.0.1"),
	    0, true,
	    "www.example.com. 30 IN A 192.0.2.1 | www.example.com. 30 IN A 192.0.2.2", "",
	    ""};
	static const struct expected suspect = {
	    FROM("www.example.com", TYPE_A, "10.1.0.1"), 0, true,
	    "www.example.com. 17 IN A 192.0.2.3", "", ""};
	struct pool *p = maker_pool("edge");
	uint64_t before = counter_get(&counters, COUNT_DEGRADED);

	(void)state;
	maker_health(p, "dduuu", (struct mono){0});
	expect(&second);
	assert_int_equal(counter_get(&counters, COUNT_DEGRADED), before + 1);
	maker_health(p, "ddddd", (struct mono){0});
	expect(&all);
	maker_health(p, "uuusu", mono_add_ms(answerer.now, 17500));
	expect(&suspect);
	maker_health(p, "uuuuu", (struct mono){0});
}

static void
a_cname_for_when_all_is_down_is_there_for_all_types(void **state)
{
	static const struct expected up[] = {
	    {Q("leave.example.com", TYPE_A), 0, true,
	        "leave.example.com. 60 IN A 192.0.2.5", "", ""},
	    {Q("leave.example.com", TYPE_TXT), 0, true, "", SOA_30, ""},
	};
	static const uint16_t types[] = {TYPE_A, TYPE_TXT, TYPE_CNAME, TYPE_ANY};
	struct pool *p = maker_pool("leave");

	(void)state;
	for (size_t i = 0; i < COUNT(up); i++)
		expect(&up[i]);
	maker_health(p, "d", (struct mono){0});
	for (size_t i = 0; i < COUNT(types); i++) {
		struct expected x = {Q("leave.example.com", types[i]), 0, true,
		    "leave.example.com. 30 IN CNAME old.example.net.", "", ""};

		expect(&x);
	}
	maker_health(p, "u", (struct mono){0});
}

static void
addresses_take_turns(void **state)
{
	struct question q = FROM("www.example.com", TYPE_A, "10.2.0.1");
	unsigned first[3] = {0};

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		size_t n = ask_octets(&q);

		assert_int_equal(n, 12 + 17 + 4 + 2 * 16);
		first[response[12 + 17 + 4 + 15]]++;
	}
	assert_int_equal(first[1] + first[2], 2000);
	assert_true(first[1] > 800 && first[2] > 800);
}

static void
weights_are_shares(void **state)
{
	static const struct {
		const char *name;
		unsigned answers, other;
	} pools[] = {{"heavy.example.com", 1, 3}, {"heavy2.example.com", 2, 2}};

	(void)state;
	for (size_t k = 0; k < COUNT(pools); k++) {
		struct question q = Q(pools[k].name, TYPE_A);
		unsigned first[4] = {0};

		for (unsigned i = 0; i < 4000; i++) {
			const uint8_t *rr;

			ask_octets(&q);
			assert_int_equal(wire_get16(response + 6), pools[k].answers);
			rr = response + 12 + strlen(q.name) + 2 + 4;
			first[rr[15]]++;
			/* without replacement */
			if (pools[k].answers == 2)
				assert_int_not_equal(rr[15], rr[16 + 15]);
		}
		assert_int_equal(first[1] + first[pools[k].other], 4000);
		assert_true(first[1] > 2850 && first[1] < 3150); /* three in four */
	}
}

/* ---- what can not be answered ---- */

static void
errors(void **state)
{
	static const struct {
		const char *octets;
		size_t len, expected_len;
		uint16_t flags;
	} table[] = {
	    {"", 0, 0, 0},
	    {"\x12\x34\1\0\0\1\0\0\0\0\0", 11, 0, 0},
	    {"\x12\x34\x81\0\0\1\0\0\0\0\0\0\0\0\1\0\1", 17, 0, 0}, /* a response */
	    {"\x12\x34\1\0\0\0\0\0\0\0\0\0", 12, 12, 0x8101},
	    {"\x12\x34\1\0\0\1\0\0\0\0\0\0\5a", 14, 12, 0x8101},
	    {"\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\1\0\1!", 18, 17, 0x8101},
	    {"\x12\x34\x28\0\0\1\0\0\0\0\0\0\0\0\6\0\1", 17, 17, 0xa804}, /* UPDATE */
	    /* EDNS version 1: BADVERS, in two parts */
	    {"\x12\x34\0\0\0\1\0\0\0\0\0\1\0\0\1\0\1\0\0\x29\4\xd0\0\1\0\0\0\0", 28, 28,
	        0x8000},
	};
	struct ip source = {4, {10, 2, 0, 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		size_t n;

		answerer.world = maker_world();
		memset(response, 0xee, sizeof(response));
		n = answer(&answerer, (const uint8_t *)table[i].octets, table[i].len,
		    &source, OVER_UDP, response);
		assert_int_equal(n, table[i].expected_len);
		if (n == 0)
			continue;
		assert_int_equal(wire_get16(response), 0x1234);
		assert_int_equal(wire_get16(response + 2), table[i].flags);
		assert_int_equal(wire_get16(response + 4), n > 12);
	}
	assert_int_equal(response[17 + 5], 1); /* the upper part of 16 */
}

/* The SOA of a negative answer: its names are compressed, whatever they end in. */
static void
test_negative_octets(void **state)
{
	static const struct {
		const char *name;
		size_t len; /* header, question, owner, fixed part, two names, five
		               numbers */
		const char *mname;
	} table[] = {
	    {"none.example.com", 12 + 22 + 2 + 10 + 6 + 13 + 20, "\3ns1\xc0\x11"},
	    {"a.B.eXAMPLE.com", 12 + 21 + 2 + 10 + 6 + 13 + 20, "\3ns1\xc0\x10"},
	    {"www.quiet.test", 12 + 20 + 2 + 10 + 16 + 7 + 20, "\2ns\7example\3net"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct question q = {.name = table[i].name, .type = TYPE_MX};
		size_t n = ask_octets(&q), at = 12 + strlen(q.name) + 2 + 4 + 12;

		assert_int_equal(n, table[i].len);
		assert_memory_equal(
		    response + at, table[i].mname, strlen(table[i].mname));
	}
}

/* ---- stale records ---- */

/* rrset NULL: a CNAME record steered to old.example.net. */
static void
from_store(const char *owner, struct rrset *rrset)
{
	struct store_change *c = mem_array(1, sizeof(*c));
	struct config_pool *pool;
	struct name zone;

	assert_int_equal(name_parse("stored.test", 11, &name_root, &zone), OK);
	c->key.kind = RECORD_RRSET;
	c->key.zone = zone;
	assert_int_equal(name_parse(owner, strlen(owner), &name_root, &c->key.owner), OK);
	c->key.type = rrset != NULL ? rrset_type(rrset) : TYPE_CNAME;
	c->record = mem_new(sizeof(*c->record));
	c->record->key = c->key;
	c->record->ttl = 45;
	c->record->rrset = rrset;
	if (rrset == NULL) {
		c->record->pool = pool = mem_new(sizeof(*pool));
		pool->name = mem_str("stored");
		pool->min_healthy = 1;
		pool->dflt = mem_array(1, sizeof(*pool->dflt));
		pool->dflt_count = 1;
		pool->dflt[0] = (struct config_endpoint){.is_name = true, .weight = 1};
		assert_int_equal(
		    name_parse("old.example.net", 15, &name_root, &pool->dflt[0].name),
		    OK);
	}
	keeper_change(maker.keeper, c, 1);
	maker_turn(&maker);
}

static void
stale_records_say_so(void **state)
{
	static const struct expected fresh = {Q("x.stored.test", TYPE_A), 0, true,
	    "x.stored.test. 3600 IN A 192.0.2.77", "", ""};
	static const struct expected stale = {Q("x.stored.test", TYPE_A), 0, true,
	    "x.stored.test. 300 IN A 192.0.2.77", "", ""};
	const struct rdata address = {(const uint8_t *)"\300\0\2\115", 4};
	struct question q = {"x.stored.test", TYPE_A, .edns = true};
	struct rrset *s;
	const uint8_t *ede;
	uint16_t len;

	(void)state;
	assert_int_equal(rrset_new(TYPE_A, 3600, &address, 1, &s), OK);
	from_store("x.stored.test", s);
	expect(&fresh);
	assert_null(option_of(ask_octets(&q), OPTION_EDE, &len));
	answerer.stale_ttl = 300;
	expect(&stale);
	ede = option_of(ask_octets(&q), OPTION_EDE, &len);
	assert_non_null(ede);
	assert_int_equal(len, 2);
	assert_int_equal(wire_get16(ede), EDE_STALE_ANSWER);
	/* what a file says is never stale */
	expect(&cases[0]);
	q.name = "a.example.com";
	assert_null(option_of(ask_octets(&q), OPTION_EDE, &len));
	answerer.stale_ttl = 0;
}

/* A steered CNAME record is there for every type, as a plain one. */
static void
a_steered_cname_record(void **state)
{
	static const uint16_t types[] = {TYPE_A, TYPE_TXT, TYPE_CNAME, TYPE_ANY};

	(void)state;
	from_store("c.stored.test", NULL);
	for (size_t i = 0; i < COUNT(types); i++) {
		struct expected x = {Q("c.stored.test", types[i]), 0, true,
		    "c.stored.test. 45 IN CNAME old.example.net.", "", ""};

		expect(&x);
	}
}

/* A long identity must not push the question out of a small response. */
static void
a_long_identity_gives_way(void **state)
{
	char *identity = maker.parts->config->server.identity, name[256];
	struct question q = {
	    name, TYPE_A, NULL, "2001:db8::/128", .nsid = true, .size = 512};
	ldns_pkt *p;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (unsigned i = 49; i < 240; i += 50)
		name[i] = '.';
	strcpy(name + 240, ".example.com");
	maker.parts->config->server.identity = mem_printf("%0255d", 0);
	p = ask(&q);
	assert_int_equal(ldns_pkt_get_rcode(p), LDNS_RCODE_NXDOMAIN);
	assert_int_equal(ldns_pkt_nscount(p), 1);
	ldns_pkt_free(p);
	mem_free(maker.parts->config->server.identity);
	maker.parts->config->server.identity = identity;
}

static int
begin(void **state)
{
	struct buf yaml = {0};

	(void)state;
	maker_open(&maker);
	buf_str(&yaml, config);
	for (unsigned i = 0; i < 200; i++)
		buf_printf(&yaml, "%s198.51.100.%u", i != 0 ? ", " : "", i);
	buf_str(&yaml, config_end);
	buf_str(&yaml, "  - {domain: stored.test, store: on, ns: [ns1.example.net]}\n");
	maker_file(&maker, "sextant.yaml", buf_text(&yaml));
	maker_file(&maker, "example.com.zone", zone_text);
	maker_file(&maker, "child.zone", child_text);
	maker_file(&maker, "quiet.zone", quiet_text);
	maker_file(&maker, "broken.zone", "@ SOA what\n");
	answer_begin();
	buf_fini(&yaml);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table),
	    cmocka_unit_test(test_negative_octets),
	    cmocka_unit_test(a_dname_that_leads_deeper_ends),
	    cmocka_unit_test(a_name_that_gets_too_long_is_yxdomain),
	    cmocka_unit_test(scopes),
	    cmocka_unit_test(identity_is_told_to_who_asks),
	    cmocka_unit_test(responses_keep_to_every_limit),
	    cmocka_unit_test(what_does_not_fit_is_asked_over_tcp),
	    cmocka_unit_test(glue_that_does_not_fit_sets_tc),
	    cmocka_unit_test(degraded_answers_live_shortly),
	    cmocka_unit_test(a_cname_for_when_all_is_down_is_there_for_all_types),
	    cmocka_unit_test(addresses_take_turns),
	    cmocka_unit_test(weights_are_shares),
	    cmocka_unit_test(errors),
	    cmocka_unit_test(stale_records_say_so),
	    cmocka_unit_test(a_steered_cname_record),
	    cmocka_unit_test(a_long_identity_gives_way),
	};

	return cmocka_run_group_tests(tests, begin, answer_end);
}
