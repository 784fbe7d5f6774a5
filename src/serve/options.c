/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/options.h"

#include <string.h>

enum { KEEPALIVE_UNIT_MS = 100 };

static const struct config_server *
server_of(const struct answerer *a)
{
	return &a->world->parts->config->server;
}

static uint16_t
rcode_of(enum query_outcome outcome)
{
	switch (outcome) {
	case QUERY_FORMERR:
		return RCODE_FORMERR;
	case QUERY_NOTIMP:
		return RCODE_NOTIMP;
	case QUERY_BADVERS:
		return RCODE_BADVERS;
	case QUERY_ANSWER:
	case QUERY_COOKIE:
	case QUERY_DROP:
		break;
	}
	return RCODE_NOERROR;
}

static enum cookie_verdict
judge_cookie(struct answerer *a, const struct ip *source)
{
	static const uint8_t counter_of[] = {
	    [COOKIE_NEW] = COUNT_COOKIES_NEW,
	    [COOKIE_INVALID] = COUNT_COOKIES_INVALID,
	    [COOKIE_VALID] = COUNT_COOKIES_VALID,
	};
	const struct config_cookies *c = &server_of(a)->cookies;
	enum cookie_verdict verdict;

	a->cookie_keys.secrets = c->secrets;
	a->cookie_keys.secret_count = c->secret_count;
	verdict = cookie_check(&a->cookie_keys, a->asked->cookie, a->asked->cookie_len,
	    source, (uint32_t)a->wall_s, a->cookie);
	a->has_cookie = true;
	a->cookie_ok = verdict == COOKIE_VALID;
	counter_add(a->counters, (enum counter)counter_of[verdict], 1);
	return verdict;
}

uint16_t
options_check(struct answerer *a, enum query_outcome outcome, const struct ip *source,
    enum answer_over over)
{
	const struct config_cookies *c = &server_of(a)->cookies;
	const struct query *q = a->asked;
	uint16_t rcode = rcode_of(outcome);
	enum cookie_verdict verdict;

	a->has_cookie = false;
	/* RFC 7828 3.2.1: empty in a query; 3.3.1: over UDP it is ignored */
	if (q->is_keepalive_filled && over == OVER_TCP && rcode == RCODE_NOERROR)
		rcode = RCODE_FORMERR;
	if (outcome == QUERY_COOKIE && !c->enabled)
		rcode = RCODE_FORMERR;
	/* a request that we can not read in full has no cookie that counts */
	if (q->cookie_len == 0 || !c->enabled || rcode == RCODE_FORMERR ||
	    rcode == RCODE_BADVERS)
		return rcode;
	verdict = judge_cookie(a, source);
	if (rcode != RCODE_NOERROR || verdict == COOKIE_VALID || !c->required ||
	    over == OVER_TCP)
		return rcode;
	/* RFC 7873 5.4: who asks for a cookie alone is given one */
	return outcome == QUERY_COOKIE && verdict == COOKIE_NEW ? rcode : RCODE_BADCOOKIE;
}

/* RFC 8914 4: why the records are old, or are not there; 0: nothing to say. */
static uint16_t
ede_of(const struct query *q, const struct decision *d)
{
	/* 4.25: data that is too old too */
	if (d->rcode == RCODE_SERVFAIL && d->zone != NULL)
		return EDE_INVALID_DATA;
	if (d->is_stale)
		return EDE_STALE_ANSWER;
	if (d->rcode != RCODE_REFUSED)
		return 0;
	if (q->qtype == TYPE_AXFR || q->qtype == TYPE_IXFR || q->qclass == CLASS_CH)
		return EDE_PROHIBITED;
	if (q->qclass != CLASS_IN && q->qclass != CLASS_ANY)
		return EDE_NOT_SUPPORTED;
	return d->zone == NULL ? EDE_NOT_AUTHORITATIVE : 0;
}

static uint16_t
keepalive_of(const struct config_server *server)
{
	int64_t units = server->tcp_idle_ms / KEEPALIVE_UNIT_MS;

	return (uint16_t)(units < UINT16_MAX ? units : UINT16_MAX);
}

/* A long identity must not push out the question. */
static void
add_nsid(const char *identity, size_t room, struct edns_reply *e)
{
	size_t len = strlen(identity);

	if (len == 0)
		return;
	e->nsid = identity;
	e->nsid_len = (uint8_t)(len < 255 ? len : 255);
	edns_measure(e);
	if (edns_len(e) > room) {
		e->nsid = NULL;
		edns_measure(e);
	}
}

void
options_reply(
    struct answerer *a, enum answer_over over, size_t room, struct edns_reply *e)
{
	const struct query *q = a->asked;
	const struct decision *d = &a->decision;

	/* a zone with `ecs: off` does as if it did not know the option */
	if (q->ecs.present && d->zone != NULL && d->zone->ecs) {
		e->ecs = &q->ecs;
		e->ecs_scope = d->scope;
	}
	if (q->has_options && a->has_cookie)
		e->cookie = a->cookie;
	if (over == OVER_TCP) {
		e->has_keepalive = q->wants_keepalive && !q->is_keepalive_filled;
		e->keepalive = keepalive_of(server_of(a));
		e->pads = q->wants_padding;
	}
	e->ede = ede_of(q, d);
	e->has_ede = e->ede != 0;
	edns_measure(e);
	if (q->wants_nsid)
		add_nsid(server_of(a)->identity, room, e);
}
