/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/memo.h"

#include "base/hash.h"
#include "base/mem.h"

static struct memo_entry *
slot_of(const struct memo *m, uint64_t key)
{
	size_t mask = m->cap - 1;
	size_t i = (size_t)hash_mix(0, key) & mask;

	while (m->slots[i].used && m->slots[i].key != key)
		i = (i + 1) & mask;
	return &m->slots[i];
}

static void
memo_double(struct memo *m)
{
	struct memo old = *m;

	m->cap = old.cap != 0 ? old.cap * 2 : 64;
	m->slots = mem_array(m->cap, sizeof(*m->slots));
	for (size_t i = 0; i < old.cap; i++) {
		if (old.slots[i].used)
			*slot_of(m, old.slots[i].key) = old.slots[i];
	}
	mem_free(old.slots);
}

bool
memo_find(const struct memo *m, uint64_t key, uint64_t *value)
{
	const struct memo_entry *e;

	if (m->count == 0)
		return false;
	e = slot_of(m, key);
	if (!e->used)
		return false;
	*value = e->value;
	return true;
}

void
memo_set(struct memo *m, uint64_t key, uint64_t value)
{
	struct memo_entry *e;

	if (m->count * 2 >= m->cap)
		memo_double(m);
	e = slot_of(m, key);
	if (!e->used)
		m->count++;
	*e = (struct memo_entry){.key = key, .value = value, .used = true};
}

void
memo_fini(struct memo *m)
{
	mem_free(m->slots);
	*m = (struct memo){0};
}
