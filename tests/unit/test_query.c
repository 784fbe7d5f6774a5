/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>

#include "dns/query.h"
#include "dns/wire.h"

/* Pieces of packets. HEAD: id 0x1234 and RD, then the four counts. */
#define HEAD(qd, an, ns, ar) "\x12\x34\x01\0\0" qd "\0" an "\0" ns "\0" ar
#define ONE HEAD("\1", "\0", "\0", "\0")
#define ONE_OPT HEAD("\1", "\0", "\0", "\1")
#define QUESTION "\3wWw\2eU\0\0\1\0\1"
#define OPT(size, version, flags, rdlen) "\0\0\x29" size "\0" version flags "\0" rdlen
#define PLAIN_OPT OPT("\4\xd0", "\0", "\0\0", "\0")
/* An OPT with one option. */
#define OPTION(rdlen, code, len) OPT("\4\xd0", "\0", "\0\0", rdlen) "\0" code "\0" len
#define ECS(rdlen, len, family, source, scope) \
	OPTION(rdlen, "\x8", len) "\0" family source scope

struct row {
	const char *what;
	const char *packet;
	size_t len;
	enum query_outcome outcome;
	uint16_t question_len;
	bool has_edns;
};

#define ROW(what, packet, outcome, question_len, has_edns) \
	{ \
		what, packet, sizeof(packet) - 1, outcome, question_len, has_edns \
	}

