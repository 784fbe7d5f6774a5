/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an answer costs a worker beside another one: nanoseconds of its own processor
 * time, from packet to packet, in batches as serve/udp.c makes them, without the kernel's
 * part. Half of the questions are for plain names, a quarter for a steered one with a
 * client subnet, a quarter for names that do not exist.
 *
 *     tests/bench/micro_workers [NAMES [ROUNDS]]
 *
 * In each round: one thread; two processes, which share nothing that is written, so that
 * what they lose is the machine's doing; two threads in one world; one and two threads
 * while another one publishes a world and replaces a choice WRITES times a second; and
 * two threads that count in the same place, which shows what sharing would look like.
 * Prints medians, and those of the ratios inside a round.
 */
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define assert_int_equal(a, b) ((void)((a) == (b) ? 0 : (abort(), 0)))
#define assert_non_null(p) ((void)((p) != NULL ? 0 : (abort(), 0)))
#define assert_true(c) ((void)((c) ? 0 : (abort(), 0)))
#define print_message printf
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#include "../unit/world_make.h"
#include "serve/quick.h"

enum {
	WORKERS = 2,
	BATCH = ANSWER_WARM_MOST,
	QUERIES = 4096, /* prepared, for each worker */
	QUERY_MOST = 80,
	RUN_NS = 300000000,
	WRITES = 1000,
	PAUSE_MS = 50, /* of the writer, while it is to be still */
	ROUNDS_MOST = 101,
};

static const char config[] = "server: {state_dir: state}\n"
                             "geo:\n"
                             "  prefixes:\n"
                             "    - {prefix: 10.0.0.0/8, region: weu}\n"
                             "    - {prefix: 10.128.0.0/9, region: nnam}\n"
                             "pools:\n"
                             "  - name: edge\n"
                             "    regions: {weu: [192.0.2.1], nnam: [192.0.2.3]}\n"
                             "    default: [192.0.2.4]\n"
                             "zones:\n"
                             "  - {domain: example.com, file: example.com.zone, "
                             "store: on}\n";

static const char zone_text[] = "$TTL 300\n"
                                "@ 3600 SOA ns1 hostmaster 7 1h 10m 2w 120\n"
                                "@ NS ns1\n"
                                "ns1 A 192.0.2.53\n"
                                "api POOL edge\n"
                                "$GENERATE 0-%lu n${0,6,d} A 192.0.2.1\n";

/* Laid out as struct udp. */
struct worker {
	pthread_t thread;
	int core;
	struct publish_reader *reader;
	double ns; /* an answer */
	struct counters counters;
	struct answerer answerer;
	struct limit limit;
	struct answer_ahead ahead[BATCH];
	size_t len[QUERIES];
	uint8_t query[QUERIES][QUERY_MOST];
	uint8_t response[BATCH][DNS_UDP_CAP];
};

static struct maker maker;
static struct worker *workers[WORKERS];
static unsigned long names = 100000;
static _Atomic bool is_writing, is_over;

/* ---- a worker ---- */

