/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "steer/loss.h"
#include "steer/parts.h"
#include "steer/poolid.h"
#include "steer/sizes.h"

#define HEAD "@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n"
#define COM "  - {domain: example.com, file: a.zone}\n"
#define SUB "  - {domain: sub.example.com, file: b.zone}\n"
#define POOLS "pools:\n  - {name: p, default: "

static char folder[] = "/tmp/sextant-loss.XXXXXX";
static const struct mono now = {1000000000};

static void
write_file(const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", folder, name);
	struct buf why = {0};

	assert_int_equal(file_replace(path, text, strlen(text), &why), OK);
	buf_fini(&why);
	mem_free(path);
}

static struct parts *
load(const char *config)
{
	char *path = mem_printf("%s/sextant.yaml", folder);
	struct complaints complaints = {0};
	struct parts *parts = NULL;
	struct buf text = {0};

	write_file("sextant.yaml", config);
	if (parts_load(path, PARTS_CHECK, &parts, &complaints) != OK) {
		complaints_write(&complaints, &text);
		fail_msg("%s%s", config, buf_text(&text));
	}
	complaints_fini(&complaints);
	mem_free(path);
	return parts;
}

static struct parts *
load_zone(const char *text)
{
	char *whole = mem_printf("%s%s", HEAD, text);
	struct parts *p;

	write_file("a.zone", whole);
	mem_free(whole);
	p = load("zones:\n" COM);
	return p;
}

