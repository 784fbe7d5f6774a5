/* SPDX-License-Identifier: BSD-2-Clause */
/* The root zone and a single-label zone below it, both ours. */
#include "unit.h"

#include "answer_make.h"

static const char config[] = "server: {identity: ns1.example.net, state_dir: state}\n"
                             "pools:\n"
                             "  - {name: edge, ttl: 60, default: [192.0.2.4]}\n"
                             "zones:\n"
                             "  - {domain: ., file: root.zone}\n"
                             "  - {domain: example, file: example.zone}\n";

static const char root_text[] =
    "$TTL 300\n"
    "@ SOA ns1.example. hostmaster.example. 7 1h 10m 2w 120\n"
    "@ NS ns1.example.\n"
    "@ TXT root\n"
    "@ POOL edge\n"
    "example NS ns1.example.\n"
    "ns1.example A 192.0.2.53\n"
    "example DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000\n"
    "com NS ns.com\n"
    "ns.com A 192.0.2.54\n"
    "here CNAME example\n"
    "up CNAME .\n";

static const char example_text[] = "$TTL 300\n"
                                   "@ SOA ns1 hostmaster 8 1h 10m 2w 60\n"
                                   "@ NS ns1\n"
                                   "ns1 A 192.0.2.53\n";

#define ROOT_SOA ". 120 IN SOA ns1.example. hostmaster.example. 7 3600 600 1209600 120"
#define DS_OF_EXAMPLE \
	"example. 300 IN DS 1 8 2 " \
	"0000000000000000000000000000000000000000000000000000000000000000"

static const struct expected cases[] = {
    {Q(".", TYPE_TXT), 0, true, ". 300 IN TXT \"root\"", "", ""},
    {Q(".", TYPE_A), 0, true, ". 60 IN A 192.0.2.4", "", ""},
    {Q("com", TYPE_DS), 0, true, "", ROOT_SOA, ""},
    {Q("net", TYPE_A), 3, true, "", ROOT_SOA, ""},
    {Q("www.com", TYPE_A), 0, false, "", "com. 300 IN NS ns.com.",
        "ns.com. 300 IN A 192.0.2.54"},
    {Q("up", TYPE_TXT), 0, true, ". 300 IN TXT \"root\" | up. 300 IN CNAME .", "", ""},
    /* of two zones the one below answers, but for the DS, and so behind a CNAME */
    {Q("ns1.example", TYPE_A), 0, true, "ns1.example. 300 IN A 192.0.2.53", "", ""},
    {Q("example", TYPE_DS), 0, true, DS_OF_EXAMPLE, "", ""},
    {Q("here", TYPE_DS), 0, true, DS_OF_EXAMPLE " | here. 300 IN CNAME example.", "", ""},
    {Q("here", TYPE_A), 0, true, "here. 300 IN CNAME example.", "", ""},
};

static void
the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(&cases[i]);
}

/* A root label, not a pointer to one: some readers do not take it for a name. */
static void
the_root_is_no_pointer(void **state)
{
	static const uint16_t types[] = {TYPE_TXT, TYPE_A};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct question q = Q(".", types[i]);

		/* behind header and question */
		assert_true(ask_octets(&q) > 17);
		assert_int_equal(response[17], 0);
		assert_int_equal(wire_get16(response + 18), types[i]);
	}
}

static int
begin(void **state)
{
	(void)state;
	maker_open(&maker);
	maker_file(&maker, "sextant.yaml", config);
	maker_file(&maker, "root.zone", root_text);
	maker_file(&maker, "example.zone", example_text);
	answer_begin();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table),
	    cmocka_unit_test(the_root_is_no_pointer),
	};

	return cmocka_run_group_tests_name("root", tests, begin, answer_end);
}
