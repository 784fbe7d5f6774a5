/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/unseen.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct unseen_write {
	struct unseen_write *next, *next_seen;
	bool is_delete;
	unsigned how;
	char *key;
	size_t key_len;
	struct fields fields;
	store_done *done;
	void *ctx;
	struct mono since;
	unsigned rows; /* how often the replica has read it since */
	bool seen;
	char *rejected; /* why it can not be read */
};

static struct unseen_write **
slot_of(const struct unseen *u, const char *key, size_t len)
{
	return &u->slots[hash_bytes(0, (const uint8_t *)key, len) & (UNSEEN_SLOTS - 1)];
}

bool
unseen_is_empty(const struct unseen *u)
{
	return u->count == 0;
}

void
unseen_add(struct unseen *u, const char *key, struct fields *fields, unsigned how,
    store_done *done, void *ctx)
{
	struct unseen_write *w = mem_new(sizeof(*w)), **slot;

	if (u->slots == NULL)
		u->slots = mem_array(UNSEEN_SLOTS, sizeof(*u->slots));
	w->is_delete = fields == NULL;
	w->how = how;
	w->key = mem_str(key);
	w->key_len = strlen(key);
	w->done = done;
	w->ctx = ctx;
	w->since = mono_now();
	if (fields != NULL) {
		w->fields = *fields;
		memset(fields, 0, sizeof(*fields));
	}
	slot = slot_of(u, key, w->key_len);
	w->next = *slot;
	*slot = w;
	u->count++;
}

/* Out of the table. */
static void
take(struct unseen *u, struct unseen_write *w)
{
	struct unseen_write **at = slot_of(u, w->key, w->key_len);

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	u->count--;
}

static void
answer(struct unseen_write *w, enum err e, const char *why)
{
	w->done(w->ctx, e, why);
	mem_free(w->key);
	mem_free(w->rejected);
	fields_fini(&w->fields);
	mem_free(w);
}

static bool
is_as_written(const struct unseen_write *w, const struct fields *fields)
{
	if (w->is_delete)
		return fields->count == 0;
	for (size_t i = 0; i < w->fields.count; i++) {
		const struct field *want = &w->fields.list[i];
		const struct field *f = fields_find(fields, want->name);

		if (f == NULL || f->len != want->len ||
		    memcmp(f->value, want->value, f->len) != 0)
			return false;
	}
	return true;
}

unsigned
unseen_saw(struct unseen *u, const char *key, size_t len, const struct fields *fields,
    const char *why)
{
	unsigned ours = 0;

	if (u->count == 0)
		return 0;
	for (struct unseen_write *w = *slot_of(u, key, len); w != NULL; w = w->next) {
		if (w->key_len != len || memcmp(w->key, key, len) != 0)
			continue;
		if (w->is_delete && why == NULL && fields->count == 0)
			ours |= UNSEEN_DELETED;
		if (w->how & STORE_FORCE)
			ours |= UNSEEN_FORCED;
		/* the first may have been on its way when we wrote; a second that is not
		 * what we wrote is what another wrote over it */
		w->rows++;
		if (why != NULL && w->rejected == NULL)
			w->rejected = mem_str(why);
		if (w->seen || !(why != NULL || is_as_written(w, fields) || w->rows > 1))
			continue;
		w->seen = true;
		w->next_seen = u->seen;
		u->seen = w;
	}
	return ours;
}

void
unseen_flushed(struct unseen *u)
{
	struct unseen_write *w;

	/* an answer may bring more */
	while ((w = u->seen) != NULL) {
		char text[300];

		u->seen = w->next_seen;
		take(u, w);
		snprintf(text, sizeof(text), "it is written, and rejected: %s",
		    w->rejected == NULL ? "" : w->rejected);
		answer(w, w->rejected == NULL ? OK : ERR_DENIED,
		    w->rejected == NULL ? "" : text);
	}
}

/* Any one that has waited too long. */
static struct unseen_write *
find_late(const struct unseen *u, struct mono now)
{
	for (size_t i = 0; u->count != 0 && i < UNSEEN_SLOTS; i++)
		for (struct unseen_write *w = u->slots[i]; w != NULL; w = w->next)
			if (!w->seen && mono_diff_ms(now, w->since) > UNSEEN_WAIT_MS)
				return w;
	return NULL;
}

void
unseen_drop_late(struct unseen *u, struct mono now)
{
	struct unseen_write *w;

	while ((w = find_late(u, now)) != NULL) {
		take(u, w);
		answer(w, ERR_BUSY,
		    "it is written to Redis, but our own replica has not seen it within "
		    "5 s; see `status`");
	}
}

void
unseen_each(
    struct unseen *u, void (*fn)(void *ctx, const char *key, size_t len), void *ctx)
{
	for (size_t i = 0; u->count != 0 && i < UNSEEN_SLOTS; i++)
		for (struct unseen_write *w = u->slots[i]; w != NULL; w = w->next)
			if (!w->seen)
				fn(ctx, w->key, w->key_len);
}

void
unseen_each_deleted(
    const struct unseen *u, void (*fn)(void *ctx, const char *key), void *ctx)
{
	for (size_t i = 0; u->count != 0 && i < UNSEEN_SLOTS; i++)
		for (const struct unseen_write *w = u->slots[i]; w != NULL; w = w->next)
			if (w->is_delete)
				fn(ctx, w->key);
}

void
unseen_fini(struct unseen *u)
{
	for (size_t i = 0; u->slots != NULL && i < UNSEEN_SLOTS; i++)
		while (u->slots[i] != NULL) {
			struct unseen_write *w = u->slots[i];

			u->slots[i] = w->next;
			answer(
			    w, ERR_CLOSED, "it is written, but the server is stopping");
		}
	mem_free(u->slots);
	memset(u, 0, sizeof(*u));
}
