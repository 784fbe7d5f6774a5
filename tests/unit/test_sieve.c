/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/sieve.h"

/* What comes out when it goes in by pieces of so many octets; "!" and why it ended. */
static void
sift(const char *in, size_t len, size_t piece, struct buf *out)
{
	char *room = mem_array(1, piece + SIEVE_MORE);
	struct sieve s = {0};
	size_t n, got;

	for (size_t i = 0; i < len; i += n) {
		bool good;

		n = len - i < piece ? len - i : piece;
		good = sieve_feed(&s, in + i, n, room, &got);
		assert_true(got <= n + SIEVE_MORE);
		buf_add(out, room, got);
		if (good)
			continue;
		buf_printf(out, "!%s", s.why);
		break;
	}
	mem_free(room);
}

static void
test_table(void **state)
{
	static const struct {
		const char *in, *out; /* out NULL: as it came */
	} table[] = {
	    {"+OK\r\n", NULL},
	    {"-ERR no\r\n:12\r\n:-12\r\n$-1\r\n*-1\r\n*0\r\n", NULL},
	    {"$0\r\n\r\n$3\r\na\r\n\r\n", NULL},
	    {"*2\r\n$1\r\na\r\n*2\r\n:1\r\n*1\r\n+x\r\n+OK\r\n", NULL},
	    {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", NULL},
	    {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
	        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n!arrays within arrays within arrays"},
	    {"HTTP/1.1 400 Bad Request\r\n", "!it begins with no sign of a reply"},
	    {"\r\n", "!it begins with no sign of a reply"},
	    {"%1\r\n", "!it begins with no sign of a reply"}, /* RESP3 */
	    {"$\r\n", "!a length or number is not one"},
	    {"$-\r\n", "!a length or number is not one"},
	    {"$1x\r\n", "!a length or number is not one"},
	    {"$1\n", "!a length or number is not one"},
	    {":1 \r\n", "!a length or number is not one"},
	    {"$9999999999999999999\r\n", "!a length or number is not one"},
	    {"$00000000000000000000000000000000001\r\n",
	        "!a length or number is not one"},
	    {"$-2\r\n", "!a length below zero"},
	    {"*-2\r\n", "!a length below zero"},
	    {"$1\r\nab\r\n", "$1\r\n!a text does not end where it should"},
	    {"$1\r\na\n\r", "$1\r\n!a text does not end where it should"},
	    /* a text that will be too long is never waited for */
	    {"$1048577\r\n", "$-1\r\n"},
	    {"*2\r\n$999999999999\r\n", "*2\r\n$-1\r\n"},
	    {"*262145\r\n", "*-1\r\n"},
	    {"*1\r\n*999999999\r\n", "*1\r\n*-1\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *want = table[i].out != NULL ? table[i].out : table[i].in;
		size_t len = strlen(table[i].in);

		for (size_t piece = 1; piece <= len; piece++) {
			struct buf out = {0};

			sift(table[i].in, len, piece, &out);
			/* a text's body may be through before its end is seen to be bad
			 */
			if (strstr(want, "!a text") != NULL)
				assert_non_null(strstr(buf_text(&out), "!a text"));
			else
				assert_string_equal(buf_text(&out), want);
			buf_fini(&out);
		}
	}
}

static void
add_text(struct buf *b, size_t len)
{
	buf_printf(b, "$%zu\r\n", len);
	for (size_t i = 0; i < len; i++)
		buf_char(b, '\r'); /* such as looks like an end */
	buf_str(b, "\r\n");
}

/* What is too large costs itself alone: what is around it comes through. */
static void
test_neighbours(void **state)
{
	static const size_t pieces[] = {1, 7, 4096, 65536};
	struct buf in = {0}, want = {0};

	(void)state;
	/* one text */
	buf_str(&in, "*3\r\n+a\r\n");
	add_text(&in, SIEVE_TEXT_MAX + 1);
	buf_str(&in, "+b\r\n:7\r\n");
	buf_str(&want, "*3\r\n+a\r\n$-1\r\n+b\r\n:7\r\n");
	/* one that is just not too large */
	add_text(&in, SIEVE_TEXT_MAX);
	add_text(&want, SIEVE_TEXT_MAX);
	/* one array, among others */
	buf_str(&in, "*3\r\n:1\r\n*300000\r\n");
	for (size_t i = 0; i < 300000; i++)
		buf_str(&in, i % 3 == 0 ? "*1\r\n:1\r\n" : "$1\r\nx\r\n");
	buf_str(&in, "$1\r\nz\r\n+OK\r\n");
	buf_str(&want, "*3\r\n:1\r\n*-1\r\n$1\r\nz\r\n+OK\r\n");
	/* all texts of one array together, and then the next is good again */
	buf_str(&in, "*18\r\n");
	buf_str(&want, "*18\r\n");
	for (size_t i = 0; i < 18; i++) {
		add_text(&in, SIEVE_TEXT_MAX);
		if (i < 16)
			add_text(&want, SIEVE_TEXT_MAX);
		else
			buf_str(&want, "$-1\r\n");
	}
	buf_str(&in, "*1\r\n$1\r\nx\r\n");
	buf_str(&want, "*1\r\n$1\r\nx\r\n");
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct buf out = {0};

		sift(in.data, in.len, pieces[i], &out);
		assert_int_equal(out.len, want.len);
		assert_memory_equal(out.data, want.data, want.len);
		buf_fini(&out);
	}
	buf_fini(&in);
	buf_fini(&want);
}

/* A whole reply has limits too, as has a line. */
static void
test_whole(void **state)
{
	struct buf in = {0}, out = {0};

	(void)state;
	buf_str(&in, "*100\r\n");
	for (size_t i = 0; i < 100; i++) {
		buf_str(&in, "*1\r\n");
		add_text(&in, SIEVE_TEXT_MAX);
	}
	sift(in.data, in.len, 65536, &out);
	assert_non_null(strstr(out.data + out.len - 40, "!a reply of more than 64 MiB"));
	buf_clear(&in);
	buf_clear(&out);
	buf_str(&in, "*100\r\n");
	for (size_t i = 0; i < 100; i++) {
		buf_str(&in, "*200000\r\n");
		for (size_t k = 0; k < 200000; k++)
			buf_str(&in, ":1\r\n");
	}
	sift(in.data, in.len, 65536, &out);
	assert_non_null(
	    strstr(out.data + out.len - 60, "!a reply of more than 1,048,576 elements"));
	buf_clear(&in);
	buf_clear(&out);
	buf_char(&in, '+');
	for (size_t i = 0; i < 20000; i++)
		buf_char(&in, 'a');
	sift(in.data, in.len, 100, &out);
	assert_non_null(strstr(out.data + out.len - 60, "!a line of more than 16 KiB"));
	buf_fini(&in);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_neighbours),
	    cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests_name("sieve", tests, NULL, NULL);
}
