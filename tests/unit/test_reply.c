/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/mem.h"
#include "control/reply.h"
#include "control/columns.h"

struct row {
	const char *text;
	const char *code, *error;
	const char *people;
};

static const struct row rows[] = {
    {"", NULL, NULL, "OK\n"},
    {"one\n", NULL, NULL, "one\nOK\n"},
    {"one\ntwo", NULL, NULL, "one\ntwo\nOK\n"}, /* the last newline is made up */
    {"\n\na\n", NULL, NULL, "\n\na\nOK\n"},
    {"OK\n", NULL, NULL, ".OK\nOK\n"},
    {"OKay\n", NULL, NULL, ".OKay\nOK\n"},
    {"ERROR\n", NULL, NULL, ".ERROR\nOK\n"},
    {"ER\nO\n O\n", NULL, NULL, "ER\nO\n O\nOK\n"},
    {".\n..a\n", NULL, NULL, "..\n...a\nOK\n"},
    {"not OK\n", NULL, NULL, "not OK\nOK\n"},
    {"", "denied", "no", "ERR denied no\n"},
    {"a:1: error\n", "refused", "1 mistake", "a:1: error\nERR refused 1 mistake\n"},
    {"", "failed", "two\nlines", "ERR failed two lines\n"},
};

static void
test_people(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply r = {0};
		struct buf out = {0};

		buf_str(&r.text, rows[i].text);
		if (rows[i].code != NULL)
			reply_fail(&r, rows[i].code, rows[i].error);
		reply_write(&r, false, &out);
		assert_string_equal(buf_text(&out), rows[i].people);
		buf_fini(&out);
		reply_fini(&r);
	}
}

static void
test_json(void **state)
{
	struct reply r = {0};
	struct buf out = {0};

	(void)state;
	reply_write(&r, true, &out);
	assert_string_equal(buf_text(&out), "{\"ok\":true,\"data\":{}}\n");
	buf_clear(&out);
	r.data = json_array();
	json_push_str(r.data, "a\nb");
	buf_str(&r.text, "only for people\n");
	reply_write(&r, true, &out);
	assert_string_equal(buf_text(&out), "{\"ok\":true,\"data\":[\"a\\nb\"]}\n");
	buf_clear(&out);
	reply_fail(&r, "refused", "say \"no\"");
	reply_write(&r, true, &out);
	assert_string_equal(buf_text(&out),
	    "{\"ok\":false,\"code\":\"refused\",\"error\":\"say "
	    "\\\"no\\\"\",\"data\":[\"a\\nb\"]}\n");
	reply_fini(&r);
	buf_clear(&out);
	reply_fail(&r, "denied", "no");
	reply_write(&r, true, &out);
	assert_string_equal(
	    buf_text(&out), "{\"ok\":false,\"code\":\"denied\",\"error\":\"no\"}\n");
	reply_fini(&r);
	buf_fini(&out);
}

static void
test_too_large(void **state)
{
	struct reply r = {0};
	struct buf out = {0};
	char *line = mem_array(REPLY_MAX, 1);

	(void)state;
	memset(line, 'x', REPLY_MAX - 4);
	buf_add(&r.text, line, REPLY_MAX - 4); /* and "\nOK\n" */
	reply_write(&r, false, &out);
	assert_int_equal(out.len, REPLY_MAX);
	buf_char(&r.text, 'x');
	buf_clear(&out);
	buf_str(&out, "earlier\n");
	reply_write(&r, false, &out);
	assert_string_equal(buf_text(&out),
	    "earlier\nERR too-large the reply is too large; ask for less of it\n");
	reply_fini(&r);
	buf_fini(&out);
	mem_free(line);
}

static void
test_columns(void **state)
{
	struct columns t;
	struct buf out = {0};

	(void)state;
	columns_init(&t, "endpoint >latency state");
	columns_cell(&t, "edge/weu/1");
	columns_cellf(&t, "%d ms", 12);
	columns_cell(&t, "up");
	columns_cell(&t, "caf\xc3\xa9");
	columns_cell(&t, NULL);
	columns_cell(&t, "a\nb");
	columns_cell(&t, "last");
	columns_write(&t, &out);
	assert_string_equal(buf_text(&out), "endpoint    latency  state\n"
	                                    "edge/weu/1    12 ms  up\n"
	                                    "caf\xc3\xa9              -  a?b\n"
	                                    "last              -  -\n");
	columns_fini(&t);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_people),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