static const struct row rows[] = {
    ROW("nothing", "", QUERY_DROP, 0, false),
    ROW("eleven octets", "\x12\x34\1\0\0\1\0\0\0\0\0", QUERY_DROP, 0, false),
    ROW("a response", "\x12\x34\x81\0\0\1\0\0\0\0\0\0" QUESTION, QUERY_DROP, 0, false),
    ROW("plain", ONE QUESTION, QUERY_ANSWER, 12, false),
    ROW("root", ONE "\0\0\2\0\1", QUERY_ANSWER, 5, false),

    ROW("notify", "\x12\x34\x20\0\0\1\0\0\0\0\0\0" QUESTION, QUERY_NOTIMP, 12, false),
    ROW("notify with OPT", "\x12\x34\x20\0\0\1\0\0\0\0\0\1" QUESTION PLAIN_OPT,
        QUERY_NOTIMP, 12, true),
    ROW("update without a question", "\x12\x34\x28\0\0\0\0\0\0\0\0\0", QUERY_NOTIMP, 0,
        false),
    ROW("unknown opcode, cut question", "\x12\x34\x78\0\0\1\0\0\0\0\0\0\3ww",
        QUERY_NOTIMP, 0, false),

    ROW("no question", HEAD("\0", "\0", "\0", "\0"), QUERY_FORMERR, 0, false),
    ROW("two questions", HEAD("\2", "\0", "\0", "\0") QUESTION QUESTION, QUERY_FORMERR, 0,
        false),
    ROW("no question, OPT", HEAD("\0", "\0", "\0", "\1") PLAIN_OPT, QUERY_FORMERR, 0,
        true),
    ROW("no question, NSID", HEAD("\0", "\0", "\0", "\1") OPTION("\4", "\3", "\0"),
        QUERY_FORMERR, 0, true),
    ROW("no question, a cookie",
        HEAD("\0", "\0", "\0", "\1") OPTION("\xc", "\xa", "\x8") "clientid", QUERY_COOKIE,
        0, true),
    ROW("no question, a cookie, octets behind",
        HEAD("\0", "\0", "\0", "\1") OPTION("\xc", "\xa", "\x8") "clientidx",
        QUERY_FORMERR, 0, true),
    ROW("no question, version 1",
        HEAD("\0", "\0", "\0", "\1") OPT("\4\xd0", "\1", "\0\0", "\0"), QUERY_BADVERS, 0,
        true),
    ROW("two questions, a cookie",
        HEAD("\2", "\0", "\0", "\1")
            QUESTION QUESTION OPTION("\xc", "\xa", "\x8") "clientid",
        QUERY_FORMERR, 0, false),
    ROW("header alone", ONE, QUERY_FORMERR, 0, false),
    ROW("name cut", ONE "\3ww", QUERY_FORMERR, 0, false),
    ROW("name without end", ONE "\3www", QUERY_FORMERR, 0, false),
    ROW("class cut", ONE "\3www\0\0\1\0", QUERY_FORMERR, 0, false),
    ROW("pointer to itself", ONE "\xc0\x0c\0\1\0\1", QUERY_FORMERR, 0, false),
    ROW("pointer behind a label", ONE "\3www\xc0\x0c\0\1\0\1", QUERY_FORMERR, 0, false),
    ROW("label type 01", ONE "\x41x\0\0\1\0\1", QUERY_FORMERR, 0, false),
    ROW("label type 10", ONE "\x81x\0\0\1\0\1", QUERY_FORMERR, 0, false),
    ROW("octets behind", ONE QUESTION "\0", QUERY_FORMERR, 12, false),

    ROW("OPT", ONE_OPT QUESTION PLAIN_OPT, QUERY_ANSWER, 12, true),
    ROW("OPT counted but missing", ONE_OPT QUESTION, QUERY_FORMERR, 12, false),
    ROW("OPT cut", ONE_OPT QUESTION "\0\0\x29\4\xd0\0\0\0\0\0", QUERY_FORMERR, 12, false),
    ROW("OPT data cut", ONE_OPT QUESTION OPT("\4\xd0", "\0", "\0\0", "\4") "\0\3\0",
        QUERY_FORMERR, 12, false),
    ROW("octets behind OPT", ONE_OPT QUESTION PLAIN_OPT "x", QUERY_FORMERR, 12, true),
    ROW("OPT of another owner", ONE_OPT QUESTION "\1a" PLAIN_OPT, QUERY_FORMERR, 12,
        false),
    ROW("OPT with a pointer as owner",
        ONE_OPT QUESTION "\xc0\x13\0\x29\4\xd0\0\0\0\0\0\0", QUERY_FORMERR, 12, false),
    ROW("two OPT", HEAD("\1", "\0", "\0", "\2") QUESTION PLAIN_OPT PLAIN_OPT,
        QUERY_FORMERR, 12, true),
    ROW("OPT in the answer section", HEAD("\1", "\1", "\0", "\0") QUESTION PLAIN_OPT,
        QUERY_FORMERR, 12, false),
    ROW("OPT in the authority section", HEAD("\1", "\0", "\1", "\0") QUESTION PLAIN_OPT,
        QUERY_FORMERR, 12, false),
    ROW("version 1", ONE_OPT QUESTION OPT("\4\xd0", "\1", "\0\0", "\0"), QUERY_BADVERS,
        12, true),
    ROW("version 1 with options of its own",
        ONE_OPT QUESTION OPT("\4\xd0", "\1", "\0\0", "\2") "zz", QUERY_BADVERS, 12, true),
    ROW("version 1 and octets behind",
        ONE_OPT QUESTION OPT("\4\xd0", "\1", "\0\0", "\0") "x", QUERY_FORMERR, 12, true),
    ROW("version 1, then a second OPT",
        HEAD("\1", "\0", "\0", "\2") QUESTION OPT("\4\xd0", "\1", "\0\0", "\0") PLAIN_OPT,
        QUERY_FORMERR, 12, true),

    ROW("unknown option", ONE_OPT QUESTION OPTION("\6", "\x63", "\2") "zz", QUERY_ANSWER,
        12, true),
    ROW("option header cut", ONE_OPT QUESTION OPT("\4\xd0", "\0", "\0\0", "\3") "\0\3\0",
        QUERY_FORMERR, 12, true),
    ROW("option longer than the record", ONE_OPT QUESTION OPTION("\5", "\x63", "\2") "z",
        QUERY_FORMERR, 12, true),
    ROW("option shorter than the record",
        ONE_OPT QUESTION OPTION("\6", "\x63", "\1") "zz", QUERY_FORMERR, 12, true),

    ROW("ECS IPv4", ONE_OPT QUESTION ECS("\xb", "\7", "\1", "\x18", "\0") "\xc0\0\2",
        QUERY_ANSWER, 12, true),
    ROW("ECS IPv4 /0", ONE_OPT QUESTION ECS("\x8", "\4", "\1", "\0", "\0"), QUERY_ANSWER,
        12, true),
    ROW("ECS family 0", ONE_OPT QUESTION ECS("\x8", "\4", "\0", "\0", "\0"), QUERY_ANSWER,
        12, true),
    ROW("ECS family 0 with an address",
        ONE_OPT QUESTION ECS("\x9", "\5", "\0", "\x8", "\0") "\xa", QUERY_FORMERR, 12,
        true),
    ROW("ECS family 3", ONE_OPT QUESTION ECS("\x8", "\4", "\3", "\0", "\0"),
        QUERY_FORMERR, 12, true),
    ROW("ECS family 257", ONE_OPT QUESTION OPTION("\x8", "\x8", "\4") "\1\1\0\0",
        QUERY_FORMERR, 12, true),
    ROW("ECS empty", ONE_OPT QUESTION OPTION("\4", "\x8", "\0"), QUERY_FORMERR, 12, true),
    ROW("ECS three octets", ONE_OPT QUESTION OPTION("\7", "\x8", "\3") "\0\1\0",
        QUERY_FORMERR, 12, true),
    ROW("ECS scope in a query",
        ONE_OPT QUESTION ECS("\xb", "\7", "\1", "\x18", "\x18") "\xc0\0\2", QUERY_FORMERR,
        12, true),
    ROW("ECS IPv4 /33",
        ONE_OPT QUESTION ECS("\xd", "\x9", "\1", "\x21", "\0") "\xc0\0\2\0\0",
        QUERY_FORMERR, 12, true),
    ROW("ECS address short",
        ONE_OPT QUESTION ECS("\xa", "\6", "\1", "\x18", "\0") "\xc0\0", QUERY_FORMERR, 12,
        true),
    ROW("ECS address long",
        ONE_OPT QUESTION ECS("\xc", "\x8", "\1", "\x18", "\0") "\xc0\0\2\0",
        QUERY_FORMERR, 12, true),
    ROW("ECS bit beyond the prefix",
        ONE_OPT QUESTION ECS("\xb", "\7", "\1", "\x17", "\0") "\xc0\0\3", QUERY_FORMERR,
        12, true),
    ROW("ECS last bit of the prefix",
        ONE_OPT QUESTION ECS("\xb", "\7", "\1", "\x17", "\0") "\xc0\0\2", QUERY_ANSWER,
        12, true),
    ROW("ECS twice",
        ONE_OPT QUESTION OPT("\4\xd0", "\0", "\0\0", "\x10") "\0\x8\0\4\0\1\0\0"
                                                             "\0\x8\0\4\0\1\0\0",
        QUERY_FORMERR, 12, true),

    /* RFC 7873 4: 8 octets of the client, none or 8 to 32 of a server */
    ROW("cookie of 0", ONE_OPT QUESTION OPTION("\4", "\xa", "\0"), QUERY_FORMERR, 12,
        true),
    ROW("cookie of 7", ONE_OPT QUESTION OPTION("\xb", "\xa", "\7") "clienti",
        QUERY_FORMERR, 12, true),
    ROW("cookie of 8", ONE_OPT QUESTION OPTION("\xc", "\xa", "\x8") "clientid",
        QUERY_ANSWER, 12, true),
    ROW("cookie of 9", ONE_OPT QUESTION OPTION("\xd", "\xa", "\x9") "clientids",
        QUERY_FORMERR, 12, true),
    ROW("cookie of 15", ONE_OPT QUESTION OPTION("\x13", "\xa", "\xf") "clientidserverp",
        QUERY_FORMERR, 12, true),
    ROW("cookie of 16", ONE_OPT QUESTION OPTION("\x14", "\xa", "\x10") "clientidserverpa",
        QUERY_ANSWER, 12, true),
    ROW("cookie of 40",
        ONE_OPT QUESTION OPTION("\x2c", "\xa", "\x28") "clientid"
                                                       "serverpaserverpaserverpaserverpa",
        QUERY_ANSWER, 12, true),
    ROW("cookie of 41",
        ONE_OPT QUESTION OPTION(
            "\x2d", "\xa", "\x29") "clientid"
                                   "serverpaserverpaserverpaserverpas",
        QUERY_FORMERR, 12, true),
    ROW("a second cookie of 1",
        ONE_OPT QUESTION OPT("\4\xd0", "\0", "\0\0", "\x11") "\0\xa\0\x8"
                                                             "clientid\0\xa\0\1x",
        QUERY_FORMERR, 12, true),
    ROW("NSID with something in it", ONE_OPT QUESTION OPTION("\6", "\3", "\2") "zz",
        QUERY_ANSWER, 12, true),
    ROW("keepalive with something in it",
        ONE_OPT QUESTION OPTION("\6", "\xb", "\2") "\0\1", QUERY_ANSWER, 12, true),
    ROW("padding", ONE_OPT QUESTION OPTION("\6", "\xc", "\2") "zz", QUERY_ANSWER, 12,
        true),

    ROW("IXFR with a compressed SOA",
        HEAD("\1", "\0", "\1", "\0") QUESTION
        "\xc0\x0c\0\6\0\1\0\0\0\0\0\x18\xc0\x0c\xc0\x0c"
        "\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        QUERY_ANSWER, 12, false),
    ROW("pointer loop in authority is not followed",
        HEAD("\1", "\0", "\1", "\0") QUESTION "\xc0\x18\0\6\0\1\0\0\0\0\0\0",
        QUERY_ANSWER, 12, false),
    ROW("label and pointer",
        HEAD("\1", "\1", "\0", "\0") QUESTION "\1a\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4",
        QUERY_ANSWER, 12, false),
    ROW("pointer cut", HEAD("\1", "\1", "\0", "\0") QUESTION "\1a\xc0", QUERY_FORMERR, 12,
        false),
    ROW("owner cut", HEAD("\1", "\1", "\0", "\0") QUESTION "\5a", QUERY_FORMERR, 12,
        false),
    ROW("owner with label type 01",
        HEAD("\1", "\1", "\0", "\0") QUESTION "\x41z\0\0\1\0\1\0\0\0\0\0\0",
        QUERY_FORMERR, 12, false),
    ROW("record data cut",
        HEAD("\1", "\1", "\0", "\0") QUESTION "\0\0\1\0\1\0\0\0\0\0\4\1\2\3",
        QUERY_FORMERR, 12, false),
    ROW("OPT, then TSIG",
        HEAD("\1", "\0", "\0", "\2") QUESTION PLAIN_OPT
        "\3key\0\0\xfa\0\xff\0\0\0\0\0\3mac",
        QUERY_ANSWER, 12, true),
    ROW("a record, then OPT",
        HEAD("\1", "\0", "\0", "\2") QUESTION "\3key\0\0\x10\0\1\0\0\0\0\0\1\0" PLAIN_OPT,
        QUERY_ANSWER, 12, true),
    ROW("65535 records claimed", "\x12\x34\x01\0\0\1\xff\xff\xff\xff\xff\xff" QUESTION,
        QUERY_FORMERR, 12, false),
};

/* The packet in memory of exactly its size, so that a read behind it is caught. */
static enum query_outcome
parse(const char *packet, size_t len, struct query *q)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);
	enum query_outcome outcome;

	assert_non_null(copy);
	memcpy(copy, packet, len);
	memset(q, 0xee, sizeof(*q));
	outcome = query_parse(copy, len, q);
	free(copy);
	return outcome;
}

