/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"

#include <sys/random.h>
#include <time.h>

uint64_t hash_key[2] = {0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu};

void
hash_init(void)
{
	struct timespec t;

	if (getrandom(hash_key, sizeof(hash_key), 0) == (ssize_t)sizeof(hash_key))
		return;
	/* a kernel without getrandom: weaker, but still not a constant */
	clock_gettime(CLOCK_REALTIME, &t);
	hash_key[0] ^= (uint64_t)t.tv_nsec << 20 ^ (uint64_t)t.tv_sec;
	hash_key[1] ^= (uint64_t)(uintptr_t)&t;
}
