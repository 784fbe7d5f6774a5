/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/include.h"
#include "config/rules.h"

/* People read a list of mistakes from the top of the file to its end. */
struct placed {
	struct complaint complaint;
	size_t file, order;
};

static int
compare(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->complaint.line != y->complaint.line)
		return x->complaint.line < y->complaint.line ? -1 : 1;
	if (x->complaint.column != y->complaint.column)
		return x->complaint.column < y->complaint.column ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static void
sort_complaints(struct complaints *c, size_t from, const struct include *in)
{
	size_t count = c->count - from, i, f;
	struct placed *list = mem_array(count + 1, sizeof(*list));

	for (i = 0; i < count; i++) {
		list[i].complaint = c->list[from + i];
		list[i].order = i;
		for (f = 0; f < in->file_count; f++) {
			if (strcmp(in->files[f], c->list[from + i].source) == 0)
				break;
		}
		list[i].file = f;
	}
	qsort(list, count, sizeof(*list), compare);
	for (i = 0; i < count; i++)
		c->list[from + i] = list[i].complaint;
	mem_free(list);
}

/* Zones follow geo.ecs unless they say otherwise themselves. */
static void
inherit_ecs(struct config *c, const struct tree_node *zones)
{
	size_t i;

	for (i = 0; i < c->zone_count; i++) {
		if (tree_find(tree_at(zones, i), "ecs") == NULL)
			c->zones[i].ecs = c->geo.ecs;
	}
}

enum err
config_load(const char *path, struct config **out, struct complaints *complaints)
{
	return config_load_by(path, &(struct config_source){0}, out, complaints);
}

enum err
config_load_by(const char *path, const struct config_source *source, struct config **out,
    struct complaints *complaints)
{
	struct config *c = mem_new(sizeof(*c));
	struct reader r = {.config = c, .complaints = complaints};
	size_t errors = complaints->errors, from = complaints->count;
	struct include in;

	c->path = mem_str(path);
	include_read(&in, path, source, complaints);
	/* Without one of the files, what is said of missing things would be untrue. */
	if (!in.broken) {
		reader_map(&r, &schema_top, in.root, c);
		rules_check(&r, in.root);
		inherit_ecs(c, tree_find(in.root, "zones"));
	}
	sort_complaints(complaints, from, &in);
	c->files = in.files;
	c->file_count = in.file_count;
	in.files = NULL;
	for (from = 0; from < in.file_count; from++)
		free(in.real[from]);
	in.file_count = 0;
	include_fini(&in);
	if (complaints->errors != errors) {
		config_free(c);
		return ERR_SYNTAX;
	}
	*out = c;
	return OK;
}