static void
test_outcomes(void **state)
{
	struct query q;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum query_outcome outcome = parse(rows[i].packet, rows[i].len, &q);

		if (outcome != rows[i].outcome)
			print_error("row \"%s\"\n", rows[i].what);
		assert_int_equal(outcome, rows[i].outcome);
		if (outcome == QUERY_DROP)
			continue;
		if (q.question_len != rows[i].question_len ||
		    q.has_edns != rows[i].has_edns)
			print_error("row \"%s\"\n", rows[i].what);
		assert_int_equal(q.id, 0x1234);
		assert_int_equal(q.question_len, rows[i].question_len);
		assert_int_equal(q.has_edns, rows[i].has_edns);
	}
}

/* What parses as a whole does not when cut anywhere. */
static void
test_every_cut(void **state)
{
	struct query q;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].outcome != QUERY_ANSWER)
			continue;
		for (size_t len = 0; len < rows[i].len; len++)
			assert_int_equal(parse(rows[i].packet, len, &q),
			    len < DNS_HEADER_LEN ? QUERY_DROP : QUERY_FORMERR);
	}
}

static void
test_fields(void **state)
{
	static const char packet[] =
	    "\xab\xcd\x01\x30\0\1\0\0\0\0\0\1"
	    "\3wWw\2eU\0\0\x1c\0\3" OPT("\x10\0", "\0", "\x80\0", "\4") "\0\3\0";
	struct query q;

	(void)state;
	assert_int_equal(parse(packet, sizeof(packet), &q), QUERY_ANSWER);
	assert_int_equal(q.id, 0xabcd);
	assert_int_equal(q.flags, 0x0130);
	assert_int_equal(q.opcode, OPCODE_QUERY);
	assert_int_equal(q.qtype, TYPE_AAAA);
	assert_int_equal(q.qclass, CLASS_CH);
	assert_int_equal(q.question_len, 12);
	assert_true(q.dnssec_ok);
	assert_true(q.wants_nsid);
	assert_int_equal(q.udp_size, 4096);
	assert_false(q.ecs.present);
	assert_int_equal(q.qname.len, 8);
	assert_int_equal(q.qname.label_count, 2);
	assert_memory_equal(q.qname.bytes, "\3www\2eu", 8);

	assert_int_equal(parse(ONE QUESTION, sizeof(ONE QUESTION) - 1, &q), QUERY_ANSWER);
	assert_false(q.dnssec_ok);
	assert_false(q.wants_nsid);
	assert_false(q.ecs.present);
	assert_int_equal(q.udp_size, 512);
}

