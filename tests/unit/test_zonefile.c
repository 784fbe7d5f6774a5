/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "zone/rdata.h"
#include "zone/zonefile.h"

#define TOP "$TTL 300\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n"

static const char *files[3]; /* "zone", "inc1", "inc2" */

static enum err
open_text(void *ctx, const char *path, char **text, size_t *len, struct buf *why)
{
	static const char *const names[] = {"zone", "inc1", "inc2"};

	(void)ctx;
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(path, names[i]) == 0 && files[i] != NULL) {
			*text = mem_str(files[i]);
			*len = strlen(files[i]);
			return OK;
		}
	}
	buf_printf(why, "cannot open %s", path);
	return ERR_IO;
}

static uint32_t
pool_id(void *ctx, const char *name, uint32_t ttl)
{
	(void)ttl;
	(void)ctx;
	return strcmp(name, "edge") == 0 ? 7 : 0;
}

static struct table *
load(struct buf *said)
{
	struct zonefile_options o = {.pool_id = pool_id, .open = open_text};
	struct complaints c = {0};
	struct table *t = NULL;

	assert_int_equal(name_parse("example.com.", 12, NULL, &o.origin), OK);
	if (zonefile_load("zone", &o, &t, &c) != OK)
		assert_null(t);
	complaints_write(&c, said);
	complaints_fini(&c);
	return t;
}

/* The RRset as "TTL data|data|", or "-". */
static void
write_rrset(const struct table *t, const char *owner, const char *type, struct buf *out)
{
	struct name name;
	const struct node *n;
	const struct rrset *s;
	struct rdata r;
	uint16_t number;

	assert_int_equal(name_parse(owner, strlen(owner), &t->apex, &name), OK);
	assert_int_equal(rdata_type_parse(type, strlen(type), &number), OK);
	n = table_find(t, name_hash(name.bytes, name.len), name.bytes, name.len);
	s = n == NULL ? NULL : node_rrset(n, number);
	if (s == NULL) {
		buf_str(out, "-");
		return;
	}
	buf_printf(out, "%u ", rrset_ttl(s));
	if (s->steered)
		buf_printf(out, "pool %u", rrset_pool(s));
	for (size_t pos = 0; rrset_next(s, &pos, &r);) {
		rdata_write(number, r.data, r.len, out);
		buf_char(out, '|');
	}
}

