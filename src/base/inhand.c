/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/inhand.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WITH_SANITIZER 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_SANITIZER 1
#endif

enum { SLOTS = INHAND_HANDS * INHAND_KINDS };
enum { SAFE_DEATHS = 3, SAFE_MS = 5 * 60 * 1000, VERSION_LEN = 64 };

#define MAGIC UINT64_C(0x53455854484e4432)

/* Written by one machine for itself: in its own order of octets. */
struct map {
	uint64_t magic;
	char version[VERSION_LEN];
	int64_t deaths_ms[SAFE_DEATHS]; /* monotonic, the newest first; 0: none */
	int64_t died_ms; /* set by the handler; 0: it did not run */
	int32_t died_signal;
	int32_t died_tid;
	struct inhand_item slots[SLOTS]; /* all kinds of the first hand, and so on */
	struct inhand_item suspects[SLOTS]; /* in hand when the last process ended */
	struct inhand_item quarantine[INHAND_QUARANTINED_MAX];
};

static struct map unmapped; /* stands in for the file */
static struct map *map = &unmapped;
/* So that most need not look; the items themselves, in the file, under the lock. */
static atomic_size_t quarantined;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool has_come[INHAND_QUARANTINED_MAX]; /* again, in this process */
static bool safe_mode;
static _Thread_local int32_t own_tid;
static _Thread_local unsigned own_hand;

static const char *const kind_texts[INHAND_KINDS] = {
    "record", "zone file", "geo database", "state database"};

const char *
inhand_kind_text(enum inhand_kind kind)
{
	return kind_texts[kind];
}

bool
inhand_is_safe_mode(void)
{
	return safe_mode;
}

/* Only what a signal handler may call. */
static void
on_death(int signal)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	map->died_tid = (int32_t)gettid();
	map->died_signal = signal;
	map->died_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + 1;
}

/* The signal comes again when the handler returns, and then does what it always does. */
static void
catch_deaths(void)
{
	static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	struct sigaction action = {.sa_handler = on_death, .sa_flags = (int)SA_RESETHAND};
	size_t count = sizeof(signals) / sizeof(signals[0]);

#ifdef WITH_SANITIZER
	count = 1; /* the others are the sanitizer's */
#endif
	for (size_t i = 0; i < count; i++)
		sigaction(signals[i], &action, NULL);
}

static bool
is_same(const struct inhand_item *a, const struct inhand_item *b)
{
	return a->used && b->used && a->kind == b->kind && a->name_len == b->name_len &&
	       memcmp(a->name, b->name, a->name_len) == 0;
}

static void
quarantine(const struct inhand_item *item)
{
	struct inhand_item *to = &map->quarantine[0];

	for (size_t i = 0; i < INHAND_QUARANTINED_MAX; i++) {
		struct inhand_item *q = &map->quarantine[i];

		if (is_same(q, item) || !q->used) {
			to = q;
			break;
		}
		if (q->since_s < to->since_s)
			to = q;
	}
	*to = *item;
	to->since_s = wall_now_s();
	log_error(
	    "%s is quarantined name=\"%.*s\" reason=\"the server died while it read it "
	    "(signal %d)\"",
	    kind_texts[item->kind], (int)item->name_len, item->name, map->died_signal);
}

/* Was it in hand at the last end too, whoever's? */
static bool
is_suspect(const struct inhand_item *s)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (is_same(s, &map->suspects[i]))
			return true;
	return false;
}

/* Who was in hand of the thread that died; or, after two ends that tell nothing, twice.
 */
static void
judge_slots(void)
{
	bool is_guilty = false;

	for (unsigned i = 0; i < SLOTS; i++) {
		struct inhand_item *s = &map->slots[i];
		bool died = map->died_ms != 0 && map->died_tid == s->tid;

		/* what is read row by row is innocent when a row is in hand */
		if (!s->used || (s->kind == INHAND_STATE && is_guilty))
			continue;
		if (died || (map->died_ms == 0 && is_suspect(s))) {
			quarantine(s);
			is_guilty = true;
		}
	}
	memcpy(map->suspects, map->slots, sizeof(map->suspects));
	if (map->died_ms != 0)
		memset(map->suspects, 0, sizeof(map->suspects));
	memset(map->slots, 0, sizeof(map->slots));
}

static void
count_deaths(void)
{
	int64_t now = mono_now().ms;
	unsigned recent = 0;

	if (map->died_ms == 0)
		return;
	memmove(&map->deaths_ms[1], &map->deaths_ms[0],
	    (SAFE_DEATHS - 1) * sizeof(map->deaths_ms[0]));
	map->deaths_ms[0] = map->died_ms;
	/* one that is later than now was before the machine started */
	for (unsigned i = 0; i < SAFE_DEATHS; i++)
		if (map->deaths_ms[i] != 0 && map->deaths_ms[i] <= now + 1 &&
		    now - map->deaths_ms[i] <= SAFE_MS)
			recent++;
	safe_mode = recent >= SAFE_DEATHS;
	log_error("the server died before signal=%d deaths_in_5_minutes=%u",
	    map->died_signal, recent);
	map->died_ms = 0;
}

