/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/moves.h"

#include "base/log.h"

void
moves_log(struct moves *m, const struct pool *p, size_t ladder, unsigned family,
    const struct choice *was, const struct choice *now)
{
	const char *clients = ladder == 0 ? "others" : p->regions[ladder - 1].name;
	const char *from, *to;
	enum log_level level = LOG_LEVEL_NOTICE;

	if (was == NULL || (was->rung == now->rung && was->pick == now->pick))
		return;
	if (m->count++ >= MOVES_LOGGED)
		return;
	from = choice_text(was, p, ladder);
	to = choice_text(now, p, ladder);
	if (now->pick == PICK_RUNG && now->rung > 0)
		level = LOG_LEVEL_WARNING;
	else if (now->pick != PICK_RUNG && now->pick != PICK_NO_FAMILY)
		level = LOG_LEVEL_ERROR;
	log_at(level,
	    "answers moved pool=\"%s\" clients=%s family=%s from=\"%s\" to=\"%s\"%s",
	    p->name, clients, family == FAMILY_4 ? "A" : "AAAA", from, to,
	    level == LOG_LEVEL_ERROR ? " reason=\"nothing on the ladder is healthy\""
	                             : "");
}

void
moves_end(struct moves *m)
{
	if (m->count > MOVES_LOGGED)
		log_warning(
		    "answers moved together lines=%zu logged=%u", m->count, MOVES_LOGGED);
	m->count = 0;
}
