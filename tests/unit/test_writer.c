/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "dns/writer.h"

/* A name from a literal. */
#define N(s) ((const uint8_t *)(s))

static uint8_t buf[DNS_MESSAGE_MAX];

static void
expect(const struct writer *w, size_t from, const char *octets, size_t len)
{
	assert_false(w->full);
	assert_int_equal(w->len - from, len);
	assert_memory_equal(w->buf + from, octets, len);
}

#define EXPECT(w, from, octets) expect(w, from, octets, sizeof(octets) - 1)

static void
test_put(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, buf, 9);
	writer_put(&w, "abc", 3);
	writer_put16(&w, 0x0102);
	writer_put32(&w, 0x03040506);
	EXPECT(&w, 0, "abc\1\2\3\4\5\6");
	writer_put(&w, "", 0);
	assert_false(w.full);
	writer_put(&w, "d", 1);
	assert_true(w.full);
	assert_int_equal(w.len, 9);
}

/* Once full, nothing more is written, even if it would fit. */
static void
test_full_is_sticky(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, buf, 3);
	writer_put32(&w, 1);
	assert_true(w.full);
	writer_put16(&w, 1);
	writer_put(&w, "a", 1);
	writer_name(&w, N(""), true);
	assert_int_equal(w.len, 0);
	/* and a limit below what is there is full, not a huge room */
	writer_init(&w, buf, 10);
	writer_put32(&w, 1);
	w.limit = 2;
	writer_put16(&w, 1);
	assert_true(w.full);
	assert_int_equal(w.len, 4);
}

static void
test_name(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	writer_name(&w, N("\3www\7example\3com"), true);
	EXPECT(&w, 0, "\3www\7example\3com\0");
	writer_name(&w, N("\3www\7example\3com"), true);
	EXPECT(&w, 17, "\xc0\0");
	writer_name(&w, N("\4mail\7EXAMPLE\3com"), true);
	EXPECT(&w, 19, "\4mail\xc0\4");
	/* through the pointer that ends the name before */
	writer_name(&w, N("\1a\4mail\7example\3com"), true);
	EXPECT(&w, 26, "\1a\xc0\x13");
	writer_name(&w, N("\4MAIL\7example\3COM"), true);
	EXPECT(&w, 30, "\xc0\x13");
	/* neither a longer nor a shorter label is the same */
	writer_name(&w, N("\3ail\6exampl\3com"), true);
	EXPECT(&w, 32, "\3ail\6exampl\xc0\xc");
	writer_name(&w, N(""), true);
	EXPECT(&w, 45, "\0");
	writer_name(&w, N("\3com"), false);
	EXPECT(&w, 46, "\3com\0");
	/* octets that only look alike in another case */
	writer_init(&w, buf, sizeof(buf));
	writer_name(&w, N("\1@"), true);
	writer_name(&w, N("\1`"), true);
	EXPECT(&w, 3, "\1`\0");
	writer_name(&w, N("\1["), true);
	writer_name(&w, N("\1{"), true);
	EXPECT(&w, 9, "\1{\0");
	writer_name(&w, N("\4a@[b"), true);
	writer_name(&w, N("\4a`{b"), true);
	EXPECT(&w, 18, "\4a`{b\0");
	writer_name(&w, N("\12a@[bcdefgh"), true);
	writer_name(&w, N("\12a`{bcdefgh"), true);
	EXPECT(&w, 36, "\12a`{bcdefgh\0");
	writer_name(&w, N("\12A`{BCDEFGH"), true);
	EXPECT(&w, 48, "\xc0\x24");
}

static void
test_note_name(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	writer_put(&w, "123456789012\3wWw\2eU", 20);
	writer_note_name(&w, 12);
	writer_name(&w, N("\3www\2eu"), true);
	EXPECT(&w, 20, "\xc0\xc");
	writer_name(&w, N("\2eu"), true);
	EXPECT(&w, 22, "\xc0\x10");
}

/* Names that are alike but for their end, and names of many labels. */
static void
test_alike(void **state)
{
	uint8_t many[DNS_NAME_MAX];
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	writer_name(&w, N("\2aa\3bbb\2cc"), true);
	writer_name(&w, N("\1d\1e\2aa\3bbb\2cc"), true);
	EXPECT(&w, 11, "\1d\1e\xc0\0");
	assert_int_equal(w.name_count, 5);
	/* no suffix of a.a. ... .a.b. is one of a.a. ... .a. */
	for (unsigned i = 0; i < 120; i++)
		memcpy(many + 2 * i, "\1a", 2);
	many[240] = 0;
	writer_init(&w, buf, sizeof(buf));
	writer_name(&w, many, true);
	many[239] = 'b';
	writer_name(&w, many, true);
	assert_int_equal(w.len, 2 * 241);
	many[239] = 'a';
	writer_name(&w, many + 100, true);
	EXPECT(&w, 2 * 241, "\xc0\x64");
	/* a suffix that fell out of the full table is not pointed to */
	writer_name(&w, many + 130, true);
	assert_int_equal(w.len, 2 * 241 + 2 + 111);
}