/* What each option sets, and nothing else. */
static void
test_options(void **state)
{
	static const struct {
		const char *packet;
		size_t len;
		bool any, nsid, padding, keepalive, filled;
		uint8_t cookie_len;
	} options[] = {
#define ASKED(p) ONE_OPT QUESTION p, sizeof(ONE_OPT QUESTION p) - 1
	    {ASKED(PLAIN_OPT), false, false, false, false, false, 0},
	    {ASKED(OPTION("\4", "\x63", "\0")), false, false, false, false, false, 0},
	    {ASKED(OPTION("\4", "\3", "\0")), true, true, false, false, false, 0},
	    {ASKED(OPTION("\4", "\xc", "\0")), true, false, true, false, false, 0},
	    {ASKED(OPTION("\4", "\xb", "\0")), true, false, false, true, false, 0},
	    {ASKED(OPTION("\5", "\xb", "\1") "x"), true, false, false, true, true, 0},
	    {ASKED(OPTION("\xc", "\xa", "\x8") "clientid"), true, false, false, false,
	        false, 8},
	    {ASKED(ECS("\x8", "\4", "\1", "\0", "\0")), true, false, false, false, false,
	        0},
	    /* the first of two cookies counts */
	    {ASKED(OPT("\4\xd0", "\0", "\0\0", "\x20") "\0\xa\0\x8"
	                                               "clientid\0\xa\0\x10"
	                                               "CLIENTIDSERVERID"),
	        true, false, false, false, false, 8},
#undef ASKED
	};

	(void)state;
	for (size_t i = 0; i < COUNT(options); i++) {
		struct query q;

		memset(&q, 0xee, sizeof(q));
		assert_int_equal(
		    query_parse((const uint8_t *)options[i].packet, options[i].len, &q),
		    QUERY_ANSWER);
		assert_int_equal(q.has_options, options[i].any);
		assert_int_equal(q.wants_nsid, options[i].nsid);
		assert_int_equal(q.wants_padding, options[i].padding);
		assert_int_equal(q.wants_keepalive, options[i].keepalive);
		assert_int_equal(q.is_keepalive_filled, options[i].filled);
		assert_int_equal(q.cookie_len, options[i].cookie_len);
		if (q.cookie_len != 0)
			assert_memory_equal(q.cookie, "clientid", 8);
	}
}

