/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/buf.h"
#include "base/mem.h"

static void
test_empty(void **state)
{
	struct buf b = {0};
	char *text;

	(void)state;
	assert_string_equal(buf_text(&b), "");
	text = buf_take(&b);
	assert_string_equal(text, "");
	mem_free(text);
	buf_clear(&b);
	buf_printf(&b, "%s", "");
	assert_int_equal(b.len, 0);
	buf_fini(&b);
}

/* Piece by piece over many sizes: the NUL is always there and nothing is lost. */
static void
test_grow(void **state)
{
	struct buf b = {0};

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		if (i % 3 == 0)
			buf_char(&b, (char)('a' + i % 26));
		else if (i % 3 == 1)
			buf_printf(&b, "%c", 'a' + (int)(i % 26));
		else
			buf_add(&b, &(char){(char)('a' + i % 26)}, 1);
		assert_int_equal(b.len, i + 1);
		assert_int_equal(b.data[b.len], '\0');
	}
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	buf_fini(&b);
	assert_null(b.data);
}

static void
test_use(void **state)
{
	struct buf b = {0};
	char *text;

	(void)state;
	buf_str(&b, "one");
	buf_printf(&b, " %d %s", 2, "three");
	buf_add(&b, "\0x", 2);
	assert_int_equal(b.len, 13);
	assert_memory_equal(buf_text(&b), "one 2 three\0x", 14);
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_text(&b), "");
	buf_str(&b, "again");
	text = buf_take(&b);
	assert_string_equal(text, "again");
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_text(&b), "");
	mem_free(text);
}

/* A printf that needs more room than is there writes all of it. */
static void
test_printf_grows(void **state)
{
	for (int width = 1; width < 300; width++) {
		struct buf b = {0};

		(void)state;
		buf_str(&b, "x");
		buf_printf(&b, "%*d", width, 7);
		assert_int_equal(b.len, 1 + width);
		assert_int_equal(b.data[width], '7');
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_grow),
	    cmocka_unit_test(test_use),
	    cmocka_unit_test(test_printf_grows),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
