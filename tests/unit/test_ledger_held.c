/* SPDX-License-Identifier: BSD-2-Clause */
/* What is held of endpoints, in masses and over a restart; rescans; zones that are
 * frozen.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/ledger.h"

static struct config_zone zone;
static struct config cfg;
static struct ledger ledger;
static struct mono now;
static size_t changes; /* of the last flush */

/* A full read is through, and the time in which what it missed may be written is over. */
static void
read_ends(void)
{
	ledger_end(&ledger, true);
	(void)ledger_leave(&ledger, now);
	now.ms += REMOVAL_WAIT_MS;
}

static void
put_field(const char *key, const char *name, const char *value, bool stored)
{
	struct fields f = {0};

	assert_int_equal(fields_set(&f, name, value, strlen(value)), OK);
	ledger_put(&ledger, key, strlen(key), &f, stored);
	fields_fini(&f);
}

static void
put(const char *key, const char *values)
{
	put_field(key, "values", values, false);
}

static const char *
key_of(unsigned i)
{
	static char text[64];

	snprintf(text, sizeof(text), "dns:{example.com}:n%u:A", i);
	return text;
}

static void
drop(const char *key, bool live)
{
	ledger_drop(&ledger, key, strlen(key), live);
}

static void
flush(void)
{
	struct store_change *list;
	size_t row_count;
	struct disk_row *rows;

	ledger_flush(&ledger, now, &list, &changes, &rows, &row_count);
	for (size_t i = 0; i < changes; i++)
		record_free(list[i].record);
	for (size_t i = 0; i < row_count; i++) {
		mem_free(rows[i].key);
		fields_fini(&rows[i].fields);
	}
	mem_free(rows);
	mem_free(list);
}

static void
open_ledger(void)
{
	ledger_init(&ledger, &cfg);
	ledger_begin(&ledger);
	read_ends();
	flush();
}

static int
setup(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(name_parse("example.com", 11, NULL, &zone.domain), OK);
	zone.store = true;
	cfg = (struct config){.zones = &zone, .zone_count = 1};
	now.ms = 5000;
	open_ledger();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ledger_fini(&ledger);
	return 0;
}

static enum err
accept(const char *of, uint64_t number)
{
	bool more = false;
	enum err e;

	do
		e = ledger_accept(&ledger, of, number, now, &more);
	while (e == OK && more);
	return e;
}

static size_t
held(void)
{
	return ledger.removals.held_count;
}

#define TEN \
	"192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 " \
	"192.0.2.8 192.0.2.9 192.0.2.10"

/* Versions with fewer endpoints: together they are what goes. */
static void
test_fewer_endpoints(void **state)
{
	static const struct {
		const char *a, *b; /* later versions of two pools of ten each */
		size_t held, changes;
	} cases[] = {
	    {TEN, TEN " 192.0.2.11", 0, 1},
	    {"192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", TEN, 0, 1}, /* 6 of 20 */
	    {"192.0.2.1 192.0.2.2 192.0.2.3", TEN, 1, 0}, /* 7 of 20 */
	    {"192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4",
	        "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 "
	        "192.0.2.8",
	        2, 0},
	    {"192.0.2.21 192.0.2.22 192.0.2.23 192.0.2.24 192.0.2.25 192.0.2.26 "
	     "192.0.2.27 192.0.2.28 192.0.2.29 192.0.2.30",
	        TEN, 0, 1}, /* others */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		ledger_fini(&ledger);
		open_ledger();
		put("dns:!pool:a", TEN);
		put("dns:!pool:b", TEN);
		flush();
		assert_int_equal(changes, 2);
		put("dns:!pool:a", cases[i].a);
		put("dns:!pool:b", cases[i].b);
		flush();
		if (held() != cases[i].held || changes != cases[i].changes)
			fail_msg("case %zu: %zu held, %zu changes", i, held(), changes);
		/* the same again changes nothing; the old version ends it */
		put("dns:!pool:a", cases[i].a);
		flush();
		assert_int_equal(held(), cases[i].held);
		if (held() == 0)
			continue;
		put("dns:!pool:a", TEN);
		put("dns:!pool:b", TEN);
		flush();
		assert_int_equal(held(), 0);
		assert_int_equal(ledger.census.going_endpoints, 0);
	}
}