static bool
is_sound(const struct map *m)
{
	const struct inhand_item *all = m->slots;
	size_t count = SLOTS * 2 + INHAND_QUARANTINED_MAX;

	for (size_t i = 0; m->magic == MAGIC && i < count; i++)
		if (all[i].used > 1 || all[i].kind >= INHAND_KINDS ||
		    all[i].name_len > INHAND_NAME_MAX)
			return false;
	return m->magic == MAGIC;
}

static void
map_file(const char *state_dir, struct buf *why)
{
	char *path = mem_printf("%s/inhand", state_dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	void *at = MAP_FAILED;
	struct stat st;

	/* blocks are taken now, so that a disk that is full kills nobody later */
	if (fd >= 0 && fstat(fd, &st) == 0 &&
	    ((size_t)st.st_size == sizeof(struct map) ||
	        (ftruncate(fd, 0) == 0 &&
	            posix_fallocate(fd, 0, sizeof(struct map)) == 0)))
		at = mmap(
		    NULL, sizeof(struct map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		map = at;
	else
		buf_printf(why, "%s: %m; what a crash was about is not remembered", path);
	if (fd >= 0)
		close(fd);
	mem_free(path);
}

void
inhand_open(const char *state_dir, const char *version, struct buf *why)
{
	map_file(state_dir, why);
	if (!is_sound(map) || strncmp(map->version, version, VERSION_LEN - 1) != 0) {
		memset(map, 0, sizeof(*map));
		map->magic = MAGIC;
		snprintf(map->version, sizeof(map->version), "%s", version);
	}
	judge_slots();
	count_deaths();
	atomic_store(&quarantined, 0);
	for (size_t i = 0; i < INHAND_QUARANTINED_MAX; i++)
		atomic_fetch_add(&quarantined, map->quarantine[i].used);
	catch_deaths();
	if (safe_mode)
		log_error(
		    "SAFE MODE reason=\"the server died three times within five "
		    "minutes\" "
		    "effect=\"last accepted copies are served; no reload, no record "
		    "store beyond its copy on disk\" end=\"stop and start the server\"");
}

void
inhand_close(bool clean)
{
	memset(map->slots, 0, sizeof(map->slots));
	if (clean) {
		memset(map->deaths_ms, 0, sizeof(map->deaths_ms));
		memset(map->suspects, 0, sizeof(map->suspects));
	}
	if (map != &unmapped)
		munmap(map, sizeof(*map));
	map = &unmapped;
}

void
inhand_use(unsigned hand)
{
	own_hand = hand;
}

bool
inhand_is_suspicious(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (map->suspects[i].used)
			return true;
	return false;
}

static struct inhand_item *
slot(enum inhand_kind kind)
{
	return &map->slots[own_hand * INHAND_KINDS + kind];
}

void
inhand_take(enum inhand_kind kind, const char *name, size_t len, uint64_t sum)
{
	struct inhand_item *s = slot(kind);

	if (own_tid == 0)
		own_tid = (int32_t)gettid();
	len = len < INHAND_NAME_MAX ? len : INHAND_NAME_MAX;
	memcpy(s->name, name, len);
	s->name_len = (uint32_t)len;
	s->kind = kind;
	s->sum = sum;
	s->tid = own_tid;
	/* a signal that comes now finds it whole */
	atomic_signal_fence(memory_order_seq_cst);
	s->used = 1;
	atomic_signal_fence(memory_order_seq_cst);
}

void
inhand_drop(enum inhand_kind kind)
{
	atomic_signal_fence(memory_order_seq_cst);
	slot(kind)->used = 0;
}

static bool
is_quarantined(enum inhand_kind kind, const char *name, size_t len, uint64_t sum)
{
	struct inhand_item *q = map->quarantine;

	for (size_t i = 0; i < INHAND_QUARANTINED_MAX; i++, q++) {
		if (!q->used || q->kind != kind || q->name_len != len ||
		    memcmp(q->name, name, len) != 0)
			continue;
		if (q->sum == sum) {
			has_come[i] = true;
			return true;
		}
		if (kind == INHAND_RECORD && !has_come[i])
			return false;
		q->used = 0;
		atomic_fetch_sub(&quarantined, 1);
	}
	return false;
}

bool
inhand_is_quarantined(enum inhand_kind kind, const char *name, size_t len, uint64_t sum)
{
	bool is;

	if (atomic_load_explicit(&quarantined, memory_order_relaxed) == 0)
		return false;
	pthread_mutex_lock(&lock);
	is = is_quarantined(
	    kind, name, len < INHAND_NAME_MAX ? len : INHAND_NAME_MAX, sum);
	pthread_mutex_unlock(&lock);
	return is;
}

size_t
inhand_list(struct inhand_item out[INHAND_QUARANTINED_MAX])
{
	size_t n = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < INHAND_QUARANTINED_MAX; i++)
		if (map->quarantine[i].used)
			out[n++] = map->quarantine[i];
	pthread_mutex_unlock(&lock);
	return n;
}

uint64_t
inhand_file_sum(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return 0;
	return (uint64_t)st.st_size * UINT64_C(0x9e3779b97f4a7c15) +
	       (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
}
