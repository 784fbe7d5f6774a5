/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/replica.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { SLOTS_FIRST = 64 };

void
replica_names_fini(struct replica_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		mem_free(n->list[i].text);
	mem_free(n->list);
	memset(n, 0, sizeof(*n));
}

void
replica_names_add(struct replica_names *n, const char *text, size_t len)
{
	n->list = mem_grow(n->list, n->count, &n->cap, sizeof(*n->list));
	n->list[n->count].text = mem_strn(text, len);
	n->list[n->count++].len = len;
}

static void
fini_set(struct replica_set *s)
{
	replica_names_fini(&s->names);
	mem_free(s->slots);
	memset(s, 0, sizeof(*s));
}

void
replica_fini(struct replica *r)
{
	fini_set(&r->waiting);
	fini_set(&r->batch);
	memset(r, 0, sizeof(*r));
}

/* The slot of a name, or the empty one where it belongs. */
static size_t *
find_slot(const struct replica_set *s, const char *text, size_t len)
{
	size_t i = (size_t)hash_bytes(0, (const uint8_t *)text, len);

	for (;; i++) {
		size_t *slot = &s->slots[i & (s->slot_count - 1)];
		const struct replica_name *n;

		if (*slot == 0)
			return slot;
		n = &s->names.list[*slot - 1];
		if (n->len == len && memcmp(n->text, text, len) == 0)
			return slot;
	}
}

static bool
has(const struct replica_set *s, const char *text, size_t len)
{
	return s->slot_count != 0 && *find_slot(s, text, len) != 0;
}

static void
make_slots(struct replica_set *s, size_t count)
{
	mem_free(s->slots);
	s->slots = mem_array(count, sizeof(*s->slots));
	s->slot_count = count;
	for (size_t i = 0; i < s->names.count; i++)
		*find_slot(s, s->names.list[i].text, s->names.list[i].len) = i + 1;
}

static void
add(struct replica_set *s, const char *text, size_t len)
{
	size_t *slot;

	if (s->names.count * 2 >= s->slot_count)
		make_slots(s, s->slot_count == 0 ? SLOTS_FIRST : s->slot_count * 2);
	slot = find_slot(s, text, len);
	if (*slot != 0)
		return;
	replica_names_add(&s->names, text, len);
	*slot = s->names.count;
}

void
replica_named(struct replica *r, const char *text, size_t len)
{
	if (has(&r->batch, text, len))
		r->names_known = true;
	else
		r->names_new = true;
	add(&r->waiting, text, len);
}

void
replica_called(struct replica *r)
{
	r->mixed = r->mixed || (r->names_known && r->names_new);
	r->names_known = r->names_new = false;
}

void
replica_flushed(struct replica *r)
{
	r->flushed = true;
}

static enum replica_step
give_out(struct replica *r, enum replica_state state, enum replica_step step)
{
	r->state = state;
	r->asked = true;
	return step;
}

enum replica_step
replica_next(struct replica *r, struct mono now)
{
	if (r->flushed)
		return REPLICA_RESYNC;
	if (r->asked)
		return REPLICA_WAIT;
	switch (r->state) {
	case REPLICA_IDLE:
		if (r->waiting.names.count == 0)
			return REPLICA_WAIT;
		r->rounds = 0;
		r->since = now;
		return give_out(r, REPLICA_READING, REPLICA_READ);
	case REPLICA_READING:
		return give_out(r, REPLICA_READING, REPLICA_READ);
	case REPLICA_SIGNING:
		return give_out(r, REPLICA_SIGNING, REPLICA_SIGN);
	case REPLICA_EMITTING:
		return give_out(r, REPLICA_EMITTING, REPLICA_EMIT);
	}
	return REPLICA_WAIT;
}

/* Moves some of those that wait to the batch and to `out`. */
static void
take_part(struct replica *r, struct replica_names *out)
{
	struct replica_set rest = {0};
	const struct replica_names *w = &r->waiting.names;

	for (size_t i = 0; i < w->count; i++) {
		if (i >= REPLICA_ROUND_NAMES) {
			add(&rest, w->list[i].text, w->list[i].len);
			continue;
		}
		add(&r->batch, w->list[i].text, w->list[i].len);
		replica_names_add(out, w->list[i].text, w->list[i].len);
	}
	fini_set(&r->waiting);
	r->waiting = rest;
}

void
replica_take(struct replica *r, struct replica_names *out)
{
	const struct replica_names *w = &r->waiting.names, *b = &r->batch.names;

	memset(out, 0, sizeof(*out));
	r->mixed = false;
	r->in_parts = r->in_parts || b->count + w->count > REPLICA_ROUND_NAMES;
	if (r->in_parts) {
		take_part(r, out);
		return;
	}
	for (size_t i = 0; i < w->count; i++)
		add(&r->batch, w->list[i].text, w->list[i].len);
	for (size_t i = 0; i < b->count; i++)
		replica_names_add(out, b->list[i].text, b->list[i].len);
	fini_set(&r->waiting);
}

void
replica_was_read(struct replica *r)
{
	assert(r->state == REPLICA_READING && r->asked);
	r->rounds++;
	r->asked = false;
	r->state = REPLICA_SIGNING;
}

void
replica_got_sign(struct replica *r, struct mono now)
{
	bool may_go_on;
	bool wants = r->in_parts ? r->waiting.names.count != 0 : r->mixed;

	assert(r->state == REPLICA_SIGNING && r->asked);
	may_go_on =
	    r->rounds < REPLICA_ROUNDS && mono_diff_ms(now, r->since) < REPLICA_BATCH_MS;
	r->asked = false;
	r->state = wants && may_go_on ? REPLICA_READING : REPLICA_EMITTING;
}

void
replica_was_emitted(struct replica *r)
{
	assert(r->state == REPLICA_EMITTING && r->asked);
	fini_set(&r->batch);
	r->in_parts = false;
	r->mixed = false;
	r->asked = false;
	r->state = REPLICA_IDLE;
}

bool
replica_is_idle(const struct replica *r)
{
	return r->state == REPLICA_IDLE && r->waiting.names.count == 0;
}
