/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/thread.h"

#include <pthread.h>

void
thread_name(const char *name)
{
	(void)pthread_setname_np(pthread_self(), name);
}
