/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/filesum.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/hash.h"

enum { BLOCK = 65536 };

static const struct filesum empty = {0, {1, 2}};

/* All blocks but the last are full. */
static void
add_block(struct filesum *s, const char *block, size_t len)
{
	s->len += len;
	for (unsigned i = 0; i < 2; i++)
		s->hash[i] = hash_bytes(s->hash[i], (const uint8_t *)block, len);
}

struct filesum
filesum_of(const char *text, size_t len)
{
	struct filesum s = empty;

	for (; len > BLOCK; text += BLOCK, len -= BLOCK)
		add_block(&s, text, BLOCK);
	if (len != 0)
		add_block(&s, text, len);
	return s;
}

/* As much as there is, up to a block; -1: it can not be read. */
static ssize_t
read_block(int fd, char block[BLOCK])
{
	size_t len = 0;

	while (len < BLOCK) {
		ssize_t n = read(fd, block + len, BLOCK - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

enum err
filesum_read(const char *path, struct filesum *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct filesum s = empty;
	char block[BLOCK];
	ssize_t n;

	if (fd < 0)
		return ERR_IO;
	while ((n = read_block(fd, block)) > 0)
		add_block(&s, block, (size_t)n);
	close(fd);
	if (n < 0)
		return ERR_IO;
	*out = s;
	return OK;
}

bool
filesum_equal(const struct filesum *a, const struct filesum *b)
{
	return a->len == b->len && a->hash[0] == b->hash[0] && a->hash[1] == b->hash[1];
}
