/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/ledger.h"

static struct name example, other;
static struct config_zone zones[2];
static struct config cfg;
static struct config_check check;
static struct ledger ledger;
static struct mono now;

/* Key is short: "www:A" in example.com, "" the zone itself. */
static const char *
full(const char *key)
{
	static char text[200];

	if (strncmp(key, "dns:", 4) == 0)
		snprintf(text, sizeof(text), "%s", key);
	else
		snprintf(text, sizeof(text), "dns:{example.com}%s%s",
		    *key == '\0' ? "" : ":", key);
	return text;
}

static void
put_field(const char *key, const char *name, const char *value, bool stored)
{
	const char *k = full(key);
	struct fields f = {0};

	assert_int_equal(fields_set(&f, name, value, strlen(value)), OK);
	ledger_put(&ledger, k, strlen(k), &f, stored);
	fields_fini(&f);
}

static void
put(const char *key, const char *values)
{
	put_field(key, "values", values, false);
}

static void
drop(const char *key, bool live)
{
	const char *k = full(key);

	ledger_drop(&ledger, k, strlen(k), live);
}

/* What a flush hands on: "+www:A 300" and "-www:A", then "|" and the rows "w" and "d". */
static const char *
flushed(void)
{
	static char text[2000];
	struct store_change *changes;
	size_t change_count, row_count;
	struct disk_row *rows;
	struct buf out = {0};

	ledger_flush(&ledger, now, &changes, &change_count, &rows, &row_count);
	for (size_t i = 0; i < change_count; i++) {
		struct buf key = {0};
		struct record *r = changes[i].record;

		record_key_write(&changes[i].key, &key);
		buf_printf(
		    &out, "%c%s", r == NULL ? '-' : '+', strchr(buf_text(&key), '}') + 1);
		if (r != NULL)
			buf_printf(&out, " %u", r->ttl);
		buf_char(&out, ' ');
		buf_fini(&key);
		record_free(r);
	}
	buf_char(&out, '|');
	for (size_t i = 0; i < row_count; i++) {
		buf_printf(&out, " %c%s", rows[i].fields.count == 0 ? 'd' : 'w',
		    strchr(rows[i].key, '}') + 1);
		mem_free(rows[i].key);
		fields_fini(&rows[i].fields);
	}
	mem_free(rows);
	mem_free(changes);
	snprintf(text, sizeof(text), "%s", buf_text(&out));
	buf_fini(&out);
	return text;
}

static int
setup(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(name_parse("example.com", 11, NULL, &example), OK);
	assert_int_equal(name_parse("other.example", 13, NULL, &other), OK);
	memset(zones, 0, sizeof(zones));
	zones[0].domain = example;
	zones[0].store = true;
	zones[1].domain = other;
	memset(&cfg, 0, sizeof(cfg));
	cfg.zones = zones;
	cfg.zone_count = 2;
	check.name = (char *)(uintptr_t) "web";
	now.ms = 5000;
	ledger_init(&ledger, &cfg);
	ledger_begin(&ledger);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ledger_fini(&ledger);
	return 0;
}

static void
test_changes(void **state)
{
	(void)state;
	put("www:A", "192.0.2.1");
	put("www:AAAA", "2001:db8::1");
	assert_string_equal(flushed(), "+:www:A 300 +:www:AAAA 300 | w:www:A w:www:AAAA");
	put("www:A", "192.0.2.1");
	assert_string_equal(flushed(), "|");
	put("www:A", "192.0.2.2");
	assert_string_equal(flushed(), "+:www:A 300 | w:www:A");
	put_field("b:A", "values", "192.0.2.3", true);
	assert_string_equal(flushed(), "+:b:A 300 |");
	assert_int_equal(ledger.accepted, 3);
	ledger_delete(&ledger, full("b:A"), strlen(full("b:A")));
	assert_string_equal(flushed(), "-:b:A |");
	assert_int_equal(ledger.accepted, 2);
}

static void
test_reject(void **state)
{
	const struct entry *e;

	(void)state;
	put("www:A", "192.0.2.1");
	(void)flushed();
	put("www:A", "nonsense");
	assert_string_equal(flushed(), "|");
	assert_int_equal(ledger.index.reject_count, 1);
	assert_int_equal(ledger.accepted, 1);
	e = index_find(&ledger.index, full("www:A"), strlen(full("www:A")));
	assert_non_null(strstr(e->reject->why, "field values"));
	/* the good version again: it never went away */
	put("www:A", "192.0.2.1");
	assert_string_equal(flushed(), "|");
	assert_int_equal(ledger.index.reject_count, 0);
	/* never any good */
	put("dns:{Example.com}:www:A", "192.0.2.1");
	ledger_put_bad(&ledger, full("x:A"), strlen(full("x:A")), "it is not a hash");
	assert_string_equal(flushed(), "|");
	assert_int_equal(ledger.index.reject_count, 2);
	assert_int_equal(ledger.accepted, 1);
	drop("x:A", true);
	assert_int_equal(ledger.index.reject_count, 1);
	put("x:A", "192.0.2.1");
	drop("dns:{Example.com}:www:A", true);
	assert_string_equal(flushed(), "+:x:A 300 | w:x:A");
}

