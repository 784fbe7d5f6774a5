/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the name table costs at a million names: octets a name, nanoseconds a find and
 * a single edit. Built by hand (make tests/bench/micro_table); prints, never asserts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/slab.h"
#include "zone/zone.h"

enum { FINDS = 2000000, EDITS = 20000 };

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t
random_next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

static struct name
name_of(const char *text)
{
	struct name n;

	if (name_parse(text, strlen(text), NULL, &n) != OK)
		abort();
	return n;
}

/* Names as a service writes them for its customers. */
static struct name
nth_name(size_t i)
{
	char text[64];

	snprintf(text, sizeof(text), "customer-%zu.example.com.", i);
	return name_of(text);
}

static struct rrset *
address(uint32_t v)
{
	uint8_t octets[4];
	const struct rdata r = {octets, 4};
	struct rrset *s;

	wire_put32(octets, v);
	if (rrset_new(TYPE_A, 60, &r, 1, &s) != OK)
		abort();
	return s;
}

static struct table *
fill(size_t count)
{
	struct name apex = name_of("example.com.");
	struct table_edit *e = table_edit_begin(table_new(&apex));
	struct table_garbage *garbage;
	struct table *t;

	for (size_t i = 0; i < count; i++) {
		struct name n = nth_name(i);

		table_edit_set(e, &n, address((uint32_t)i));
	}
	t = table_edit_finish(e, &garbage);
	table_garbage_free(garbage);
	return t;
}

static void
bench_find(const struct table *t, size_t count, bool hit)
{
	struct zone z = {.apex = t->apex, .apex_depth = t->apex_depth, .store = t};
	/* Taking names apart is not what is measured here. */
	enum { PATHS = 4096 };
	struct name_path *paths = mem_array(PATHS, sizeof(*paths));
	uint64_t seed = 1;
	double spent = 0;
	size_t found = 0;

	for (size_t done = 0; done < FINDS; done += PATHS) {
		struct find f;
		double start;

		for (size_t i = 0; i < PATHS; i++) {
			size_t k = random_next(&seed) % count + (hit ? 0 : count);
			struct name n = nth_name(k);

			name_path_set(&paths[i], n.bytes, n.len);
		}
		start = now_ns();
		for (size_t i = 0; i < PATHS; i++) {
			zone_find(&z, &paths[i], TYPE_A, &f);
			found += f.kind == FIND_MATCH;
		}
		spent += now_ns() - start;
	}
	printf("%-24s %10.0f ns (%zu found)\n", hit ? "find, a hit" : "find, a miss",
	    spent / FINDS, found);
	mem_free(paths);
}

static struct table *
bench_edit(struct table *t, size_t count)
{
	uint64_t seed = 2;
	double start = now_ns();

	for (size_t i = 0; i < EDITS; i++) {
		struct name n = nth_name(random_next(&seed) % count);
		struct table_edit *e = table_edit_begin(t);
		struct table_garbage *garbage;

		if (i % 2 == 0)
			table_edit_set(e, &n, address((uint32_t)i));
		else
			(void)table_edit_clear(e, &n, TYPE_A);
		t = table_edit_finish(e, &garbage);
		table_garbage_free(garbage);
	}
	printf("%-24s %10.0f ns\n", "one edit", (now_ns() - start) / EDITS);
	return t;
}

int
main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	struct table *t;
	double start;

	if (count == 0)
		return 2;
	hash_init();
	start = now_ns();
	t = fill(count);
	printf("%-24s %10zu\n", "names", t->trie.count);
	printf("%-24s %10.0f ms\n", "one edit with all", (now_ns() - start) / 1e6);
	printf("%-24s %10.1f octets\n", "a name with its A",
	    (double)slab_size(t->trie.slab) / (double)t->trie.count);
	bench_find(t, count, true);
	bench_find(t, count, false);
	t = bench_edit(t, count);
	start = now_ns();
	table_free(t);
	printf("%-24s %10.0f ms\n", "free", (now_ns() - start) / 1e6);
	return 0;
}
