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
	writer_name(&w, N(""));
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
	writer_name(&w, N("\3www\7example\3com"));
	EXPECT(&w, 0, "\3www\7example\3com\0");
	writer_name(&w, N("\3www\7example\3com"));
	EXPECT(&w, 17, "\xc0\0");
	writer_name(&w, N("\4mail\7EXAMPLE\3com"));
	EXPECT(&w, 19, "\4mail\xc0\4");
	/* through the pointer that ends the name before */
	writer_name(&w, N("\1a\4mail\7example\3com"));
	EXPECT(&w, 26, "\1a\xc0\x13");
	writer_name(&w, N("\4MAIL\7example\3COM"));
	EXPECT(&w, 30, "\xc0\x13");
	/* neither a longer nor a shorter label is the same */
	writer_name(&w, N("\3ail\6exampl\3com"));
	EXPECT(&w, 32, "\3ail\6exampl\xc0\xc");
	writer_name(&w, N(""));
	EXPECT(&w, 45, "\0");
	/* nothing points to the root */
	assert_int_equal(writer_name(&w, N("")), 0);
	/* octets that only look alike in another case */
	writer_init(&w, buf, sizeof(buf));
	writer_name(&w, N("\1@"));
	writer_name(&w, N("\1`"));
	EXPECT(&w, 3, "\1`\0");
	writer_name(&w, N("\1["));
	writer_name(&w, N("\1{"));
	EXPECT(&w, 9, "\1{\0");
	writer_name(&w, N("\4a@[b"));
	writer_name(&w, N("\4a`{b"));
	EXPECT(&w, 18, "\4a`{b\0");
	writer_name(&w, N("\12a@[bcdefgh"));
	writer_name(&w, N("\12a`{bcdefgh"));
	EXPECT(&w, 36, "\12a`{bcdefgh\0");
	writer_name(&w, N("\12A`{BCDEFGH"));
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
	writer_name(&w, N("\3www\2eu"));
	EXPECT(&w, 20, "\xc0\xc");
	writer_name(&w, N("\2eu"));
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
	writer_name(&w, N("\2aa\3bbb\2cc"));
	writer_name(&w, N("\1d\1e\2aa\3bbb\2cc"));
	EXPECT(&w, 11, "\1d\1e\xc0\0");
	assert_int_equal(w.name_count, 5);
	/* no suffix of a.a. ... .a.b. is one of a.a. ... .a. */
	for (unsigned i = 0; i < 120; i++)
		memcpy(many + 2 * i, "\1a", 2);
	many[240] = 0;
	writer_init(&w, buf, sizeof(buf));
	writer_name(&w, many);
	many[239] = 'b';
	writer_name(&w, many);
	assert_int_equal(w.len, 2 * 241);
	many[239] = 'a';
	writer_name(&w, many + 100);
	EXPECT(&w, 2 * 241, "\xc0\x64");
	/* of names that are too many for the table the right parts are known */
	many[1] = 'c';
	writer_name(&w, many);
	EXPECT(&w, 2 * 241 + 2, "\1c\xc0\2");
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
	writer_name(&w, N("\1a\3www\2eu"));
	EXPECT(&w, 20, "\1a\xc0\xc");
	writer_rewind(&w, &start);
	assert_int_equal(w.len, 20);
	writer_name(&w, N("\1b\1a\3www\2eu"));
	EXPECT(&w, 20, "\1b\1a\xc0\xc");
	behind = writer_mark(&w);
	writer_name(&w, N("\1c\1a\2eu"));
	EXPECT(&w, 26, "\1c\1a\xc0\x10");
	w.limit = w.len;
	writer_put16(&w, 0);
	assert_true(w.full);
	writer_rewind(&w, &behind);
	w.limit = sizeof(buf);
	writer_name(&w, N("\1a\2eu"));
	EXPECT(&w, 26, "\1a\xc0\x10");
	writer_name(&w, N("\1a\3www\2eu"));
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
	assert_int_equal(writer_name(&w, N("\1a\1b\1c")), 0xfffd);
	writer_name(&w, N("\1b\1c"));
	EXPECT(&w, 0x3ffd + 7, "\xff\xff");
	assert_int_equal(writer_name(&w, N("\1c")), 0);
	EXPECT(&w, 0x3ffd + 9, "\1c\0");
	writer_name(&w, N("\1d\1c"));
	EXPECT(&w, 0x3ffd + 12, "\1d\1c\0");
	/* 0x4000 itself is too far by one */
	writer_init(&w, buf, sizeof(buf));
	w.len = 0x3ffe;
	writer_name(&w, N("\1a\1b"));
	writer_name(&w, N("\1a\1b"));
	EXPECT(&w, 0x3ffe + 5, "\xff\xfe");
	writer_name(&w, N("\1b"));
	EXPECT(&w, 0x3ffe + 7, "\1b\0");
	/* what such a name ends in can still be pointed to where it stood first */
	writer_init(&w, buf, sizeof(buf));
	writer_name(&w, N("\1z"));
	w.len = 0x3fff;
	writer_name(&w, N("\1a\1b\1z"));
	EXPECT(&w, 0x3fff, "\1a\1b\xc0\0");
	writer_name(&w, N("\1b\1z"));
	EXPECT(&w, 0x4005, "\1b\xc0\0");
	writer_name(&w, N("\1A\1b\1z"));
	EXPECT(&w, 0x4009, "\xff\xff");
}