/* What is taken back can not be pointed to any more; what stood before it can. */
static void
test_rewind(void **state)
{
	struct writer_mark start, behind;
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	writer_put(&w, "123456789012\3www\2eu", 20);
	writer_note_name(&w, 12);
	start = writer_mark(&w);
	writer_name(&w, N("\1a\3www\2eu"), true);
	EXPECT(&w, 20, "\1a\xc0\xc");
	writer_rewind(&w, &start);
	assert_int_equal(w.len, 20);
	writer_name(&w, N("\1b\1a\3www\2eu"), true);
	EXPECT(&w, 20, "\1b\1a\xc0\xc");
	behind = writer_mark(&w);
	writer_name(&w, N("\1c\1a\2eu"), true);
	EXPECT(&w, 26, "\1c\1a\xc0\x10");
	w.limit = w.len;
	writer_put16(&w, 0);
	assert_true(w.full);
	writer_rewind(&w, &behind);
	w.limit = sizeof(buf);
	writer_name(&w, N("\1a\2eu"), true);
	EXPECT(&w, 26, "\1a\xc0\x10");
	writer_name(&w, N("\1a\3www\2eu"), true);
	EXPECT(&w, 30, "\xc0\x16");
}

/* An offset has fourteen bits: names behind 0x3fff are written but never pointed to. */
static void
test_offset_limit(void **state)
{
	struct writer w;

	(void)state;
	memset(buf, 0, sizeof(buf));
	writer_init(&w, buf, sizeof(buf));
	w.len = 0x3ffd;
	/* label a at 0x3ffd may be pointed to, label b at 0x3fff too, label c may not */
	writer_name(&w, N("\1a\1b\1c"), true);
	assert_int_equal(w.name_count, 2);
	writer_name(&w, N("\1b\1c"), true);
	EXPECT(&w, 0x3ffd + 7, "\xff\xff");
	writer_name(&w, N("\1c"), true);
	EXPECT(&w, 0x3ffd + 9, "\1c\0");
	assert_int_equal(w.name_count, 2);
	/* 0x4000 itself is too far by one */
	writer_init(&w, buf, sizeof(buf));
	w.len = 0x3ffe;
	writer_name(&w, N("\1a\1b"), true);
	assert_int_equal(w.name_count, 1);
}

/* With the table full, names are still right, only longer. */
static void
test_table_full(void **state)
{
	struct writer w;
	uint8_t name[] = "\2aa";

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	for (unsigned i = 0; i < WRITER_NAMES_MAX + 5; i++) {
		name[1] = (uint8_t)('0' + i / 10);
		name[2] = (uint8_t)('0' + i % 10);
		writer_name(&w, name, true);
		assert_int_equal(w.len, (i + 1) * 4);
	}
	assert_int_equal(w.name_count, WRITER_NAMES_MAX);
	writer_name(&w, N("\00263"), true);
	EXPECT(&w, (WRITER_NAMES_MAX + 5) * 4, "\xc0\xfc");
	writer_name(&w, N("\00264"), true);
	EXPECT(&w, (WRITER_NAMES_MAX + 5) * 4 + 2, "\00264\0");
}

/* RDATA as it is stored and as it is sent, behind the owner \3www\3com at 0. */
static const struct {
	uint16_t type;
	bool has_names;
	const char *rdata;
	size_t rdata_len;
	const char *sent;
	size_t sent_len;
} rows[] = {
#define ROW(type, has_names, rdata, sent) \
	{ \
		type, has_names, rdata, sizeof(rdata) - 1, sent, sizeof(sent) - 1 \
	}
    ROW(TYPE_A, false, "\1\2\3\4", "\1\2\3\4"),
    ROW(TYPE_NS, true, "\2ns\3com\0", "\2ns\xc0\4"),
    ROW(TYPE_NS, true, "\0", "\0"),
    ROW(TYPE_MD, true, "\2ns\3com\0", "\2ns\xc0\4"),
    ROW(TYPE_MF, true, "\2ns\3com\0", "\2ns\xc0\4"),
    ROW(TYPE_CNAME, true, "\3WWW\3com\0", "\xc0\0"),
    ROW(TYPE_SOA, true, "\2ns\3com\0\1h\2ns\3com\0abcdefghijklmnopqrst",
        "\2ns\xc0\4\1h\xc0\x15"
        "abcdefghijklmnopqrst"),
    ROW(TYPE_MB, true, "\2ns\3com\0", "\2ns\xc0\4"),
    ROW(TYPE_MG, true, "\2ns\3com\0", "\2ns\xc0\4"),
    ROW(TYPE_MR, true, "\2ns\3com\0", "\2ns\xc0\4"),
    ROW(TYPE_PTR, true, "\2ns\3com\0", "\2ns\xc0\4"),
    ROW(TYPE_MINFO, true, "\1a\3com\0\1b\3com\0", "\1a\xc0\4\1b\xc0\4"),
    ROW(TYPE_MX, true, "\0\xa\2mx\3com\0", "\0\xa\2mx\xc0\4"),
    /* later types: RFC 3597 4 */
    ROW(TYPE_SRV, false, "\0\1\0\2\0\3\3www\3com\0", "\0\1\0\2\0\3\3www\3com\0"),
    ROW(TYPE_DNAME, false, "\3www\3com\0", "\3www\3com\0"),
    ROW(TYPE_RP, false, "\3www\3com\0\0", "\3www\3com\0\0"),
    ROW(TYPE_AFSDB, false, "\0\1\3www\3com\0", "\0\1\3www\3com\0"),
    ROW(TYPE_KX, false, "\0\1\3www\3com\0", "\0\1\3www\3com\0"),
    ROW(TYPE_TXT, false, "\3www\3com", "\3www\3com"),
    ROW(65280, false, "", ""),
};

