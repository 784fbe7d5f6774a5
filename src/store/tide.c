/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/tide.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { DIGITS = 20, LINE = DIGITS + 1 + 16 + 1 };

static uint64_t
sum(const char *digits)
{
	uint64_t h = 0xcbf29ce484222325;

	for (unsigned i = 0; i < DIGITS; i++)
		h = (h ^ (uint8_t)digits[i]) * 0x100000001b3;
	return h;
}

static void
write_line(uint64_t commits, char out[LINE + 1])
{
	snprintf(out, LINE + 1, "%020" PRIu64, commits);
	snprintf(out + DIGITS, LINE + 1 - DIGITS, " %016" PRIx64 "\n", sum(out));
}

void
tide_open(struct tide *t, const char *path, bool read_only)
{
	char *name = mem_printf("%s-mark", path);
	char line[LINE + 1] = "", wanted[LINE + 1];
	uint64_t seen;

	*t = (struct tide){0};
	t->fd = read_only ? open(name, O_RDONLY | O_CLOEXEC)
	                  : open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	mem_free(name);
	if (t->fd < 0 || pread(t->fd, line, LINE, 0) != LINE ||
	    sscanf(line, "%20" SCNu64, &seen) != 1)
		return;
	write_line(seen, wanted);
	if (memcmp(line, wanted, LINE) == 0)
		t->seen = seen;
}

void
tide_close(struct tide *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

void
tide_write(struct tide *t, uint64_t commits)
{
	char line[LINE + 1];

	if (t->fd < 0)
		return;
	write_line(commits, line);
	/* one that was not written is behind, which says nothing wrong */
	if (pwrite(t->fd, line, LINE, 0) != LINE)
		return;
	t->seen = commits;
}
