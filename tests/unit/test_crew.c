/* SPDX-License-Identifier: BSD-2-Clause */
/* Work by several threads, and whose hand something was in when the process died. */
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crew.h"
#include "base/inhand.h"
#include "base/mem.h"

enum { ITEMS = 1000 };

static _Atomic unsigned done[ITEMS];

static void
do_item(void *ctx, size_t item)
{
	assert_ptr_equal(ctx, done);
	done[item]++;
}

static void
each_item_is_done_once(void **state)
{
	static const unsigned threads[] = {1, 2, INHAND_HANDS, 100};

	(void)state;
	for (size_t t = 0; t < COUNT(threads); t++)
		for (size_t items = 0; items <= ITEMS; items = items * 31 + 1) {
			memset(done, 0, sizeof(done));
			crew_run(threads[t], items, do_item, done);
			for (size_t i = 0; i < ITEMS; i++)
				assert_int_equal(done[i], i < items);
		}
	assert_in_range(crew_size(), 1, INHAND_HANDS);
}

/* ---- deaths: each in a process of its own, for inhand_open() is once a process ---- */

static char folder[] = "/tmp/crewXXXXXX";
static pthread_barrier_t together;
static int death; /* SIGABRT: of who has the last item; 0: SIGKILL of all */

static void
die_of_the_last(void *ctx, size_t item)
{
	static const char *const names[] = {"a", "b", "c"};
	const size_t *items = ctx;

	inhand_take(INHAND_ZONE, names[item], 1, 7);
	if (*items > 1)
		pthread_barrier_wait(&together);
	if (item + 1 == *items) {
		if (death == SIGABRT)
			abort();
		kill(getpid(), SIGKILL);
	}
	for (;;)
		pause();
}

/* What is in quarantine at a start, as bits of a, b, c; 8: suspicious. */
static unsigned
look(void)
{
	struct inhand_item items[INHAND_QUARANTINED_MAX];
	struct buf why = {0};
	size_t count;
	unsigned found = 0;

	inhand_open(folder, "1", &why);
	count = inhand_list(items);
	for (size_t i = 0; i < count; i++)
		found |= 1u << (items[i].name[0] - 'a');
	return found | (inhand_is_suspicious() ? 8 : 0);
}

/* A process that finds this at its start, and then dies with items in hand, or not. */
static void
live(unsigned expected, size_t items, int how)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		unsigned found = look();

		if (found != expected)
			_exit(100 + (int)found);
		if (items == 0) {
			inhand_close(true);
			_exit(0);
		}
		death = how;
		pthread_barrier_init(&together, NULL, (unsigned)items);
		crew_run((unsigned)items, items, die_of_the_last, &items);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (items == 0)
		assert_int_equal(status, 0);
	else
		assert_true(WIFSIGNALED(status) &&
		            WTERMSIG(status) == (how != 0 ? how : SIGKILL));
}

static void
of_several_in_hand_one_is_guilty(void **state)
{
	(void)state;
	live(0, 3, SIGABRT);
	live(4, 0, 0);
}

/* Of an end that tells nothing all are suspects; then it is one at a time. */
static void
after_an_end_that_tells_nothing(void **state)
{
	(void)state;
	live(4, 3, 0);
	live(4 | 8, 1, 0);
	/* "a" was in hand at both */
	live(4 | 1 | 8, 0, 0);
	live(4 | 1, 0, 0);
}

static int
begin(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
end(void **state)
{
	char *path = mem_printf("%s/inhand", folder);

	(void)state;
	unlink(path);
	mem_free(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_item_is_done_once),
	    cmocka_unit_test(of_several_in_hand_one_is_guilty),
	    cmocka_unit_test(after_an_end_that_tells_nothing),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
