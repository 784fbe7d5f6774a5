/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/complaint.h"

static void
test_write(void **state)
{
	struct complaints c = {0};
	struct buf out = {0};

	(void)state;
	complain(&c, SEVERITY_ERROR, "a.yaml", 3, 7, "unknown key \"%s\"", "zoens");
	complain(&c, SEVERITY_WARNING, "a.yaml", 9, 0, "odd");
	complain(&c, SEVERITY_ERROR, "dns:{a}:b:A", 0, 0, "no values");
	complain(&c, SEVERITY_WARNING, NULL, 0, 0, "nowhere");
	assert_int_equal(c.errors, 2);
	assert_int_equal(c.warnings, 2);
	complaints_write(&c, &out);
	assert_string_equal(buf_text(&out), "a.yaml:3:7: error: unknown key \"zoens\"\n"
	                                    "a.yaml:9: warning: odd\n"
	                                    "dns:{a}:b:A: error: no values\n"
	                                    "warning: nowhere\n");
	buf_fini(&out);
	complaints_fini(&c);
	assert_int_equal(c.errors, 0);
	assert_null(c.list);
}

static void
test_limit(void **state)
{
	struct complaints c = {0};
	struct buf out = {0};

	(void)state;
	for (unsigned i = 0; i < COMPLAINTS_MAX + 3; i++)
		complain(&c, SEVERITY_ERROR, "f", i + 1, 0, "e");
	complain(&c, SEVERITY_WARNING, "f", 1, 0, "w");
	assert_int_equal(c.count, COMPLAINTS_MAX);
	assert_int_equal(c.errors, COMPLAINTS_MAX + 3);
	assert_int_equal(c.warnings, 1);
	complaints_write(&c, &out);
	assert_non_null(strstr(buf_text(&out), "\n... and 4 more\n"));
	buf_fini(&out);
	complaints_fini(&c);
}

/* Counts stay right by severity, also of those that were not kept. */
static void
test_merge(void **state)
{
	struct complaints all = {0}, from = {0};

	(void)state;
	complain(&all, SEVERITY_ERROR, "a", 1, 0, "first");
	for (unsigned i = 0; i < COMPLAINTS_MAX + 5; i++)
		complain(&from, SEVERITY_WARNING, "b", i + 1, 2, "w%u", i);
	complain(&from, SEVERITY_ERROR, "b", 1, 0, "beyond");
	complaints_merge(&all, &from);
	complaints_fini(&from);
	assert_int_equal(all.errors, 2);
	assert_int_equal(all.warnings, COMPLAINTS_MAX + 5);
	assert_int_equal(all.count, COMPLAINTS_MAX);
	assert_string_equal(all.list[1].source, "b");
	assert_string_equal(all.list[1].text, "w0");
	assert_int_equal(all.list[1].column, 2);
	complaints_fini(&all);
}

/* An error behind any number of warnings is still shown. */
static void
test_error_behind_warnings(void **state)
{
	struct complaints c = {0};

	(void)state;
	for (int i = 0; i < COMPLAINTS_MAX + 1; i++)
		complain(&c, SEVERITY_WARNING, "z", 1, 1, "w%d", i);
	complain(&c, SEVERITY_ERROR, "z", 9, 1, "the error");
	assert_int_equal(c.count, COMPLAINTS_MAX);
	assert_string_equal(c.list[COMPLAINTS_MAX - 1].text, "the error");
	assert_string_equal(c.list[COMPLAINTS_MAX - 2].text, "w198");
	complaints_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_error_behind_warnings),
	};

	return cmocka_run_group_tests_name("complaint", tests, NULL, NULL);
}
