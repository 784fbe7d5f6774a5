/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/filecopy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static int64_t
ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static struct filestamp
stamp_of(const struct stat *st)
{
	return (struct filestamp){
	    .device = st->st_dev,
	    .inode = st->st_ino,
	    .octets = (uint64_t)st->st_size,
	    .modified_ns = ns_of(&st->st_mtim),
	};
}

bool
filestamp_get(const char *path, struct filestamp *out)
{
	struct stat st;

	*out = (struct filestamp){0};
	if (stat(path, &st) != 0)
		return false;
	*out = stamp_of(&st);
	return true;
}

bool
filestamp_equal(const struct filestamp *a, const struct filestamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->octets == b->octets &&
	       a->modified_ns == b->modified_ns;
}

/* Copies a file into anonymous memory that nobody else can change. */
MUST_CHECK static enum err
copy_file(int from, int to, struct buf *why)
{
	static const size_t chunk = 1 << 18;
	char *data = mem_array(1, chunk);
	enum err e = OK;

	for (;;) {
		ssize_t n = read(from, data, chunk);
		ssize_t at = 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n < 0) {
				buf_printf(why, "cannot read: %s", strerror(errno));
				e = ERR_IO;
			}
			break;
		}
		while (e == OK && at < n) {
			ssize_t put = write(to, data + at, (size_t)(n - at));

			if (put > 0) {
				at += put;
			} else if (errno != EINTR) {
				buf_printf(
				    why, "cannot keep a copy: %s", strerror(errno));
				e = ERR_IO;
			}
		}
		if (e != OK)
			break;
	}
	mem_free(data);
	return e;
}

enum err
filecopy_open(const char *path, struct filestamp *stamp, int *out, struct buf *why)
{
	struct filestamp after;
	struct stat st;
	int from, to;
	enum err e;

	from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (from < 0) {
		buf_printf(why, "cannot open: %s", strerror(errno));
		return ERR_IO;
	}
	if (fstat(from, &st) != 0 || !S_ISREG(st.st_mode)) {
		buf_printf(why, "cannot open: not a regular file");
		close(from);
		return ERR_IO;
	}
	to = memfd_create("sextant-geo", MFD_CLOEXEC);
	if (to < 0) {
		buf_printf(why, "cannot keep a copy: %s", strerror(errno));
		close(from);
		return ERR_IO;
	}
	*stamp = stamp_of(&st);
	e = copy_file(from, to, why);
	if (e == OK && fstat(from, &st) == 0) {
		after = stamp_of(&st);
		if (!filestamp_equal(stamp, &after)) {
			buf_str(why, "it changed while it was read");
			e = ERR_BUSY;
		}
	}
	close(from);
	if (e != OK) {
		close(to);
		return e;
	}
	*out = to;
	return OK;
}
