/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/batch.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/ledger.h"

void
batch_init(struct store_batch *b, struct disk_row *rows, size_t count)
{
	memset(b, 0, sizeof(*b));
	b->rows = rows;
	b->count = count;
	b->refused = mem_array(count + 1, sizeof(*b->refused));
}

void
batch_fini(struct store_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		mem_free(b->rows[i].key);
		fields_fini(&b->rows[i].fields);
		mem_free(b->refused[i]);
	}
	mem_free(b->rows);
	mem_free(b->refused);
	memset(b, 0, sizeof(*b));
}

static bool
is_pool(const struct disk_row *r)
{
	return strncmp(r->key, RECORD_KEY_POOL, sizeof(RECORD_KEY_POOL) - 1) == 0;
}

static void
check_row(struct store_batch *b, size_t i, const struct ledger *l)
{
	struct disk_row *r = &b->rows[i];
	struct buf why = {0};

	if (b->refused[i] == NULL &&
	    ledger_check(l, r->key, strlen(r->key), &r->fields, &why) != OK)
		b->refused[i] = buf_take(&why);
	buf_fini(&why);
}

/* Pools first, and records then against what the store has or will have. */
static void
check_rows(struct store_batch *b, struct ledger *l)
{
	struct disk_row *coming = mem_array(b->count + 1, sizeof(*coming));
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++) {
		if (!is_pool(&b->rows[i]))
			continue;
		check_row(b, i, l);
		if (b->refused[i] == NULL)
			coming[count++] = b->rows[i];
	}
	l->coming = coming;
	l->coming_count = count;
	for (size_t i = 0; i < b->count; i++)
		if (!is_pool(&b->rows[i]))
			check_row(b, i, l);
	l->coming = NULL;
	l->coming_count = 0;
	mem_free(coming);
}

enum err
batch_check(struct store_batch *b, struct ledger *l, struct buf *why)
{
	check_rows(b, l);
	b->refused_count = 0;
	for (size_t i = 0; i < b->count; i++)
		b->refused_count += b->refused[i] != NULL;
	if (b->refused_count == 0 || b->skip_refused)
		return OK;
	buf_printf(why, "%zu of %zu records are refused%s", b->refused_count, b->count,
	    b->only_check ? "" : ", and none is written");
	return ERR_DENIED;
}

struct disk_row *
batch_copy_good(const struct store_batch *b, size_t *count)
{
	struct disk_row *rows = mem_array(b->count + 1, sizeof(*rows));

	*count = 0;
	for (size_t i = 0; i < b->count; i++) {
		if (b->refused[i] != NULL)
			continue;
		rows[*count].key = mem_str(b->rows[i].key);
		fields_copy(&rows[(*count)++].fields, &b->rows[i].fields);
	}
	return rows;
}

void
batch_free_copy(struct disk_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mem_free(rows[i].key);
		fields_fini(&rows[i].fields);
	}
	mem_free(rows);
}

/* ---- outcomes that come one by one ---- */

struct each {
	struct store_batch *batch;
	size_t waiting; /* one more while they are being handed out */
};

struct one {
	struct each *each;
	size_t row;
};

static void
end_one(struct each *each)
{
	struct store_batch *b = each->batch;
	char why[80];

	if (--each->waiting != 0)
		return;
	mem_free(each);
	b->refused_count = 0;
	for (size_t i = 0; i < b->count; i++)
		b->refused_count += b->refused[i] != NULL;
	snprintf(why, sizeof(why), "%zu of %zu records were not taken", b->refused_count,
	    b->count);
	if (b->refused_count == 0 || b->skip_refused)
		b->done(b, OK, "");
	else
		b->done(b, ERR_DENIED, why);
}

static void
on_outcome(void *ctx, enum err e, const char *why)
{
	struct one *one = ctx;
	struct store_batch *b = one->each->batch;

	if (e != OK)
		b->refused[one->row] = mem_str(why);
	end_one(one->each);
	mem_free(one);
}

void
batch_each(struct store_batch *b, batch_each_fn *fn, void *ctx)
{
	struct each *each = mem_new(sizeof(*each));
	size_t count = b->count;

	each->batch = b;
	each->waiting = 1;
	for (size_t i = 0; i < count; i++) {
		struct one *one;

		if (b->refused[i] != NULL)
			continue;
		one = mem_new(sizeof(*one));
		*one = (struct one){each, i};
		each->waiting++;
		fn(ctx, b, i, on_outcome, one);
	}
	end_one(each);
}
