/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/niceness.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

void
niceness_add(enum niceness n)
{
	static const struct sched_param none = {.sched_priority = 0};
	id_t self = (id_t)gettid();
	int now;

	errno = 0;
	now = getpriority(PRIO_PROCESS, self);
	if (now == -1 && errno != 0)
		return;
	(void)setpriority(PRIO_PROCESS, self, now + (int)n);
	if (n >= NICENESS_BULK && sched_getscheduler(0) == SCHED_OTHER)
		(void)sched_setscheduler(0, SCHED_BATCH, &none);
}
