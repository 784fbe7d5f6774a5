/* SPDX-License-Identifier: BSD-2-Clause */
/* Rate limiting in a time of its own: what passes, slips and is dropped, and why. */
#include "unit.h"

#include "serve/limit.h"
#include "world_make.h"

static struct maker maker;
static struct limit limit;
static struct counters counters;
static bool has_question = true;

static const struct mono start = {1000000};

static struct mono
at(int64_t ms)
{
	return mono_add_ms(start, ms);
}

static struct config_rate_limit
config_of(uint32_t rate, uint32_t slip)
{
	return (struct config_rate_limit){
	    .responses_per_second = rate, .slip = slip, .ipv4_len = 24, .ipv6_len = 56};
}

static void
renew(void)
{
	limit_close(&limit);
	limit_open(&limit);
	memset(&counters, 0, sizeof(counters));
}

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, strlen(text), &ip), OK);
	return ip;
}

/* One response about a name: p passes, s slips, d is dropped. */
static char
verdict(const char *client, const char *name)
{
	static const char letters[] = {
	    [LIMIT_PASS] = 'p', [LIMIT_SLIP] = 's', [LIMIT_DROP] = 'd'};
	struct ip source = ip_of(client);
	struct decision d = {.rcode = RCODE_NOERROR};
	struct query q;
	struct name n;

	assert_int_equal(name_parse(name, strlen(name), &name_root, &n), OK);
	name_path_set(&q.qname, n.bytes, n.len);
	q.question_len = (uint16_t)(has_question ? n.len + 4 : 0);
	return letters[limit_check(&limit, &q, &d, &source, &counters)];
}

static void
begin_at(const struct config_rate_limit *c, unsigned sharers, int64_t ms)
{
	assert_ptr_equal(limit_begin(&limit, c, sharers, at(ms)), &limit);
}

static void
without_a_rate_there_is_no_limit(void **state)
{
	struct config_rate_limit c = config_of(0, 2);

	(void)state;
	renew();
	assert_null(limit_begin(&limit, &c, 1, at(0)));
}

/* ---- rates ---- */

