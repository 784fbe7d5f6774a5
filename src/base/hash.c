/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"

#include <sys/random.h>
#include <time.h>

alignas(64) uint64_t hash_key[8] = {0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu};
_Static_assert(sizeof(hash_key) == 64, "the rest of its cache line is nobody's");

void
hash_draw_key(void *p, size_t len)
{
	struct timespec t;
	uint64_t weak;

	if (getrandom(p, len, 0) == (ssize_t)len)
		return;
	/* a kernel without getrandom: weaker, but still not a constant */
	clock_gettime(CLOCK_REALTIME, &t);
	weak = (uint64_t)t.tv_nsec << 20 ^ (uint64_t)t.tv_sec ^ (uint64_t)(uintptr_t)&t;
	for (size_t i = 0; i < len; i++) {
		weak = weak * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)p)[i] = (uint8_t)(weak >> 56);
	}
}

void
hash_init(void)
{
	hash_draw_key(hash_key, 2 * sizeof(hash_key[0]));
}