static void
test_udp_size(void **state)
{
	static const struct {
		uint16_t sent;
		uint16_t taken;
	} sizes[] = {{0, 512}, {511, 512}, {512, 512}, {513, 513}, {65535, 65535}};
	char packet[] = ONE_OPT QUESTION PLAIN_OPT;
	struct query q;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		wire_put16((uint8_t *)packet + 12 + 12 + 3, sizes[i].sent);
		assert_int_equal(parse(packet, sizeof(packet) - 1, &q), QUERY_ANSWER);
		assert_int_equal(q.udp_size, sizes[i].taken);
	}
}

static void
test_ecs(void **state)
{
	static const struct {
		const char *packet;
		size_t len;
		uint16_t family;
		uint8_t source_len;
		uint8_t octets;
		struct ip ip;
	} ecs[] = {
#define PACKET(p) ONE_OPT QUESTION p, sizeof(ONE_OPT QUESTION p) - 1
	    {PACKET(ECS("\xb", "\7", "\1", "\x18", "\0") "\xc6\x33\x64"), 1, 24, 3,
	        {4, {198, 51, 100}}},
	    {PACKET(ECS("\xc", "\x8", "\1", "\x20", "\0") "\xc6\x33\x64\7"), 1, 32, 4,
	        {4, {198, 51, 100, 7}}},
	    {PACKET(ECS("\x9", "\5", "\1", "\1", "\0") "\x80"), 1, 1, 1, {4, {128}}},
	    {PACKET(ECS("\xf", "\xb", "\2", "\x38", "\0") "\x20\1\xd\xb8\0\1\2"), 2, 56,
	        7, {6, {0x20, 1, 0xd, 0xb8, 0, 1, 2}}},
	    {PACKET(ECS("\x18", "\x14", "\2", "\x80", "\0") "0123456789abcdef"), 2, 128,
	        16, {6, "0123456789abcdef"}},
	    {PACKET(ECS("\x8", "\4", "\1", "\0", "\0")), 1, 0, 0, {0, {0}}},
	    {PACKET(ECS("\x8", "\4", "\2", "\0", "\0")), 2, 0, 0, {0, {0}}},
	    {PACKET(ECS("\x8", "\4", "\0", "\0", "\0")), 0, 0, 0, {0, {0}}},
	};
	struct query q;

	(void)state;
	for (size_t i = 0; i < COUNT(ecs); i++) {
		assert_int_equal(parse(ecs[i].packet, ecs[i].len, &q), QUERY_ANSWER);
		assert_true(q.ecs.present);
		assert_int_equal(q.ecs.family, ecs[i].family);
		assert_int_equal(q.ecs.source_len, ecs[i].source_len);
		assert_int_equal(q.ecs.octets, ecs[i].octets);
		assert_int_equal(q.ecs.ip.family, ecs[i].ip.family);
		assert_memory_equal(q.ecs.ip.bytes, ecs[i].ip.bytes, 16);
	}
}

