/* SPDX-License-Identifier: BSD-2-Clause */
/* When it is overload, and how long a queue may be, in a time of its own. */
#include "unit.h"

#include "serve/overload.h"

enum { FULL = 2 << 20, PACKET = OVERLOAD_PACKET_OCTETS };

/* What is done in a look is added up, as the worker and the kernel do it. */
struct look {
	uint64_t received, in_full;
	uint32_t dropped;
	int64_t ms; /* 0: 250 */
	enum overload_load is;
	size_t queue; /* octets; 0: as it was */
};

static void
judge_all(const struct look *looks, size_t count, uint32_t dropped_before)
{
	struct overload_worker w = {.seen.dropped = dropped_before, .queue = FULL};
	struct udp_load load = {.dropped = dropped_before};

	for (size_t i = 0; i < count; i++) {
		const struct look *l = &looks[i];
		uint64_t dropped;
		size_t queue;

		load.received += l->received;
		load.in_full += l->in_full;
		load.dropped += l->dropped;
		assert_int_equal(overload_judge(&w, &load, l->ms != 0 ? l->ms : 250, FULL,
		                     &dropped, &queue),
		    l->is);
		assert_int_equal(dropped, l->dropped);
		assert_int_equal(queue, l->queue != 0 ? l->queue : w.queue);
		w.queue = queue;
	}
}

static void
a_queue_is_ten_ms_of_what_a_busy_worker_can(void **state)
{
	static const struct look looks[] = {
	    {0, 0, 0, 0, LOAD_NORMAL, 0},
	    /* all that it can, but nothing is lost */
	    {50000, 50000, 0, 0, LOAD_NORMAL, 0},
	    /* fewer than one of a thousand */
	    {50000, 50000, 49, 0, LOAD_NORMAL, 0},
	    {15000, 8000, 20000, 0, LOAD_BUSY, 0},
	    {15000, 14000, 30000, 0, LOAD_BUSY, 600 * PACKET},
	    /* one look moves it by a quarter */
	    {25000, 24000, 30000, 0, LOAD_BUSY, 700 * PACKET},
	    {14000, 14000, 30000, 200, LOAD_BUSY, 700 * PACKET},
	    /* nothing is lost any more: who ends the overload gives the room back */
	    {15000, 3000, 0, 0, LOAD_NORMAL, 0},
	};

	(void)state;
	judge_all(looks, COUNT(looks), 0);
	/* the kernel's counter goes round */
	judge_all(looks, COUNT(looks), UINT32_MAX - 40000);
}

static void
what_is_lost_by_a_worker_that_is_not_busy_is_a_burst(void **state)
{
	static const struct look looks[] = {
	    {3000, 1400, 2000, 0, LOAD_BURST, FULL},
	    {3000, 1400, 2000, 0, LOAD_BURST, FULL},
	    {3000, 3000, 2000, 0, LOAD_BUSY, 0},
	    {3000, 1400, 2000, 0, LOAD_BURST, FULL},
	    {3000, 3000, 2000, 0, LOAD_BUSY, 0},
	    {3000, 3000, 2000, 0, LOAD_BUSY, OVERLOAD_QUEUE_MIN * PACKET},
	    /* it was held up, and drains its queue at once: a longer one helps */
	    {9000, 2000, 2000, 0, LOAD_BURST, FULL},
	    /* nothing at all was received: it did not run */
	    {0, 0, 2000, 0, LOAD_BURST, FULL},
	};

	(void)state;
	judge_all(looks, COUNT(looks), 0);
}

static void
a_queue_is_never_longer_than_the_full_one(void **state)
{
	static const struct look looks[] = {
	    {200000, 200000, 9000, 0, LOAD_BUSY, 0},
	    {200000, 200000, 9000, 0, LOAD_BUSY, FULL},
	};

	(void)state;
	judge_all(looks, COUNT(looks), 0);
}

struct step {
	int64_t ms;
	enum overload_load worst;
	enum overload_event event;
};

static void
step_all(struct overload *o, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct step *s = &steps[i];
		bool was = o->is_overloaded;

		assert_int_equal(
		    overload_step(o, s->worst, (struct mono){1000000 + s->ms}), s->event);
		assert_int_equal(o->is_overloaded,
		    s->event == OVERLOAD_NOTHING ? was : s->event == OVERLOAD_BEGINS);
	}
}

static void
it_begins_when_nothing_else_is_seen_and_ends_after_quiet(void **state)
{
	static const struct step steps[] = {
	    {0, LOAD_NORMAL, OVERLOAD_NOTHING},
	    {250, LOAD_BUSY, OVERLOAD_NOTHING},
	    {350, LOAD_BUSY, OVERLOAD_NOTHING},
	    {449, LOAD_BUSY, OVERLOAD_NOTHING},
	    {549, LOAD_NORMAL, OVERLOAD_NOTHING},
	    {750, LOAD_BUSY, OVERLOAD_NOTHING},
	    {850, LOAD_BURST, OVERLOAD_NOTHING},
	    {1250, LOAD_BURST, OVERLOAD_NOTHING},
	    {1550, LOAD_BUSY, OVERLOAD_NOTHING},
	    {1650, LOAD_BUSY, OVERLOAD_NOTHING},
	    {1750, LOAD_BUSY, OVERLOAD_BEGINS},
	    {2000, LOAD_BUSY, OVERLOAD_NOTHING},
	    {2250, LOAD_NORMAL, OVERLOAD_NOTHING},
	    {6999, LOAD_BURST, OVERLOAD_NOTHING},
	    {7000, LOAD_NORMAL, OVERLOAD_ENDS},
	    {7250, LOAD_NORMAL, OVERLOAD_NOTHING},
	};
	struct overload o = {0};

	(void)state;
	step_all(&o, steps, COUNT(steps));
	assert_int_equal(o.times, 1);
}

/* Overload whose end brings it back ends ever more rarely. */
static void
what_comes_back_soon_stays_longer(void **state)
{
	static const int64_t quiet[] = {
	    5000, 10000, 20000, 40000, 80000, 160000, 300000, 300000};
	struct overload o = {0};
	int64_t at = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(quiet); i++) {
		const struct step steps[] = {
		    {at, LOAD_BUSY, OVERLOAD_NOTHING},
		    {at + 250, LOAD_BUSY, OVERLOAD_BEGINS},
		    {at + 250 + quiet[i] - 1, LOAD_NORMAL, OVERLOAD_NOTHING},
		    {at + 250 + quiet[i], LOAD_NORMAL, OVERLOAD_ENDS},
		};

		step_all(&o, steps, COUNT(steps));
		at += 250 + quiet[i] + 59000;
	}
	/* and what comes back late is another one */
	at += 1250;
	step_all(&o,
	    (struct step[]){
	        {at, LOAD_BUSY, OVERLOAD_NOTHING},
	        {at + 250, LOAD_BUSY, OVERLOAD_BEGINS},
	        {at + 5250, LOAD_NORMAL, OVERLOAD_ENDS},
	    },
	    3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_queue_is_ten_ms_of_what_a_busy_worker_can),
	    cmocka_unit_test(what_is_lost_by_a_worker_that_is_not_busy_is_a_burst),
	    cmocka_unit_test(a_queue_is_never_longer_than_the_full_one),
	    cmocka_unit_test(it_begins_when_nothing_else_is_seen_and_ends_after_quiet),
	    cmocka_unit_test(what_comes_back_soon_stays_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