/* With the table full, names are still right, only longer. */
static void
test_table_full(void **state)
{
	struct writer w;
	uint8_t name[] = "\3aaa";

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	for (unsigned i = 0; i < WRITER_NAMES_MAX + 5; i++) {
		name[1] = (uint8_t)('0' + i / 100);
		name[2] = (uint8_t)('0' + i / 10 % 10);
		name[3] = (uint8_t)('0' + i % 10);
		assert_int_equal(
		    writer_name(&w, name), i < WRITER_NAMES_MAX ? 0xc000 + 5 * i : 0);
		assert_int_equal(w.len, (i + 1) * 5);
	}
	assert_int_equal(w.name_count, WRITER_NAMES_MAX);
	writer_name(&w, N("\003254"));
	EXPECT(&w, (WRITER_NAMES_MAX + 5) * 5, "\xc4\xf6");
	writer_name(&w, N("\003255"));
	EXPECT(&w, (WRITER_NAMES_MAX + 5) * 5 + 2, "\003255\0");
	writer_name(&w, N("\1b\003254"));
	EXPECT(&w, (WRITER_NAMES_MAX + 5) * 5 + 7, "\1b\xc4\xf6");
}

/* Names are looked up from the anchor on, or from the root, with the same result. */
static void
test_anchor(void **state)
{
	static const struct {
		const char *anchor;
		uint8_t len;
		unsigned depth;
		uint16_t offset;
	} anchors[] = {{"\2ab\3com", 8, 2, 16}, {"\3com", 5, 1, 19}, {"", 1, 0, 23},
	    {"\3www\2ab\3com", 12, 3, 12}, {"\2AB\3com", 8, 2, 16}, {NULL, 0, 0, 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(anchors); i++) {
		struct writer_mark start;
		struct writer w;

		writer_init(&w, buf, sizeof(buf));
		writer_put(&w, "123456789012\3wWw\2ab\3com\0", 24);
		writer_note_name(&w, 12);
		if (anchors[i].anchor != NULL)
			writer_set_anchor(&w, N(anchors[i].anchor), anchors[i].len,
			    anchors[i].depth, anchors[i].offset);
		start = writer_mark(&w);
		for (unsigned turn = 0; turn < 2; turn++) {
			struct writer_mark here;

			assert_int_equal(writer_name(&w, N("\2ab\3com")), 0xc010);
			EXPECT(&w, 24, "\xc0\x10");
			writer_name(&w, N("\2ns\2ab\3com"));
			EXPECT(&w, 26, "\2ns\xc0\x10");
			writer_name(&w, N("\1a\3WWW\2ab\3com"));
			EXPECT(&w, 31, "\1a\xc0\xc");
			here = writer_mark(&w);
			/* not below an anchor of two labels, nor that in this case */
			writer_name(&w, N("\1b\3com"));
			EXPECT(&w, 35, "\1b\xc0\x13");
			writer_name(&w, N("\2NS\2aB\3COM"));
			EXPECT(&w, 39, "\xc0\x1a");
			writer_name(&w, N("\3net"));
			EXPECT(&w, 41, "\3net\0");
			writer_rewind(&w, &here);
			writer_name(&w, N("\1c\1b\3com"));
			EXPECT(&w, 35, "\1c\1b\xc0\x13");
			writer_name(&w, N("\1x\1a\3www\2ab\3com"));
			EXPECT(&w, 41, "\1x\xc0\x1f");
			/* shorter than the anchor, or as long and not it */
			writer_name(&w, N("\3com"));
			EXPECT(&w, 45, "\xc0\x13");
			writer_name(&w, N("\2cd\3com"));
			EXPECT(&w, 47, "\2cd\xc0\x13");
			writer_name(&w, N("\3xab\3com"));
			EXPECT(&w, 52, "\3xab\xc0\x13");
			writer_rewind(&w, &start);
		}
	}
}

/* The pointer to a name is known by where its octets are. */
static void
test_known(void **state)
{
	static const uint8_t names[WRITER_KNOWN_MAX + 1][4] = {"\1a", "\1b", "\1c"};
	struct writer_mark mark;
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	assert_int_equal(writer_known(&w, names[0]), 0);
	writer_name(&w, names[0]);
	writer_name(&w, names[1]);
	assert_int_equal(writer_known(&w, names[1]), 0xc003);
	assert_int_equal(writer_known(&w, names[0]), 0xc000);
	assert_int_equal(writer_known(&w, N("\1a\0b")), 0);
	mark = writer_mark(&w);
	writer_name(&w, names[2]);
	assert_int_equal(writer_known(&w, names[2]), 0xc006);
	writer_rewind(&w, &mark);
	assert_int_equal(writer_known(&w, names[2]), 0);
	assert_int_equal(writer_known(&w, names[1]), 0xc003);
	/* what can not be pointed to is not known */
	w.len = 0x4000;
	writer_name(&w, names[2]);
	assert_int_equal(writer_known(&w, names[2]), 0);
	/* and of many the first ones are */
	writer_init(&w, buf, sizeof(buf));
	writer_name(&w, N("\1a"));
	for (unsigned i = 1; i <= WRITER_KNOWN_MAX; i++)
		writer_name(&w, names[i]);
	assert_int_equal(writer_known(&w, names[WRITER_KNOWN_MAX]), 0);
	assert_int_equal(writer_known(&w, names[1]), 0xc003);
}

/* An RR as it is stored, with an owner of its own. */
static void
test_rr_stored(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, buf, sizeof(buf));
	writer_name(&w, N("\3www\3com"));
	writer_rr_stored(&w, 0xc004, 7, N("\xc0\xc\0\xf\0\1\0\0\1\0\0\x9\0\xa\2mx\3COM"));
	EXPECT(&w, 9, "\xc0\4\0\xf\0\1\0\0\0\7\0\7\0\xa\2mx\xc0\4");
	writer_rr_stored(&w, 0xc000, 9, N("\xc0\xc\0\x1\0\1\0\0\1\0\0\4\1\2\3\4"));
	EXPECT(&w, 28, "\xc0\0\0\x1\0\1\0\0\0\x9\0\4\1\2\3\4");
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
		writer_name(&w, N("\3www\3com"));
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
		writer_name(&w, N("\3www\3com"));
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
		writer_name(&w, N("\2ns\3net"));
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
	    cmocka_unit_test(test_anchor),
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_rr),
	    cmocka_unit_test(test_rr_stored),
	    cmocka_unit_test(test_rr_rolls_back),
	    cmocka_unit_test(test_rdata_check),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
