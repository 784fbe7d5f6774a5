/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/inhand.h"
#include "base/thread.h"

struct crew {
	crew_fn *fn;
	void *ctx;
	size_t items;
	_Atomic size_t next;
};

struct mate {
	pthread_t thread;
	bool runs;
	unsigned hand;
	struct crew *crew;
};

static void
work(struct crew *c)
{
	size_t item;

	while ((item = atomic_fetch_add(&c->next, 1)) < c->items)
		c->fn(c->ctx, item);
}

static void *
run(void *ctx)
{
	const struct mate *m = ctx;

	thread_name("crew");
	inhand_use(m->hand);
	work(m->crew);
	return NULL;
}

void
crew_run(unsigned threads, size_t items, crew_fn *fn, void *ctx)
{
	struct crew c = {.fn = fn, .ctx = ctx, .items = items};
	struct mate mates[INHAND_HANDS] = {0};

	if (threads > INHAND_HANDS)
		threads = INHAND_HANDS;
	if (threads > items)
		threads = (unsigned)items;
	/* the caller has the first hand */
	for (unsigned i = 1; i < threads; i++) {
		mates[i] = (struct mate){.hand = i, .crew = &c};
		mates[i].runs =
		    pthread_create(&mates[i].thread, NULL, run, &mates[i]) == 0;
	}
	work(&c);
	for (unsigned i = 1; i < threads; i++)
		if (mates[i].runs)
			pthread_join(mates[i].thread, NULL);
}

unsigned
crew_size(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > INHAND_HANDS ? INHAND_HANDS : (unsigned)n;
}
