/* SPDX-License-Identifier: BSD-2-Clause */
/* Class CH: what is answered, and what is refused. */
#include "unit.h"

#include "serve/chaos.h"
#include "serve/encode.h"

static char here[] = "ns1.example.net", version[] = "7.0", empty[] = "";

struct servers {
	bool chaos;
	char *version;
};

/* text NULL: REFUSED. */
static const struct {
	const char *name;
	uint16_t type;
	struct servers server;
	const char *text;
} table[] = {
    {"id.server", TYPE_TXT, {true, empty}, here},
    {"hostname.bind", TYPE_TXT, {true, empty}, here},
    {"ID.sErVeR", TYPE_TXT, {true, empty}, here},
    {"version.bind", TYPE_TXT, {true, version}, version},
    {"version.server", TYPE_TXT, {true, version}, version},
    {"VERSION.BIND", TYPE_TXT, {true, version}, version},
    {"version.bind", TYPE_TXT, {true, empty}, NULL},
    {"version.server", TYPE_TXT, {true, empty}, NULL},
    {"version.bind", TYPE_ANY, {true, empty}, NULL},
    {"id.server", TYPE_ANY, {true, version}, here},
    {"version.bind", TYPE_ANY, {true, version}, version},
    {"id.server", TYPE_A, {true, version}, NULL},
    {"id.server", TYPE_SOA, {true, version}, NULL},
    {"id.server", TYPE_AXFR, {true, version}, NULL},
    {"server", TYPE_TXT, {true, version}, NULL},
    {"x.id.server", TYPE_TXT, {true, version}, NULL},
    {"id.bind", TYPE_TXT, {true, version}, NULL},
    {"id.serve", TYPE_TXT, {true, version}, NULL},
    {"authors.bind", TYPE_TXT, {true, version}, NULL},
    {"example.com", TYPE_TXT, {true, version}, NULL},
    {".", TYPE_TXT, {true, version}, NULL},
    {"id.server", TYPE_TXT, {false, version}, NULL},
    {"hostname.bind", TYPE_TXT, {false, version}, NULL},
    {"version.bind", TYPE_TXT, {false, version}, NULL},
};

static size_t
ask(size_t i, uint8_t *packet, struct query *q, struct decision *d)
{
	struct config_server server = {
	    .identity = here,
	    .version = table[i].server.version,
	    .chaos = table[i].server.chaos,
	};
	const char *name = table[i].name;
	struct name n;

	assert_int_equal(name_parse(name, strlen(name), &name_root, &n), OK);
	memset(packet, 0, DNS_HEADER_LEN);
	packet[5] = 1;
	memcpy(packet + DNS_HEADER_LEN, n.bytes, n.len);
	wire_put16(packet + DNS_HEADER_LEN + n.len, table[i].type);
	wire_put16(packet + DNS_HEADER_LEN + n.len + 2, CLASS_CH);
	assert_int_equal(
	    query_parse(packet, DNS_HEADER_LEN + n.len + 4u, q), QUERY_ANSWER);
	memset(d, 0, sizeof(*d));
	chaos_decide(&server, q, d);
	return DNS_HEADER_LEN + n.len + 4u;
}

static void
each_question(void **state)
{
	static struct decision d;
	static struct query q;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		uint8_t packet[512];

		ask(i, packet, &q, &d);
		assert_int_equal(
		    d.rcode, table[i].text != NULL ? RCODE_NOERROR : RCODE_REFUSED);
		assert_int_equal(d.aa, table[i].text != NULL);
		assert_int_equal(d.item_count, table[i].text != NULL);
		if (table[i].text != NULL)
			assert_ptr_equal(d.items[0].chaos_text, table[i].text);
	}
}

static void
the_record(void **state)
{
	static const uint8_t rr[] = "\300\14\0\20\0\3\0\0\0\0\0\20\17ns1.example.net";
	static struct decision d;
	static struct query q;
	uint8_t packet[512], out[512];
	struct encode_input in = {.query = &q, .packet = packet, .limit = sizeof(out)};
	size_t len = ask(2, packet, &q, &d), n;

	(void)state;
	n = encode(&in, &d, out);
	assert_int_equal(n, len + sizeof(rr) - 1);
	assert_int_equal(wire_get16(out + 2), FLAG_QR | FLAG_AA);
	assert_int_equal(wire_get16(out + 6), 1);
	assert_memory_equal(out + 12, packet + 12, len - 12);
	assert_memory_equal(out + len, rr, sizeof(rr) - 1);
	/* one octet too little: TC, and nothing of it */
	in.limit = n - 1;
	assert_int_equal(encode(&in, &d, out), len);
	assert_int_equal(wire_get16(out + 2), FLAG_QR | FLAG_AA | FLAG_TC);
	assert_int_equal(wire_get16(out + 6), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_question),
	    cmocka_unit_test(the_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
