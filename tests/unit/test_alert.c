/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts of what happens and when, and the messages that come of it, to the millisecond.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "control/alertbook.h"

#define ALL (((uint32_t)1 << EVENT_KINDS) - 1)

static const struct alert_times times = {2000, 300000};

/* Hooks of the scripts, by number. */
static const struct alert_hook hooks[] = {
    {.kinds = ALL},
    {.kinds = ALL, .critical = true},
    {.kinds = ALL, .only_critical = true},
    {.kinds = (uint32_t)1 << EVENT_STORE},
};

struct scene {
	struct alert_book *book;
	struct mono now;
	struct buf out; /* what was sent */
	bool fails[ALERT_HOOKS_MAX];
	bool hangs[ALERT_HOOKS_MAX];
	bool sent[ALERT_HOOKS_MAX]; /* and not landed */
};

/* All moments are later than this: zero is "never". */
#define START 1000000

static void
on_send(void *ctx, const struct alert_message *m)
{
	struct scene *s = ctx;

	assert_false(s->sent[m->hook]);
	s->sent[m->hook] = true;
	buf_printf(&s->out, "%lld %u", (long long)(s->now.ms - START), m->hook);
	for (size_t i = 0; i < m->bad_count; i++)
		buf_printf(&s->out, " +%s%s", m->bad[i]->subject,
		    m->bad[i]->severity == EVENT_CRITICAL ? "!" : "");
	for (size_t i = 0; i < m->good_count; i++)
		buf_printf(&s->out, " -%s", m->good[i]->subject);
	if (m->lost != 0)
		buf_printf(&s->out, " lost%llu", (unsigned long long)m->lost);
	buf_str(&s->out, "; ");
}

static void
land_all(struct scene *s)
{
	for (unsigned i = 0; i < ALERT_HOOKS_MAX; i++) {
		if (!s->sent[i] || s->hangs[i])
			continue;
		s->sent[i] = false;
		alert_book_land(s->book, i, !s->fails[i], 10000, s->now);
	}
}

/* Lets time pass, with all that is due in between. */
static void
run_until(struct scene *s, int64_t ms)
{
	struct mono end = {START + ms}, due;
	unsigned turns = 0;

	land_all(s);
	while (due = alert_book_due(s->book), !mono_is_never(due) && due.ms <= end.ms) {
		/* nothing may be due again and again at one moment */
		assert_true(++turns < 10000);
		if (due.ms > s->now.ms)
			s->now = due;
		alert_book_run(s->book, s->now, on_send, s);
		land_all(s);
	}
	s->now = end;
}

static void
feed(struct scene *s, char what, char *name)
{
	struct event e = {.kind = strcmp(name, "store") == 0 ? EVENT_STORE : EVENT_TARGET,
	    .severity = what == 'B' ? EVENT_CRITICAL : EVENT_WARNING,
	    .is_bad = what != 'g',
	    .subject = name,
	    .text = name,
	    .at = s->now,
	    .at_wall_s = s->now.ms / 1000};

	alert_book_feed(s->book, &e, s->now);
}

static void
begin(struct scene *s, unsigned first, unsigned count)
{
	static const int fresh[] = {-1, -1, -1, -1};

	memset(s, 0, sizeof(*s));
	s->book = alert_book_new();
	s->now.ms = START;
	alert_book_set_hooks(s->book, &times, hooks + first, fresh, count, s->now);
}

static void
end(struct scene *s)
{
	alert_book_free(s->book);
	buf_fini(&s->out);
}

/*
 * "MS what name": b bad, B critical, g good; f hook 0 can not be reached, o it can, h it
 * hangs; w wait; x N flips of 15 s each way; l events are lost.
 */
