/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "steer/pattern.h"

static void
the_table(void **state)
{
	static const struct {
		const char *a, *b;
		bool match, covers, meets; /* b as text; b as pattern; either way */
	} table[] = {
	    {"", "", true, true, true},
	    {"", "a", false, false, false},
	    {"a", "", false, false, false},
	    {"*", "", true, true, true},
	    {"*", "edge/weu/192.0.2.1", true, true, true},
	    {"edge/*", "edge/weu/192.0.2.1", true, true, true},
	    {"edge/*", "ledge/weu/192.0.2.1", false, false, false},
	    {"edge/*/192.0.2.1", "edge/weu/192.0.2.1", true, true, true},
	    {"edge/*/192.0.2.1", "edge/weu/192.0.2.11", false, false, false},
	    {"*1", "edge/weu/192.0.2.11", true, true, true},
	    {"*.2.*1", "a.2.b.2.c1", true, true, true},
	    {"a?c", "abc", true, true, true},
	    {"a?c", "ac", false, false, false},
	    {"a?c", "abbc", false, false, false},
	    {"?", "*", true, false, true},
	    {"?*", "*", true, false, true},
	    {"*", "?", true, true, true},
	    {"*", "*", true, true, true},
	    {"a*", "a*b*c", true, true, true},
	    {"a*b*c", "a*", false, false, true},
	    {"a*c", "*b", false, false, false},
	    {"a*", "*b", false, false, true},
	    {"edge/*", "*/192.0.2.1", false, false, true},
	    {"a?", "?b", false, false, true},
	    {"a?", "?b?", false, false, false},
	    {"abc", "a?c", false, false, true},
	    {"**", "", true, true, true},
	    {"[a]", "a", false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		bool match = pattern_match(table[i].a, table[i].b);
		bool covers = pattern_covers(table[i].a, table[i].b);

		if (match != table[i].match || covers != table[i].covers ||
		    pattern_meets(table[i].a, table[i].b) != table[i].meets ||
		    pattern_meets(table[i].b, table[i].a) != table[i].meets)
			fail_msg("\"%s\" \"%s\": %d %d", table[i].a, table[i].b, match,
			    covers);
	}
}

/* Every word of up to n letters of a small alphabet, one after the other. */
static bool
next_word(char *word, size_t max, const char *letters)
{
	size_t len = strlen(word), count = strlen(letters);

	for (size_t i = len; i-- != 0;) {
		size_t at = (size_t)(strchr(letters, word[i]) - letters);

		if (at + 1 < count) {
			word[i] = letters[at + 1];
			return true;
		}
		word[i] = letters[0];
	}
	if (len == max)
		return false;
	memset(word, letters[0], len + 1);
	word[len + 1] = '\0';
	return true;
}

/* By their definitions: over all names of up to five of two letters. */
static void
covers_and_meets_are_what_they_say(void **state)
{
	char a[4] = "";

	(void)state;
	do {
		char b[4] = "";

		do {
			bool all = true, any = false;
			char name[6] = "";

			do {
				bool by_a = pattern_match(a, name);
				bool by_b = pattern_match(b, name);

				all &= by_a || !by_b;
				any |= by_a && by_b;
			} while (next_word(name, 5, "xy"));
			if (pattern_meets(a, b) != any)
				fail_msg("meets \"%s\" \"%s\"", a, b);
			/* it may miss one ("?*" and "*?"), but is never wrong */
			if (pattern_covers(a, b) && !all)
				fail_msg("covers \"%s\" \"%s\"", a, b);
		} while (next_word(b, 3, "xy?*"));
	} while (next_word(a, 3, "xy?*"));
}

static void
long_ones(void **state)
{
	char pattern[PATTERN_MAX + 2], text[PATTERN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < PATTERN_MAX; i++)
		pattern[i] = i % 2 == 0 ? '*' : 'a';
	pattern[PATTERN_MAX] = '\0';
	memset(text, 'a', PATTERN_MAX);
	text[PATTERN_MAX] = '\0';
	/* in the product of the lengths, whatever the stars */
	assert_true(pattern_match(pattern, text));
	text[PATTERN_MAX - 1] = 'b';
	pattern[PATTERN_MAX - 1] = 'c';
	assert_false(pattern_match(pattern, text));
	pattern[PATTERN_MAX - 1] = '*';
	pattern[PATTERN_MAX] = '*';
	pattern[PATTERN_MAX + 1] = '\0';
	assert_false(pattern_match(pattern, text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table),
	    cmocka_unit_test(covers_and_meets_are_what_they_say),
	    cmocka_unit_test(long_ones),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
