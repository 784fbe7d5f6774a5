/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/slab.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WITH_SANITIZER 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_SANITIZER 1
#endif

enum {
	STEP = 8,
	CHUNK_FIRST = 1 << 10,
	CHUNK_MOST = 1 << 21, /* a huge page */
#ifdef WITH_SANITIZER
	SMALL_MOST = 0,
#else
	SMALL_MOST = 512, /* larger blocks are malloc()'s */
#endif
	CLASSES = 512 / STEP + 1,
};

struct chunk {
	struct chunk *next;
	size_t size;
};

/* In front of a large block. */
struct large {
	struct large *prev, *next;
};

struct slab {
	size_t holders;
	size_t size;
	struct chunk *chunks;
	char *at, *end; /* what is left of the newest chunk */
	size_t chunk_size;
	void **given_back; /* a list for each size; NULL: nothing was */
	struct large *larges;
};

struct slab *
slab_new(void)
{
	struct slab *s = mem_new(sizeof(*s));

	s->holders = 1;
	s->chunk_size = CHUNK_FIRST;
	return s;
}

struct slab *
slab_hold(struct slab *s)
{
	s->holders++;
	return s;
}

void
slab_release(struct slab *s)
{
	if (s == NULL || --s->holders != 0)
		return;
	while (s->chunks != NULL) {
		struct chunk *c = s->chunks;

		s->chunks = c->next;
		if (c->size == CHUNK_MOST)
			munmap(c, CHUNK_MOST);
		else
			mem_free(c);
	}
	while (s->larges != NULL) {
		struct large *l = s->larges;

		s->larges = l->next;
		mem_free(l);
	}
	mem_free(s->given_back);
	mem_free(s);
}

/* Aligned to its size, so that it can be one huge page; NULL: there is none. */
static void *
map_chunk(void)
{
	char *at = mmap(NULL, 2 * CHUNK_MOST, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (at == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)at & (CHUNK_MOST - 1);
	if (before != 0)
		munmap(at, before);
	if (before != CHUNK_MOST)
		munmap(at + before + CHUNK_MOST, CHUNK_MOST - before);
	(void)madvise(at + before, CHUNK_MOST, MADV_HUGEPAGE);
	return at + before;
}

static void
add_chunk(struct slab *s)
{
	struct chunk *c = s->chunk_size == CHUNK_MOST ? map_chunk() : NULL;
	size_t size = s->chunk_size;

	if (c == NULL) {
		if (size == CHUNK_MOST)
			size /= 2;
		c = mem_resize(NULL, size, 1);
	}
	c->next = s->chunks;
	c->size = size;
	s->chunks = c;
	s->size += size;
	s->at = (char *)(c + 1);
	s->end = (char *)c + size;
	if (s->chunk_size < CHUNK_MOST)
		s->chunk_size *= 2;
}

static void *
alloc_large(struct slab *s, size_t size)
{
	struct large *l = mem_resize(NULL, sizeof(*l) + size, 1);

	l->prev = NULL;
	l->next = s->larges;
	if (l->next != NULL)
		l->next->prev = l;
	s->larges = l;
	s->size += sizeof(*l) + size;
	return l + 1;
}

static void
free_large(struct slab *s, void *p, size_t size)
{
	struct large *l = (struct large *)p - 1;

	if (l->next != NULL)
		l->next->prev = l->prev;
	if (l->prev != NULL)
		l->prev->next = l->next;
	else
		s->larges = l->next;
	s->size -= sizeof(*l) + size;
	mem_free(l);
}

/* A block of none has room for its place in the list, too. */
static size_t
class_of(size_t size)
{
	return size != 0 ? (size + STEP - 1) / STEP : 1;
}

void *
slab_alloc(struct slab *s, size_t size)
{
	size_t class = class_of(size);
	void *p;

	if (size > SMALL_MOST)
		return alloc_large(s, size);
	size = class * STEP;
	if (s->given_back != NULL && s->given_back[class] != NULL) {
		p = s->given_back[class];
		memcpy(&s->given_back[class], p, sizeof(p));
		return p;
	}
	if ((size_t)(s->end - s->at) < size)
		add_chunk(s);
	p = s->at;
	s->at += size;
	return p;
}

void
slab_free(struct slab *s, void *p, size_t size)
{
	size_t class = class_of(size);

	if (size > SMALL_MOST) {
		free_large(s, p, size);
		return;
	}
	if (s->given_back == NULL)
		s->given_back = mem_array(CLASSES, sizeof(*s->given_back));
	memcpy(p, &s->given_back[class], sizeof(p));
	s->given_back[class] = p;
}

size_t
slab_size(const struct slab *s)
{
	return s->size;
}
