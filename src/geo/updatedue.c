/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/updatedue.h"

#include <sys/stat.h>

#include "base/hash.h"

enum { START_SPREAD_MS = 10000 };

/* 0 to just below 1. */
static double
draw(void)
{
	uint32_t r;

	hash_draw_key(&r, sizeof(r));
	return (double)r / 4294967296.0;
}

void
updatedue_set(struct updatejob *j, double ms)
{
	j->due = mono_add_ms(mono_now(), (int64_t)ms);
	j->due_s = wall_now_s() + (int64_t)(ms / 1000);
}

void
updatedue_again(struct updatejob *j)
{
	updatedue_set(j, (double)j->cfg.every_ms * (0.9 + 0.2 * draw()));
}

void
updatedue_after_failure(struct updatejob *j, int64_t retry_after_s)
{
	double cap = (double)j->cfg.retry_ms;

	for (unsigned i = 1; i < j->failures && cap < (double)j->cfg.every_ms; i++)
		cap *= 2;
	if (cap > (double)j->cfg.every_ms)
		cap = (double)j->cfg.every_ms;
	cap *= draw();
	if (cap < (double)retry_after_s * 1000)
		cap = (double)retry_after_s * 1000;
	updatedue_set(j, cap);
}

void
updatedue_first(struct updatejob *j)
{
	struct stat st;
	int64_t last_s = j->asked_s;
	double left;

	if (stat(j->cfg.file, &st) != 0) {
		updatedue_set(j, 0);
		return;
	}
	if (last_s == 0)
		last_s = (int64_t)st.st_mtim.tv_sec;
	left = (double)(last_s - wall_now_s()) * 1000 +
	       (double)j->cfg.every_ms * (0.9 + 0.2 * draw());
	if (left <= 0)
		left = draw() * START_SPREAD_MS;
	updatedue_set(
	    j, left < (double)j->cfg.every_ms * 1.1 ? left : (double)j->cfg.every_ms);
}
