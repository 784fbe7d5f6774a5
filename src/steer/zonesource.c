/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/zonesource.h"

#include <string.h>

#include "base/mem.h"

struct zonesource *
zonesource_new(const struct accepted_zone *files, bool has_pools, size_t names,
    const struct complaints *said)
{
	struct zonesource *s = mem_new(sizeof(*s));

	atomic_init(&s->holders, 1);
	s->paths = mem_array(files->count, sizeof(*s->paths));
	s->sums = mem_array(files->count, sizeof(*s->sums));
	s->count = files->count;
	for (size_t i = 0; i < s->count; i++) {
		s->paths[i] = mem_str(files->files[i].path);
		s->sums[i] = filesum_of(files->files[i].text, files->files[i].len);
	}
	s->has_pools = has_pools;
	s->copy_size = accepted_zone_size(files);
	s->names = names;
	complaints_merge(&s->said, said);
	return s;
}

struct zonesource *
zonesource_hold(struct zonesource *s)
{
	if (s != NULL)
		atomic_fetch_add(&s->holders, 1);
	return s;
}

void
zonesource_release(struct zonesource *s)
{
	if (s == NULL || atomic_fetch_sub(&s->holders, 1) != 1)
		return;
	for (size_t i = 0; i < s->count; i++)
		mem_free(s->paths[i]);
	mem_free(s->paths);
	mem_free(s->sums);
	complaints_fini(&s->said);
	mem_free(s);
}

/* What a zone file can ask of pools: is there one of that name, and may it be a CNAME? */
static bool
has_same_pools(const struct config *was, const struct config *is)
{
	if (was->pool_count != is->pool_count)
		return false;
	for (size_t i = 0; i < is->pool_count; i++)
		if (strcmp(was->pools[i].name, is->pools[i].name) != 0 ||
		    config_pool_is_cname(&was->pools[i]) !=
		        config_pool_is_cname(&is->pools[i]))
			return false;
	return true;
}

bool
zonesource_fits(
    const struct zonesource *s, const struct config *was, const struct config *is)
{
	return !s->has_pools || has_same_pools(was, is);
}

bool
zonesource_is_current(const struct zonesource *s, const char *path,
    const struct config *was, const struct config *is)
{
	/* one whose copy could not be written is read again, to try that once more */
	if (s == NULL || !s->is_kept || strcmp(s->paths[0], path) != 0 ||
	    !zonesource_fits(s, was, is))
		return false;
	for (size_t i = 0; i < s->count; i++) {
		struct filesum now;

		if (filesum_read(s->paths[i], &now) != OK ||
		    !filesum_equal(&now, &s->sums[i]))
			return false;
	}
	return true;
}
