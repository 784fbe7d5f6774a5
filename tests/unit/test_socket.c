/* SPDX-License-Identifier: BSD-2-Clause */
/* A real socket in a folder of its own; daemon and client share this thread. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "control/line.h"
#include "control/socket.h"

struct world {
	char folder[64];
	char path[128];
	struct loop *loop;
	struct socket *socket;
	struct request *kept[8]; /* by `keep`, not yet ended */
	unsigned kept_count;
	unsigned run_count;
};

static void
verb_echo(void *ctx, struct request *rq)
{
	struct world *w = ctx;

	w->run_count++;
	for (int i = 1; i < rq->argc; i++)
		buf_printf(request_text(rq), "%s\n", rq->argv[i]);
	json_set_int(request_data(rq), "count", rq->argc - 1);
	reply_ok(rq);
}

static void
verb_keep(void *ctx, struct request *rq)
{
	struct world *w = ctx;

	w->run_count++;
	w->kept[w->kept_count++] = rq;
}

static void
verb_flood(void *ctx, struct request *rq)
{
	struct world *w = ctx;

	w->run_count++;
	for (int i = 0; i < 10000; i++)
		buf_str(request_text(rq), "0123456789012345678901234567890123456789\n");
	reply_ok(rq);
}

static const struct verb verbs[] = {
    {"echo", "[WORD ...]", "say it again", false, verb_echo},
    {"keep", "", "end later", false, verb_keep},
    {"flood", "", "say much", false, verb_flood},
    {0},
};

static void
world_open(struct world *w, int64_t idle_ms)
{
	struct socket_options o = {.verbs = verbs, .ctx = w, .idle_ms = idle_ms};
	struct buf why = {0};

	*w = (struct world){0};
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(w->folder, sizeof(w->folder), "/tmp/sextant-test-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/run/control.sock", w->folder);
	o.path = w->path;
	assert_int_equal(loop_new(&w->loop), OK);
	assert_int_equal(socket_open(w->loop, &o, &w->socket, &why), OK);
}

static void
world_close(struct world *w)
{
	char run[128];

	socket_close(w->socket);
	assert_int_equal(access(w->path, F_OK), -1); /* it cleans up behind itself */
	loop_free(w->loop);
	snprintf(run, sizeof(run), "%s/run", w->folder);
	assert_int_equal(rmdir(run), 0);
	assert_int_equal(rmdir(w->folder), 0);
}