static void
test_file_zone(void **state)
{
	static const struct {
		const char *key, *values;
		bool good;
	} cases[] = {
	    {"www:A", "192.0.2.1", true},
	    {"sub:NS", "ns1", false},
	    {"sub:DS",
	        "1 8 2 0000000000000000000000000000000000000000000000000000000000000000",
	        false},
	    {"sub:DNAME", "b", false},
	    {"@:SOA", "a. b. 1 2 3 4 5", false},
	};

	(void)state;
	zones[0].file = (char *)(uintptr_t) "example.com.zone";
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf why = {0};
		struct fields f = {0};
		const char *k = full(cases[i].key);

		assert_int_equal(
		    fields_set(&f, "values", cases[i].values, strlen(cases[i].values)),
		    OK);
		if ((ledger_check(&ledger, k, strlen(k), &f, &why) == OK) !=
		    cases[i].good)
			fail_msg("%s %s", k, buf_text(&why));
		fields_fini(&f);
		buf_fini(&why);
	}
}

/* A record of a zone that is not ours is kept, and seen once the zone is. */
static void
test_other_zone(void **state)
{
	struct config next = cfg;
	struct config_zone next_zones[2] = {zones[0], zones[1]};
	struct fields f = {0};
	struct buf why = {0};
	static const char key[] = "dns:{other.example}:www:A";

	(void)state;
	put(key, "192.0.2.1");
	put("www:A", "192.0.2.2");
	assert_string_equal(flushed(), "+:www:A 300 | w:www:A w:www:A");
	assert_int_equal(ledger.accepted, 2);
	assert_int_equal(fields_set(&f, "values", "192.0.2.1", 9), OK);
	assert_int_equal(ledger_check(&ledger, key, strlen(key), &f, &why), ERR_DENIED);
	next_zones[0].store = false;
	next_zones[1].store = true;
	next.zones = next_zones;
	ledger_reconfigure(&ledger, &next);
	assert_string_equal(flushed(), "-:www:A |");
	ledger_retry(&ledger, key, strlen(key), &f);
	assert_string_equal(flushed(), "+:www:A 300 |");
	/* nothing to say again */
	assert_int_equal(fields_set(&f, "ttl", "60", 2), OK);
	ledger_retry(&ledger, key, strlen(key), &f);
	assert_string_equal(flushed(), "|");
	fields_fini(&f);
	buf_fini(&why);
}

/* Rejected for want of a check; tried again when the configuration has it. */
static void
test_retry(void **state)
{
	struct config next = cfg;
	struct fields f = {0};

	(void)state;
	assert_int_equal(fields_set(&f, "values@weu", "192.0.2.1", 9), OK);
	assert_int_equal(fields_set(&f, "check", "web", 3), OK);
	ledger_put(&ledger, full("www:A"), strlen(full("www:A")), &f, true);
	assert_string_equal(flushed(), "|");
	assert_int_equal(ledger.index.reject_count, 1);
	next.checks = &check;
	next.check_count = 1;
	ledger_reconfigure(&ledger, &next);
	ledger_retry(&ledger, full("www:A"), strlen(full("www:A")), &f);
	assert_string_equal(flushed(), "+:www:A 60 |");
	assert_int_equal(ledger.index.reject_count, 0);
	fields_fini(&f);
}

static void
test_zone_ttl(void **state)
{
	(void)state;
	put("www:A", "192.0.2.1");
	assert_string_equal(flushed(), "+:www:A 300 | w:www:A");
	put_field("", "ttl", "77", false);
	assert_string_equal(flushed(), "+ 77 | w");
	assert_true(ledger.ttl_changed);
	ledger_reconfigure(&ledger, &cfg);
	put("b:A", "192.0.2.1");
	assert_string_equal(flushed(), "+:b:A 77 | w:b:A");
	drop("", false);
	(void)flushed();
	put("c:A", "192.0.2.1");
	assert_string_equal(flushed(), "+:c:A 300 | w:c:A");
}

/* A name that loses its last record keeps it for a second. */
static void
test_leaving(void **state)
{
	(void)state;
	put("www:A", "192.0.2.1");
	put("www:AAAA", "2001:db8::1");
	put("b:A", "192.0.2.1");
	(void)flushed();
	/* another record stays: at once */
	drop("www:AAAA", true);
	assert_string_equal(flushed(), "-:www:AAAA | d:www:AAAA");
	/* the last: later */
	drop("www:A", true);
	assert_string_equal(flushed(), "|");
	now.ms += LEDGER_LEAVE_MS - 1;
	assert_int_equal(ledger_leave(&ledger, now), 1);
	/* back, as it was */
	put("www:A", "192.0.2.1");
	assert_int_equal(ledger_leave(&ledger, now), -1);
	now.ms += 10;
	assert_string_equal(flushed(), "|");
	/* deleted anew: a whole second from now */
	drop("www:A", true);
	assert_string_equal(flushed(), "|");
	now.ms += LEDGER_LEAVE_MS - 1;
	assert_string_equal(flushed(), "|");
	now.ms += 1;
	assert_string_equal(flushed(), "-:www:A | d:www:A");
	/* not live: at once */
	drop("b:A", false);
	assert_string_equal(flushed(), "-:b:A | d:b:A");
	assert_int_equal(ledger.index.count, 0);
}

