/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs under AddressSanitizer and under ThreadSanitizer; both must be silent. */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>

#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"

enum { SAYERS = 3, SAYINGS = 2000 };

struct seen {
	struct loop *loop;
	uint64_t bad, good, lost;
	uint64_t stop_at;
	char last_subject[EVENT_SUBJECT_MAX];
	char last_text[EVENT_TEXT_MAX];
	enum event_kind last_kind;
	enum event_severity last_severity;
};

static void
on_event(void *ctx, const struct event *e, uint64_t lost)
{
	struct seen *s = ctx;

	s->lost += lost;
	if (e != NULL) {
		if (e->is_bad)
			s->bad++;
		else
			s->good++;
		assert_true(strlen(e->subject) < EVENT_SUBJECT_MAX);
		assert_true(strlen(e->text) < EVENT_TEXT_MAX);
		strcpy(s->last_subject, e->subject);
		strcpy(s->last_text, e->text);
		s->last_kind = e->kind;
		s->last_severity = e->severity;
		assert_false(mono_is_never(e->at));
	}
	if (s->stop_at != 0 && s->bad + s->good == s->stop_at)
		loop_stop(s->loop);
}

static struct loop *
new_loop(void)
{
	struct loop *l;

	assert_int_equal(loop_new(&l), OK);
	return l;
}

/* A mail hands on a few; what is left posts another one. */
static void
drain(struct loop *l)
{
	for (unsigned i = 0; i < 1000; i++)
		loop_drain(l);
}

static void
test_before_the_sink(void **state)
{
	struct seen s = {.loop = new_loop()};

	(void)state;
	event_bad(EVENT_STATE, EVENT_CRITICAL, "safe mode", "after %d deaths", 3);
	event_open(s.loop, on_event, &s);
	drain(s.loop);
	assert_int_equal(s.bad, 1);
	assert_string_equal(s.last_subject, "safe mode");
	assert_string_equal(s.last_text, "after 3 deaths");
	assert_int_equal(s.last_kind, EVENT_STATE);
	assert_int_equal(s.last_severity, EVENT_CRITICAL);
	event_good(EVENT_STATE, "safe mode", "over");
	event_close();
	drain(s.loop);
	assert_int_equal(s.good, 0);
	loop_free(s.loop);
}

static void
test_texts_are_cut(void **state)
{
	struct seen s = {.loop = new_loop()};
	char longest[2 * EVENT_TEXT_MAX];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	/* the character of two octets would be cut through at either limit */
	memcpy(longest + EVENT_SUBJECT_MAX - 2, "\xc3\xa9", 2);
	memcpy(longest + EVENT_TEXT_MAX - 2, "\xc3\xa9", 2);
	event_open(s.loop, on_event, &s);
	event_bad(EVENT_GUARD, EVENT_WARNING, longest, "%s", longest);
	drain(s.loop);
	assert_int_equal(strlen(s.last_subject), EVENT_SUBJECT_MAX - 2);
	assert_int_equal(strlen(s.last_text), EVENT_TEXT_MAX - 2);
	event_bad(EVENT_GUARD, EVENT_WARNING, "a\nb", "c\td\x7f");
	drain(s.loop);
	assert_string_equal(s.last_subject, "a?b");
	assert_string_equal(s.last_text, "c?d?");
	event_close();
	loop_free(s.loop);
}

/* Trouble is dropped at the limit; its end has as much room again. */
static void
test_bounded(void **state)
{
	struct seen s = {.loop = new_loop()};

	(void)state;
	event_open(s.loop, on_event, &s);
	for (int i = 0; i < EVENT_WAITING_MAX + 5; i++)
		event_bad(EVENT_TARGET, EVENT_WARNING, "t", "down");
	for (int i = 0; i < EVENT_WAITING_MAX + 7; i++)
		event_good(EVENT_TARGET, "t", "up");
	drain(s.loop);
	assert_int_equal(s.bad, EVENT_WAITING_MAX);
	assert_int_equal(s.good, EVENT_WAITING_MAX);
	assert_int_equal(s.lost, 5 + 7);
	event_close();
	loop_free(s.loop);
}

static void *
say_many(void *ctx)
{
	char subject[32];

	snprintf(subject, sizeof(subject), "thread %d", *(const int *)ctx);
	for (int i = 0; i < SAYINGS / 2; i++) {
		event_bad(EVENT_TARGET, EVENT_WARNING, subject, "%d", i);
		event_good(EVENT_TARGET, subject, "%d", i);
	}
	return NULL;
}

static void
test_from_any_thread(void **state)
{
	struct seen s = {.loop = new_loop(), .stop_at = SAYERS * SAYINGS};
	pthread_t threads[SAYERS];
	int numbers[SAYERS];

	(void)state;
	event_open(s.loop, on_event, &s);
	for (int i = 0; i < SAYERS; i++) {
		numbers[i] = i;
		assert_int_equal(
		    pthread_create(&threads[i], NULL, say_many, &numbers[i]), 0);
	}
	loop_run(s.loop);
	for (int i = 0; i < SAYERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(s.bad + s.good, SAYERS * SAYINGS);
	assert_int_equal(s.lost, 0);
	event_close();
	loop_free(s.loop);
}

static void
test_words(void **state)
{
	(void)state;
	for (unsigned k = 0; k < EVENT_KINDS; k++)
		assert_true(strlen(event_kind_text((enum event_kind)k)) > 2);
	assert_string_equal(event_kind_text(EVENT_STATE), "state");
	assert_string_equal(event_severity_text(EVENT_CRITICAL), "critical");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_before_the_sink),
	    cmocka_unit_test(test_texts_are_cut),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_from_any_thread),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