static void
test_fewer_are_accepted(void **state)
{
	(void)state;
	put("dns:!pool:a", TEN);
	flush();
	put("dns:!pool:a", "192.0.2.1");
	flush();
	assert_int_equal(held(), 1);
	assert_int_equal(accept("!pool", 1), OK);
	flush();
	assert_int_equal(changes, 1);
	assert_int_equal(ledger.census.endpoints, 1);
	assert_int_equal(ledger.census.going_endpoints, 0);
	assert_int_equal(held(), 0);
}

/* The marks of one ledger are given to the next, as a restart does; all is on disk. */
static void
restart(size_t records)
{
	struct marks m = ledger.marks;

	ledger.marks = (struct marks){0};
	ledger_fini(&ledger);
	open_ledger();
	for (unsigned i = 0; i < records; i++)
		put_field(key_of(i), "values", "192.0.2.1", true);
	put_field("dns:!pool:a", "values", TEN, true);
	flush();
	for (size_t i = 0; i < m.count; i++)
		if (!m.list[i].gone)
			ledger_restore(&ledger, &m.list[i], now);
	marks_fini(&m);
}

/* What is held of a version is known by its sum alone, until it is read again. */
static void
test_known_again(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++)
		put(key_of(i), "192.0.2.1");
	put("dns:!pool:a", TEN);
	flush();
	for (unsigned i = 0; i < 5; i++)
		put_field(key_of(i), "state", "disabled", false);
	put("dns:!pool:a", "192.0.2.1");
	flush();
	assert_int_equal(held(), 6);
	restart(10);
	assert_int_equal(held(), 6);
	assert_int_equal(accept("example.com", 6), ERR_BUSY);
	for (unsigned i = 0; i < 5; i++)
		put_field(key_of(i), "state", "disabled", false);
	put("dns:!pool:a", "192.0.2.1");
	assert_int_equal(held(), 6);
	assert_int_equal(ledger.census.going_endpoints, 9);
	assert_int_equal(accept("example.com", 6), OK);
	assert_int_equal(accept("!pool", 6), OK);
	flush();
	assert_int_equal(changes, 6);
	assert_int_equal(held(), 0);
	assert_int_equal(ledger.census.going_endpoints, 0);
	assert_int_equal(ledger.census.endpoints, 1);
}

static void
read_nothing(void)
{
	struct replica_names missing = {0};

	ledger_begin(&ledger);
	ledger_sweep(&ledger, &missing);
	for (size_t i = 0; i < missing.count; i++)
		drop(missing.list[i].text, false);
	replica_names_fini(&missing);
	read_ends();
	flush();
}

static void
note_highest(void *ctx, const struct ledger_held *h)
{
	*(uint64_t *)ctx = h->number;
}

/* Of many only the first are remembered one by one; the id is the same all the same. */
static void
test_masses(void **state)
{
	enum { MANY = REMOVAL_ACCEPTED + REMOVAL_MARKED };
	uint64_t number = 0, again = 0;
	size_t marked = 0, masses = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		put(key_of(i), "192.0.2.1");
	flush();
	read_nothing();
	assert_int_equal(held(), MANY);
	ledger_each_held(&ledger, note_highest, &number);
	for (size_t i = 0; i < ledger.marks.count; i++) {
		marked += ledger.marks.list[i].kind == MARK_HELD;
		masses += ledger.marks.list[i].kind == MARK_MASS;
	}
	assert_int_equal(marked, REMOVAL_MARKED);
	assert_int_equal(masses, 1);
	restart(MANY);
	assert_int_equal(held(), REMOVAL_MARKED);
	assert_int_equal(accept("example.com", number), ERR_BUSY);
	drop("dns:!pool:a", false);
	read_nothing();
	assert_int_equal(held(), MANY + 1);
	ledger_each_held(&ledger, note_highest, &again);
	assert_int_equal(accept("example.com", number), OK);
	flush();
	assert_int_equal(held(), 1);
	assert_int_equal(changes, MANY);
}

