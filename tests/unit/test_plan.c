/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "geo/moves.h"
#include "steer/parts.h"
#include "steer/plan.h"
#include "steer/poolid.h"

#define HEAD "@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n"
#define ZONES "zones:\n  - {domain: example.com, file: a.zone}\n"

static char folder[] = "/tmp/sextant-plan.XXXXXX";

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
load(const char *config, const char *zone)
{
	char *path = mem_printf("%s/sextant.yaml", folder);
	char *whole = mem_printf("%s%s", HEAD, zone);
	struct complaints complaints = {0};
	struct parts *parts = NULL;
	struct buf text = {0};

	write_file("a.zone", whole);
	write_file("sextant.yaml", config);
	if (parts_load(path, PARTS_CHECK, &parts, &complaints) != OK) {
		complaints_write(&complaints, &text);
		fail_msg("%s%s", config, buf_text(&text));
	}
	complaints_fini(&complaints);
	mem_free(path);
	mem_free(whole);
	return parts;
}

/* From -> to, as text; lines that say of nothing that it changes are left out. */
static const struct {
	const char *was, *was_zone, *is, *is_zone;
	const char *text;
} cases[] = {
    {ZONES, "", ZONES, "", ""},
    {ZONES, "a A 192.0.2.1\n", ZONES, "A.example.com. A 192.0.2.1\n", ""},
    {ZONES, "a A 192.0.2.1\n", ZONES, "a 60 A 192.0.2.1\n",
        "zones      0 come, 0 go, 1 change\n"
        "  ~ zone example.com: 0 RRsets come, 0 go, 1 change\n"
        "    ~ a.example.com A 5 192.0.2.1 -> 60 192.0.2.1\n"},
    {ZONES, "a A 192.0.2.1\n", ZONES, "a A 192.0.2.2\na A 192.0.2.1\n",
        "zones      0 come, 0 go, 1 change\n"
        "  ~ zone example.com: 0 RRsets come, 0 go, 1 change\n"
        "    ~ a.example.com A 5 192.0.2.1 -> 5 192.0.2.1, 192.0.2.2\n"},
    {ZONES, "a A 192.0.2.1\n", ZONES, "a TXT x\n",
        "zones      0 come, 0 go, 1 change\n"
        "  ~ zone example.com: 1 RRsets come, 1 go, 0 change\n"
        "    + a.example.com TXT 5 \"x\"\n"
        "    - a.example.com A 5 192.0.2.1\n"},
    {ZONES, "",
        "zones:\n  - {domain: example.com, file: a.zone, ecs: off}\n"
        "  - {domain: example.org, store: on, ns: [ns.example.com]}\n",
        "",
        "zones      1 come, 0 go, 1 change\n"
        "  + zone example.org: records of the store\n"
        "  ~ zone example.com: 0 RRsets come, 0 go, 0 change; other: ecs\n"},
    {ZONES "pools:\n  - {name: p, default: 192.0.2.1}\n", "a POOL p\n",
        ZONES "pools:\n  - {name: q, default: 192.0.2.1}\n", "a POOL q\n",
        "zones      0 come, 0 go, 1 change\n"
        "  ~ zone example.com: 0 RRsets come, 0 go, 1 change\n"
        "    ~ a.example.com POOL pool p -> pool q\n"
        "pools      1 come, 1 go, 0 change\n"
        "    + q\n"
        "    - p\n"},
    {ZONES "pools:\n  - {name: p, default: 192.0.2.1, regions: {weu: 192.0.2.2}}\n", "",
        ZONES "pools:\n  - {name: p, default: [{address: 192.0.2.1, weight: 3}, "
              "192.0.2.4], rescue: 192.0.2.2, when_all_down: empty}\n",
        "",
        "pools      0 come, 0 go, 1 change\n"
        "  ~ pool p: 2 endpoints come, 1 go, 1 change; other: when_all_down\n"
        "    - weu\n"
        "    + default/192.0.2.4\n"
        "    + rescue/192.0.2.2\n"
        "    - weu/192.0.2.2\n"
        "    ~ default/192.0.2.1 weight 1 -> 3\n"},
    {ZONES "checks:\n  - {name: a, tcp: {port: 1}}\n  - {name: b, tcp: {port: 1}}\n", "",
        ZONES "checks:\n  - {name: c, tcp: {port: 1}}\n  - {name: b, tcp: {port: 2}}\n",
        "",
        "checks     1 come, 1 go, 1 change\n"
        "    + c\n    - a\n    ~ b\n"},
};

