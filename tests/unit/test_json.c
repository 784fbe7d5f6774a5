/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <math.h>

#include "base/json.h"

static void
test_write(void **state)
{
	struct json *root = json_object(), *list = json_array();
	struct buf out = {0};

	(void)state;
	json_set_str(root, "z", "a \"b\"\n\\");
	json_set_str(root, "null", NULL);
	json_set_int(root, "int", INT64_MIN);
	json_set_real(root, "real", 0.1);
	json_set_real(root, "inf", INFINITY);
	json_set_bool(root, "yes", true);
	json_set_bool(root, "no", false);
	json_push_str(list, "one");
	json_push_str(list, NULL);
	json_push(list, json_object());
	json_set(root, "a", list);
	json_set_int(root, "z2", 1);
	json_set_int(root, "z2", 2);
	buf_str(&out, "> ");
	json_write(root, &out);
	assert_string_equal(buf_text(&out),
	    "> {\"z\":\"a \\\"b\\\"\\n\\\\\",\"null\":null,\"int\":-9223372036854775808,"
	    "\"real\":0.1,\"inf\":null,\"yes\":true,\"no\":false,"
	    "\"a\":[\"one\",null,{}],\"z2\":2}");
	buf_fini(&out);
	json_free(root);
	json_free(NULL);
}

/* RFC 3629: what is not UTF-8 becomes U+FFFD, octet by octet; the rest stays. */
static void
test_utf8(void **state)
{
#define BAD "\xef\xbf\xbd"
	static const struct {
		const char *in;
		const char *out;
	} rows[] = {
	    {"plain", "plain"},
	    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	    {"\xff", BAD},
	    {"a\x80z", "a" BAD "z"},
	    {"\xc3", BAD},
	    {"\xc3z", BAD "z"},
	    {"\xe2\x82", BAD BAD},
	    {"\xf0\x9f\x98", BAD BAD BAD},
	    {"\xc0\x80", BAD BAD},
	    {"\xe0\x9f\xbf", BAD BAD BAD},
	    {"\xed\xa0\x80", BAD BAD BAD},
	    {"\xed\x9f\xbf", "\xed\x9f\xbf"},
	    {"\xf0\x8f\xbf\xbf", BAD BAD BAD BAD},
	    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	    {"\xf4\x90\x80\x80", BAD BAD BAD BAD},
	    {"\xf5\x80\x80\x80", BAD BAD BAD BAD},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *root = json_object(), *back = NULL;
		struct buf out = {0}, why = {0};

		json_set_str(root, "k", rows[i].in);
		assert_string_equal(json_str(json_get(root, "k")), rows[i].out);
		json_set_int(root, rows[i].in, 5);
		assert_int_equal(json_int(json_get(root, rows[i].out)), 5);
		json_write(root, &out);
		assert_int_equal(json_parse(buf_text(&out), out.len, &back, &why), OK);
		assert_string_equal(json_str(json_get(back, "k")), rows[i].out);
		json_free(back);
		json_free(root);
		buf_fini(&out);
		buf_fini(&why);
	}
}

static void
test_read(void **state)
{
	static const char text[] = " {\"s\":\"x\",\"i\":-7,\"r\":1.5,\"o\":{},"
	                           "\"a\":[1,\"two\"],\"n\":null} ";
	struct json *root = NULL;
	const struct json *a;
	struct buf why = {0};

	(void)state;
	assert_int_equal(json_parse(text, sizeof(text) - 1, &root, &why), OK);
	assert_true(json_is_object(root));
	assert_false(json_is_array(root));
	assert_string_equal(json_str(json_get(root, "s")), "x");
	assert_int_equal(json_int(json_get(root, "i")), -7);
	a = json_get(root, "a");
	assert_true(json_is_array(a));
	assert_false(json_is_object(a));
	assert_int_equal(json_count(a), 2);
	assert_int_equal(json_int(json_at(a, 0)), 1);
	assert_string_equal(json_str(json_at(a, 1)), "two");
	/* of another kind, or not there */
	assert_null(json_at(a, 2));
	assert_null(json_get(root, "missing"));
	assert_null(json_get(a, "s"));
	assert_null(json_get(NULL, "s"));
	assert_null(json_at(root, 0));
	assert_null(json_str(json_get(root, "i")));
	assert_null(json_str(json_get(root, "n")));
	assert_null(json_str(NULL));
	assert_int_equal(json_int(json_get(root, "s")), 0);
	assert_int_equal(json_int(json_get(root, "r")), 0);
	assert_int_equal(json_int(NULL), 0);
	assert_int_equal(json_count(root), 0);
	assert_int_equal(json_count(NULL), 0);
	assert_false(json_is_array(NULL) || json_is_object(NULL));
	json_free(root);

	/* a value need not be an object, and the length counts */
	assert_int_equal(json_parse("42]", 2, &root, &why), OK);
	assert_int_equal(json_int(root), 42);
	json_free(root);
	assert_int_equal(why.len, 0);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
	    {"", "line 1, column 0: "},
	    {"{", "line 1, column 1: "},
	    {"{}\n {}", "line 2, column 2: "},
	    {"[1,]", "line 1, column 4: "},
	    {"{\"a\":1,\n\"a\":2}", "duplicate"},
	    {"[\"\xff\"]", "decode byte 0xff"},
	    {"[\"\\u0000\"]", "u0000"},
	    {"[nul]", "line 1, column "},
	    {"['a']", "line 1, column "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *root = NULL;
		struct buf why = {0};

		assert_int_equal(
		    json_parse(rows[i].text, strlen(rows[i].text), &root, &why),
		    ERR_SYNTAX);
		assert_null(root);
		if (strstr(buf_text(&why), rows[i].why) == NULL)
			print_error("\"%s\" is not in \"%s\"\n", rows[i].why, why.data);
		assert_non_null(strstr(buf_text(&why), rows[i].why));
		buf_fini(&why);
	}
}

static void
test_depth(void **state)
{
	struct buf why = {0};

	(void)state;
	for (unsigned depth = 30; depth <= 35; depth++) {
		struct json *root = NULL;
		struct buf text = {0};

		/* brackets in strings are none, also behind an escaped quote */
		buf_str(&text, "[\"[[[[[[[[\\\"{{{{{{{{\\\\\",[],[]");
		for (unsigned i = 1; i < depth; i++)
			buf_str(&text, i % 2 != 0 ? ",{\"k\":[0" : "");
		for (unsigned i = 1; i < depth; i++)
			buf_str(&text, i % 2 != 0 ? "]}" : "");
		buf_str(&text, "]");
		/* 1 + 2 levels for each odd i below depth */
		assert_int_equal(json_parse(text.data, text.len, &root, &why),
		    1 + depth / 2 * 2 <= 32 ? OK : ERR_SYNTAX);
		json_free(root);
		buf_fini(&text);
	}
	assert_non_null(strstr(buf_text(&why), "deeper than 32 levels"));
	buf_fini(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_utf8),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