static int
dial(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

/* One turn of the loop; whatever is ready. */
static void
turn(struct world *w)
{
	event_base_loop(loop_event_base(w->loop), EVLOOP_NONBLOCK);
}

static void
say(int fd, const char *text)
{
	assert_int_equal(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Turns the loop until len octets came, or the end; what came is a string. */
static size_t
hear(struct world *w, int fd, char *out, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = recv(fd, out + got, len - got, MSG_DONTWAIT);

		if (n == 0)
			break;
		if (n > 0)
			got += (size_t)n;
		else
			turn(w);
	}
	out[got] = '\0';
	return got;
}

static void
expect(struct world *w, int fd, const char *text)
{
	char got[4096];

	hear(w, fd, got, strlen(text));
	assert_string_equal(got, text);
}

/* The daemon has nothing more to say, and is still there. */
static void
expect_silence(struct world *w, int fd)
{
	char c;

	for (int i = 0; i < 10; i++)
		turn(w);
	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void
expect_end(struct world *w, int fd)
{
	char c[2];

	assert_int_equal(hear(w, fd, c, 1), 0);
	close(fd);
}

static void
test_requests(void **state)
{
	struct world w;
	int fd;

	(void)state;
	world_open(&w, 0);
	fd = dial(w.path);
	say(fd, "echo \"two words\" OK\n");
	expect(&w, fd, "two words\n.OK\nOK\n");
	say(fd, "json echo a b\r\n"); /* the connection stays */
	expect(&w, fd, "{\"ok\":true,\"data\":{\"count\":2}}\n");
	say(fd, "echo \"open\njson\n\n");
	expect(&w, fd,
	    "ERR syntax column 6: this quote is not closed\n"
	    "{\"ok\":false,\"code\":\"syntax\",\"error\":\"column 5: no verb here; "
	    "`help` "
	    "lists them\"}\n"
	    "ERR syntax column 1: no verb here; `help` lists them\n");
	say(fd, "ec");
	expect_silence(&w, fd);
	say(fd, "ho in parts\necho to");
	expect(&w, fd, "in\nparts\nOK\n");
	shutdown(fd, SHUT_WR);
	expect_end(&w, fd); /* the torn line was not run */
	assert_int_equal(w.run_count, 3);
	world_close(&w);
}

static void
test_strict_order(void **state)
{
	struct world w;
	int fd, other;

	(void)state;
	world_open(&w, 0);
	fd = dial(w.path);
	other = dial(w.path);
	say(fd, "echo 1\nkeep\necho 2\nkeep\necho 3\n");
	shutdown(fd, SHUT_WR); /* all are answered all the same */
	expect(&w, fd, "1\nOK\n");
	expect_silence(&w, fd);
	assert_int_equal(w.run_count, 2);
	assert_int_equal(w.kept_count, 1); /* the second waits for the first */
	say(other, "echo elsewhere\n");
	expect(&w, other, "elsewhere\nOK\n"); /* but nobody else does */
	buf_str(request_text(w.kept[0]), "late");
	reply_ok(w.kept[0]);
	expect(&w, fd, "late\nOK\n2\nOK\n");
	assert_int_equal(w.kept_count, 2);
	reply_error(w.kept[1], "failed", "for %d reasons", 2);
	expect(&w, fd, "ERR failed for 2 reasons\n3\nOK\n");
	expect_end(&w, fd);
	close(other);
	world_close(&w);
}

/* More requests at once than one turn takes. */
static void
test_many(void **state)
{
	struct buf text = {0}, wanted = {0};
	struct world w;
	char *got;
	int fd;

	(void)state;
	world_open(&w, 0);
	fd = dial(w.path);
	for (int i = 0; i < 1000; i++) {
		buf_printf(&text, "echo %d\n", i);
		buf_printf(&wanted, "%d\nOK\n", i);
	}
	say(fd, buf_text(&text));
	got = mem_array(wanted.len + 1, 1);
	hear(&w, fd, got, wanted.len);
	assert_string_equal(got, buf_text(&wanted));
	expect_silence(&w, fd);
	close(fd);
	mem_free(got);
	buf_fini(&text);
	buf_fini(&wanted);
	world_close(&w);
}

/* The client is gone when its verb ends; or the daemon closes first. */
static void
test_client_leaves(void **state)
{
	struct world w;
	int fd;

	(void)state;
	world_open(&w, 0);
	fd = dial(w.path);
	say(fd, "keep\necho never\n");
	for (int i = 0; i < 10; i++)
		turn(&w);
	close(fd);
	for (int i = 0; i < 10; i++)
		turn(&w);
	assert_int_equal(w.kept_count, 1);
	reply_ok(w.kept[0]);
	fd = dial(w.path);
	say(fd, "keep\n");
	while (w.kept_count != 2)
		turn(&w);
	socket_close(w.socket);
	w.socket = NULL;
	expect_end(&w, fd);
	reply_error(w.kept[1], "failed", "nobody hears this");
	world_close(&w);
}

static void
test_long_line(void **state)
{
	char *text = mem_array(LINE_MAX_LEN + 3, 1);
	struct world w;
	int fd;

	(void)state;
	world_open(&w, 0);
	fd = dial(w.path);
	memset(text, 'a', LINE_MAX_LEN);
	memcpy(text, "echo ", 5);
	for (int round = 0; round < 2; round++) { /* the longest line passes */
		char *got = mem_array(LINE_MAX_LEN + 1, 1);
		size_t len = LINE_MAX_LEN - 5 + 4;

		say(fd, text);
		for (int i = 0; i < 50; i++)
			turn(&w);
		say(fd, "\n");
		assert_int_equal(hear(&w, fd, got, len), len);
		assert_string_equal(got + len - 5, "a\nOK\n");
		mem_free(got);
	}
	memcpy(text, "json ", 5);
	for (int i = 0; i < 5; i++) { /* five times the limit in one line */
		say(fd, text);
		for (int n = 0; n < 50; n++)
			turn(&w);
	}
	expect_silence(&w, fd);
	say(fd, "\necho next\n");
	expect(&w, fd,
	    "{\"ok\":false,\"code\":\"syntax\",\"error\":\"the line is too long\"}\n"
	    "next\nOK\n");
	assert_int_equal(w.run_count, 3);
	close(fd);
	mem_free(text);
	world_close(&w);
}

/* A client that asks and does not read is not served without bound. */
static void
test_slow_reader(void **state)
{
	size_t each = 10000 * 41 + 3, count = 20, total = 0;
	char *got = mem_array(each * count + 1, 1);
	struct world w;
	int fd;

	(void)state;
	world_open(&w, 0);
	fd = dial(w.path);
	for (size_t i = 0; i < count; i++)
		say(fd, "flood\n");
	for (int i = 0; i < 200; i++)
		turn(&w);
	assert_in_range(w.run_count, 1, 3);
	total = hear(&w, fd, got, each * count);
	assert_int_equal(total, each * count);
	assert_string_equal(got + total - 5, "9\nOK\n");
	assert_int_equal(w.run_count, count);
	close(fd);
	mem_free(got);
	world_close(&w);
}

static void
test_connections(void **state)
{
	int fds[SOCKET_CONNECTIONS_MAX];
	struct world w;
	int fd;

	(void)state;
	world_open(&w, 0);
	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = dial(w.path);
		say(fds[i], "echo here\n");
		expect(&w, fds[i], "here\nOK\n");
	}
	fd = dial(w.path);
	expect(&w, fd, "ERR busy too many connections\n");
	expect_end(&w, fd);
	close(fds[0]);
	for (int i = 0; i < 10; i++)
		turn(&w);
	fd = dial(w.path);
	say(fd, "echo room\n");
	expect(&w, fd, "room\nOK\n");
	close(fd);
	for (size_t i = 1; i < COUNT(fds); i++)
		close(fds[i]);
	world_close(&w);
}

/* Idle is hung up on; who waits for a verb is not idle. */
static void
test_idle(void **state)
{
	struct world w;
	int fd, waiting;

	(void)state;
	world_open(&w, 1);
	waiting = dial(w.path);
	say(waiting, "keep\n");
	while (w.kept_count == 0)
		turn(&w);
	fd = dial(w.path);
	expect_end(&w, fd);
	buf_str(request_text(w.kept[0]), "here");
	reply_ok(w.kept[0]);
	expect(&w, waiting, "here\nOK\n");
	expect_end(&w, waiting);
	world_close(&w);
}

static enum err
open_second(struct world *w, const char *path, struct buf *why)
{
	struct socket_options o = {.path = path, .verbs = verbs, .ctx = w};
	struct socket *second;
	enum err e = socket_open(w->loop, &o, &second, why);

	if (e == OK)
		socket_close(second);
	return e;
}

static void
test_file(void **state)
{
	char path[100], long_path[256];
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct buf why = {0};
	struct world w;
	struct stat st;
	int fd;

	(void)state;
	world_open(&w, 0);
	assert_int_equal(stat(w.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	snprintf(path, sizeof(path), "%s/run", w.folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0750u, 0);

	assert_int_equal(open_second(&w, w.path, &why), ERR_EXISTS);
	assert_non_null(strstr(buf_text(&why), "another daemon listens on"));
	fd = dial(w.path); /* and the first one was not harmed */
	say(fd, "echo alive\n");
	expect(&w, fd, "alive\nOK\n");
	close(fd);

	/* a socket that nobody listens on is replaced */
	snprintf(path, sizeof(path), "%s/stale", w.folder);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	assert_int_equal(open_second(&w, path, &why), OK);
	assert_int_equal(access(path, F_OK), -1);

	/* what is no socket stays */
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(open_second(&w, path, &why), ERR_EXISTS);
	assert_int_equal(unlink(path), 0);

	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(open_second(&w, long_path, &why), ERR_RANGE);
	buf_fini(&why);
	world_close(&w);
}

/* A file that another daemon has put there meanwhile is not ours to remove. */
static void
test_file_of_another(void **state)
{
	struct world w;
	int fd;

	(void)state;
	world_open(&w, 0);
	assert_int_equal(unlink(w.path), 0);
	fd = open(w.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	socket_close(w.socket);
	w.socket = NULL;
	assert_int_equal(access(w.path, F_OK), 0);
	assert_int_equal(unlink(w.path), 0);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_strict_order),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_client_leaves),
	    cmocka_unit_test(test_long_line),
	    cmocka_unit_test(test_slow_reader),
	    cmocka_unit_test(test_connections),
	    cmocka_unit_test(test_idle),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_file_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