static char *
without_quiet(const char *text)
{
	struct buf out = {0};

	while (*text != '\0') {
		const char *end = strchr(text, '\n');

		if (strncmp(text + 10, " 0 come, 0 go\n", 14) != 0 &&
		    strncmp(text + 10, " 0 come, 0 go, 0 change\n", 24) != 0 &&
		    strncmp(text + 10, " 0 % of", 7) != 0)
			buf_add(&out, text, (size_t)(end - text) + 1);
		text = end + 1;
	}
	return buf_take(&out);
}

static void
test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parts *was = load(cases[i].was, cases[i].was_zone),
		             *is = load(cases[i].is, cases[i].is_zone);
		struct buf text = {0};
		struct plan p = {.old = was,
		    .next = is,
		    .text = &text,
		    .data = json_object(),
		    .most = 10};
		bool any = plan_write(&p);
		char *got = without_quiet(buf_text(&text));

		if (got == NULL)
			got = mem_str("");
		if (strcmp(got, cases[i].text) != 0 || any != (cases[i].text[0] != '\0'))
			fail_msg("case %zu: %s", i, got);
		json_free(p.data);
		buf_fini(&text);
		mem_free(got);
		parts_release(was);
		parts_release(is);
	}
}

/* Of many, all are counted and some are shown. */
static void
test_bounds(void **state)
{
	struct buf zone = {0}, text = {0};
	struct parts *was, *is;
	struct plan p = {.text = &text, .data = json_object(), .most = 3};
	const struct json *list;

	(void)state;
	for (int i = 0; i < 500; i++)
		buf_printf(&zone, "n%d A 192.0.2.1\n", i);
	was = load(ZONES, "");
	is = load(ZONES, buf_text(&zone));
	p.old = was;
	p.next = is;
	assert_true(plan_write(&p));
	assert_non_null(strstr(buf_text(&text), "500 RRsets come"));
	assert_non_null(strstr(buf_text(&text), "and 497 more, rrsets added"));
	list = json_at(json_get(json_get(p.data, "zones"), "changed"), 0);
	assert_int_equal(json_count(json_get(list, "rrsets_added")), 3);
	assert_int_equal(json_int(json_get(list, "rrsets_added_count")), 500);
	json_free(p.data);
	buf_fini(&zone);
	buf_fini(&text);
	parts_release(was);
	parts_release(is);
}

/* Shares are of what is known before or after, the largest move first. */
static void
test_moves(void **state)
{
	static const char was_config[] =
	    ZONES "geo:\n  regions: [{name: x, match: [10.0.2.0/24]}]\n  prefixes:\n"
	          "    - {prefix: 10.0.0.0/22, region: weu}\n"
	          "    - {prefix: \"2001:db8::/32\", region: weu}\n";
	static const char is_config[] =
	    ZONES "geo:\n  prefixes:\n"
	          "    - {prefix: 10.0.0.0/24, region: eeu}\n"
	          "    - {prefix: 10.0.1.0/24, region: weu}\n"
	          "    - {prefix: 10.0.2.0/24, region: weu}\n"
	          "    - {prefix: 10.0.4.0/22, region: weu}\n"
	          "    - {prefix: \"2001:db8:8000::/33\", region: weu}\n";
	static const struct {
		const char *from, *to;
		double share;
	} moves[] = {
	    {"", "weu", 0.5},
	    {"weu", "", 0.125},
	    {"weu", "eeu", 0.125},
	    {"x+weu", "weu", 0.125},
	};
	struct parts *was = load(was_config, ""), *is = load(is_config, "");
	struct geo_moves got;

	(void)state;
	geo_moves_find(was->geo, is->geo, 4, &got);
	assert_int_equal(got.count, COUNT(moves));
	for (size_t i = 0; i < COUNT(moves); i++) {
		assert_string_equal(got.list[i].from, moves[i].from);
		assert_string_equal(got.list[i].to, moves[i].to);
		assert_true(got.list[i].share == moves[i].share);
	}
	assert_true(got.total == 0.875);
	geo_moves_fini(&got);
	geo_moves_find(was->geo, is->geo, 6, &got);
	assert_int_equal(got.count, 1);
	assert_string_equal(got.list[0].to, "");
	assert_true(got.total == 0.5);
	geo_moves_fini(&got);
	/* numbers of regions differ, names count */
	geo_moves_find(is->geo, is->geo, 4, &got);
	assert_int_equal(got.count, 0);
	assert_true(got.total == 0);
	geo_moves_fini(&got);
	parts_release(was);
	parts_release(is);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_moves),
	};
	int failed;
	char *remove_all;

	assert_non_null(mkdtemp(folder));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_all = mem_printf("rm -rf %s", folder);
	if (system(remove_all) != 0)
		failed++;
	mem_free(remove_all);
	poolid_fini();
	return failed;
}
