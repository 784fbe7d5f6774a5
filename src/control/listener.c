/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/listener.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define BACKLOG 64
#define TEMP_SUFFIX ".new"

static enum err
failed(struct buf *why, const char *step, const char *path)
{
	buf_printf(why, "cannot %s %s: %s", step, path, strerror(errno));
	return ERR_IO;
}

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	return sa;
}

static enum err
make_folder(const char *path, struct buf *why)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	struct stat st;
	enum err e = OK;

	if (slash == NULL || slash == path)
		return OK;
	folder = mem_strn(path, (size_t)(slash - path));
	if (stat(folder, &st) != 0)
		e = file_make_dir(folder, why);
	mem_free(folder);
	return e;
}

/* OK when the place is free, or holds a socket that nobody listens on. */
static enum err
check_free(const char *path, struct buf *why)
{
	struct sockaddr_un sa = address_of(path);
	struct stat st;
	int saved;
	int fd;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? OK : failed(why, "look at", path);
	if (!S_ISSOCK(st.st_mode)) {
		buf_printf(why, "%s is there and is no socket", path);
		return ERR_EXISTS;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed(why, "make a socket for", path);
	/* EAGAIN: its backlog is full, so somebody does listen */
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 || errno == EAGAIN) {
		close(fd);
		buf_printf(why, "another daemon listens on %s", path);
		return ERR_EXISTS;
	}
	saved = errno;
	close(fd);
	errno = saved;
	if (errno == ECONNREFUSED || errno == ENOENT)
		return OK;
	return failed(why, "connect to", path);
}

/*
 * Listens under a temporary name and renames: whoever sees the file finds its mode set
 * and a daemon behind it.
 */
static enum err
listen_at(int fd, const char *temp, struct listener *l, struct buf *why)
{
	struct sockaddr_un sa = address_of(temp);
	struct stat st;

	if (unlink(temp) != 0 && errno != ENOENT)
		return failed(why, "remove", temp);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		return failed(why, "bind", temp);
	if (chmod(temp, 0660) != 0)
		return failed(why, "set the mode of", temp);
	if (listen(fd, BACKLOG) != 0)
		return failed(why, "listen on", temp);
	if (lstat(temp, &st) != 0)
		return failed(why, "look at", temp);
	if (rename(temp, l->path) != 0)
		return failed(why, "rename to", l->path);
	l->fd = fd;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return OK;
}

enum err
listener_open(const char *path, struct listener *out, struct buf *why)
{
	const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	struct listener l = {.fd = -1};
	char *temp;
	enum err e;
	int fd;

	if (strlen(path) + strlen(TEMP_SUFFIX) > max) {
		buf_printf(why,
		    "the path of the control socket is longer than %zu octets: %s",
		    max - strlen(TEMP_SUFFIX), path);
		return ERR_RANGE;
	}
	e = make_folder(path, why);
	if (e == OK)
		e = check_free(path, why);
	if (e != OK)
		return e;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed(why, "make a socket for", path);
	l.path = mem_str(path);
	temp = mem_printf("%s" TEMP_SUFFIX, path);
	e = listen_at(fd, temp, &l, why);
	if (e == OK) {
		*out = l;
	} else {
		close(fd);
		unlink(temp);
		mem_free(l.path);
	}
	mem_free(temp);
	return e;
}

void
listener_close(struct listener *l)
{
	struct stat st;

	if (lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
	close(l->fd);
	mem_free(l->path);
	*l = (struct listener){.fd = -1};
}