/* 255 octets are a name; a label more is not. */
static void
test_longest_name(void **state)
{
	char packet[300] = ONE;
	struct query q;
	size_t len = DNS_HEADER_LEN + 254;

	(void)state;
	for (size_t i = DNS_HEADER_LEN; i < len; i++)
		packet[i] = (i - DNS_HEADER_LEN) % 2 == 0 ? 1 : 'a';
	memcpy(packet + len, "\0\0\1\0\1", 5);
	assert_int_equal(parse(packet, len + 5, &q), QUERY_ANSWER);
	assert_int_equal(q.qname.label_count, 127);
	assert_int_equal(q.question_len, 259);
	memcpy(packet + len, "\1a\0\0\1\0\1", 7);
	assert_int_equal(parse(packet, len + 7, &q), QUERY_FORMERR);
	assert_int_equal(q.question_len, 0);
}

/* The same limit for the owner of a record that is stepped over. */
static void
test_longest_owner(void **state)
{
	char packet[300] = HEAD("\1", "\1", "\0", "\0") "\0\0\1\0\1";
	const size_t start = DNS_HEADER_LEN + 5, end = start + 254;
	struct query q;

	(void)state;
	for (size_t i = start; i < end; i++)
		packet[i] = (i - start) % 2 == 0 ? 1 : 'a';
	memcpy(packet + end, "\0\0\1\0\1\0\0\0\0\0\0", 11);
	assert_int_equal(parse(packet, end + 11, &q), QUERY_ANSWER);
	memcpy(packet + end, "\1a\0\0\1\0\1\0\0\0\0\0\0", 13);
	assert_int_equal(parse(packet, end + 13, &q), QUERY_FORMERR);
}

