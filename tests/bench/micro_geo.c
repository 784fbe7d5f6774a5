/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints what a look-up costs: micro_geo DATABASE... */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "geo/geo.h"

enum { CLIENTS = 1 << 16, ROUNDS = 100 };

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t
random32(void)
{
	static uint64_t s = 88172645463325252u;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return (uint32_t)(s >> 16);
}

static void
measure(const struct geo *g, uint8_t family)
{
	static struct ip clients[CLIENTS];
	unsigned sum = 0;
	double start;

	for (size_t i = 0; i < CLIENTS; i++) {
		uint32_t words[4] = {random32(), random32(), random32(), random32()};

		clients[i] = (struct ip){.family = family};
		memcpy(clients[i].bytes, words, family == 4 ? 4 : 16);
		if (family == 6) {
			clients[i].bytes[0] = 0x2a; /* where most of Europe is */
			clients[i].bytes[1] &= 0x0f;
		}
	}
	start = now_s();
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < CLIENTS; i++) {
			uint8_t scope;

			sum += geo_find(g, &clients[i], &scope) + scope;
		}
	}
	printf("IPv%u: %.1f ns a look-up (%u)\n", family,
	    (now_s() - start) * 1e9 / ROUNDS / CLIENTS, sum);
}

int
main(int argc, char **argv)
{
	struct config_geo cfg = {
	    .databases = argv + 1, .database_count = (size_t)(argc - 1)};
	struct complaints c = {0};
	struct geo_sizes sizes;
	double start = now_s();
	struct buf text = {0};
	struct geo *g;

	if (geo_build(&cfg, NULL, &g, &c) != OK) {
		complaints_write(&c, &text);
		fputs(buf_text(&text), stderr);
		return 1;
	}
	geo_get_sizes(g, &sizes);
	printf("built in %.0f ms: intervals %zu + %zu, places %zu, %.1f MB\n",
	    (now_s() - start) * 1e3, sizes.intervals4, sizes.intervals6, sizes.places,
	    (double)sizes.octets / 1e6);
	measure(g, 4);
	measure(g, 6);
	geo_free(g);
	complaints_fini(&c);
	return 0;
}
