/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/feed.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"

enum { BLOCK_ROWS = 128, BLOCKS = 8 };

struct block {
	struct disk_row rows[BLOCK_ROWS];
	size_t count;
};

struct feed {
	pthread_mutex_t lock; /* guards the three that follow */
	size_t put, taken; /* blocks, since the beginning */
	bool ended;
	pthread_cond_t changed;
	bool taking; /* the block at `taken` is with the taker */
	struct block blocks[BLOCKS];
};

struct feed *
feed_new(void)
{
	struct feed *f = mem_new(sizeof(*f));

	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	return f;
}

static void
clear(struct block *b)
{
	for (size_t i = 0; i < b->count; i++) {
		mem_free(b->rows[i].key);
		fields_fini(&b->rows[i].fields);
	}
	b->count = 0;
}

void
feed_free(struct feed *f)
{
	for (size_t i = 0; i < BLOCKS; i++)
		clear(&f->blocks[i]);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	mem_free(f);
}

/* The block that is being filled goes to the taker; waits until there is another. */
static void
hand_over(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	f->put++;
	pthread_cond_signal(&f->changed);
	while (f->put - f->taken == BLOCKS)
		pthread_cond_wait(&f->changed, &f->lock);
	pthread_mutex_unlock(&f->lock);
}

void
feed_put(struct feed *f, const char *key, size_t key_len, struct fields *fields)
{
	struct block *b = &f->blocks[f->put % BLOCKS];
	struct disk_row *row = &b->rows[b->count++];

	row->key = mem_strn(key, key_len);
	row->fields = *fields;
	memset(fields, 0, sizeof(*fields));
	if (b->count == BLOCK_ROWS)
		hand_over(f);
}

void
feed_end(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	if (f->blocks[f->put % BLOCKS].count != 0)
		f->put++;
	f->ended = true;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

bool
feed_take(struct feed *f, struct disk_row **rows, size_t *count)
{
	struct block *b = &f->blocks[f->taken % BLOCKS];
	bool is_there;

	if (f->taking)
		clear(b);
	pthread_mutex_lock(&f->lock);
	if (f->taking) {
		f->taken++;
		pthread_cond_signal(&f->changed);
	}
	while (f->put == f->taken && !f->ended)
		pthread_cond_wait(&f->changed, &f->lock);
	is_there = f->taking = f->put != f->taken;
	pthread_mutex_unlock(&f->lock);
	b = &f->blocks[f->taken % BLOCKS];
	*rows = b->rows;
	*count = b->count;
	return is_there;
}
