/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/heldfile.h"

#include "base/clock.h"
#include "base/mem.h"

struct heldfile *
heldfile_new(const struct name *apex, const char *path, const char *why,
    struct table *table, struct accepted_zone *texts)
{
	struct heldfile *h = mem_new(sizeof(*h));
	char name[NAME_TEXT_MAX];

	atomic_init(&h->holders, 1);
	h->apex = *apex;
	name_write_plain(apex->bytes, name);
	h->zone = mem_str(name);
	h->id = mem_printf("%s/file-%08x", name, accepted_zone_sum(texts));
	h->path = mem_str(path);
	h->why = mem_str(why);
	h->since_s = wall_now_s();
	h->file = zone_file_new(table);
	h->texts = *texts;
	*texts = (struct accepted_zone){0};
	return h;
}

struct heldfile *
heldfile_hold(struct heldfile *h)
{
	atomic_fetch_add(&h->holders, 1);
	return h;
}

void
heldfile_release(struct heldfile *h)
{
	if (atomic_fetch_sub(&h->holders, 1) != 1)
		return;
	zone_file_release(h->file);
	accepted_zone_fini(&h->texts);
	mem_free(h->zone);
	mem_free(h->id);
	mem_free(h->path);
	mem_free(h->why);
	mem_free(h);
}
