/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "base/mem.h"
#include "store/store_inside.h"

static bool
find(void *ctx, struct ip_port *out)
{
	const struct store *s = ctx;

	return follow_get_address(s->follow, out);
}

static void
on_tally(void *ctx, struct quorum_tally *tally)
{
	struct store *s = ctx;

	if (s->hooks.on_tally != NULL)
		s->hooks.on_tally(s->hooks.ctx, tally);
	else
		quorum_tally_free(tally);
}

void
store_quorum_apply(struct store *s)
{
	struct quorum_hooks hooks = {find, on_tally, s};
	bool wanted = s->cfg->health.quorum && store_is_redis(s);

	if (wanted && s->quorum == NULL) {
		s->quorum = quorum_new(s->loop, s->cfg, &hooks);
		/* votes may be cast from now on */
		on_tally(s, quorum_tally_new(s->cfg));
	} else if (wanted) {
		quorum_reconfigure(s->quorum, s->cfg);
	} else if (s->quorum != NULL) {
		quorum_free(s->quorum);
		s->quorum = NULL;
		on_tally(s, mem_new(sizeof(struct quorum_tally)));
	}
}

void
store_quorum_write(const struct store *s, struct store_status *out)
{
	struct quorum_status q;

	if (s->quorum == NULL)
		return;
	quorum_get_status(s->quorum, &q);
	out->quorum_on = true;
	out->quorum_heard = q.is_heard;
	out->quorum_twin = q.is_twin;
	out->quorum_nodes = q.nodes;
	snprintf(out->quorum_reason, sizeof(out->quorum_reason), "%s", q.reason);
}

static void
cast(struct mail *mail)
{
	struct quorum_votes *votes = (struct quorum_votes *)(void *)mail;
	struct store *s = votes->store;

	if (s->quorum != NULL)
		quorum_cast(s->quorum, votes);
	else
		quorum_votes_free(votes);
}

void
store_cast(struct store *s, struct quorum_votes *votes)
{
	votes->store = s;
	votes->mail.run = cast;
	loop_post(s->loop, &votes->mail);
}
