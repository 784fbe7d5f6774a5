/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/mark.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct mark *
marks_add(struct marks *m, enum mark_kind kind, const char *key, const char *note)
{
	struct mark *mark;

	m->list = mem_grow(m->list, m->count, &m->cap, sizeof(*m->list));
	mark = &m->list[m->count++];
	*mark = (struct mark){
	    .kind = kind,
	    .gone = note == NULL,
	    .key = mem_str(key),
	    .note = note != NULL ? mem_str(note) : NULL,
	};
	return mark;
}

void
marks_fini(struct marks *m)
{
	for (size_t i = 0; i < m->count; i++) {
		mem_free(m->list[i].key);
		mem_free(m->list[i].note);
	}
	mem_free(m->list);
	*m = (struct marks){0};
}

const char *
mark_prefix(enum mark_kind kind)
{
	static const char *const texts[MARK_KINDS] = {
	    "held ", "rejected ", "size ", "mass "};

	return texts[kind];
}

void
mark_write(const struct mark *m, char **name, char **value)
{
	*name = mem_printf("%s%s", mark_prefix(m->kind), m->key);
	*value = m->gone ? NULL
	                 : mem_printf("%" PRIu64 " %" PRIu64 " %" PRId64 " %s", m->number,
	                       m->sum, m->since_s, m->note);
}

enum err
mark_parse(enum mark_kind kind, const char *name, const char *value, struct mark *out)
{
	struct mark m = {.kind = kind};
	int note = 0;

	if (strncmp(name, mark_prefix(kind), strlen(mark_prefix(kind))) != 0)
		return ERR_SYNTAX;
	if (sscanf(value, "%" SCNu64 " %" SCNu64 " %" SCNd64 "%n", &m.number, &m.sum,
	        &m.since_s, &note) != 3 ||
	    value[note] != ' ')
		return ERR_SYNTAX;
	m.key = (char *)(uintptr_t)name + strlen(mark_prefix(kind));
	m.note = (char *)(uintptr_t)value + note + 1;
	*out = m;
	return OK;
}
