/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/users.h"

#include "base/mem.h"

void
users_add(struct use **of_pool, struct pool *p, struct target *t)
{
	struct users *users = t->user;
	struct use *use;

	if (users == NULL) {
		users = t->user = mem_new(sizeof(*users));
		users->ttl_min = UINT32_MAX;
	}
	if (p->spec->ttl_min < users->ttl_min)
		users->ttl_min = p->spec->ttl_min;
	/* its other endpoints of the same target came just before */
	if (users->first != NULL && users->first->pool == p)
		return;
	use = mem_new(sizeof(*use));
	use->pool = p;
	use->target = t;
	use->of_pool = *of_pool;
	*of_pool = use;
	use->next = users->first;
	use->at = &users->first;
	if (use->next != NULL)
		use->next->at = &use->next;
	users->first = use;
	users->of_store += p->max_targets != 0;
}

void
users_remove(struct use **of_pool)
{
	while (*of_pool != NULL) {
		struct use *use = *of_pool;
		struct users *users = use->target->user;

		*of_pool = use->of_pool;
		*use->at = use->next;
		if (use->next != NULL)
			use->next->at = use->at;
		users->of_store -= use->pool->max_targets != 0;
		if (users->first == NULL) {
			places_fini(&users->places);
			mem_free(users);
			use->target->user = NULL;
		}
		mem_free(use);
	}
}
