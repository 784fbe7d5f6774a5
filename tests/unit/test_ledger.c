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

/* A full read is through, and the time in which what it missed may be written is over. */
static void
read_ends(void)
{
	ledger_end(&ledger, true);
	(void)ledger_leave(&ledger, now);
	now.ms += REMOVAL_WAIT_MS;
}

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

static const char *
short_key(const char *key)
{
	const char *brace = strchr(key, '}');

	return brace == NULL ? key : brace + 1;
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
		    &out, "%c%s", r == NULL ? '-' : '+', short_key(buf_text(&key)));
		if (r != NULL)
			buf_printf(&out, " %u", r->ttl);
		buf_char(&out, ' ');
		buf_fini(&key);
		record_free(r);
	}
	buf_char(&out, '|');
	for (size_t i = 0; i < row_count; i++) {
		buf_printf(&out, " %c%s", rows[i].fields.count == 0 ? 'd' : 'w',
		    short_key(rows[i].key));
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
	read_ends();
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
	put("other:A", "192.0.2.1");
	(void)flushed();
	/* another record stays: at once */
	drop("www:AAAA", true);
	assert_string_equal(flushed(), "-:www:AAAA | d:www:AAAA");
	/* the last: later */
	drop("www:A", true);
	assert_string_equal(flushed(), "|");
	now.ms += REMOVAL_WAIT_MS - 1;
	assert_int_equal(ledger_leave(&ledger, now), 1);
	/* back, as it was */
	put("www:A", "192.0.2.1");
	assert_int_equal(ledger_leave(&ledger, now), -1);
	now.ms += 10;
	assert_string_equal(flushed(), "|");
	/* contact lost in that second: it stays, for it may be back */
	drop("www:A", true);
	assert_string_equal(flushed(), "|");
	ledger_end(&ledger, false);
	assert_int_equal(ledger_leave(&ledger, now), -1);
	now.ms += REMOVAL_WAIT_MS;
	assert_string_equal(flushed(), "|");
	/* deleted anew: a whole second from now */
	drop("www:A", true);
	assert_string_equal(flushed(), "|");
	now.ms += REMOVAL_WAIT_MS - 1;
	assert_string_equal(flushed(), "|");
	now.ms += 1;
	assert_string_equal(flushed(), "-:www:A | d:www:A");
	/* not live: at once */
	drop("b:A", false);
	assert_string_equal(flushed(), "-:b:A | d:b:A");
	assert_int_equal(ledger.index.count, 1);
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

/* So many names, "n0" and so on. */
static void
put_names(size_t from, size_t to)
{
	char key[32];

	for (size_t i = from; i < to; i++) {
		snprintf(key, sizeof(key), "n%zu:A", i);
		put(key, "192.0.2.1");
	}
}

static void
drop_names(size_t from, size_t to, bool live)
{
	char key[32];

	for (size_t i = from; i < to; i++) {
		snprintf(key, sizeof(key), "n%zu:A", i);
		drop(key, live);
	}
}

static size_t
held(void)
{
	return ledger.removals.held_count;
}

/* A full read that finds so many of those there are; the rest is asked for by name. */
static void
full_read(size_t had, size_t found)
{
	struct replica_names missing = {0};

	ledger_begin(&ledger);
	put_names(0, found);
	ledger_sweep(&ledger, &missing);
	for (size_t i = 0; i < missing.count; i++) {
		ledger_drop(&ledger, missing.list[i].text, missing.list[i].len, false);
		/* page after page: nothing is decided before the end */
		if (i % 3 == 0)
			(void)flushed();
		assert_int_equal(ledger.census.zones[0]->names, had);
	}
	replica_names_fini(&missing);
	read_ends();
	(void)flushed();
}

static void
test_sweep(void **state)
{
	static const struct {
		size_t had, found;
		bool held;
	} cases[] = {
	    {0, 0, false},
	    {1, 1, false},
	    {1, 0, true}, /* the last one */
	    {2, 1, false}, /* few */
	    {3, 1, false},
	    {4, 1, true},
	    {10, 8, false},
	    {10, 7, true},
	    {10, 0, true},
	    {100, 80, false},
	    {100, 79, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t had = cases[i].had, found = cases[i].found;

		ledger_fini(&ledger);
		ledger_init(&ledger, &cfg);
		put_names(0, had);
		(void)flushed();
		full_read(had, found);
		if (held() != (cases[i].held ? had - found : 0) ||
		    ledger.census.zones[0]->names != (cases[i].held ? had : found))
			fail_msg("%zu of %zu: %zu held", found, had, held());
		/* found again as it was: nothing more; and back, all is as before */
		full_read(ledger.census.zones[0]->names, found);
		assert_int_equal(held(), cases[i].held ? had - found : 0);
		if (!cases[i].held)
			continue;
		ledger_begin(&ledger);
		put_names(0, had);
		assert_int_equal(held(), 0);
		read_ends();
		assert_string_equal(flushed(), "|");
	}
}

/* A full read that was cut off says nothing of what it did not see. */
/* What a full read misses may just be about to be written: it has as long as any other.
 */
static void
test_missed_and_written(void **state)
{
	(void)state;
	put_names(0, 100);
	(void)flushed();
	ledger_begin(&ledger);
	put_names(5, 100);
	drop("n0:A", false); /* gone between SCAN and HGETALL */
	drop_names(1, 5, false);
	ledger_end(&ledger, true);
	assert_string_equal(flushed(), "|");
	now.ms += REMOVAL_WAIT_MS - 1;
	assert_int_equal(ledger_leave(&ledger, now), 1);
	put_names(0, 2);
	/* the next read begins meanwhile, as polling does: what waits goes on waiting */
	ledger_begin(&ledger);
	now.ms += 1;
	(void)flushed();
	assert_int_equal(ledger.census.zones[0]->names, 97);
	ledger_end(&ledger, false);
	/* contact lost meanwhile: it stays, for it may be back */
	ledger_begin(&ledger);
	drop_names(5, 10, false);
	ledger_end(&ledger, true);
	assert_string_equal(flushed(), "|");
	ledger_end(&ledger, false);
	now.ms += REMOVAL_WAIT_MS;
	assert_string_equal(flushed(), "|");
	assert_int_equal(ledger.census.zones[0]->names, 97);
}

static void
test_half_a_sweep(void **state)
{
	(void)state;
	put_names(0, 100);
	(void)flushed();
	ledger_begin(&ledger);
	put_names(0, 90);
	drop_names(90, 100, false);
	assert_string_equal(flushed(), "|");
	ledger_end(&ledger, false);
	assert_string_equal(flushed(), "|");
	full_read(100, 95);
	assert_int_equal(ledger.census.zones[0]->names, 95);
}

/* One deletion after the other: it ends at four fifths, and what comes back comes back.
 */
static void
test_loop(void **state)
{
	(void)state;
	put_names(0, 100);
	(void)flushed();
	for (size_t i = 0; i < 100; i++) {
		drop_names(i, i + 1, true);
		(void)flushed();
		now.ms += REMOVAL_WAIT_MS;
		(void)flushed();
	}
	assert_int_equal(ledger.census.zones[0]->names, 80);
	assert_int_equal(held(), 80);
	/* additions and changes go through */
	put("new:A", "192.0.2.5");
	put("n50:A", "192.0.2.7");
	assert_string_equal(flushed(), "+:new:A 300 +:n50:A 300 | w:new:A w:n50:A");
	assert_int_equal(held(), 79);
	put_names(20, 50);
	put_names(51, 100);
	assert_string_equal(flushed(), "|");
	assert_int_equal(held(), 0);
	put_names(0, 20);
	(void)flushed();
	assert_int_equal(ledger.census.zones[0]->names, 101);
}

/* What is left over when most has come back is little: it goes once it is quiet. */
static void
test_rest(void **state)
{
	(void)state;
	put_names(0, 10);
	(void)flushed();
	full_read(10, 5);
	assert_int_equal(held(), 5);
	put_names(5, 9);
	(void)flushed();
	assert_int_equal(held(), 1);
	now.ms += REMOVAL_QUIET_MS - 1;
	assert_int_equal(ledger_leave(&ledger, now), 1);
	assert_int_equal(held(), 1);
	now.ms += 1;
	assert_string_equal(flushed(), "-:n9:A | d:n9:A");
	assert_int_equal(held(), 0);
}

static enum err
accept_all(const char *zone, uint64_t number)
{
	bool more = false;

	return ledger_accept(&ledger, zone, number, now, &more);
}

static void
test_accept(void **state)
{
	uint64_t listed;

	(void)state;
	put_names(0, 100);
	(void)flushed();
	full_read(100, 50);
	listed = ledger.removals.number;
	assert_int_equal(accept_all("example.org", listed), ERR_MISSING);
	assert_int_equal(accept_all("other.example", listed), ERR_MISSING);
	/* a number that nobody was told does not mean all there is */
	assert_int_equal(accept_all("example.com", listed + 1), ERR_MISSING);
	/* it has grown meanwhile: what was not listed stays held */
	drop_names(20, 50, false);
	(void)flushed();
	assert_int_equal(held(), 80);
	assert_int_equal(accept_all("Example.com", listed), OK);
	(void)flushed();
	assert_int_equal(held(), 30);
	assert_int_equal(ledger.census.zones[0]->names, 50);
	assert_int_equal(accept_all("example.com", listed), ERR_MISSING);
	/* measured anew: four fifths of 20 */
	assert_int_equal(accept_all("example.com", ledger.removals.number), OK);
	(void)flushed();
	assert_int_equal(ledger.census.zones[0]->names, 20);
	full_read(20, 16);
	assert_int_equal(held(), 0);
	full_read(16, 15);
	assert_int_equal(held(), 1);
}

/* A version that gives nothing is a removal too. */
static void
test_disabled(void **state)
{
	(void)state;
	put("www:A", "192.0.2.1");
	(void)flushed();
	put_field("www:A", "state", "disabled", false);
	assert_string_equal(flushed(), "|");
	assert_int_equal(held(), 1);
	put_field("www:A", "state", "disabled", false);
	assert_string_equal(flushed(), "|");
	put("www:A", "");
	assert_string_equal(flushed(), "|");
	assert_int_equal(held(), 1);
	/* deleted instead */
	drop("www:A", true);
	(void)flushed();
	now.ms += REMOVAL_WAIT_MS;
	assert_string_equal(flushed(), "|");
	assert_int_equal(held(), 1);
	put_field("www:A", "state", "disabled", false);
	assert_string_equal(flushed(), "|");
	assert_int_equal(accept_all("example.com", ledger.removals.number), OK);
	assert_string_equal(flushed(), "+:www:A 300 | w:www:A");
	assert_int_equal(ledger.census.zones[0]->names, 0);
	/* and served again */
	put("www:A", "192.0.2.1");
	assert_string_equal(flushed(), "+:www:A 300 | w:www:A");
	assert_int_equal(ledger.census.zones[0]->names, 1);
	/* one that is broken is no wish to remove: the last good one stays */
	put_field("www:A", "state", "disabled", false);
	(void)flushed();
	assert_int_equal(held(), 1);
	put("www:A", "nonsense");
	assert_string_equal(flushed(), "|");
	assert_int_equal(held(), 0);
	assert_int_equal(ledger.index.reject_count, 1);
}

static void
test_apex_and_pools(void **state)
{
	(void)state;
	put_names(0, 100);
	put("@:A", "192.0.2.1");
	put("@:AAAA", "2001:db8::1");
	put("_acme-challenge.n1:TXT", "x");
	put("dns:!pool:edge", "192.0.2.9");
	(void)flushed();
	assert_int_equal(ledger.census.zones[0]->names, 101);
	assert_int_equal(ledger.census.zones[0]->rrsets, 102);
	drop("@:AAAA", false);
	drop("_acme-challenge.n1:TXT", false);
	(void)flushed();
	assert_int_equal(held(), 0);
	drop("@:A", false);
	(void)flushed();
	assert_int_equal(held(), 1);
	drop("dns:!pool:edge", false);
	(void)flushed();
	assert_int_equal(held(), 2);
	assert_int_equal(accept_all("!pool", ledger.removals.number), OK);
	(void)flushed();
	assert_int_equal(held(), 1);
	/* the zone is removed on purpose: nothing of it is guarded */
	put_field("", "state", "deleted", false);
	(void)flushed();
	full_read(ledger.census.zones[0]->names, 0);
	assert_int_equal(ledger.census.zones[0]->names, 0);
	assert_int_equal(held(), 0);
}

/* Over a restart: marks, and the largest size. */
static void
test_restart(void **state)
{
	struct marks marks;

	(void)state;
	put_names(0, 100);
	put("bad:A", "nonsense");
	(void)flushed();
	full_read(100, 85);
	assert_int_equal(held(), 0);
	full_read(85, 70);
	assert_int_equal(held(), 15);
	marks = ledger.marks;
	ledger.marks = (struct marks){0};
	ledger_fini(&ledger);
	ledger_init(&ledger, &cfg);
	put_names(0, 85);
	for (size_t i = 0; i < marks.count; i++) {
		struct mark m = marks.list[i], parsed;
		char *name, *value;

		mark_write(&m, &name, &value);
		assert_int_equal(value == NULL, m.gone);
		if (value != NULL) {
			assert_int_equal(mark_parse(m.kind, name, value, &parsed), OK);
			assert_string_equal(parsed.key, m.key);
			ledger_restore(&ledger, &parsed, now);
		}
		mem_free(name);
		mem_free(value);
	}
	marks_fini(&marks);
	(void)flushed();
	assert_int_equal(held(), 15);
	assert_int_equal(ledger.index.reject_count, 1);
	assert_int_equal(ledger.census.zones[0]->names, 85);
	/* the hundred of before is still the measure */
	full_read(85, 70);
	assert_int_equal(held(), 15);
	assert_int_equal(guard_peak_get(&ledger.census.zones[0]->peak, now), 100);
	assert_int_equal(accept_all("example.com", ledger.removals.number), OK);
	(void)flushed();
	assert_int_equal(ledger.census.zones[0]->names, 70);
}

/* Writes to the embedded store are asked first. */
static void
test_refused(void **state)
{
	struct disk_row row = {0};
	struct buf why = {0};

	(void)state;
	put_names(0, 5);
	(void)flushed();
	for (size_t i = 0; i < 5; i++) {
		char key[64];

		snprintf(key, sizeof(key), "dns:{example.com}:n%zu:A", i);
		row.key = key;
		buf_clear(&why);
		if (ledger_guard(&ledger, &row, 1, now, &why) !=
		    (i == 2 || i == 4 ? ERR_DENIED : OK))
			fail_msg("%zu: %s", i, buf_text(&why));
		if (i == 2)
			assert_string_equal(buf_text(&why), "2 of 3 names would be left, "
			                                    "of 5 in the last 24 hours");
		if (i == 2)
			ledger_force(&ledger, key, strlen(key), now);
		if (i < 4)
			ledger_delete(&ledger, key, strlen(key));
		(void)flushed();
		assert_int_equal(ledger.census.zones[0]->going, 0);
	}
	buf_fini(&why);
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

/* Of those that found no room nothing is known: once there are pools, all is read again,
 * and only then. */
static void
test_many_before_their_pools(void **state)
{
	char key[32];

	(void)state;
	ledger_begin(&ledger);
	for (unsigned i = 0; i <= PENDING_MAX; i++) {
		snprintf(key, sizeof(key), "h%u:POOL", i);
		put_pool_record(key, "edge");
	}
	(void)flushed();
	assert_false(ledger.wants_read);
	put("dns:!pool:edge", "192.0.2.1");
	(void)flushed();
	assert_false(is_rejected("h0:POOL"));
	assert_true(is_rejected(key));
	assert_true(ledger.wants_read);
	ledger_end(&ledger, true);
	ledger.wants_read = false;
	ledger_begin(&ledger);
	put_pool_record(key, "edge");
	assert_false(is_rejected(key));
	put("dns:!pool:other", "192.0.2.1");
	(void)flushed();
	assert_false(ledger.wants_read);
	/* nor each time when another pool changes */
	for (unsigned i = 0; i <= PENDING_MAX; i++) {
		snprintf(key, sizeof(key), "h%u:POOL", i);
		put_pool_record(key, "late");
	}
	for (unsigned i = 1; i <= 2; i++) {
		put("dns:!pool:other", i == 1 ? "192.0.2.1 192.0.2.2" : "192.0.2.2");
		(void)flushed();
		assert_false(ledger.wants_read);
	}
	put("dns:!pool:late", "192.0.2.1");
	(void)flushed();
	assert_true(ledger.wants_read);
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
	    WITH(test_missed_and_written),
	    WITH(test_half_a_sweep),
	    WITH(test_loop),
	    WITH(test_rest),
	    WITH(test_accept),
	    WITH(test_disabled),
	    WITH(test_apex_and_pools),
	    WITH(test_restart),
	    WITH(test_refused),
	    WITH(test_pools),
	    WITH(test_many_before_their_pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