/* They come back: nothing stays behind, also not on disk. */
static void
test_masses_come_back(void **state)
{
	enum { MANY = REMOVAL_MARKED + 10 };
	size_t held_marks = 0, masses = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		put(key_of(i), "192.0.2.1");
	flush();
	read_nothing();
	for (unsigned i = 0; i < MANY; i++)
		put(key_of(i), "192.0.2.1");
	flush();
	assert_int_equal(held(), 0);
	for (size_t i = 0; i < ledger.marks.count; i++) {
		const struct mark *m = &ledger.marks.list[i];

		held_marks += m->kind != MARK_HELD ? 0 : m->gone ? (size_t)-1 : 1;
		masses += m->kind != MARK_MASS ? 0 : m->gone ? (size_t)-1 : 1;
	}
	assert_int_equal(held_marks, 0);
	assert_int_equal(masses, 0);
}

/* What a rescan misses is decided as one, however it comes in. */
static void
test_rescan(void **state)
{
	struct replica_names missing = {0};

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		put(key_of(i), "192.0.2.1");
	flush();
	ledger_begin(&ledger);
	read_ends();
	for (unsigned i = 30; i < 100; i++)
		put(key_of(i), "192.0.2.1");
	drop(key_of(99), true); /* live, and nothing of the rescan's */
	ledger_sweep(&ledger, &missing);
	assert_int_equal(missing.count, 30);
	for (size_t i = 0; i < missing.count; i++) {
		drop(missing.list[i].text, true);
		flush();
		now.ms += 2000;
		flush();
		assert_int_equal(held(), 0);
	}
	assert_int_equal(ledger.census.zones[0]->names, 99);
	read_ends();
	flush();
	assert_int_equal(held(), 30);
	assert_int_equal(ledger.census.zones[0]->names, 99);
	replica_names_fini(&missing);
}

/* A frozen zone takes nothing over; what changes waits, is counted, and is taken later.
 */
static void
test_frozen(void **state)
{
	const struct census_zone *z = ledger.census.zones[0];
	struct buf why = {0};
	struct fields f = {0};

	(void)state;
	put(key_of(1), "192.0.2.1");
	put(key_of(2), "192.0.2.1");
	flush();
	put_field("dns:{example.com}", "state", "frozen", false);
	flush();
	assert_true(z->frozen);
	put(key_of(1), "192.0.2.9"); /* changed, */
	put(key_of(3), "192.0.2.9"); /* new, */
	drop(key_of(2), true); /* gone: */
	put("dns:!pool:a", TEN); /* no zone's */
	now.ms += 2000;
	flush();
	assert_int_equal(changes, 1);
	assert_int_equal(z->waiting, 3);
	put(key_of(1), "192.0.2.1"); /* as it was */
	drop(key_of(3), true);
	flush();
	assert_int_equal(z->waiting, 1);
	/* a full read likewise */
	ledger_begin(&ledger);
	put(key_of(1), "192.0.2.8");
	read_ends();
	flush();
	assert_int_equal(changes, 0);
	assert_int_equal(z->waiting, 2);
	assert_int_equal(fields_set(&f, "values", "192.0.2.7", 9), OK);
	assert_int_equal(
	    ledger_check(&ledger, key_of(1), strlen(key_of(1)), &f, &why), ERR_DENIED);
	assert_string_equal(buf_text(&why), "the zone is frozen: its own record says so");
	assert_false(ledger.wants_read);
	put_field("dns:{example.com}", "state", "active", false);
	flush();
	assert_true(ledger.wants_read);
	ledger_begin(&ledger);
	put_field("dns:{example.com}", "state", "active", false);
	put(key_of(1), "192.0.2.8");
	drop(key_of(2), false);
	read_ends();
	flush();
	assert_int_equal(changes, 2);
	assert_int_equal(z->waiting, 0);
	fields_fini(&f);
	buf_fini(&why);
}

/* A node that has nothing of a frozen zone takes what there is. */
static void
test_frozen_is_filled(void **state)
{
	const struct census_zone *z = ledger.census.zones[0];

	(void)state;
	ledger_begin(&ledger);
	put_field("dns:{example.com}", "state", "frozen", false);
	put(key_of(1), "192.0.2.1");
	read_ends();
	flush();
	assert_int_equal(changes, 2);
	put(key_of(1), "192.0.2.2");
	put(key_of(2), "192.0.2.2");
	flush();
	assert_int_equal(changes, 0);
	assert_int_equal(z->waiting, 2);
}

