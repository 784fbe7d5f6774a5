/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/poolid.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"

/* Pools are named by people: a linear list of names is short. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char **names;
static size_t count, cap;

uint32_t
poolid_of_name(const char *name)
{
	uint32_t id = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < count && id == 0; i++)
		if (strcmp(names[i], name) == 0)
			id = (uint32_t)(i + 1);
	if (id == 0 && count + 1 < POOLID_FIRST_OWN) {
		names = mem_grow(names, count, &cap, sizeof(*names));
		names[count++] = mem_str(name);
		id = (uint32_t)count;
	}
	pthread_mutex_unlock(&lock);
	return id;
}

void
poolid_fini(void)
{
	for (size_t i = 0; i < count; i++)
		mem_free(names[i]);
	mem_free(names);
	names = NULL;
	count = cap = 0;
}