static const struct {
	const char *text, *inc1, *inc2;
	const char *owner, *type, *written;
} good[] = {
    {TOP "A 60 IN A 192.0.2.2\n", NULL, NULL, "a", "A", "60 192.0.2.2|"},
    {TOP "a in 1m a 192.0.2.2\n", NULL, NULL, "a", "A", "60 192.0.2.2|"},
    {TOP "a A 192.0.2.3\nb A 192.0.2.9\na A 192.0.2.2\na A 192.0.2.3\n", NULL, NULL, "a",
        "A", "300 192.0.2.2|192.0.2.3|"},
    {TOP "a A 192.0.2.2\n  TXT x ; c\n", NULL, NULL, "a", "TXT", "300 \"x\"|"},
    {TOP "$origin s\n$ORIGIN t\na MX 1 b\n", NULL, NULL, "a.t.s", "MX",
        "300 1 b.t.s.example.com.|"},
    {"@ 90 SOA ns1 h 1 2 3 4 5\n NS ns1\nns1 60 A 192.0.2.1\na A 192.0.2.2\n", NULL, NULL,
        "a", "A", "60 192.0.2.2|"},
    {"@ SOA ns1 h 1 2 3 4 5\n NS ns1\nns1 60 A 192.0.2.1\na A 192.0.2.2\n", NULL, NULL,
        "a", "A", "5 192.0.2.2|"},
    {TOP "o A 192.0.2.9\n$INCLUDE inc1 s\n TXT back\n", "a A 192.0.2.2\n$ORIGIN x.\n",
        NULL, "a.s", "A", "300 192.0.2.2|"},
    {TOP "o A 192.0.2.9\n$INCLUDE inc1 s\n TXT back\n", "a A 192.0.2.2\n$ORIGIN x.\n",
        NULL, "o", "TXT", "300 \"back\"|"},
    {TOP "$INCLUDE inc1 s\na TXT back\n", "a A 192.0.2.2\n$ORIGIN x.\n", NULL, "a", "TXT",
        "300 \"back\"|"},
    {TOP "$GENERATE 1-5/2 h${10,3,x} A 192.0.2.$\n", NULL, NULL, "h00d", "A",
        "300 192.0.2.3|"},
    {TOP "$GENERATE 1-5/2 h$ A 192.0.2.$\n", NULL, NULL, "h2", "A", "-"},
    {TOP "$generate 18-18 ${0,3,n} PTR h\\$${-8,4,o}\n", NULL, NULL, "2.1", "PTR",
        "300 h\\$0012.example.com.|"},
    {TOP "www 60 IN POOL edge\n", NULL, NULL, "www", "POOL", "60 pool 7"},
    {TOP "www POOL \"edge\"\n", NULL, NULL, "www", "POOL", "0 pool 7"},
    {TOP "$GENERATE 1-2 m$ MX \"10 a$\"\n", NULL, NULL, "m2", "MX",
        "300 10 a2.example.com.|"},
    {TOP "$GENERATE 1-2 m${-3} A 192.0.2.${+1}\n", NULL, NULL, "m-2", "A",
        "300 192.0.2.2|"},
    {TOP "$DATE 20240101000000\na A 192.0.2.2\n", NULL, NULL, "a", "A", "300 192.0.2.2|"},
    {TOP "o A 192.0.2.9\n$INCLUDE inc1\n", " TXT whose\n", NULL, "o", "TXT",
        "300 \"whose\"|"},
    {TOP "a 60 A 192.0.2.2\nb A 192.0.2.9\na 30 A 192.0.2.3\n", NULL, NULL, "a", "A",
        "30 192.0.2.2|192.0.2.3|"},
    {TOP "sub NS NS1\nsub NS ns1\n", NULL, NULL, "sub", "NS", "300 ns1.example.com.|"},
    {TOP "\"a;b\" A 192.0.2.2\n", NULL, NULL, "a\\;b", "A", "300 192.0.2.2|"},
    {TOP "a CLASS01 A 192.0.2.2\n", NULL, NULL, "a", "A", "300 192.0.2.2|"},
    {TOP "a 4294967295 A 192.0.2.2\n", NULL, NULL, "a", "A", "0 192.0.2.2|"},
    {TOP "a TYPE1 \\# 4 ( c000\n 0202 )\n", NULL, NULL, "a", "A", "300 192.0.2.2|"},
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct buf said = {0}, out = {0};
		struct table *t;

		files[0] = good[i].text;
		files[1] = good[i].inc1;
		files[2] = good[i].inc2;
		t = load(&said);
		if (t == NULL)
			fail_msg("%zu: %s", i, buf_text(&said));
		write_rrset(t, good[i].owner, good[i].type, &out);
		assert_string_equal(buf_text(&out), good[i].written);
		table_free(t);
		buf_fini(&said);
		buf_fini(&out);
	}
}

