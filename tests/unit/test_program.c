/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/program.h"

static enum err
run(const char *script, const void *input, size_t len, int64_t timeout_ms,
    char reason[PROGRAM_REASON_MAX])
{
	char *argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, mem_str(script), NULL};
	char *env[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"X=y z"}, NULL};
	struct program *p = program_new();
	enum err e = program_run(p, argv, env, input, len, timeout_ms, reason);

	program_free(p);
	mem_free(argv[2]);
	/* no zombie is left */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return e;
}

static void
test_ends(void **state)
{
	static const struct {
		const char *script;
		enum err e;
		const char *reason;
	} table[] = {
	    {"exit 0", OK, ""},
	    {"echo ok", OK, ""},
	    {"exit 3", ERR_IO, "exit status 3"},
	    {"echo; echo oh dear >&2; echo more; exit 4", ERR_IO,
	        "exit status 4: oh dear"},
	    {"printf 'a\\tb\\033'; exit 1", ERR_IO, "exit status 1: a?b?"},
	    {"kill -TERM $$", ERR_IO, "signal 15"},
	    {"test \"$X\" = 'y z' && test -z \"$HOME\"", OK, ""},
	    {"read line; test \"$line\" = input", OK, ""},
	    {"exec 0<&- 1>&- 2>&-; sleep 0.1", OK, ""},
	    {"trap '' PIPE; exit 0", OK, ""},
	    /* more than a socket holds, and nobody wants to know the rest of it */
	    {"head -c 3000000 /dev/zero; exit 0", OK, ""},
	};
	char reason[PROGRAM_REASON_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(
		    run(table[i].script, "input\n", 6, 20000, reason), table[i].e);
		assert_string_equal(reason, table[i].reason);
	}
}

/* More than a socket holds: read in full, or not at all. */
static void
test_input(void **state)
{
	enum { LEN = 1 << 20 };
	char *input = mem_array(LEN, 1), reason[PROGRAM_REASON_MAX];

	(void)state;
	memset(input, 'x', LEN);
	assert_int_equal(run("test $(wc -c) = 1048576", input, LEN, 20000, reason), OK);
	assert_int_equal(run("exit 0", input, LEN, 20000, reason), OK);
	mem_free(input);
}

static void
test_time_is_limited(void **state)
{
	char reason[PROGRAM_REASON_MAX];

	(void)state;
	assert_int_equal(
	    run("trap '' TERM INT HUP; sleep 300 & wait", "", 0, 200, reason), ERR_IO);
	assert_string_equal(reason, "timeout");
}

static void
test_nothing_of_ours_is_open(void **state)
{
	char reason[PROGRAM_REASON_MAX];
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
	char *script = mem_printf("test ! -e /proc/self/fd/%d", fd);

	(void)state;
	assert_true(fd > 2);
	assert_int_equal(run(script, "", 0, 20000, reason), OK);
	mem_free(script);
	close(fd);
}

/* We ignore SIGPIPE, and block all signals in threads: a program must not. */
static void
test_signals_are_as_usual(void **state)
{
	char reason[PROGRAM_REASON_MAX];
	sigset_t all, old;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	assert_int_equal(run("grep -q 'SigBlk:.0000000000000000' /proc/self/status &&"
	                     "grep -q 'SigIgn:.*[08]0000000$' /proc/self/status",
	                     "", 0, 20000, reason),
	    OK);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void
test_can_not_be_run(void **state)
{
	char *argv[] = {(char[]){"/does/not/exist"}, NULL}, *env[] = {NULL};
	struct program *p = program_new();
	char reason[PROGRAM_REASON_MAX];

	(void)state;
	assert_int_equal(program_run(p, argv, env, "", 0, 1000, reason), ERR_IO);
	assert_string_equal(reason, "No such file or directory");
	program_free(p);
}

static void *
cancel_soon(void *ctx)
{
	usleep(50000);
	program_cancel(ctx);
	return NULL;
}

static void
test_cancel(void **state)
{
	char *argv[] = {(char[]){"/bin/sleep"}, (char[]){"300"}, NULL}, *env[] = {NULL};
	struct program *p = program_new();
	char reason[PROGRAM_REASON_MAX];
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, p), 0);
	assert_int_equal(program_run(p, argv, env, "", 0, 3600000, reason), ERR_CLOSED);
	pthread_join(thread, NULL);
	program_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_input),
	    cmocka_unit_test(test_time_is_limited),
	    cmocka_unit_test(test_nothing_of_ours_is_open),
	    cmocka_unit_test(test_signals_are_as_usual),
	    cmocka_unit_test(test_can_not_be_run),
	    cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
