/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/*
 * Of one call of the system: a kernel that does not preempt itself lets nobody else run
 * on that core until it has copied what it was asked to (26 ms for a file of 45 MB).
 */
enum { STEP_MAX = 1 << 18 };

static enum err
failed(struct buf *why, const char *step, const char *path)
{
	buf_printf(why, "cannot %s %s: %s", step, path, strerror(errno));
	return ERR_IO;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Room for what is left of a file, as far as that is known, and for the NUL. */
static size_t
first_room(int fd, size_t max)
{
	const size_t least = 4096;
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)least)
		return least;
	/* one more than there is, so that the end is seen without another turn */
	return (uint64_t)st.st_size < max ? (size_t)st.st_size + 2 : max + 2;
}

/* Into *data, which has been there since before and is the caller's on errors too. */
static enum err
read_to_end(int fd, size_t max, char **data, size_t *len)
{
	size_t room = first_room(fd, max);
	ssize_t n;

	*data = mem_resize(*data, room, 1);
	for (*len = 0;; *len += (size_t)n) {
		if (*len > max)
			return ERR_RANGE;
		if (*len + 1 == room) {
			room *= 2;
			*data = mem_resize(*data, room, 1);
		}
		n = read(fd, *data + *len, smaller(room - 1 - *len, STEP_MAX));
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return ERR_IO;
		else if (n == 0)
			break;
	}
	(*data)[*len] = '\0';
	return OK;
}

enum err
file_read(const char *path, size_t max, char **data, size_t *len, struct buf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *all = NULL;
	size_t all_len;
	enum err e;

	if (fd < 0)
		return failed(why, "open", path);
	e = read_to_end(fd, max, &all, &all_len);
	if (e == ERR_RANGE)
		buf_printf(why, "%s is larger than %zu octets", path, max);
	else if (e != OK)
		e = failed(why, "read", path);
	close(fd);
	if (e != OK) {
		mem_free(all);
		return e;
	}
	*len = all_len;
	*data = all;
	return OK;
}

bool
file_holds(const char *path, const struct file_piece *pieces, size_t count)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[65536];
	size_t piece = 0, at = 0;
	bool same = fd >= 0;
	ssize_t n = 0;

	while (same && (n = read(fd, chunk, sizeof(chunk))) > 0) {
		size_t done = 0;

		while (same && done < (size_t)n) {
			size_t step = (size_t)n - done;

			while (piece < count && at == pieces[piece].len) {
				piece++;
				at = 0;
			}
			if (piece == count) {
				same = false; /* there is more */
				break;
			}
			if (step > pieces[piece].len - at)
				step = pieces[piece].len - at;
			same = memcmp(chunk + done, (const char *)pieces[piece].data + at,
			           step) == 0;
			done += step;
			at += step;
		}
	}
	while (piece < count && at == pieces[piece].len) {
		piece++;
		at = 0;
	}
	if (fd >= 0)
		close(fd);
	return same && n == 0 && piece == count;
}

