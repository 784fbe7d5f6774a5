/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/trip.h"

static void
run_there(struct mail *mail)
{
	struct trip *t = (struct trip *)(void *)mail;

	t->there(t);
}

static void
run_back(struct mail *mail)
{
	struct trip *t = (struct trip *)(void *)mail;

	t->back(t);
}

void
trip_go(struct trip *t, struct loop *to)
{
	t->mail.run = run_there;
	loop_post(to, &t->mail);
}

void
trip_home(struct trip *t)
{
	t->mail.run = run_back;
	loop_post(t->home, &t->mail);
}
