/* SPDX-License-Identifier: BSD-2-Clause */
#include "zone/doubles.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "zone/canonical.h"

/* RDATA in the form in which it is compared. */
struct entry {
	size_t at; /* in the text of the set */
	size_t len;
	size_t index; /* in the list of RDATA */
};

static int
compare_entries(const void *x, const void *y, void *text)
{
	const struct entry *a = x;
	const struct entry *b = y;
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp((char *)text + a->at, (char *)text + b->at, len);

	if (order != 0)
		return order;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

size_t
doubles_drop(uint16_t type, struct rdata *rdatas, size_t count)
{
	struct entry *entries = mem_array(count, sizeof(*entries));
	struct rdata *kept = mem_array(count, sizeof(*kept));
	struct buf text = {0};
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		entries[i] = (struct entry){.at = text.len, .index = i};
		canonical_write(type, rdatas[i].data, rdatas[i].len, &text);
		entries[i].len = text.len - entries[i].at;
	}
	buf_char(&text, '\0'); /* so that there is a text when all are empty */
	qsort_r(entries, count, sizeof(*entries), compare_entries, text.data);
	for (size_t i = 0; i < count; i++) {
		const struct entry *e = &entries[i];

		if (i + 1 == count || e[1].len != e->len ||
		    memcmp(text.data + e[1].at, text.data + e->at, e->len) != 0)
			kept[left++] = rdatas[e->index];
	}
	memcpy(rdatas, kept, left * sizeof(*kept));
	mem_free(kept);
	mem_free(entries);
	buf_fini(&text);
	return left;
}