static void
test_leaving_together(void **state)
{
	(void)state;
	put("www:A", "192.0.2.1");
	put("www:AAAA", "2001:db8::1");
	(void)flushed();
	/* both are deleted and one comes back: the other still waits for its own */
	drop("www:A", true);
	drop("www:AAAA", true);
	assert_string_equal(flushed(), "|");
	put("www:A", "192.0.2.7");
	assert_string_equal(flushed(), "+:www:A 300 | w:www:A");
	put("www:AAAA", "2001:db8::7");
	assert_string_equal(flushed(), "+:www:AAAA 300 | w:www:AAAA");
	/* a CNAME in their place ends the waiting: it can not stand beside them */
	drop("www:A", true);
	drop("www:AAAA", true);
	assert_string_equal(flushed(), "|");
	put("www:CNAME", "b");
	assert_string_equal(flushed(),
	    "+:www:CNAME 300 -:www:A -:www:AAAA | w:www:CNAME d:www:A d:www:AAAA");
	/* in one batch: one change */
	drop("www:CNAME", true);
	put("www:A", "192.0.2.1");
	assert_string_equal(flushed(), "+:www:A 300 -:www:CNAME | w:www:A d:www:CNAME");
}

struct sweep_case {
	size_t had, found;
	bool held;
};

static void
test_sweep(void **state)
{
	static const struct sweep_case cases[] = {
	    {0, 0, false},
	    {1, 1, false},
	    {1, 0, true},
	    {2, 1, false},
	    {3, 1, false},
	    {4, 1, true},
	    {10, 5, false},
	    {10, 4, true},
	    {10, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sweep_case *c = &cases[i];
		struct replica_names missing = {0};
		struct buf why = {0};
		char key[32];

		ledger_fini(&ledger);
		ledger_init(&ledger, &cfg);
		for (size_t n = 0; n < c->had + c->found; n++) {
			if (n == c->had) /* from here on it is the second full read */
				ledger_begin(&ledger);
			snprintf(key, sizeof(key), "n%zu:A", n < c->had ? n : n - c->had);
			put(key, "192.0.2.1");
		}
		if (c->found == 0)
			ledger_begin(&ledger);
		ledger_sweep(&ledger, &missing, &why);
		if ((why.len != 0) != c->held ||
		    missing.count != (c->held ? 0 : c->had - c->found))
			fail_msg("%zu of %zu: %zu missing, %s", c->found, c->had,
			    missing.count, buf_text(&why));
		replica_names_fini(&missing);
		buf_fini(&why);
		(void)flushed();
	}
}

static void
put_pool_record(const char *key, const char *name)
{
	put_field(key, "pool", name, false);
}

static bool
is_rejected(const char *key)
{
	const struct entry *e = index_find(&ledger.index, full(key), strlen(full(key)));

	return e != NULL && e->reject != NULL;
}

/* A pool of the store and what names it may come in either order. */
static void
test_pools(void **state)
{
	struct store_change *changes;
	size_t change_count, row_count;
	struct disk_row *rows;

	(void)state;
	put_pool_record("api:POOL", "edge");
	put_pool_record("b:POOL", "other");
	assert_true(is_rejected("api:POOL"));
	put("dns:!pool:edge", "192.0.2.1");
	ledger_flush(&ledger, now, &changes, &change_count, &rows, &row_count);
	assert_int_equal(change_count, 2);
	assert_int_equal(changes[0].key.kind, RECORD_POOL);
	assert_string_equal(changes[0].key.pool, "edge");
	assert_non_null(changes[0].record->pool);
	assert_string_equal(changes[1].record->pool_name, "edge");
	assert_int_equal(row_count, 2);
	for (size_t i = 0; i < 2; i++) {
		record_free(changes[i].record);
		mem_free(rows[i].key);
		fields_fini(&rows[i].fields);
	}
	mem_free(changes);
	mem_free(rows);
	assert_false(is_rejected("api:POOL"));
	assert_true(is_rejected("b:POOL"));
	/* what is gone meanwhile does not come back with its pool, nor an old version */
	drop("b:POOL", false);
	put_pool_record("c:POOL", "other");
	put_pool_record("c:POOL", "third");
	put("dns:!pool:other", "192.0.2.1");
	ledger_flush(&ledger, now, &changes, &change_count, &rows, &row_count);
	assert_int_equal(change_count, 1);
	record_free(changes[0].record);
	mem_free(rows[0].key);
	fields_fini(&rows[0].fields);
	mem_free(changes);
	mem_free(rows);
	assert_true(is_rejected("c:POOL"));
}

int
main(void)
{
#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    WITH(test_changes),
	    WITH(test_reject),
	    WITH(test_file_zone),
	    WITH(test_other_zone),
	    WITH(test_retry),
	    WITH(test_zone_ttl),
	    WITH(test_leaving),
	    WITH(test_leaving_together),
	    WITH(test_sweep),
	    WITH(test_pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
