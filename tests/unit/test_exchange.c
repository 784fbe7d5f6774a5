/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/mem.h"
#include "store/batch.h"
#include "store/exchange.h"
#include "store/ledger.h"

static void
set(struct fields *f, const char *name, const char *value)
{
	assert_int_equal(fields_set(f, name, value, strlen(value)), OK);
}

static void
test_write_and_read(void **state)
{
	struct fields f = {0}, back = {0};
	struct buf line = {0}, why = {0};
	char *key = NULL;

	(void)state;
	set(&f, "values", "\"a \\\"b\\\\\"\n\"\xc3\xbc\"");
	set(&f, "comment", "\xff\x01\xfe");
	set(&f, "x-empty", "");
	exchange_write("dns:{example.com}:a\\058b:TXT", &f, &line);
	assert_null(strchr(buf_text(&line), '\n'));
	assert_non_null(strstr(buf_text(&line), "\"hex\":{\"comment\":\"ff01fe\"}"));
	assert_int_equal(exchange_read(line.data, line.len, &key, &back, &why), OK);
	assert_string_equal(key, "dns:{example.com}:a\\058b:TXT");
	assert_int_equal(fields_sum("k", 1, &f), fields_sum("k", 1, &back));
	mem_free(key);
	fields_fini(&f);
	fields_fini(&back);
	buf_fini(&line);
	buf_fini(&why);
}

static void
test_bad_lines(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
	    {"", "no JSON"},
	    {"x", "no JSON"},
	    {"[]", "a record is {"},
	    {"\"k\"", "a record is {"},
	    {"{\"fields\":{\"a\":\"b\"}}", "a record is {"},
	    {"{\"key\":1,\"fields\":{\"a\":\"b\"}}", "a record is {"},
	    {"{\"key\":\"k\"}", "a record is {"},
	    {"{\"key\":\"k\",\"fields\":[]}", "a record is {"},
	    {"{\"key\":\"k\",\"fields\":{\"a\":\"b\"},\"hex\":\"\"}", "a record is {"},
	    {"{\"key\":\"k\",\"fields\":{}}", "without fields"},
	    {"{\"key\":\"k\",\"fields\":{\"ttl\":60}}",
	        "field ttl: the value is not a string"},
	    {"{\"key\":\"k\",\"fields\":{\"a\":null}}", "field a"},
	    {"{\"key\":\"k\",\"fields\":{\"a\":\"b\\u0000\"}}", "no JSON"},
	    {"{\"key\":\"k\",\"fields\":{\"a\":\"b\",\"a\":\"c\"}}", "no JSON"},
	    {"{\"key\":\"k\",\"fields\":{},\"hex\":{\"a\":\"0\"}}", "field a: not pairs"},
	    {"{\"key\":\"k\",\"fields\":{},\"hex\":{\"a\":\"0g\"}}",
	        "field a: not pairs"},
	    {"{\"key\":\"k\",\"fields\":{},\"hex\":{\"a\":\"00\"}}", "field a"},
	    {"{\"key\":\"k\",\"fields\":{\"a\":\"b\"},\"zone\":\"z\"}",
	        "unknown member \"zone\""},
	    {"{\"key\":\"k\",\"fields\":{\"a\":\"b\"}} x", "no JSON"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fields f = {0};
		struct buf why = {0};
		char *key = NULL;
		enum err e =
		    exchange_read(cases[i].line, strlen(cases[i].line), &key, &f, &why);

		if (e == OK || strstr(buf_text(&why), cases[i].why) == NULL)
			fail_msg("%s: \"%s\"", cases[i].line, buf_text(&why));
		mem_free(key);
		fields_fini(&f);
		buf_fini(&why);
	}
}

static struct store_batch
batch_of(const char *const *keys, const char *const *fields, size_t count)
{
	struct disk_row *rows = mem_array(count, sizeof(*rows));
	struct store_batch b;

	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(fields[i], '=');
		char *name = mem_strn(fields[i], (size_t)(equals - fields[i]));

		rows[i].key = mem_str(keys[i]);
		set(&rows[i].fields, name, equals + 1);
		mem_free(name);
	}
	batch_init(&b, rows, count);
	return b;
}

/* A batch is judged as what it will be: pools first, and not those that are refused. */
static void
test_check(void **state)
{
	static const char *const keys[] = {"dns:{example.com}:a:POOL", "dns:!pool:one",
	    "dns:{example.com}:b:POOL", "dns:!pool:two", "dns:{example.com}:c:A"};
	static const char *const fields[] = {
	    "pool=one", "values=192.0.2.1", "pool=two", "values=x", "values=192.0.2.2"};
	struct config_zone zone = {.store = true};
	struct config cfg = {.zones = &zone, .zone_count = 1};
	struct ledger l;
	struct store_batch b = batch_of(keys, fields, COUNT(keys));
	struct disk_row *copy;
	struct buf why = {0};
	size_t count;

	(void)state;
	assert_int_equal(name_parse("example.com", 11, &name_root, &zone.domain), OK);
	ledger_init(&l, &cfg);
	assert_int_equal(batch_check(&b, &l, &why), ERR_DENIED);
	assert_string_equal(
	    buf_text(&why), "2 of 5 records are refused, and none is written");
	assert_null(b.refused[0]);
	assert_null(b.refused[1]);
	assert_non_null(strstr(b.refused[2], "has a pool two"));
	assert_non_null(strstr(b.refused[3], "field values"));
	assert_null(b.refused[4]);
	assert_null(l.coming);
	b.skip_refused = true;
	assert_int_equal(batch_check(&b, &l, &why), OK);
	assert_int_equal(b.refused_count, 2);
	copy = batch_copy_good(&b, &count);
	assert_int_equal(count, 3);
	assert_string_equal(copy[2].key, keys[4]);
	batch_free_copy(copy, count);
	batch_fini(&b);
	buf_fini(&why);
	ledger_fini(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write_and_read),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