static void
play(struct scene *s, const char *script)
{
	char *copy = mem_str(script), *save = NULL;

	for (char *step = strtok_r(copy, ";", &save); step != NULL;
	     step = strtok_r(NULL, ";", &save)) {
		char what, name[32] = "";
		long ms;

		assert_true(sscanf(step, " %ld %c %31s", &ms, &what, name) >= 2);
		run_until(s, ms);
		if (what == 'f' || what == 'o' || what == 'h') {
			s->fails[0] = what == 'f';
			s->hangs[0] = what == 'h';
		} else if (what == 'x') {
			for (int i = 0; i < atoi(name); i++) {
				feed(s, i % 2 == 0 ? 'b' : 'g', (char[]){"x"});
				run_until(s, ms + 15000 * (i + 1));
			}
		} else if (what == 'l') {
			alert_book_lose(s->book, 3);
		} else if (what != 'w') {
			feed(s, what, name);
		}
	}
	run_until(s, s->now.ms - START);
	mem_free(copy);
}

static void
test_scripts(void **state)
{
	static const struct {
		const char *what;
		unsigned first, count; /* hooks */
		const char *script, *sent;
	} table[] = {
	    {"one message after the group's time", 0, 1, "0 b x; 1999 w; 60000 w",
	        "2000 0 +x; "},
	    {"what comes meanwhile is in it", 0, 1, "0 b x; 1999 b y; 60000 w",
	        "2000 0 +x +y; "},
	    {"what comes later is in the next", 0, 1, "0 b x; 2001 b y; 60000 w",
	        "2000 0 +x; 4001 0 +y; "},
	    {"the end is told", 0, 1, "0 b x; 10000 g x; 60000 w",
	        "2000 0 +x; 12000 0 -x; "},
	    {"over before it was told", 0, 1, "0 b x; 1000 g x; 60000 w", ""},
	    {"good is no news", 0, 1, "0 g x; 60000 w", ""},
	    {"said again is no news", 0, 1, "0 b x; 5000 b x; 9000 b x; 60000 w",
	        "2000 0 +x; "},
	    {"good and bad again within the time", 0, 1,
	        "0 b x; 10000 g x; 11000 b x; 60000 w", "2000 0 +x; "},
	    {"the worst first, then the oldest", 0, 1, "0 b x; 10 B y; 20 b a; 5000 w",
	        "2000 0 +y! +x +a; "},
	    {"both in one", 0, 1, "0 b x; 9000 g x; 9500 b y; 60000 w",
	        "2000 0 +x; 11000 0 +y -x; "},
	    {"worse is told, better is not", 0, 1,
	        "0 b x; 9000 B x; 20000 b x; 30000 B x; 60000 w",
	        "2000 0 +x; 11000 0 +x!; "},

	    {"critical: what lasts, once", 1, 1, "0 b x; 1200000 w", "302000 0 +x; "},
	    {"critical: what does not last", 1, 1, "0 b x; 299999 g x; 900000 w", ""},
	    {"critical: as a group", 1, 1, "0 b x; 1500 b y; 900000 w",
	        "302000 0 +x +y; "},
	    {"critical: its end", 1, 1, "0 b x; 400000 g x; 900000 w",
	        "302000 0 +x; 402000 0 -x; "},
	    {"both kinds of hook", 0, 2, "0 b x; 400000 g x; 900000 w",
	        "2000 0 +x; 302000 1 +x; 402000 0 -x; 402000 1 -x; "},
	    {"only who was told of it hears of its end", 0, 2,
	        "0 b x; 9000 g x; 900000 w", "2000 0 +x; 11000 0 -x; "},
	    {"severity", 2, 1, "0 b x; 0 B y; 9000 g x; 9000 g y; 60000 w",
	        "2000 0 +y!; 11000 0 -y; "},
	    {"kinds", 3, 1, "0 b x; 0 b store; 9000 g x; 60000 w", "2000 0 +store; "},

	    /* 15 s each way for an hour: 121 changes */
	    {"flapping", 0, 1, "0 x 121; 1815001 g x; 9000000 w",
	        "2000 0 +x; 17000 0 -x; 32000 0 +x; 1817001 0 -x; "},
	    {"flapping lasts, too", 1, 1, "0 x 41; 615001 g x; 9000000 w",
	        "332000 0 +x; 677001 0 -x; "},
	    /* the second time it has to be good for a minute */
	    {"the second end", 0, 1,
	        "0 b x; 10000 g x; 20000 b x; 30000 g x; 89999 w; 200000 w",
	        "2000 0 +x; 12000 0 -x; 22000 0 +x; 92000 0 -x; "},
	    {"bad again within that minute", 0, 1,
	        "0 b x; 10000 g x; 20000 b x; 30000 g x; 80000 b x; 200000 g x; 259999 "
	        "w; "
	        "300000 w",
	        "2000 0 +x; 12000 0 -x; 22000 0 +x; 262000 0 -x; "},
	    {"half an hour later all is new", 0, 1,
	        "0 b x; 10000 g x; 1811000 b x; 1820000 g x; 1900000 w",
	        "2000 0 +x; 12000 0 -x; 1813000 0 +x; 1822000 0 -x; "},

	    {"tried again", 0, 1, "0 f; 0 b x; 15000 o; 60000 w",
	        "2000 0 +x; 12000 0 +x; 22000 0 +x; "},
	    {"what is told then is what is then", 0, 1,
	        "0 f; 0 b x; 5000 b y; 6000 g x; 7000 o; 60000 w",
	        "2000 0 +x; 12000 0 +y; "},
	    {"over before it could be told", 0, 1, "0 f; 0 b x; 5000 g x; 60000 w",
	        "2000 0 +x; "},
	    {"one at a time", 0, 1, "0 h; 0 b x; 5000 b y; 60000 o; 90000 w",
	        "2000 0 +x; 62000 0 +y; "},
	    {"good while it is on its way", 0, 1,
	        "0 h; 0 b x; 5000 g x; 60000 o; 90000 w", "2000 0 +x; 62000 0 -x; "},
	    {"bad while its end is on its way", 0, 1,
	        "0 b x; 9000 g x; 10999 h; 15000 b x; 60000 o; 90000 w",
	        "2000 0 +x; 11000 0 -x; 62000 0 +x; "},
	    {"another hook does not wait", 0, 2, "0 h; 0 b x; 400000 w",
	        "2000 0 +x; 302000 1 +x; "},
	    {"lost events are told of", 0, 1, "0 b x; 10 l; 9000 g x; 60000 w",
	        "2000 0 +x lost3; 11000 0 -x; "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct scene s;

		begin(&s, table[i].first, table[i].count);
		play(&s, table[i].script);
		if (strcmp(buf_text(&s.out), table[i].sent) != 0)
			print_error("%s\n", table[i].what);
		assert_string_equal(buf_text(&s.out), table[i].sent);
		end(&s);
	}
}

/* Six hours of a subject that changes whenever it hurts most. */
static void
test_flapping_is_bounded(void **state)
{
	static const int64_t periods[] = {
	    2100, 5000, 15000, 60100, 62100, 180100, 420100, 900100};

	(void)state;
	for (size_t p = 0; p < COUNT(periods); p++) {
		size_t count = 0, first_half_hour = 0;
		struct scene s;

		begin(&s, 0, 1);
		for (int64_t t = 0, i = 0; t < 6 * 3600000; t += periods[p], i++) {
			run_until(&s, t);
			feed(&s, i % 2 == 0 ? 'b' : 'g', (char[]){"x"});
		}
		for (const char *at = buf_text(&s.out); *at != '\0';
		     at = strchr(at, ';') + 2) {
			count++;
			first_half_hour += atol(at) < 1800000;
		}
		assert_true(first_half_hour >= 1 && first_half_hour <= 10);
		assert_true(count <= 10 + 11 * 4);
		end(&s);
	}
}

static void
test_missed(void **state)
{
	struct alert_hook_state h;
	struct scene s;

	(void)state;
	begin(&s, 0, 1);
	play(&s, "0 f; 0 b x; 0 b y; 5000 g x; 5000 w");
	alert_book_hook_state(s.book, 0, &h);
	assert_int_equal(h.missed, 1);
	assert_int_equal(h.waiting, 1);
	assert_int_equal(h.fails, 1);
	/* over while it is on its way, and that in vain */
	play(&s, "5000 h; 12000 w; 13000 g y; 14000 f; 14000 w; 30000 w");
	alert_book_hook_state(s.book, 0, &h);
	assert_int_equal(h.missed, 2);
	assert_int_equal(h.waiting, 0);
	assert_int_equal(h.failures, 2);
	assert_int_equal(h.messages, 0);
	end(&s);
}

/* As it was before the start: hook 0 was told of x, nobody of y. */
static void
restore(struct scene *s)
{
	alert_book_restore(s->book, EVENT_TARGET, EVENT_WARNING, "x", "x",
	    s->now.ms / 1000 - 100, 1, 0, s->now, s->now.ms / 1000);
	alert_book_restore(s->book, EVENT_TARGET, EVENT_WARNING, "y", "y",
	    s->now.ms / 1000 - 100, 0, 0, s->now, s->now.ms / 1000);
}

static void
test_restart(void **state)
{
	static const struct {
		const char *what, *script, *sent;
	} table[] = {
	    {"what still lasts is told to who does not know",
	        "1000 b x; 1000 b y; 90000 w", "3000 0 +y; "},
	    {"its end is told to who knew", "1000 g x; 1000 g y; 90000 w", "3000 0 -x; "},
	    {"it has lasted since before", "1000 b x; 250000 w", "202000 1 +x; "},
	    {"nothing is heard of it", "150000 w", "122000 0 -x; "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct scene s;

		begin(&s, 0, 2);
		restore(&s);
		play(&s, table[i].script);
		assert_string_equal(buf_text(&s.out), table[i].sent);
		end(&s);
	}
}

/* Hooks come, go and change their places. */
static void
test_other_hooks(void **state)
{
	static const int swapped[] = {1, 0}, added[] = {0, -1}, left[] = {1};
	static const struct alert_hook two[] = {{.kinds = ALL}, {.kinds = ALL}};
	struct scene s;

	(void)state;
	begin(&s, 0, 1);
	play(&s, "0 b x; 5000 w");
	alert_book_set_hooks(s.book, &times, two, added, 2, s.now);
	play(&s, "10000 w");
	assert_string_equal(buf_text(&s.out), "2000 0 +x; 7000 1 +x; ");
	alert_book_set_hooks(s.book, &times, two, swapped, 2, s.now);
	buf_clear(&s.out);
	play(&s, "20000 w");
	assert_string_equal(buf_text(&s.out), "");
	alert_book_set_hooks(s.book, &times, two, left, 1, s.now);
	play(&s, "25000 g x; 30000 w");
	assert_string_equal(buf_text(&s.out), "27000 0 -x; ");
	end(&s);
}

static void
test_many(void **state)
{
	struct scene s;
	char name[32];

	(void)state;
	begin(&s, 0, 1);
	for (unsigned i = 0; i < ALERTS_MAX + 5; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		feed(&s, 'b', name);
	}
	assert_int_equal(alert_book_lost(s.book), 5);
	run_until(&s, 0);
	assert_int_equal(alert_book_open_count(s.book), ALERTS_MAX);
	for (unsigned i = 0; i < ALERTS_MAX; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		feed(&s, 'g', name);
	}
	run_until(&s, 5000);
	assert_string_equal(buf_text(&s.out), "");
	/* that they were there is remembered for half an hour */
	run_until(&s, 1900000);
	assert_null(alert_book_next(s.book, NULL));
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scripts),
	    cmocka_unit_test(test_flapping_is_bounded),
	    cmocka_unit_test(test_missed),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_other_hooks),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