/* The folder of a path, "." when it names none; caller frees. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_str(".");
	return slash == path ? mem_str("/") : mem_strn(path, (size_t)(slash - path));
}

static enum err
sync_folder(const char *path, struct buf *why)
{
	char *folder = folder_of(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err e = OK;

	if (fd < 0 || fsync(fd) != 0)
		e = failed(why, "sync folder", folder);
	if (fd >= 0)
		close(fd);
	mem_free(folder);
	return e;
}

static enum err
write_all(int fd, const char *data, size_t len)
{
	while (len != 0) {
		ssize_t n = write(fd, data, smaller(len, STEP_MAX));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		data += n;
		len -= (size_t)n;
	}
	return OK;
}

enum err
file_replace(const char *path, const void *data, size_t len, struct buf *why)
{
	char *temp = mem_printf("%s.new", path);
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	enum err e = OK;

	if (fd < 0)
		e = failed(why, "create", temp);
	else if (write_all(fd, data, len) != OK)
		e = failed(why, "write", temp);
	else if (fsync(fd) != 0)
		e = failed(why, "sync", temp);
	if (fd >= 0 && close(fd) != 0 && e == OK)
		e = failed(why, "close", temp);
	if (e == OK && rename(temp, path) != 0)
		e = failed(why, "rename to", path);
	if (e == OK)
		e = sync_folder(path, why);
	else if (fd >= 0)
		unlink(temp);
	mem_free(temp);
	return e;
}

enum err
file_put_in_place(const char *from, const char *to, struct buf *why)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	enum err e = OK;

	if (fd < 0 || fsync(fd) != 0)
		e = failed(why, "sync", from);
	if (fd >= 0)
		close(fd);
	if (e == OK && rename(from, to) != 0)
		e = failed(why, "rename to", to);
	return e == OK ? sync_folder(to, why) : e;
}

enum err
file_batch_add(struct file_batch *b, const char *path, const struct file_piece *pieces,
    size_t count, struct buf *why)
{
	char *temp = mem_printf("%s.new", path);
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	enum err e = OK;

	if (fd < 0)
		e = failed(why, "create", temp);
	for (size_t i = 0; i < count && e == OK; i++)
		if (write_all(fd, pieces[i].data, pieces[i].len) != OK)
			e = failed(why, "write", temp);
	if (fd >= 0 && close(fd) != 0 && e == OK)
		e = failed(why, "close", temp);
	if (e == OK) {
		b->paths = mem_grow(b->paths, b->count, &b->cap, sizeof(*b->paths));
		b->paths[b->count++] = mem_str(path);
	} else if (fd >= 0) {
		unlink(temp);
	}
	mem_free(temp);
	return e;
}

/* One syncfs() is one wait for the disk; fsync() of each file would be thousands. */
static enum err
sync_batch(const struct file_batch *b, struct buf *why)
{
	char *folder = folder_of(b->paths[0]);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err e = OK;

	if (fd < 0 || syncfs(fd) != 0)
		e = failed(why, "sync the file system of", folder);
	if (fd >= 0)
		close(fd);
	mem_free(folder);
	return e;
}

enum err
file_batch_finish(struct file_batch *b, struct buf *why)
{
	enum err e = b->count != 0 ? sync_batch(b, why) : OK;
	bool synced = e == OK;

	for (size_t i = 0; i < b->count; i++) {
		char *temp = mem_printf("%s.new", b->paths[i]);

		if (!synced)
			unlink(temp);
		else if (rename(temp, b->paths[i]) != 0 && e == OK)
			e = failed(why, "rename to", b->paths[i]);
		mem_free(temp);
	}
	if (e == OK && b->count != 0)
		e = sync_folder(b->paths[0], why);
	for (size_t i = 0; i < b->count; i++)
		mem_free(b->paths[i]);
	mem_free(b->paths);
	*b = (struct file_batch){0};
	return e;
}

/* Makes one folder; OK when it is there already. */
static enum err
make_one(const char *path, struct buf *why)
{
	struct stat st;
	int error;

	if (mkdir(path, 0750) == 0)
		return OK;
	/* EEXIST is also said of a file, and EROFS or EACCES of a folder that is there */
	error = errno;
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return OK;
		error = ENOTDIR;
	}
	errno = error;
	return failed(why, "make folder", path);
}

enum err
file_make_dir(const char *path, struct buf *why)
{
	char *copy;
	enum err e;

	if (path[0] == '\0') {
		errno = ENOENT;
		return failed(why, "make folder", "\"\"");
	}
	copy = mem_str(path);
	for (char *p = copy + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		e = make_one(copy, why);
		if (e != OK)
			break;
		*p = c;
		if (c == '\0')
			break;
	}
	mem_free(copy);
	return e;
}

char *
file_beside(const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');

	if (path[0] == '/' || slash == NULL)
		return mem_str(path);
	return mem_printf("%.*s/%s", (int)(slash - from), from, path);
}
