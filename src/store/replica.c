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
forget_slots(struct replica *r)
{
	mem_free(r->slots);
	r->slots = NULL;
	r->slot_count = 0;
}

void
replica_fini(struct replica *r)
{
	replica_names_fini(&r->waiting);
	forget_slots(r);
	memset(r, 0, sizeof(*r));
}

/* The slot of a name, or the empty one where it belongs. */
static size_t *
find_slot(const struct replica *r, const char *text, size_t len)
{
	size_t i = (size_t)hash_bytes(0, (const uint8_t *)text, len);

	for (;; i++) {
		size_t *slot = &r->slots[i & (r->slot_count - 1)];
		const struct replica_name *n;

		if (*slot == 0)
			return slot;
		n = &r->waiting.list[*slot - 1];
		if (n->len == len && memcmp(n->text, text, len) == 0)
			return slot;
	}
}

static void
make_slots(struct replica *r, size_t count)
{
	mem_free(r->slots);
	r->slots = mem_array(count, sizeof(*r->slots));
	r->slot_count = count;
	for (size_t i = 0; i < r->waiting.count; i++)
		*find_slot(r, r->waiting.list[i].text, r->waiting.list[i].len) = i + 1;
}

void
replica_named(struct replica *r, const char *text, size_t len)
{
	size_t *slot;

	if (r->waiting.count * 2 >= r->slot_count)
		make_slots(r, r->slot_count == 0 ? SLOTS_FIRST : r->slot_count * 2);
	slot = find_slot(r, text, len);
	if (*slot != 0)
		return;
	replica_names_add(&r->waiting, text, len);
	*slot = r->waiting.count;
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
		if (r->waiting.count == 0)
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

void
replica_take(struct replica *r, struct replica_names *out)
{
	size_t count = r->waiting.count;

	memset(out, 0, sizeof(*out));
	if (count <= REPLICA_ROUND_NAMES) {
		*out = r->waiting;
		memset(&r->waiting, 0, sizeof(r->waiting));
		forget_slots(r);
		return;
	}
	/* more than one answer should hold: the rest waits for the next round */
	count = REPLICA_ROUND_NAMES;
	for (size_t i = 0; i < count; i++)
		replica_names_add(out, r->waiting.list[i].text, r->waiting.list[i].len);
	for (size_t i = 0; i < count; i++)
		mem_free(r->waiting.list[i].text);
	r->waiting.count -= count;
	memmove(r->waiting.list, r->waiting.list + count,
	    r->waiting.count * sizeof(*r->waiting.list));
	make_slots(r, r->slot_count);
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

	assert(r->state == REPLICA_SIGNING && r->asked);
	may_go_on =
	    r->rounds < REPLICA_ROUNDS && mono_diff_ms(now, r->since) < REPLICA_BATCH_MS;
	r->asked = false;
	r->state =
	    r->waiting.count != 0 && may_go_on ? REPLICA_READING : REPLICA_EMITTING;
}

void
replica_was_emitted(struct replica *r)
{
	assert(r->state == REPLICA_EMITTING && r->asked);
	r->asked = false;
	r->state = REPLICA_IDLE;
}