/* Names of a file: what lies below its own cuts does not count. HEAD has two. */
static void
test_names(void **state)
{
	static const struct {
		const char *text;
		size_t names;
	} cases[] = {
	    {"", 2},
	    {"a A 192.0.2.1\nb.c A 192.0.2.1\n", 4},
	    {"a A 192.0.2.1\na AAAA ::1\na TXT x\n", 3},
	    {"sub NS ns.sub\nns.sub A 192.0.2.1\nb.ns.sub A 192.0.2.1\n", 3},
	    {"sub DNAME example.net.\na.sub A 192.0.2.1\n", 3},
	    {"sub DNAME example.net.\na.subs A 192.0.2.1\n", 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parts *p = load_zone(cases[i].text);

		if (loss_count_names(p->zone_files[0]->table) != cases[i].names)
			fail_msg("case %zu: %zu", i,
			    loss_count_names(p->zone_files[0]->table));
		parts_release(p);
	}
}

static void
test_zone(void **state)
{
	static const struct {
		const char *was, *is;
		size_t peak; /* before */
		const char *why; /* NULL: no loss */
	} cases[] = {
	    {"a A 192.0.2.1\n", "", 0, NULL},
	    {"a A 192.0.2.1\n", "", 5,
	        "2 of 3 names would be left, of 5 in the last 24 "
	        "hours"},
	    {"a A 192.0.2.1\n", "a A 192.0.2.1\n", 50, NULL},
	    {"a A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1\nd A 192.0.2.1\n",
	        "a A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1\n", 0, NULL},
	    {"a A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1\nd A 192.0.2.1\n",
	        "a A 192.0.2.1\n", 0, "3 of 6 names would be left"},
	    {"a.s A 192.0.2.1\nb.s A 192.0.2.1\nc.s A 192.0.2.1\nd.s A 192.0.2.1\n",
	        "a.s A 192.0.2.1\nb.s A 192.0.2.1\nc.s A 192.0.2.1\nd.s A 192.0.2.1\n"
	        "s NS ns1\n",
	        0, "3 of 6 names would be left"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parts *was = load_zone(cases[i].was), *is = load_zone(cases[i].is);
		struct guard_peak peak = {0};
		struct buf why = {0};
		bool loss;

		guard_peak_note(&peak, cases[i].peak, now);
		loss = loss_of_zone(loss_count_names(was->zone_files[0]->table),
		    loss_count_names(is->zone_files[0]->table), &peak, now, &why);
		if (loss != (cases[i].why != NULL) ||
		    strcmp(buf_text(&why), loss ? cases[i].why : "") != 0)
			fail_msg("case %zu: %s", i, buf_text(&why));
		buf_fini(&why);
		parts_release(was);
		parts_release(is);
	}
}

static void
test_config(void **state)
{
	static const struct {
		const char *was, *is;
		size_t peak;
		const char *why;
	} cases[] = {
	    {"zones:\n" COM, "zones:\n" COM SUB, 0, NULL},
	    {"zones:\n" COM SUB, "zones:\n" COM, 0, "zones would go: sub.example.com"},
	    {"zones:\n" COM SUB, "zones:\n" SUB COM, 0, NULL},
	    {"zones:\n  - {domain: a, file: a.zone, store: on}\n",
	        "zones:\n  - {domain: a, file: a.zone}\n", 0,
	        "zones would lose their records in the store: a"},
	    {"zones:\n  - {domain: a, file: a.zone}\n",
	        "zones:\n  - {domain: a, store: on, ns: [n.b]}\n", 0,
	        "zones would lose their file: a"},
	    {POOLS "[192.0.2.1]}\nzones:\n" COM, "zones:\n" COM, 0, "pools would go: p"},
	    {POOLS "[192.0.2.1, 192.0.2.2, 192.0.2.3]}\nzones:\n" COM,
	        POOLS "[192.0.2.1]}\nzones:\n" COM, 0, NULL}, /* few */
	    {POOLS "[192.0.2.1, 192.0.2.2, 192.0.2.3]}\nzones:\n" COM,
	        POOLS "[192.0.2.1, 192.0.2.2]}\nzones:\n" COM, 10,
	        "2 of 3 endpoints of all pools would be left, of 10 in the last 24 "
	        "hours"},
	    {"zones:\n" COM SUB
	     "  - {domain: c, file: b.zone}\n  - {domain: d, file: b.zone}\n"
	     "  - {domain: e, file: b.zone}\n  - {domain: f, file: b.zone}\n"
	     "  - {domain: g, file: b.zone}\n",
	        "zones:\n" COM, 0, "zones would go: c sub.example.com d e f and 1 more"},
	};

	(void)state;
	write_file("a.zone", HEAD);
	write_file("b.zone", HEAD);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parts *was = load(cases[i].was), *is = load(cases[i].is);
		struct guard_peak peak = {0};
		struct buf why = {0};

		guard_peak_note(&peak, cases[i].peak, now);
		if (loss_of_config(was->config, is->config, &peak, now, &why) !=
		        (cases[i].why != NULL) ||
		    strcmp(buf_text(&why), cases[i].why != NULL ? cases[i].why : "") != 0)
			fail_msg("case %zu: %s", i, buf_text(&why));
		buf_fini(&why);
		parts_release(was);
		parts_release(is);
	}
}

/* A new zone below takes names over: those that it has itself are not lost. */
static void
test_takeover(void **state)
{
#define INNER "a.sub A 192.0.2.1\nb.sub A 192.0.2.1\nc.sub A 192.0.2.1\n"
	static const struct {
		const char *upper, *lower, *was, *is, *why;
	} cases[] = {
	    {HEAD INNER, HEAD, "zones:\n" COM, "zones:\n" COM SUB,
	        "3 of 5 names of example.com would go to new zones without them"},
	    {HEAD INNER, HEAD "a A 192.0.2.1\n", "zones:\n" COM, "zones:\n" COM SUB,
	        NULL},
	    {HEAD INNER, HEAD, "zones:\n" COM SUB, "zones:\n" COM SUB, NULL},
	    {HEAD INNER, HEAD, "zones:\n" SUB, "zones:\n" COM SUB, NULL},
	    {HEAD, HEAD, "zones:\n" COM, "zones:\n" COM SUB, NULL},
	    {HEAD INNER, HEAD, "zones:\n" COM,
	        "zones:\n" COM "  - {domain: ub.example.com, file: b.zone}\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parts *was, *is;
		struct buf why = {0};

		write_file("a.zone", cases[i].upper);
		write_file("b.zone", cases[i].lower);
		was = load(cases[i].was);
		is = load(cases[i].is);
		if (loss_to_new_zones(was->config, is->config, is->zone_files, &why) !=
		        (cases[i].why != NULL) ||
		    strcmp(buf_text(&why), cases[i].why != NULL ? cases[i].why : "") != 0)
			fail_msg("case %zu: %s", i, buf_text(&why));
		buf_fini(&why);
		parts_release(was);
		parts_release(is);
	}
}

/* What is written is read again; what is not there or no good gives nothing. */
static void
test_sizes(void **state)
{
	static const char *const bad[] = {
	    "", "b", "b\n", "b x\n", "b 1 2\n", "b 1 x\n", "\n"};
	struct guard_peak p = {0}, q = {0};
	struct buf lines = {0}, why = {0};
	struct sizes s;

	(void)state;
	sizes_load(&s, folder);
	sizes_get(&s, "b", &q, now);
	assert_int_equal(guard_peak_get(&q, now), 0);
	sizes_fini(&s);
	guard_peak_note(&p, 22, now);
	sizes_write(&lines, "c", &q);
	sizes_write(&lines, "b", &p);
	assert_int_equal(sizes_save(folder, &lines, &why), OK);
	sizes_load(&s, folder);
	sizes_get(&s, "b", &q, now);
	assert_int_equal(guard_peak_get(&q, now), 22);
	q = (struct guard_peak){0};
	sizes_get(&s, "d", &q, now);
	assert_int_equal(guard_peak_get(&q, now), 0);
	sizes_fini(&s);
	for (size_t i = 0; i < COUNT(bad); i++) {
		buf_clear(&lines);
		buf_str(&lines, bad[i]);
		assert_int_equal(sizes_save(folder, &lines, &why), OK);
		sizes_load(&s, folder);
		sizes_get(&s, "b", &q, now);
		assert_int_equal(guard_peak_get(&q, now), 0);
		sizes_fini(&s);
	}
	buf_fini(&lines);
	buf_fini(&why);
}

static int
begin(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
end(void **state)
{
	char *command = mem_printf("rm -rf %s", folder);
	int e = system(command);

	(void)state;
	mem_free(command);
	poolid_fini();
	return e;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_zone),
	    cmocka_unit_test(test_config),
	    cmocka_unit_test(test_takeover),
	    cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
