/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/mem.h"
#include "store/record.h"

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

void
fields_fini(struct fields *f)
{
	for (size_t i = 0; i < f->count; i++) {
		mem_free(f->list[i].name);
		mem_free(f->list[i].value);
	}
	mem_free(f->list);
	memset(f, 0, sizeof(*f));
}

/* Where name stands, or would have to. */
static size_t
find_place(const struct fields *f, const char *name, bool *found)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int d = strcmp(f->list[mid].name, name);

		if (d == 0) {
			*found = true;
			return mid;
		}
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*found = false;
	return low;
}

enum err
fields_set(struct fields *f, const char *name, const char *value, size_t len)
{
	struct field *at;
	bool found;
	size_t i;

	if (len != 0 && memchr(value, '\0', len) != NULL)
		return ERR_SYNTAX;
	f->sum = 0;
	i = find_place(f, name, &found);
	if (!found) {
		f->list = mem_grow(f->list, f->count, &f->cap, sizeof(*f->list));
		at = &f->list[i];
		memmove(at + 1, at, (f->count - i) * sizeof(*at));
		f->count++;
		at->name = mem_str(name);
	} else {
		at = &f->list[i];
		mem_free(at->value);
	}
	at->value = mem_strn(len == 0 ? "" : value, len);
	at->len = len;
	return OK;
}

const struct field *
fields_find(const struct fields *f, const char *name)
{
	bool found;
	size_t i = find_place(f, name, &found);

	return found ? &f->list[i] : NULL;
}

void
fields_copy(struct fields *to, const struct fields *from)
{
	memset(to, 0, sizeof(*to));
	if (from->count == 0)
		return;
	to->list = mem_array(from->count, sizeof(*to->list));
	to->count = to->cap = from->count;
	for (size_t i = 0; i < from->count; i++) {
		to->list[i].name = mem_str(from->list[i].name);
		to->list[i].value = mem_strn(from->list[i].value, from->list[i].len);
		to->list[i].len = from->list[i].len;
	}
}

/* With the NUL that stands behind it. */
static uint64_t
fnv(uint64_t h, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)text[i]) * FNV_PRIME;
	return h * FNV_PRIME;
}

uint64_t
fields_sum(const char *key, size_t key_len, const struct fields *f)
{
	uint64_t h;

	if (f->sum != 0)
		return f->sum;
	h = fnv(FNV_START, key, key_len);
	for (size_t i = 0; i < f->count; i++) {
		h = fnv(h, f->list[i].name, strlen(f->list[i].name));
		h = fnv(h, f->list[i].value, f->list[i].len);
	}
	return h;
}

uint64_t
fields_keep_sum(const char *key, size_t key_len, struct fields *f)
{
	return f->sum = fields_sum(key, key_len, f);
}