static double
clock_ns(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
pin_to(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)core, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

/* RFC 6891 6.1.2; RFC 7871 6. */
static size_t
write_subnet(uint8_t *p)
{
	static const uint8_t opt[] = {
	    0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 11, 0, 8, 0, 7, 0, 1, 24, 0, 10};

	memcpy(p, opt, sizeof(opt));
	p[sizeof(opt)] = (uint8_t)random();
	p[sizeof(opt) + 1] = (uint8_t)random();
	return sizeof(opt) + 2;
}

static size_t
write_query(uint8_t *p, unsigned kind)
{
	char text[40];
	struct name n;
	size_t len;

	if (kind < 2)
		snprintf(text, sizeof(text), "n%06lu.example.com",
		    (unsigned long)random() % names);
	else if (kind == 2)
		snprintf(text, sizeof(text), "api.example.com");
	else
		snprintf(
		    text, sizeof(text), "x%08lx.example.com", (unsigned long)random());
	assert_int_equal(name_parse(text, strlen(text), &name_root, &n), OK);
	memset(p, 0, DNS_HEADER_LEN);
	p[5] = 1;
	memcpy(p + DNS_HEADER_LEN, n.bytes, n.len);
	len = DNS_HEADER_LEN + n.len;
	wire_put16(p + len, TYPE_A);
	wire_put16(p + len + 2, CLASS_IN);
	len += 4;
	p[11] = kind == 2;
	return kind == 2 ? len + write_subnet(p + len) : len;
}

static struct worker *
worker_new(int core)
{
	struct worker *w = aligned_alloc(64, (sizeof(*w) + 63) / 64 * 64);

	assert_non_null(w);
	memset(w, 0, sizeof(*w));
	w->core = core;
	assert_int_equal(publish_join(&maker_shared.domain, &w->reader), OK);
	w->answerer.counters = &w->counters;
	w->answerer.random = (unsigned)core + 1;
	limit_open(&w->limit);
	for (unsigned i = 0; i < QUERIES; i++)
		w->len[i] = write_query(w->query[i], i % 4);
	return w;
}

static void
answer_batch(struct worker *w, unsigned first)
{
	static const struct ip source = {4, {192, 0, 2, 200}};
	const struct answer_ahead *like = NULL;
	struct answerer *a = &w->answerer;

	counter_add(&w->counters, COUNT_UDP_QUERIES, BATCH);
	publish_pin(&maker_shared.domain, w->reader);
	answerer_begin(a, &maker_shared, mono_now(), wall_now_s());
	a->limit = limit_begin(
	    &w->limit, &a->world->parts->config->server.rate_limit, WORKERS, a->now);
	for (unsigned i = 0; i < BATCH; i++) {
		answer_prepare(
		    a->world, w->query[first + i], w->len[first + i], like, &w->ahead[i]);
		like = &w->ahead[i];
	}
	answer_warm(w->ahead, BATCH);
	for (unsigned i = 0; i < BATCH; i++)
		assert_true(quick_answer(a, w->query[first + i], w->len[first + i],
		                &w->ahead[i], &source, OVER_UDP, w->response[i]) != 0);
	publish_unpin(w->reader);
}

static void *
run(void *ctx)
{
	struct worker *w = ctx;
	double end, start;
	size_t batches = 0;

	pin_to(w->core);
	for (unsigned i = 0; i < QUERIES; i += BATCH)
		answer_batch(w, i);
	end = clock_ns(CLOCK_MONOTONIC) + RUN_NS;
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	while (clock_ns(CLOCK_MONOTONIC) < end)
		for (unsigned i = 0; i < QUERIES; i += BATCH, batches++)
			answer_batch(w, i);
	w->ns = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / (double)(batches * BATCH);
	return NULL;
}

/* ---- who writes meanwhile ---- */

static struct store_change
change(void)
{
	static uint8_t last;
	const uint8_t octets[4] = {192, 0, 2, last++};
	const struct rdata rdata = {octets, sizeof(octets)};
	struct store_change c = {.key = {.kind = RECORD_RRSET, .type = TYPE_A}};

	assert_int_equal(name_parse("example.com", 11, &name_root, &c.key.zone), OK);
	assert_int_equal(
	    name_parse("live.example.com", 16, &name_root, &c.key.owner), OK);
	c.record = mem_new(sizeof(*c.record));
	c.record->key = c.key;
	c.record->ttl = 60;
	assert_int_equal(rrset_new(TYPE_A, 60, &rdata, 1, &c.record->rrset), OK);
	return c;
}

static void
replace_choice(struct limbo *limbo)
{
	struct pool *p = maker_pool("edge");
	static const uint8_t standings[8] = {STANDING_UP, STANDING_UP, STANDING_UP};
	static unsigned turn;
	unsigned cell = turn++ % (((unsigned)p->region_count + 1) * FAMILY_COUNT);
	uint16_t room[8];

	limbo_retire(limbo,
	    publish_swap(&p->cells[cell], board_suppose(p, cell / FAMILY_COUNT,
	                                      cell % FAMILY_COUNT, standings, room)),
	    choice_free);
	limbo_reclaim(limbo);
}

struct scribbler {
	struct limbo limbo;
	struct loop_timer *timer;
};

static void
on_timer(void *ctx)
{
	struct scribbler *w = ctx;
	bool is_on = atomic_load(&is_writing);

	loop_timer_set_ms(w->timer, is_on ? 1000 / WRITES : PAUSE_MS);
	if (is_on) {
		struct store_change c = change();

		keeper_change(maker.keeper, mem_dup(&c, sizeof(c)), 1);
		maker_turn(&maker);
		replace_choice(&w->limbo);
	}
	if (atomic_load(&is_over))
		loop_stop(maker.store_loop);
}

static void *
write_all(void *ctx)
{
	struct scribbler w;

	(void)ctx;
	pin_to(WORKERS - 1);
	limbo_init(&w.limbo, &maker_shared.domain);
	w.timer = loop_timer_new(maker.store_loop, on_timer, &w);
	loop_timer_set_ms(w.timer, 0);
	loop_run(maker.store_loop);
	loop_timer_free(w.timer);
	limbo_fini(&w.limbo);
	return NULL;
}

/* ---- the ways ---- */

static double
mean(void)
{
	double sum = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		sum += workers[i]->ns;
	return sum / WORKERS;
}

static double
in_threads(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(
		    pthread_create(&workers[i]->thread, NULL, run, workers[i]), 0);
	for (unsigned i = 0; i < count; i++)
		pthread_join(workers[i]->thread, NULL);
	return count == WORKERS ? mean() : workers[0]->ns;
}

static double
in_processes(void)
{
	int ends[2];
	double sum = 0, ns;

	assert_int_equal(pipe(ends), 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid != 0)
			continue;
		run(workers[i]);
		_exit(write(ends[1], &workers[i]->ns, sizeof(ns)) != sizeof(ns));
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_true(read(ends[0], &ns, sizeof(ns)) == sizeof(ns));
		sum += ns;
	}
	while (wait(NULL) > 0)
		;
	close(ends[0]);
	close(ends[1]);
	return sum / WORKERS;
}