/* What serve/quick.h may answer by copying the header. */
static void
test_plain(void **state)
{
#define RR "\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4"
#define MESSAGE(p) p, sizeof(p) - 1
	static const struct {
		const char *packet;
		size_t len;
		bool is_plain;
	} list[] = {
	    {MESSAGE(ONE QUESTION), true},
	    {MESSAGE(ONE_OPT QUESTION PLAIN_OPT), true},
	    {MESSAGE(ONE_OPT QUESTION OPT("\4\xd0", "\0", "\x80\0", "\0")), true},
	    {MESSAGE(ONE_OPT QUESTION ECS("\xb", "\7", "\1", "\x18", "\0") "\xc0\0\2"),
	        true},
	    {MESSAGE(ONE_OPT QUESTION OPTION("\6", "\x63", "\2") "zz"), true},
	    {MESSAGE(ONE_OPT QUESTION OPTION("\4", "\3", "\0")), false},
	    {MESSAGE(ONE_OPT QUESTION OPTION("\xc", "\xa", "\x8") "clientid"), false},
	    {MESSAGE(ONE "\3wWw\2eU\0\0\1\0\3"), false},
	    {MESSAGE(HEAD("\1", "\1", "\0", "\0") QUESTION RR), false},
	    {MESSAGE(HEAD("\1", "\0", "\1", "\0") QUESTION RR), false},
	    {MESSAGE(HEAD("\1", "\0", "\0", "\1") QUESTION RR), false},
	    {MESSAGE(HEAD("\1", "\0", "\1", "\1") QUESTION RR PLAIN_OPT), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		struct query q;

		assert_int_equal(
		    query_parse((const uint8_t *)list[i].packet, list[i].len, &q),
		    QUERY_ANSWER);
		assert_int_equal(q.is_plain, list[i].is_plain);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_outcomes),
	    cmocka_unit_test(test_every_cut),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_udp_size),
	    cmocka_unit_test(test_ecs),
	    cmocka_unit_test(test_longest_name),
	    cmocka_unit_test(test_longest_owner),
	    cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
