/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/niceness.h"

struct seen {
	enum niceness add;
	int before, after, policy;
};

static void *
step_back(void *ctx)
{
	struct seen *s = ctx;

	s->before = getpriority(PRIO_PROCESS, (id_t)gettid());
	niceness_add(s->add);
	s->after = getpriority(PRIO_PROCESS, (id_t)gettid());
	s->policy = sched_getscheduler(0);
	return NULL;
}

static int
at_most_19(int n)
{
	return n < 19 ? n : 19;
}

static void
a_thread_steps_back_alone(void **state)
{
	static const enum niceness rows[] = {NICENESS_STORE, NICENESS_BULK};
	int own = getpriority(PRIO_PROCESS, 0);
	int policy = sched_getscheduler(0);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct seen s = {.add = rows[i]};
		pthread_t t;

		assert_int_equal(pthread_create(&t, NULL, step_back, &s), 0);
		pthread_join(t, NULL);
		assert_int_equal(s.after, at_most_19(s.before + (int)rows[i]));
		if (policy == SCHED_OTHER && rows[i] == NICENESS_BULK)
			assert_int_equal(s.policy, SCHED_BATCH);
		else
			assert_int_equal(s.policy, policy);
		assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
		assert_int_equal(sched_getscheduler(0), policy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_thread_steps_back_alone)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