static size_t below; /* names below any */

static size_t
count_below(void *ctx, const struct name *of, const struct name *owner)
{
	(void)ctx;
	assert_true(name_is_under(owner->bytes, of->bytes));
	return below;
}

/* A cut above names that are served: they go, should it come. */
static void
test_cuts(void **state)
{
	static const struct {
		const char *key, *values;
		size_t below, held;
	} cases[] = {
	    {"dns:{example.com}:sub:NS", "ns1.example.net.", 0, 0},
	    {"dns:{example.com}:sub:NS", "ns1.example.net.", 2, 0},
	    {"dns:{example.com}:sub:NS", "ns1.example.net.", 3, 1},
	    {"dns:{example.com}:sub:NS", "ns1.example.net.", 30, 1},
	    {"dns:{example.com}:sub:DNAME", "example.net.", 3, 1},
	    {"dns:{example.com}:@:DNAME", "example.net.", 10, 1},
	    {"dns:{example.com}:sub:TXT", "x", 10, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct disk_row row = {.key = (char *)(uintptr_t)cases[i].key};
		struct buf why = {0};

		ledger_fini(&ledger);
		open_ledger();
		ledger.count_below = count_below;
		below = cases[i].below;
		for (unsigned n = 0; n < 10; n++)
			put(key_of(n), "192.0.2.1");
		flush();
		assert_int_equal(fields_set(&row.fields, "values", cases[i].values,
		                     strlen(cases[i].values)),
		    OK);
		assert_int_equal(ledger_guard(&ledger, &row, 1, now, &why),
		    cases[i].held != 0 ? ERR_DENIED : OK);
		assert_int_equal(ledger.census.zones[0]->going, 0);
		put(cases[i].key, cases[i].values);
		flush();
		if (held() != cases[i].held || changes != 1 - cases[i].held)
			fail_msg("case %zu: %zu held, %zu changes", i, held(), changes);
		fields_fini(&row.fields);
		buf_fini(&why);
		if (held() == 0)
			continue;
		/* gone again, or accepted */
		drop(cases[i].key, true);
		flush();
		assert_int_equal(held(), 0);
		assert_int_equal(ledger.census.zones[0]->going, 0);
		put(cases[i].key, cases[i].values);
		flush();
		assert_int_equal(accept("example.com", ledger.removals.number), OK);
		flush();
		assert_int_equal(changes, 1);
		assert_int_equal(ledger.census.zones[0]->going, 0);
	}
	/* a first fill comes in any order */
	ledger_fini(&ledger);
	ledger_init(&ledger, &cfg);
	ledger.count_below = count_below;
	ledger_begin(&ledger);
	put(key_of(1), "192.0.2.1");
	put("dns:{example.com}:sub:NS", "ns1.example.net.");
	read_ends();
	flush();
	assert_int_equal(held(), 0);
}

/* Fast changes: neither a first fill, nor reading the same again, nor another
 * configuration is one. */
static void
test_window(void **state)
{
	const struct census_zone *z = ledger.census.zones[0];

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		put(key_of(i), "192.0.2.1");
	flush();
	assert_int_equal(z->window.changed, 0);
	ledger_doubt(&ledger);
	for (unsigned i = 0; i < 20; i++)
		put(key_of(i), "192.0.2.1");
	flush();
	assert_int_equal(z->window.changed, 0);
	for (unsigned i = 0; i < 20; i++) {
		struct fields f = {0};

		assert_int_equal(fields_set(&f, "values", "192.0.2.1", 9), OK);
		ledger_retry(&ledger, key_of(i), strlen(key_of(i)), &f);
		fields_fini(&f);
	}
	flush();
	assert_int_equal(z->window.changed, 0);
	for (unsigned i = 0; i < 5; i++)
		put(key_of(i), "192.0.2.2");
	flush();
	assert_int_equal(z->window.changed, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_fewer_endpoints, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_fewer_are_accepted, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_known_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_masses, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_masses_come_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rescan, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_frozen, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_frozen_is_filled, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cuts, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_window, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