/* What must be said; "error" or "warning" decides whether the zone loads. */
static const struct {
	const char *text, *inc1, *said;
} told[] = {
    {"$TTL 1\n@ NS ns1\nns1 A 192.0.2.1\n", NULL, "zone: error: example.com. has no SOA"},
    {"$TTL 1\n@ SOA a b 1 2 3 4 5\n", NULL, "error: example.com. has no NS"},
    {TOP "a SOA a b 1 2 3 4 5\n", NULL, "zone:5:1: error: SOA at a.example.com."},
    {TOP "@ SOA a b 9 2 3 4 5\n", NULL,
        "zone:5:1: error: example.com. has more than one SOA"},
    {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS ns1\n", NULL,
        "zone:3:1: error: NS ns1.example.com. has no address"},
    {TOP "a.example.net. A 192.0.2.2\n", NULL,
        "zone:5:1: warning: ignoring out-of-zone data (a.example.net.)"},
    {TOP "a CNAME b\na A 192.0.2.2\n", NULL,
        "zone:6:1: error: a.example.com.: CNAME and other"},
    {TOP "a A 192.0.2.2\na CNAME b\n", NULL,
        "zone:6:1: error: a.example.com.: CNAME and other"},
    {TOP "a CNAME b\na CNAME c\n", NULL, "error: a.example.com. has more than one CNAME"},
    {TOP "a DNAME b\na DNAME c\n", NULL, "error: a.example.com. has more than one DNAME"},
    {TOP "a 5 A 192.0.2.2\na 6 A 192.0.2.3\n", NULL, "zone:6:1: warning: TTL 6 differs"},
    {TOP "a 5 A 192.0.2.2\nb A 192.0.2.2\na 6 A 192.0.2.3\n", NULL,
        "zone:7:1: warning: TTL 6"},
    {TOP "sub NS ns.sub\n", NULL, "zone:5:1: warning: delegation without glue"},
    {TOP "c CNAME ns1\na MX 1 c\n", NULL,
        "zone:6:1: warning: MX points to c.example.com."},
    {TOP "c CNAME ns1\na SRV 1 1 1 c\n", NULL, "zone:6:1: warning: SRV points to c."},
    {TOP "a MX 1 b\n", NULL,
        "zone:5:1: warning: MX points to b.example.com., which has no"},
    {TOP "a SRV 1 1 1 b\n", NULL,
        "zone:5:1: warning: SRV points to b.example.com., which has no"},
    {TOP "a MX 1 192.0.2.1\n", NULL,
        "zone:5:1: warning: MX points to 192.0.2.1.example.com.: an address"},
    {TOP "a MX 1 b_c.example.net.\n", NULL,
        "zone:5:1: warning: MX points to b_c.example.net., which is not"},
    {TOP "a_b AAAA ::1\n", NULL,
        "zone:5:1: warning: a_b.example.com. is not the name of a host"},
    {TOP "s SPF x\n", NULL, "zone:5:1: warning: SPF without TXT"},
    {TOP "d DNAME e\nx.d A 192.0.2.2\n", NULL,
        "zone:5:1: warning: what is below this DNAME"},
    {TOP "d NS ns1\nx.d TXT x\n", NULL,
        "zone:5:1: warning: x.d.example.com. TXT is below this delegation"},
    {TOP "d NS ns1\nd TXT x\n", NULL, "zone:5:1: warning: TXT beside the NS records"},
    {TOP "a A 192.0.2.2\nb A 192.0.2.2\na A 192.0.2.2\n", NULL,
        "zone:7:1: warning: a.example.com. has the same A record twice"},
    {TOP "sub NS ns1\nsub NS NS1\n", NULL,
        "zone:5:1: warning: sub.example.com. has the same NS record twice"},
    {TOP "@ DS 1 8 99 00\n", NULL, "zone:5:1: error: DS at the top of the zone"},
    {TOP "a\"b\" A 192.0.2.1\n", NULL, "zone:5:1: error: 'a\"b\"' is not a name"},
    {TOP "*.w NS ns1\n", NULL,
        "zone:5:1: error: *.w.example.com.: NS records of a wildcard"},
    {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS ns1\nns1 CNAME a\na A 192.0.2.1\n", NULL,
        "zone:3:1: error: NS points to ns1.example.com., which is a CNAME"},
    {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS ns.d\nd DNAME a\n", NULL,
        "zone:3:1: error: NS points to ns.d.example.com., which is below a DNAME"},
    {TOP "a.example.net. MX x\n", NULL, "zone:5:19: error: 'x' is not a number"},
    {TOP "$GENERATE 1-2 m$ MX 10 a$\n", NULL,
        "zone:5:1: error: $GENERATE takes its data as one"},
    {TOP "a POOL nosuch\n", NULL, "zone:5:8: error: no pool is named 'nosuch'"},
    {TOP "a POOL edge\na A 192.0.2.2\n", NULL,
        "zone:6:1: error: a.example.com.: A beside POOL"},
    {TOP "a CNAME b\na POOL edge\n", NULL,
        "zone:6:1: error: a.example.com.: CNAME and other"},
    {TOP "a POOL edge\na POOL edge\n", NULL,
        "zone:6:1: error: a.example.com. has more than one POOL"},
    {TOP "a CH A 192.0.2.2\n", NULL, "zone:5:3: error: class CH: only IN"},
    {TOP "a 99999999999 A 192.0.2.2\n", NULL,
        "zone:5:3: error: '99999999999' is not a TTL"},
    {TOP "a OPT x\n", NULL, "zone:5:3: error: OPT is not a type of data"},
    {TOP "a NOSUCH x\n", NULL, "zone:5:3: error: unknown type 'NOSUCH'"},
    {TOP "a MX (\n 99999 a )\n", NULL, "zone:6:2: error: '99999' is out of range"},
    {TOP "$NOSUCH x\n", NULL, "zone:5:1: error: unknown directive $NOSUCH"},
    {TOP "a NULL x\n", NULL, "TYPE10 \\#"},
    {TOP "a 2147483648 A 192.0.2.2\n", NULL, "zone:5:1: warning: a TTL above 2147483647"},
    {TOP "$TTL 5000w\n", NULL, "zone:5:1: warning: a TTL above 2147483647"},
    {"a A 192.0.2.2\n", NULL, "zone:1:1: error: no TTL"},
    {"@ SOA a b 1 2 3 4 5\n", NULL, "zone:1:1: warning: no TTL: the SOA's minimum, 5"},
    {" A 192.0.2.2\n", NULL, "zone:1:2: error: no owner"},
    {TOP "$INCLUDE inc1\n", "$INCLUDE zone\n", "inc1:1:1: error: zone includes itself"},
    {TOP "$INCLUDE inc1\n", "\na MX x\n", "inc1:2:6: error: 'x' is not a number"},
    {TOP "$INCLUDE inc1\n", NULL, "zone:5:1: error: cannot open inc1"},
    {TOP "$GENERATE 1-99999999 a$ A 192.0.2.2\n", NULL,
        "zone:5:1: error: the range has more"},
    {TOP "$GENERATE 1-300 a$ A 192.0.2.$\n", NULL, "zone:5:1: error: '192.0.2.256'"},
    {TOP "a MX 10 b c\n", NULL, "zone:5:11: error: more data than MX has"},
    {TOP "a MX ( 10\n b..c )\n", NULL, "zone:6:2: error: 'b..c' is not a name"},
    {TOP "a SRV 1  2 x y\n", NULL, "zone:5:12: error: 'x' is not a number"},
    {TOP "a MX 10\n", NULL, "zone:5:6: error: a field is missing: MX ends too early"},
    {TOP "a TLSA 3 1 1 zz\n", NULL, "zone:5:14: error: expected hex digits, an even"},
    {TOP "a NS 1234567890123456789012345678901234567890123456789012345678901234\n", NULL,
        "is too long: a label has 63 octets"},
    {TOP "$GENERATE 2-1 a$ A 192.0.2.1\n", NULL, "zone:5:1: error: the range is empty"},
    {TOP "a MX\n", NULL, "zone:5:3: error: MX without data"},
    {TOP "a A x\nb A y\n", NULL, "zone:6:5: error: 'y'"},
};

