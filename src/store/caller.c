/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/caller.h"

#include <stdio.h>
#include <string.h>

#include "store/record.h"

#define CHANNEL "__redis__:invalidate"

static void
fail(struct caller *c, enum fault fault, const char *reason)
{
	c->hooks->on_down(c->ctx, fault, reason);
}

static void
on_invalidate(struct caller *c, const struct redis_reply *names)
{
	/* FLUSHALL, FLUSHDB; or an array too long for store/sieve.h */
	if (names->kind == REDIS_NIL)
		c->hooks->on_flushed(c->ctx);
	for (size_t i = 0; names->kind == REDIS_ARRAY && i < names->count; i++) {
		if (names->list[i]->kind == REDIS_TEXT)
			c->hooks->on_name(
			    c->ctx, names->list[i]->text, names->list[i]->len);
		else
			c->hooks->on_flushed(c->ctx);
	}
	c->hooks->on_called(c->ctx);
}

static void
on_pong(struct caller *c, const char *refused)
{
	c->pongs++;
	c->hooks->on_refused(c->ctx, refused);
	c->hooks->on_pong(c->ctx);
}

/* It is a subscriber: all it is told, but for the answers before that, comes here. */
static void
on_push(void *ctx, const struct redis_reply *reply)
{
	struct caller *c = ctx;
	char reason[256];
	const char *what;

	if (link_refuses_writes(reply)) {
		(void)fault_of_error(reply->text, reason, sizeof(reason));
		on_pong(c, reason);
		return;
	}
	if (reply->kind != REDIS_ARRAY || reply->count < 2 ||
	    reply->list[0]->kind != REDIS_TEXT) {
		fail(c, FAULT_PROTOCOL, "a message of an unexpected form");
		return;
	}
	what = reply->list[0]->text;
	if (strcmp(what, "message") == 0 && reply->count == 3) {
		on_invalidate(c, reply->list[2]);
	} else if (strcmp(what, "subscribe") == 0) {
		c->hooks->on_ready(c->ctx);
	} else if (strcmp(what, "pong") == 0) {
		on_pong(c, "");
	}
}

/* Some managed servers know no CLIENT TRACKING, or forbid it. */
static void
refuse(struct caller *c, enum fault fault, const char *reason)
{
	char text[400];

	if (fault == FAULT_LOADING || fault == FAULT_MASTER_DOWN) {
		fail(c, fault, reason);
		return;
	}
	snprintf(text, sizeof(text),
	    "the server will not call out changes (CLIENT TRACKING): where it can not be "
	    "made to, set \"sync: poll\"; %s",
	    reason);
	fail(c, FAULT_NO_TRACKING, text);
}

static void
on_tracking(void *ctx, const struct redis_reply *reply)
{
	char reason[256];
	enum fault fault = link_check(reply, REDIS_TEXT, reason, sizeof(reason));

	if (fault != FAULT_NONE)
		refuse(ctx, fault, reason);
}

static void
on_client_id(void *ctx, const struct redis_reply *reply)
{
	struct caller *c = ctx;
	char id[24], reason[256];
	const char *words[] = {"CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST",
	    "PREFIX", RECORD_KEY_PREFIX};
	enum fault fault = link_check(reply, REDIS_INTEGER, reason, sizeof(reason));

	if (fault != FAULT_NONE) {
		refuse(c, fault, reason);
		return;
	}
	snprintf(id, sizeof(id), "%lld", (long long)reply->integer);
	link_ask(c->link, on_tracking, 8, words, NULL);
	link_ask(c->link, NULL, 2, (const char *[]){"SUBSCRIBE", CHANNEL}, NULL);
}

static void
on_link_ready(void *ctx)
{
	struct caller *c = ctx;

	link_ask(c->link, on_client_id, 2, (const char *[]){"CLIENT", "ID"}, NULL);
}

static void
on_link_down(void *ctx, enum fault fault, const char *reason)
{
	fail(ctx, fault, reason);
}

void
caller_open(struct caller *c, struct loop *loop, const struct link_to *to,
    const struct caller_hooks *hooks, void *ctx)
{
	struct link_hooks link_hooks = {on_link_ready, on_push, on_link_down, c};

	*c = (struct caller){.hooks = hooks, .ctx = ctx};
	c->link = link_open(loop, to, &link_hooks);
}

void
caller_close(struct caller *c)
{
	link_close(c->link);
	*c = (struct caller){0};
}

void
caller_ping(struct caller *c)
{
	c->pings++;
	link_ask(c->link, NULL, 1, (const char *[]){"PING"}, NULL);
}

struct mono
caller_heard(const struct caller *c)
{
	return link_heard(c->link);
}

const char *
caller_run_id(const struct caller *c)
{
	return link_run_id(c->link);
}