static void
test_rr(void **state)
{
	struct writer w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint16_t rdata_len = (uint16_t)rows[i].rdata_len;
		const uint8_t *rdata = (const uint8_t *)rows[i].rdata;

		assert_int_equal(rdata_has_names(rows[i].type), rows[i].has_names);
		assert_true(rdata_check(rows[i].type, rdata, rdata_len));
		writer_init(&w, buf, sizeof(buf));
		writer_name(&w, N("\3www\3com"), true);
		writer_rr(
		    &w, N("\3www\3com"), rows[i].type, 0x01020304, rdata, rdata_len);
		assert_false(w.full);
		assert_memory_equal(buf + 9, "\xc0\0", 2);
		assert_int_equal(wire_get16(buf + 11), rows[i].type);
		assert_int_equal(wire_get16(buf + 13), CLASS_IN);
		assert_int_equal(wire_get32(buf + 15), 0x01020304);
		assert_int_equal(wire_get16(buf + 19), rows[i].sent_len);
		expect(&w, 21, rows[i].sent, rows[i].sent_len);
	}
}

/* Whatever the room, an RR is there whole or not at all, and so are its names. */
static void
test_rr_rolls_back(void **state)
{
	static const uint8_t soa[] = "\2ns\3net\0\1h\3org\0abcdefghijklmnopqrst";
	enum { BEFORE = 9, RR = 1 + 3 + 2 + DNS_RR_FIXED_LEN + 8 + 7 + 20 };
	struct writer w;

	(void)state;
	for (size_t room = 0; room <= RR; room++) {
		memset(buf, 0xee, 200);
		writer_init(&w, buf, BEFORE + room);
		writer_name(&w, N("\3www\3com"), true);
		writer_rr(&w, N("\3new\3com"), TYPE_SOA, 1, soa, sizeof(soa) - 1);
		assert_int_equal(buf[BEFORE + room], 0xee);
		assert_int_equal(w.full, room < RR);
		if (room == RR) {
			assert_int_equal(w.len, BEFORE + RR);
			assert_int_equal(w.name_count, 2 + 1 + 2 + 2);
			continue;
		}
		assert_int_equal(w.len, BEFORE);
		assert_int_equal(w.name_count, 2);
		/* a name written in that place must not point into what was there */
		w.full = false;
		w.limit = sizeof(buf);
		writer_name(&w, N("\2ns\3net"), true);
		EXPECT(&w, BEFORE, "\2ns\3net\0");
	}
}

static void
test_rdata_check(void **state)
{
	static const struct {
		uint16_t type;
		const char *rdata;
		size_t len;
	} wrong[] = {
	    {TYPE_NS, "", 0},
	    {TYPE_NS, "\3www", 4},
	    {TYPE_NS, "\3www\0x", 6},
	    {TYPE_NS, "\xc0\0", 2},
	    {TYPE_MX, "\0", 1},
	    {TYPE_MX, "\0\1", 2},
	    {TYPE_MX, "\0\1\1a\0x", 6},
	    {TYPE_MINFO, "\1a\0", 3},
	    {TYPE_SOA, "\0\0abcdefghijklmnopqrs", 21},
	    {TYPE_SOA, "\0\0abcdefghijklmnopqrstu", 23},
	    {TYPE_SOA, "\0", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(rdata_check(
		    wrong[i].type, (const uint8_t *)wrong[i].rdata, wrong[i].len));
	assert_true(
	    rdata_check(TYPE_SOA, (const uint8_t *)"\0\0abcdefghijklmnopqrst", 22));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_put),
	    cmocka_unit_test(test_full_is_sticky),
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_note_name),
	    cmocka_unit_test(test_alike),
	    cmocka_unit_test(test_rewind),
	    cmocka_unit_test(test_offset_limit),
	    cmocka_unit_test(test_table_full),
	    cmocka_unit_test(test_rr),
	    cmocka_unit_test(test_rr_rolls_back),
	    cmocka_unit_test(test_rdata_check),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