static void
what_passes(void **state)
{
	static const struct {
		uint32_t rate;
		unsigned sharers;
		struct {
			int64_t ms;
			unsigned sent, pass;
		} steps[4];
	} table[] = {
	    /* a second's worth at once, then as the time goes */
	    {10, 1, {{0, 15, 10}, {100, 3, 1}, {350, 5, 2}, {400, 2, 1}}},
	    /* no more than a second's worth is saved */
	    {10, 1, {{0, 10, 10}, {60000, 15, 10}, {60000, 1, 0}, {60999, 9, 9}}},
	    /* one a second */
	    {1, 1, {{0, 2, 1}, {999, 1, 0}, {1000, 2, 1}, {2000, 2, 1}}},
	    /* workers share the rate, and have one at least */
	    {10, 2, {{0, 9, 5}, {200, 9, 1}, {1200, 9, 5}, {1200, 1, 0}}},
	    {10, 100, {{0, 9, 1}, {500, 1, 0}, {1000, 9, 1}, {9000, 9, 1}}},
	    /* more than one a millisecond */
	    {1000000, 1, {{0, 1000, 1000}, {1, 2000, 2000}, {2, 9, 9}, {3, 9, 9}}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct config_rate_limit c = config_of(table[i].rate, 0);

		renew();
		for (size_t s = 0; s < COUNT(table[i].steps); s++) {
			unsigned passed = 0;

			begin_at(&c, table[i].sharers, table[i].steps[s].ms);
			for (unsigned n = 0; n < table[i].steps[s].sent; n++)
				passed += verdict("192.0.2.1", "a.example") == 'p';
			assert_int_equal(passed, table[i].steps[s].pass);
		}
	}
}

/* What is lowered by a reload holds at once, and what was saved before counts no more. */
static void
another_rate_just_applies(void **state)
{
	struct config_rate_limit many = config_of(100, 0), few = config_of(2, 0);
	unsigned passed = 0;

	(void)state;
	renew();
	begin_at(&many, 1, 0);
	assert_int_equal(verdict("192.0.2.1", "a.example"), 'p');
	begin_at(&few, 1, 0);
	for (unsigned n = 0; n < 10; n++)
		passed += verdict("192.0.2.1", "a.example") == 'p';
	assert_int_equal(passed, 2);
}

static void
how_many_slip(void **state)
{
	static const struct {
		uint32_t slip;
		const char *what;
	} table[] = {
	    {0, "pdddddd"},
	    {1, "pssssss"},
	    {2, "pdsdsds"},
	    {3, "pddsdds"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct config_rate_limit c = config_of(1, table[i].slip);
		unsigned slipped = 0, dropped = 0;

		renew();
		begin_at(&c, 1, 0);
		for (const char *w = table[i].what; *w != '\0'; w++) {
			assert_int_equal(verdict("192.0.2.1", "a.example"), *w);
			slipped += *w == 's';
			dropped += *w == 'd';
		}
		assert_int_equal(counter_get(&counters, COUNT_RATE_LIMITED), 6);
		assert_int_equal(counter_get(&counters, COUNT_RATE_SLIPPED), slipped);
		assert_int_equal(counter_get(&counters, COUNT_RATE_DROPPED), dropped);
	}
}

static void
log_only_counts_and_lets_pass(void **state)
{
	struct config_rate_limit c = config_of(1, 2);

	(void)state;
	c.log_only = true;
	renew();
	begin_at(&c, 1, 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(verdict("192.0.2.1", "a.example"), 'p');
	assert_int_equal(counter_get(&counters, COUNT_RATE_LIMITED), 4);
	assert_int_equal(counter_get(&counters, COUNT_RATE_SLIPPED), 0);
	assert_int_equal(counter_get(&counters, COUNT_RATE_DROPPED), 0);
}

/* ---- who ---- */

static void
which_clients_share(void **state)
{
	static const struct {
		uint32_t ipv4_len, ipv6_len;
		const char *one, *other;
		bool share;
	} table[] = {
	    {24, 56, "192.0.2.1", "192.0.2.1", true},
	    {24, 56, "192.0.2.1", "192.0.2.255", true},
	    {24, 56, "192.0.2.1", "192.0.3.1", false},
	    {25, 56, "192.0.2.1", "192.0.2.128", false},
	    {25, 56, "192.0.2.129", "192.0.2.128", true},
	    {32, 56, "192.0.2.1", "192.0.2.2", false},
	    {8, 56, "10.0.0.1", "10.255.255.255", true},
	    {24, 56, "2001:db8::1", "2001:db8:0:ff::1", true},
	    {24, 56, "2001:db8::1", "2001:db8:0:100::1", false},
	    {24, 64, "2001:db8::1", "2001:db8:0:1::1", false},
	    {24, 128, "2001:db8::1", "2001:db8::2", false},
	    {24, 128, "2001:db8::1", "2001:db8::1", true},
	    {24, 16, "2001:db8::1", "2001:1::1", true},
	    {24, 32, "192.0.2.1", "c000:200::", false}, /* the same octets */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct config_rate_limit c = config_of(1, 0);
		struct ip_prefix prefix;
		struct mono when;

		c.ipv4_len = table[i].ipv4_len;
		c.ipv6_len = table[i].ipv6_len;
		renew();
		begin_at(&c, 1, 7);
		assert_false(limit_get_last(&limit, &prefix, &when));
		assert_int_equal(verdict(table[i].one, "a.example"), 'p');
		assert_int_equal(
		    verdict(table[i].other, "a.example"), table[i].share ? 'd' : 'p');
		assert_int_equal(limit_get_last(&limit, &prefix, &when), table[i].share);
		if (table[i].share) {
			struct ip other = ip_of(table[i].other);

			assert_true(ip_prefix_holds(&prefix, &other));
			assert_int_equal(
			    prefix.len, other.family == 4 ? c.ipv4_len : c.ipv6_len);
			assert_int_equal(when.ms, at(7).ms);
		}
	}
}

/* The list is the configuration's: there it is in no order, and some lie in others. */
static void
who_is_allowed_is_never_limited(void **state)
{
	static const struct {
		const char *client;
		bool allowed;
	} table[] = {
	    {"10.0.0.0", true},
	    {"10.255.255.255", true},
	    {"9.255.255.255", false},
	    {"11.0.0.0", false},
	    {"192.0.2.7", true},
	    {"192.0.2.6", false},
	    {"192.0.2.8", false},
	    {"198.51.100.64", true},
	    {"198.51.100.127", true},
	    {"198.51.100.63", false},
	    {"198.51.100.128", false},
	    {"2001:db8::1", true},
	    {"2001:db8:ffff::", true},
	    {"2001:db9::", false},
	    {"2001:db7:ffff::", false},
	    {"::1", true},
	    {"::2", false},
	};
	const struct config_rate_limit *c =
	    &maker_world()->parts->config->server.rate_limit;

	(void)state;
	assert_int_equal(c->allow_count, 5);
	for (size_t i = 0; i < COUNT(table); i++) {
		renew();
		begin_at(c, 1, 0);
		for (unsigned n = 0; n < 3; n++)
			assert_int_equal(verdict(table[i].client, "a.example"),
			    n == 0 || table[i].allowed ? 'p' : 'd');
	}
}

/* What stands where the question's name would be says nothing then. */
static void
who_asks_nothing_has_one_bucket(void **state)
{
	struct config_rate_limit c = config_of(1, 0);

	(void)state;
	renew();
	begin_at(&c, 1, 0);
	has_question = false;
	assert_int_equal(verdict("192.0.2.1", "a.example"), 'p');
	assert_int_equal(verdict("192.0.2.1", "b.example"), 'd');
	has_question = true;
	assert_int_equal(verdict("192.0.2.1", "b.example"), 'p');
}

/* ---- the table ---- */

static char
numbered(unsigned n)
{
	char name[32];

	snprintf(name, sizeof(name), "n%u.example", n);
	return verdict("198.51.100.1", name);
}

/* Three times as many names as the table holds, each once: who has used up its tokens, or
 * was over already, gets no new ones, and no other name suffers for it. */
static void
a_flood_of_names_fills_no_bucket(void **state)
{
	static const struct {
		uint32_t rate;
		unsigned asked;
	} table[] = {{2, 2}, {2, 4}, {1, 2}};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct config_rate_limit c = config_of(table[i].rate, 0);

		renew();
		begin_at(&c, 1, 0);
		for (unsigned victim = 0; victim < 50; victim++)
			for (unsigned n = 0; n < table[i].asked; n++)
				numbered(victim);
		for (unsigned n = 1000; n < 200000; n++)
			if (numbered(n) != 'p')
				fail();
		for (unsigned victim = 0; victim < 50; victim++)
			assert_int_equal(numbered(victim), 'd');
		/* but time does */
		begin_at(&c, 1, 1000);
		assert_int_equal(numbered(0), 'p');
	}
}

/* With every bucket over the limit, a name that is new gets none of the tokens back. */
static void
a_full_table_lends_nothing(void **state)
{
	struct config_rate_limit c = config_of(1, 0);
	unsigned passed = 0;

	(void)state;
	renew();
	begin_at(&c, 1, 0);
	for (unsigned n = 0; n < 1000000; n++) {
		numbered(n);
		if (numbered(n) == 'p')
			fail();
	}
	for (unsigned n = 2000000; n < 2010000; n++)
		passed += numbered(n) == 'p';
	assert_int_equal(passed, 0);
	/* each of them has its second's worth again */
	begin_at(&c, 1, 1000);
	for (unsigned n = 3000000; n < 3010000; n++)
		assert_int_equal(numbered(n), 'p');
}

static int
begin(void **state)
{
	(void)state;
	maker_open(&maker);
	maker_file(&maker, "sextant.yaml",
	    "server:\n"
	    "  state_dir: state\n"
	    "  rate_limit:\n"
	    "    responses_per_second: 1\n"
	    "    slip: 0\n"
	    "    allow: [\"2001:db8::/32\", 198.51.100.64/26, 10.1.2.0/24, 192.0.2.7,\n"
	    "      10.0.0.0/8, 10.0.0.0/8, 198.51.100.96/27, \"::1\", 10.255.0.0/16]\n"
	    "zones:\n"
	    "  - {domain: example.com, store: on, ns: [ns.example.net]}\n");
	maker_install(&maker, PARTS_START);
	limit_open(&limit);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	limit_close(&limit);
	maker_close(&maker);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_rate_there_is_no_limit),
	    cmocka_unit_test(what_passes),
	    cmocka_unit_test(another_rate_just_applies),
	    cmocka_unit_test(how_many_slip),
	    cmocka_unit_test(log_only_counts_and_lets_pass),
	    cmocka_unit_test(which_clients_share),
	    cmocka_unit_test(who_is_allowed_is_never_limited),
	    cmocka_unit_test(who_asks_nothing_has_one_bucket),
	    cmocka_unit_test(a_flood_of_names_fills_no_bucket),
	    cmocka_unit_test(a_full_table_lends_nothing),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
