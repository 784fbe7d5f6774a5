/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/poolid.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"

/* Pools are named by people: a linear list of names is short. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct named {
	char *name;
	uint32_t highest_ttl;
} * pools;
static size_t count, cap;

uint32_t
poolid_of_name(const char *name)
{
	uint32_t id = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < count && id == 0; i++)
		if (strcmp(pools[i].name, name) == 0)
			id = (uint32_t)(i + 1);
	if (id == 0 && count + 1 < POOLID_FIRST_OWN) {
		pools = mem_grow(pools, count, &cap, sizeof(*pools));
		pools[count++] = (struct named){.name = mem_str(name)};
		id = (uint32_t)count;
	}
	pthread_mutex_unlock(&lock);
	return id;
}

void
poolid_note_ttl(uint32_t id, uint32_t ttl)
{
	pthread_mutex_lock(&lock);
	if (id != 0 && id <= count && pools[id - 1].highest_ttl < ttl)
		pools[id - 1].highest_ttl = ttl;
	pthread_mutex_unlock(&lock);
}

uint32_t
poolid_highest_ttl(uint32_t id)
{
	uint32_t ttl = 0;

	pthread_mutex_lock(&lock);
	if (id != 0 && id <= count)
		ttl = pools[id - 1].highest_ttl;
	pthread_mutex_unlock(&lock);
	return ttl;
}

void
poolid_fini(void)
{
	for (size_t i = 0; i < count; i++)
		mem_free(pools[i].name);
	mem_free(pools);
	pools = NULL;
	count = cap = 0;
}
