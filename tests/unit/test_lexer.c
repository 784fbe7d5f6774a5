/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "zone/lexer.h"

/* Entries as "line:column[+]text|": + for an indented one. */
static const struct {
	const char *text;
	const char *entries;
} good[] = {
    {"a A 1\n", "1:1 a A 1|"},
    {"\n; c\n  \n b ; c\n", "4:2+b|"},
    {"a ( b ; c\n ) c\nd", "1:1 a b c|3:1 d|"},
    {"a \"b ; ( \\\" c\" d\n", "1:1 a \"b ; ( \\\" c\" d|"},
    {"a k=\"x y\"z\n", "1:1 a k=\"x y\"z|"},
    {"a\\;b \\( c\r\nd\r\n", "1:1 a\\;b \\( c|2:1 d|"},
    {"a b\tc  d", "1:1 a b\tc  d|"},
    {"a \"b\"\"c\"", "1:1 a \"b\"\"c\"|"},
    {"\xef\xbb\xbf"
     "a b",
        "1:1 a b|"},
    {"a (b)(c)\n", "1:1 a b c|"},
};

static void
test_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct buf out = {0}, room = {0};
		struct lexer l;

		lexer_init(&l, good[i].text, strlen(good[i].text));
		while (lexer_next(&l) == OK) {
			const char *text;
			size_t len;

			lexer_line(&l, 0, &room, &text, &len);
			buf_printf(&out, "%u:%u%c%.*s|", l.words[0].line,
			    l.words[0].column, l.is_indented ? '+' : ' ', (int)len, text);
		}
		assert_string_equal(buf_text(&out), good[i].entries);
		lexer_fini(&l);
		buf_fini(&out);
		buf_fini(&room);
	}
}

static const struct {
	const char *text;
	size_t len;
	uint32_t line, column;
} bad[] = {
    {"a \"b\nc", 6, 1, 3},
    {"a )\nc", 5, 1, 3},
    {"a b\\\nc", 6, 1, 4},
    {"a \0\nc", 5, 1, 3},
};

/* A faulty line is named, and the next one is read. */
static void
test_faults(void **state)
{
	struct lexer l;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		lexer_init(&l, bad[i].text, bad[i].len);
		assert_int_equal(lexer_next(&l), ERR_SYNTAX);
		assert_int_equal(l.error_line, bad[i].line);
		assert_int_equal(l.error_column, bad[i].column);
		assert_int_equal(lexer_next(&l), OK);
		assert_true(lexer_word_is(&l.words[0], "C"));
		assert_int_equal(lexer_next(&l), ERR_MISSING);
		lexer_fini(&l);
	}
	lexer_init(&l, "\na (\nb\n", 7);
	assert_int_equal(lexer_next(&l), ERR_SYNTAX);
	assert_int_equal(l.error_line, 2);
	assert_int_equal(l.error_column, 3);
	lexer_fini(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_entries),
	    cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