static void
test_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(told); i++) {
		struct buf said = {0};
		struct table *t;

		files[0] = told[i].text;
		files[1] = told[i].inc1;
		t = load(&said);
		if (strstr(buf_text(&said), told[i].said) == NULL)
			fail_msg("%zu: %s\nnot in: %s", i, told[i].said, buf_text(&said));
		assert_int_equal(t == NULL, strstr(buf_text(&said), ": error: ") != NULL);
		table_free(t);
		buf_fini(&said);
	}
}

/* What follows from a mistake is not told as another. */
static void
test_told_once(void **state)
{
	struct buf said = {0};
	struct table *t;

	(void)state;
	files[0] = "$TTL 1x\n@ SOA a b 1 2 3 4\n@ NS a..b\nc A 192.0.2.1\n";
	files[1] = NULL;
	t = load(&said);
	assert_null(t);
	assert_string_equal(buf_text(&said),
	    "zone:1:1: error: '1x' is not a TTL of 0..2147483647 seconds\n"
	    "zone:2:17: error: a field is missing: SOA ends too early\n"
	    "zone:3:6: error: 'a..b' is not a name\n");
	buf_fini(&said);
}

/* RRsets wait for each other before they are put, which must not be seen. */
static void
test_order(void **state)
{
	struct buf said = {0};
	struct table *t;

	(void)state;
	files[0] =
	    TOP "a_b A 192.0.2.1\nc CNAME d\nc A 192.0.2.1\nd A 192.0.2\n"
	        "e_f A 192.0.2.1\ng 60 A 192.0.2.1\ng 61 A 192.0.2.2\nh_i A 192.0.2.1\n"
	        "$GENERATE 1-99 c A 192.0.2.$\n";
	t = load(&said);
	assert_null(t);
	assert_string_equal(buf_text(&said),
	    "zone:5:1: warning: a_b.example.com. is not the name of a host\n"
	    "zone:8:5: error: '192.0.2' is not an IPv4 address\n"
	    "zone:7:1: error: c.example.com.: CNAME and other data (A)\n"
	    "zone:9:1: warning: e_f.example.com. is not the name of a host\n"
	    "zone:11:1: warning: TTL 61 differs from the first record's of this name and "
	    "type; 60 is used\n"
	    "zone:12:1: warning: h_i.example.com. is not the name of a host\n"
	    "zone:13:1: error: c.example.com.: CNAME and other data (A)\n");
	buf_fini(&said);
}

