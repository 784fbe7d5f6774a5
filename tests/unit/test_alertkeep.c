/* SPDX-License-Identifier: BSD-2-Clause */
/* Open alerts in a file that anybody may have written. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "control/alertkeep.h"

static struct config_hook hooks[] = {{.name = (char *)(uintptr_t) "ops"}};

static enum err
load(const char *text, struct alert_book *b)
{
	static const struct alert_hook def = {.kinds = UINT32_MAX};
	static const int from[] = {-1};
	char path[] = "/tmp/sextant-alerts-XXXXXX";
	int fd = mkstemp(path);
	struct buf why = {0};
	enum err e;

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(file_replace(path, text, strlen(text), &why), OK);
	alert_book_set_hooks(
	    b, &(struct alert_times){2000, 300000}, &def, from, 1, (struct mono){1000});
	e = alertkeep_load(path, b, hooks, COUNT(hooks), &why);
	assert_int_equal(e != OK, why.len != 0);
	unlink(path);
	buf_fini(&why);
	return e;
}

static void
on_send(void *ctx, const struct alert_message *m)
{
	(void)ctx;
	(void)m;
}

static void
test_times(void **state)
{
	static const struct {
		const char *since;
		bool good;
	} rows[] = {{"1700000000", true}, {"0", true}, {"-1", false},
	    {"-9223372036854775808", false}, {"9223372036854775807", true}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct alert_book *b = alert_book_new();
		char *text = mem_printf(
		    "{\"alerts\": [{\"kind\": \"pool\", \"subject\": \"edge\", \"text\": "
		    "\"down\", \"severity\": \"critical\", \"since\": %s, "
		    "\"told\": [\"ops\", 1, null, \"none\"]}]}",
		    rows[i].since);
		const struct alert *a;

		assert_int_equal(load(text, b), rows[i].good ? OK : ERR_SYNTAX);
		(void)alert_book_run(b, mono_now(), on_send, NULL);
		a = alert_book_next(b, NULL);
		assert_int_equal(a != NULL, rows[i].good);
		if (a != NULL) {
			assert_in_range(a->since_wall_s, 0, wall_now_s());
			assert_int_equal(a->told, 1);
		}
		alert_book_free(b);
		mem_free(text);
	}
}

static void
test_nonsense(void **state)
{
	static const char odd[] =
	    "{\"alerts\": [{\"kind\": \"odd\", \"subject\": \"a\", \"text\": \"b\", "
	    "\"severity\": \"critical\"}]}";
	static const char *const texts[] = {"", "1", "[]", "{}", "{\"alerts\": 1}",
	    "{\"alerts\": {}}", "{\"alerts\": [1]}", "{\"alerts\": [null]}",
	    "{\"alerts\": [{\"kind\": 1}]}", "{\"alerts\": [{}]}", odd};
	struct buf big = {0};
	struct alert_book *b;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		b = alert_book_new();
		if (load(texts[i], b) != ERR_SYNTAX)
			fail_msg("\"%s\" is taken", texts[i]);
		assert_null(alert_book_next(b, NULL));
		alert_book_free(b);
	}
	buf_str(&big, "{\"alerts\": [{\"kind\": \"pool\", \"subject\": \"a\", "
	              "\"severity\": \"warning\", \"text\": \"");
	for (unsigned i = 0; i < 100000; i++)
		buf_char(&big, 'x');
	buf_str(&big, "\"}]}");
	b = alert_book_new();
	assert_int_equal(load(buf_text(&big), b), ERR_SYNTAX);
	assert_null(alert_book_next(b, NULL));
	alert_book_free(b);
	buf_fini(&big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
