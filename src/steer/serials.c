/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/serials.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

/* How far ahead; after a kill the serial jumps by as much. */
enum { AHEAD = 60 };

static const char kind[] = "serial";

/* What the disk knows, or will with the next write. */
struct known {
	char *zone;
	uint32_t serial;
};

struct saving {
	struct serials *serials;
	struct name apex;
	uint32_t serial;
};

static int
compare(const void *pa, const void *pb)
{
	const struct known *a = pa, *b = pb;

	return strcmp(a->zone, b->zone);
}

static struct known *
get_known(struct serials *s, const char *zone)
{
	struct known *k = mem_new(sizeof(*k)), **at;

	k->zone = mem_str(zone);
	at = tsearch(k, &s->known, compare);
	if (at == NULL)
		abort(); /* without memory, as everywhere */
	if (*at != k) {
		mem_free(k->zone);
		mem_free(k);
	}
	return *at;
}

void
serials_fini(struct serials *s)
{
	while (s->known != NULL) {
		struct known *k = *(struct known **)s->known;

		tdelete(k, &s->known, compare);
		mem_free(k->zone);
		mem_free(k);
	}
}

static void
load_one(void *ctx, const char *of, const char *zone, const char *value)
{
	unsigned long long serial;
	char *end;

	(void)of;
	serial = strtoull(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || serial > UINT32_MAX) {
		log_error("serial of zone is no good, and is forgotten zone=%s "
		          "kept=\"%.40s\"",
		    zone, value);
		return;
	}
	get_known(ctx, zone)->serial = (uint32_t)serial;
}

void
serials_load(struct serials *s, struct store *store)
{
	store_state_each(store, kind, load_one, s);
}

void
serials_recall(struct serials *s, struct zonenote *n)
{
	char zone[NAME_TEXT_MAX];

	name_write_plain(n->apex.bytes, zone);
	n->serial = n->reserved = get_known(s, zone)->serial;
	n->is_kept = s->store != NULL;
}

static void
write_serial(struct serials *s, const struct zonenote *n, uint32_t serial,
    disk_done *done, void *ctx)
{
	char zone[NAME_TEXT_MAX], value[16];

	name_write_plain(n->apex.bytes, zone);
	snprintf(value, sizeof(value), "%" PRIu32, serial);
	get_known(s, zone)->serial = serial;
	store_state_save(s->store, kind, zone, value, done, ctx);
}

/* Written, or refused: then it is written later, and the zone goes on. */
static void
on_done(void *ctx, enum err e)
{
	struct saving *saving = ctx;
	struct serials *s = saving->serials;
	const struct name *apex = &saving->apex;
	struct zonenote *n = (struct zonenote *)(uintptr_t)trie_find(
	    s->notes, name_hash(apex->bytes, apex->len), apex->bytes, apex->len);

	if (n != NULL && e != ERR_CLOSED) {
		n->reserved = saving->serial;
		n->asked = (struct mono){0};
		if (n->owes_step)
			s->on_saved(s->ctx);
	}
	mem_free(saving);
}

void
serials_save(struct serials *s, struct zonenote *n)
{
	struct saving *saving;

	if (!n->wants_more || s->store == NULL)
		return;
	n->wants_more = false;
	if (!mono_is_never(n->asked))
		return;
	n->asked = mono_now();
	saving = mem_new(sizeof(*saving));
	saving->serials = s;
	saving->apex = n->apex;
	saving->serial = n->wanted + AHEAD;
	write_serial(s, n, saving->serial, on_done, saving);
}

static int
begin_one(struct trie_leaf *leaf, void *ctx)
{
	struct zonenote *n = (struct zonenote *)(void *)leaf;

	n->is_kept = true;
	n->wants_more = n->is_built && n->serial != 0;
	n->wanted = zonenote_next_serial(n);
	serials_save(ctx, n);
	return 0;
}

void
serials_begin(struct serials *s, struct store *store)
{
	s->store = store;
	trie_each(s->notes, begin_one, s);
}

static int
end_one(struct trie_leaf *leaf, void *ctx)
{
	struct zonenote *n = (struct zonenote *)(void *)leaf;

	if (n->is_built && n->serial != 0)
		write_serial(ctx, n, n->serial, NULL, NULL);
	return 0;
}

void
serials_end(struct serials *s)
{
	if (s->store != NULL)
		trie_each(s->notes, end_one, s);
	s->store = NULL;
}