/* More than wait at once; names that come again while they wait, and later. */
static void
test_many(void **state)
{
	static const char *const kinds[] = {
	    "A 192.0.2.1", "A 192.0.2.1", "AAAA ::1", "A 192.0.2.2"};
	struct buf text = {0}, said = {0}, out = {0};
	struct table *t;

	(void)state;
	buf_str(&text, TOP);
	for (unsigned i = 0; i < 4 * 200; i++)
		buf_printf(&text, "n%u.m%u %s\n", i % 200, i % 7, kinds[i / 200]);
	for (unsigned i = 0; i < 100; i++)
		buf_printf(&text, "p%u A 192.0.2.3\n", i / 3 % 2);
	files[0] = buf_text(&text);
	t = load(&said);
	assert_non_null(t);
	for (unsigned i = 0; i < 200; i++) {
		char name[32];

		for (unsigned k = 0; k < 4; k++) {
			snprintf(name, sizeof(name), "n%u.m%u", i, (200 * k + i) % 7);
			buf_clear(&out);
			write_rrset(t, name, k == 2 ? "AAAA" : "A", &out);
			assert_string_not_equal(buf_text(&out), "-");
		}
	}
	buf_clear(&out);
	write_rrset(t, "p1", "A", &out);
	assert_string_equal(buf_text(&out), "300 192.0.2.3|");
	assert_int_equal(t->rr_count, 3 + 4 * 200 + 2);
	table_free(t);
	buf_fini(&text);
	buf_fini(&said);
	buf_fini(&out);
}

static void
test_silent(void **state)
{
	struct buf said = {0};
	struct table *t;

	(void)state;
	files[0] = TOP
	    "m MX 0 .\nsub NS ns.sub\nns.sub A 192.0.2.2\n*.w A 192.0.2.2\n"
	    "@ NS x.w\na CNAME b\na RRSIG A 5 3 1 1 1 1 @ AAAA\nb POOL edge\nb MX 1 ns1\n"
	    "_spf.x A 192.0.2.1\n*.y A 192.0.2.1\nd DNAME e\n";
	t = load(&said);
	assert_non_null(t);
	assert_string_equal(buf_text(&said), "");
	table_free(t);
	buf_fini(&said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_told),
	    cmocka_unit_test(test_told_once),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
