/* SPDX-License-Identifier: BSD-2-Clause */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "control/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* How often it is looked whether it has ended: its output says so only mostly. */
enum { LOOK_MS = 25, LINE_MAX_KEPT = 100 };

struct program {
	atomic_bool is_cancelled;
};

struct run {
	pid_t pid;
	int in, out; /* our ends; -1: closed */
	const char *input;
	size_t len;
	char line[LINE_MAX_KEPT + 1]; /* the first that it said */
	size_t line_len;
	bool line_ended;
	int status;
};

/* All descriptors but the three first; what another thread opens meanwhile closes itself
 * (O_CLOEXEC). */
static void
close_others(posix_spawn_file_actions_t *actions)
{
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
	posix_spawn_file_actions_addclosefrom_np(actions, 3);
#else
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		int fd = atoi(d->d_name);

		if (fd > 2 && fd != dirfd(dir) && fcntl(fd, F_GETFD) == 0)
			posix_spawn_file_actions_addclose(actions, fd);
	}
	if (dir != NULL)
		closedir(dir);
#endif
}

static int
spawn(struct run *r, char *const argv[], char *const env[], int in, int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int e;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	close_others(&actions);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	e = posix_spawn(&r->pid, argv[0], &actions, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return e;
}

/* Socket pairs, so that writing to a program that does not read is no SIGPIPE. */
static bool
open_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	return fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0;
}

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
write_some(struct run *r)
{
	ssize_t n = send(r->in, r->input, r->len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0) {
		r->input += n;
		r->len -= (size_t)n;
	}
	if (r->len == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_end(&r->in);
}

static void
read_some(struct run *r)
{
	char data[4096];
	ssize_t n = read(r->out, data, sizeof(data));

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_end(&r->out);
	for (ssize_t i = 0; i < n && !r->line_ended; i++) {
		unsigned char c = (unsigned char)data[i];

		r->line_ended = (c == '\n' && r->line_len != 0);
		if (r->line_len < LINE_MAX_KEPT && c != '\n')
			r->line[r->line_len++] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
	}
}

static void
turn(struct run *r)
{
	struct pollfd fds[2] = {
	    {.fd = r->out, .events = POLLIN}, {.fd = r->in, .events = POLLOUT}};

	if (poll(fds, 2, LOOK_MS) <= 0)
		return;
	if (fds[0].revents != 0)
		read_some(r);
	if (fds[1].revents != 0)
		write_some(r);
}

static bool
has_ended(struct run *r)
{
	return waitpid(r->pid, &r->status, WNOHANG) == r->pid;
}

static void
kill_all(struct run *r)
{
	kill(-r->pid, SIGKILL);
	while (waitpid(r->pid, &r->status, 0) < 0 && errno == EINTR)
		;
}

static enum err
judge(const struct run *r, char reason[PROGRAM_REASON_MAX])
{
	const char *colon = r->line_len != 0 ? ": " : "";

	if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0)
		return OK;
	if (WIFEXITED(r->status))
		snprintf(reason, PROGRAM_REASON_MAX, "exit status %d%s%s",
		    WEXITSTATUS(r->status), colon, r->line);
	else
		snprintf(reason, PROGRAM_REASON_MAX, "signal %d%s%s", WTERMSIG(r->status),
		    colon, r->line);
	return ERR_IO;
}

static enum err
attend(struct program *p, struct run *r, struct mono end, char reason[PROGRAM_REASON_MAX])
{
	for (;;) {
		if (has_ended(r)) {
			if (r->out >= 0)
				read_some(r);
			return judge(r, reason);
		}
		if (atomic_load(&p->is_cancelled)) {
			kill_all(r);
			snprintf(reason, PROGRAM_REASON_MAX, "cancelled");
			return ERR_CLOSED;
		}
		if (mono_diff_ms(mono_now(), end) >= 0) {
			kill_all(r);
			snprintf(reason, PROGRAM_REASON_MAX, "timeout");
			return ERR_IO;
		}
		turn(r);
	}
}

enum err
program_run(struct program *p, char *const argv[], char *const env[], const void *input,
    size_t len, int64_t timeout_ms, char reason[PROGRAM_REASON_MAX])
{
	struct mono end = mono_add_ms(mono_now(), timeout_ms);
	struct run r = {.input = input, .len = len};
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	enum err e = ERR_IO;
	int error;

	reason[0] = '\0';
	error = open_pair(in) && open_pair(out) ? 0 : errno;
	if (error == 0)
		error = spawn(&r, argv, env, in[1], out[1]);
	close_end(&in[1]);
	close_end(&out[1]);
	r.in = in[0];
	r.out = out[0];
	if (error == 0)
		e = attend(p, &r, end, reason);
	else
		snprintf(reason, PROGRAM_REASON_MAX, "%s", strerror(error));
	close_end(&r.in);
	close_end(&r.out);
	return e;
}

struct program *
program_new(void)
{
	struct program *p = mem_new(sizeof(*p));

	atomic_init(&p->is_cancelled, false);
	return p;
}

void
program_free(struct program *p)
{
	mem_free(p);
}

void
program_cancel(struct program *p)
{
	atomic_store(&p->is_cancelled, true);
}
