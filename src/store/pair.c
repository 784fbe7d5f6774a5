/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/pair.h"

#include <string.h>

/*
 * TICK and BEAT together keep the time from a loss to its report under 4 s: TCP itself
 * does not notice that an idle peer has gone.
 */
enum { TICK_MS = 250, BEAT_MS = 1000, SILENCE_MS = 2500, CONNECT_MS = 5000 };

static void
on_tick(void *ctx);

void
pair_init(struct pair *p, struct loop *loop, const struct pair_hooks *hooks, void *ctx)
{
	memset(p, 0, sizeof(*p));
	p->loop = loop;
	p->hooks = hooks;
	p->ctx = ctx;
	p->tick = loop_timer_new(loop, on_tick, p);
}

void
pair_fini(struct pair *p)
{
	pair_close(p);
	loop_timer_free(p->tick);
}

void
pair_begin(struct pair *p)
{
	p->began = mono_now();
	loop_timer_set_ms(p->tick, TICK_MS);
}

void
pair_open(struct pair *p, const struct link_to *to, bool alone)
{
	p->open = true;
	p->alone = alone;
	p->s_ready = alone;
	if (!alone)
		caller_open(&p->s, p->loop, to, &p->hooks->s, p->ctx);
	reader_open(&p->d, p->loop, to, &p->hooks->d, p->ctx);
}

void
pair_close(struct pair *p)
{
	caller_close(&p->s);
	reader_close(&p->d);
	p->open = p->s_ready = p->d_ready = p->up = false;
	loop_timer_clear(p->tick);
}

static void
try_ask(struct pair *p)
{
	if (!p->s_ready || !p->d_ready)
		return;
	/* between the two a failover may have moved the address */
	if (!p->alone && strcmp(caller_run_id(&p->s), reader_run_id(&p->d)) != 0)
		p->hooks->on_down(
		    p->ctx, FAULT_ROLE, "the two connections reached two servers");
	else
		reader_ask_role(&p->d);
}

void
pair_s_ready(struct pair *p)
{
	p->s_ready = true;
	try_ask(p);
}

void
pair_d_ready(struct pair *p)
{
	p->d_ready = true;
	try_ask(p);
}

bool
pair_heard_role(struct pair *p)
{
	bool first = !p->up;

	if (first)
		p->beat = mono_now();
	p->up = true;
	return first;
}

static bool
is_silent(struct mono heard, struct mono now)
{
	return mono_diff_ms(now, heard) > SILENCE_MS;
}

static void
on_tick(void *ctx)
{
	struct pair *p = ctx;
	struct mono now = mono_now();

	if (!p->up) {
		if (mono_diff_ms(now, p->began) > CONNECT_MS) {
			p->hooks->on_down(
			    p->ctx, FAULT_SILENT, "connecting took longer than 5 s");
			return;
		}
	} else if ((!p->alone && is_silent(caller_heard(&p->s), now)) ||
	           is_silent(reader_heard(&p->d), now)) {
		p->hooks->on_down(
		    p->ctx, FAULT_SILENT, "the server has been silent for 2.5 s");
		return;
	} else if (mono_diff_ms(now, p->beat) >= BEAT_MS) {
		p->beat = now;
		if (!p->alone)
			caller_ping(&p->s);
		reader_ask_role(&p->d);
	}
	loop_timer_set_ms(p->tick, TICK_MS);
}