enum way { ONE, APART, TWO, ONE_WRITES, TWO_WRITES, SHARED, WAYS };

static double
measure(enum way way)
{
	double ns;

	atomic_store(&is_writing, way == ONE_WRITES || way == TWO_WRITES);
	workers[1]->answerer.counters = &workers[way != SHARED]->counters;
	usleep(2 * PAUSE_MS * 1000);
	ns = way == APART ? in_processes()
	                  : in_threads(way == ONE || way == ONE_WRITES ? 1 : WORKERS);
	atomic_store(&is_writing, false);
	return ns;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
median(double *v, size_t count)
{
	qsort(v, count, sizeof(*v), compare);
	return v[count / 2];
}

static void
print_row(const char *what, double got[][WAYS], size_t rounds, enum way way, enum way to)
{
	double ns[ROUNDS_MOST], ratio[ROUNDS_MOST];

	for (size_t i = 0; i < rounds; i++) {
		ns[i] = got[i][way];
		ratio[i] = got[i][way] / got[i][to];
	}
	printf("%-38s %6.1f ns, %.3f of that of %s\n", what, median(ns, rounds),
	    median(ratio, rounds), to == ONE ? "one" : "two processes");
}

static void
print_layout(void)
{
	printf("octet of its cache line: epoch %zu, reader %zu, world %zu, counters %zu; "
	       "struct publish_reader %zu octets, struct counters %zu\n",
	    (size_t)(uintptr_t)&maker_shared.domain.epoch % 64,
	    (size_t)(uintptr_t)workers[0]->reader % 64,
	    (size_t)(uintptr_t)&maker_shared.world % 64,
	    (size_t)(uintptr_t)&workers[0]->counters % 64, sizeof(struct publish_reader),
	    sizeof(struct counters));
}

int
main(int argc, char **argv)
{
	static double got[ROUNDS_MOST][WAYS];
	char zone[sizeof(zone_text) + 32];
	size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 9;
	pthread_t writer;

	if (argc > 1)
		names = strtoul(argv[1], NULL, 10);
	assert_true(names > 0 && rounds > 0 && rounds <= ROUNDS_MOST);
	maker_open(&maker);
	maker_file(&maker, "sextant.yaml", config);
	snprintf(zone, sizeof(zone), zone_text, names - 1);
	maker_file(&maker, "example.com.zone", zone);
	maker_install(&maker, PARTS_START);
	for (int i = 0; i < WORKERS; i++)
		workers[i] = worker_new(i);
	print_layout();
	assert_int_equal(pthread_create(&writer, NULL, write_all, NULL), 0);
	for (size_t i = 0; i < rounds; i++)
		for (enum way way = ONE; way < WAYS; way++)
			got[i][way] = measure(way);
	atomic_store(&is_over, true);
	pthread_join(writer, NULL);
	printf("%lu names, %zu rounds, %llu worlds\n", names, rounds,
	    (unsigned long long)maker_world()->number);
	print_row("one thread", got, rounds, ONE, ONE);
	print_row("two processes", got, rounds, APART, ONE);
	print_row("two threads", got, rounds, TWO, APART);
	print_row("one thread, worlds and choices written", got, rounds, ONE_WRITES, ONE);
	print_row("two threads, the same", got, rounds, TWO_WRITES, APART);
	print_row("two threads, the same counters", got, rounds, SHARED, APART);
	for (unsigned i = 0; i < WORKERS; i++) {
		limit_close(&workers[i]->limit);
		free(workers[i]);
	}
	maker_close(&maker);
	return 0;
}
