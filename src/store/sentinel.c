/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sentinel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/backoff.h"
#include "store/link.h"

enum { ANSWER_MS = 1000, BEAT_MS = 1000, SILENCE_MS = 2500, PAUSE_MAX_MS = 5000 };

#define CHANNEL "+switch-master"

struct sentinel {
	struct loop *loop;
	const struct config_store *cfg;
	struct sentinel_hooks hooks;
	struct loop_timer *timer; /* deadline, beat, or pause */
	struct link *link; /* NULL: a pause */
	size_t at; /* which is asked */
	size_t failed; /* so many in a row */
	unsigned rounds; /* of failures */
	bool asking; /* somebody waits for a hook */
	bool listening;
};

static void
open_next(struct sentinel *s);

/* This one is no use. */
static void
fail(struct sentinel *s, enum fault fault, const char *reason)
{
	bool denied = fault == FAULT_DENIED || fault == FAULT_TLS;
	char name[ENDPOINT_TEXT_MAX], text[256];

	ip_port_write(&s->cfg->sentinels[s->at], name);
	snprintf(text, sizeof(text), "Sentinel %s: %s", name, reason);
	link_close(s->link);
	s->link = NULL;
	s->listening = false;
	s->at = (s->at + 1) % s->cfg->sentinel_count;
	if (++s->failed < s->cfg->sentinel_count) {
		open_next(s);
		return;
	}
	s->failed = 0;
	if (!s->asking && s->rounds == 0)
		log_warning("store no Sentinel can be heard reason=\"%s\"", text);
	loop_timer_set_ms(
	    s->timer, backoff_ms(s->rounds++, PAUSE_MAX_MS, backoff_dice()));
	if (!s->asking)
		return;
	s->asking = false;
	s->hooks.on_none(s->hooks.ctx, denied ? fault : FAULT_SENTINEL, text);
}

static void
on_down(void *ctx, enum fault fault, const char *reason)
{
	fail(ctx, fault, reason);
}

/* A master by its address and port. */
static void
tell(struct sentinel *s, const char *address, const char *port)
{
	char *end;
	unsigned long number = strtoul(port, &end, 10);
	struct ip_port to;
	char text[200];

	if (ip_parse(address, strlen(address), &to.ip) != OK || *end != '\0' ||
	    number == 0 || number > UINT16_MAX) {
		snprintf(text, sizeof(text),
		    "it names the master \"%.100s\", and names are not looked up: set "
		    "\"sentinel announce-hostnames no\"",
		    address);
		fail(s, FAULT_SENTINEL, text);
		return;
	}
	to.port = (uint16_t)number;
	s->asking = false;
	s->failed = 0;
	s->rounds = 0;
	s->hooks.on_master(s->hooks.ctx, &to);
}

static void
on_address(void *ctx, const struct redis_reply *reply)
{
	struct sentinel *s = ctx;
	char reason[256];
	enum fault fault;

	if (reply->kind == REDIS_NIL) {
		snprintf(reason, sizeof(reason), "it knows no master \"%.100s\"",
		    s->cfg->master);
		fail(s, FAULT_SENTINEL, reason);
		return;
	}
	fault = link_check(reply, REDIS_ARRAY, reason, sizeof(reason));
	if (fault != FAULT_NONE)
		fail(s, fault, reason);
	else if (reply->count != 2 || reply->list[0]->kind != REDIS_TEXT ||
	         reply->list[1]->kind != REDIS_TEXT)
		fail(s, FAULT_PROTOCOL, "an answer of an unexpected form");
	else
		tell(s, reply->list[0]->text, reply->list[1]->text);
}

static void
on_ready(void *ctx)
{
	struct sentinel *s = ctx;

	/* at once, so that no change falls between the two */
	link_ask(s->link, on_address, 3,
	    (const char *[]){"SENTINEL", "get-master-addr-by-name", s->cfg->master},
	    NULL);
	link_ask(s->link, NULL, 2, (const char *[]){"SUBSCRIBE", CHANNEL}, NULL);
}

/* "NAME OLD-ADDRESS OLD-PORT NEW-ADDRESS NEW-PORT" */
static void
on_switch(struct sentinel *s, const char *text)
{
	size_t len = strlen(s->cfg->master);
	char address[64], port[8];

	if (strncmp(text, s->cfg->master, len) != 0 || text[len] != ' ' ||
	    sscanf(text + len, " %*63s %*7s %63s %7s", address, port) != 2)
		return;
	log_notice("store master has changed address=%s port=%s", address, port);
	tell(s, address, port);
}

static void
on_push(void *ctx, const struct redis_reply *reply)
{
	struct sentinel *s = ctx;
	const char *what;

	if (reply->kind != REDIS_ARRAY || reply->count < 2 ||
	    reply->list[0]->kind != REDIS_TEXT) {
		fail(s, FAULT_PROTOCOL, "a message of an unexpected form");
		return;
	}
	what = reply->list[0]->text;
	if (strcmp(what, "subscribe") == 0) {
		s->listening = true;
		loop_timer_set_ms(s->timer, BEAT_MS);
	} else if (strcmp(what, "message") == 0 && reply->count == 3 &&
	           reply->list[2]->kind == REDIS_TEXT) {
		on_switch(s, reply->list[2]->text);
	}
}

static void
open_next(struct sentinel *s)
{
	struct link_hooks hooks = {on_ready, on_push, on_down, s};
	struct link_to to = {.address = s->cfg->sentinels[s->at],
	    .login = &s->cfg->sentinel_login,
	    .tls = &s->cfg->tls,
	    .sentinel = true};

	s->link = link_open(s->loop, &to, &hooks);
	loop_timer_set_ms(s->timer, ANSWER_MS);
}

static void
on_timer(void *ctx)
{
	struct sentinel *s = ctx;

	if (s->link == NULL) {
		open_next(s);
	} else if (!s->listening) {
		fail(s, FAULT_SILENT, "no answer within a second");
	} else if (mono_diff_ms(mono_now(), link_heard(s->link)) > SILENCE_MS) {
		fail(s, FAULT_SILENT, "it has been silent for 2.5 s");
	} else {
		link_ask(s->link, NULL, 1, (const char *[]){"PING"}, NULL);
		loop_timer_set_ms(s->timer, BEAT_MS);
	}
}

struct sentinel *
sentinel_new(
    struct loop *loop, const struct config_store *cfg, const struct sentinel_hooks *hooks)
{
	struct sentinel *s = mem_new(sizeof(*s));

	s->loop = loop;
	s->cfg = cfg;
	s->hooks = *hooks;
	s->timer = loop_timer_new(loop, on_timer, s);
	/* not all nodes ask the same one first */
	s->at = backoff_dice() % cfg->sentinel_count;
	return s;
}

void
sentinel_free(struct sentinel *s)
{
	if (s == NULL)
		return;
	link_close(s->link);
	loop_timer_free(s->timer);
	mem_free(s);
}

void
sentinel_ask(struct sentinel *s)
{
	link_close(s->link);
	s->link = NULL;
	s->asking = true;
	s->listening = false;
	s->failed = 0;
	s->at = (s->at + 1) % s->cfg->sentinel_count;
	open_next(s);
}
