/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/words.h"
#include "control/line.h"

struct good {
	const char *text;
	bool json;
	int argc;
	const char *argv[4];
};

static const struct good goods[] = {
    {"status", false, 1, {"status"}},
    {"  status \t ", false, 1, {"status"}},
    {"status\r", false, 1, {"status"}},
    {"json status", true, 1, {"status"}},
    {"\tjson\thealth\tedge/*", true, 2, {"health", "edge/*"}},
    {"jsonx status", false, 2, {"jsonx", "status"}},
    {"json json", true, 1, {"json"}},
    {"up x --why \"back again\"", false, 4, {"up", "x", "--why", "back again"}},
    {"a \"\" b", false, 3, {"a", "", "b"}},
    {"a \"say \\\"hi\\\"\"", false, 2, {"a", "say \"hi\""}},
    {"a \"1\\n2\\\\3\"", false, 2, {"a", "1\n2\\3"}},
    {"explain www\\.x\\032y.example.com", false, 2,
        {"explain", "www\\.x\\032y.example.com"}},
    {"set values=\"1 2\"3", false, 2, {"set", "values=1 23"}},
    {"x caf\xc3\xa9", false, 2, {"x", "caf\xc3\xa9"}},
};

static void
test_good_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++) {
		const struct good *g = &goods[i];
		struct line l = {0};
		struct buf why = {0};

		assert_int_equal(line_parse(g->text, strlen(g->text), &l, &why), OK);
		assert_int_equal(l.json, g->json);
		assert_int_equal(l.argc, g->argc);
		for (int a = 0; a < g->argc; a++)
			assert_string_equal(l.argv[a], g->argv[a]);
		assert_null(l.argv[l.argc]);
		assert_int_equal(why.len, 0);
		line_fini(&l);
	}
}

struct bad {
	const char *text;
	size_t len; /* 0: strlen */
	bool json;
	const char *why;
};

static const struct bad bads[] = {
    {"", 0, false, "column 1: no verb here; `help` lists them"},
    {"   ", 0, false, "column 4: no verb here; `help` lists them"},
    {"json", 0, true, "column 5: no verb here; `help` lists them"},
    {"json \r", 0, true, "column 6: no verb here; `help` lists them"},
    {"up \"open", 0, false, "column 4: this quote is not closed"},
    {"json up \"open\\\"", 0, true, "column 9: this quote is not closed"},
    {"up \"a\\tb\"", 0, false, "column 6: in quotes \\ stands only before \", \\ and n"},
    {"up \"a\\", 0, false, "column 6: in quotes \\ stands only before \", \\ and n"},
    {"up a\0b", 6, false, "column 5: NUL octet"},
    {"up \"a\0b\"", 8, false, "column 6: NUL octet"},
};

static void
test_bad_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bads); i++) {
		const struct bad *b = &bads[i];
		struct line l = {0};
		struct buf why = {0};
		size_t len = b->len != 0 ? b->len : strlen(b->text);

		assert_int_equal(line_parse(b->text, len, &l, &why), ERR_SYNTAX);
		assert_int_equal(l.json, b->json);
		assert_string_equal(buf_text(&why), b->why);
		buf_fini(&why);
		line_fini(&l);
	}
}

static void
test_length(void **state)
{
	char *text = mem_array(LINE_MAX_LEN + 2, 1);
	struct line l = {0};
	struct buf why = {0};

	(void)state;
	memset(text, 'a', LINE_MAX_LEN + 1);
	assert_int_equal(line_parse(text, LINE_MAX_LEN, &l, &why), OK);
	assert_int_equal(strlen(l.argv[0]), LINE_MAX_LEN);
	line_fini(&l);
	assert_int_equal(line_parse(text, LINE_MAX_LEN + 1, &l, &why), ERR_SYNTAX);
	assert_string_equal(
	    buf_text(&why), "column 65537: the line is longer than 65536 octets");
	text[LINE_MAX_LEN] = '\r'; /* is no part of the line */
	buf_clear(&why);
	assert_int_equal(line_parse(text, LINE_MAX_LEN + 1, &l, &why), OK);
	line_fini(&l);
	buf_fini(&why);
	mem_free(text);
}

/* Whatever words are written, the same are read. */
static void
test_round_trip(void **state)
{
	static const char *const words[] = {"plain", "", "two words", "quo\"te",
	    "back\\slash", "back slash\\", "line\nbreak", "\t", "end\r", "\\", "\"",
	    "caf\xc3\xa9", "a=\"b\""};
	struct words back = {0};
	struct buf line = {0};
	const char *why;
	size_t column;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		if (i != 0)
			buf_char(&line, ' ');
		words_write(&line, words[i]);
	}
	assert_null(memchr(line.data, '\n', line.len));
	assert_int_equal(words_parse(line.data, line.len, &back, &column, &why), OK);
	assert_int_equal(back.count, COUNT(words));
	for (size_t i = 0; i < COUNT(words); i++)
		assert_string_equal(back.list[i], words[i]);
	words_fini(&back);
	buf_clear(&line);
	words_write(&line, "www\\.example.com");
	assert_string_equal(buf_text(&line), "www\\.example.com"); /* readable */
	buf_fini(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_lines),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_length),
	    cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
