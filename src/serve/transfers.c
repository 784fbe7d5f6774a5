/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/transfers.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "serve/axfr.h"
#include "serve/outgoing.h"

enum {
	HELD_MAX = 256 << 20, /* of all renderings; one may always be */
	WAIT_MS = 15000, /* less than a TCP client is left idle for */
	LOOK_MS = 500,
	TELL_MS = 1000,
	TRIM_FROM = 8 << 20,
	PEER_TEXT_MAX = IP_TEXT_MAX + NAME_TEXT_MAX + 16,
};

/* A rendering, and how many streams send it. */
struct rendering_share {
	struct rendering_share *next;
	struct axfr *axfr;
	struct name apex;
	struct parts *parts; /* held: with it and the serial the contents are known */
	unsigned users;
};

struct transfers {
	struct loop *loop;
	struct shared *shared;
	struct publish_reader *reader;
	pthread_t thread;
	bool running;
	bool is_closing; /* the workers are gone: nothing goes back to them */
	struct loop_timer *look;
	struct outgoing *first, **last; /* waiting */
	struct rendering_share *shares;
	size_t held;
};

struct loop *
transfers_loop(struct transfers *t)
{
	return t->loop;
}

/* "zone=example.com peer=192.0.2.1 key=k1." */
static const char *
peer_text(const struct outgoing *o, char out[PEER_TEXT_MAX + NAME_TEXT_MAX])
{
	char zone[NAME_TEXT_MAX], ip[IP_TEXT_MAX], key[NAME_TEXT_MAX] = "none";

	name_write_plain(o->apex.bytes, zone);
	ip_write(&o->source, ip);
	if (o->is_signed)
		name_write_plain(o->key.name.bytes, key);
	snprintf(
	    out, PEER_TEXT_MAX + NAME_TEXT_MAX, "zone=%s peer=%s key=%s", zone, ip, key);
	return out;
}

static void
release(struct transfers *t, struct rendering_share *s)
{
	struct rendering_share **p = &t->shares;
	bool is_large = s->axfr->octets >= TRIM_FROM;

	if (--s->users != 0)
		return;
	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	t->held -= s->axfr->octets;
	axfr_free(s->axfr);
	parts_release(s->parts);
	mem_free(s);
	if (is_large)
		mem_trim();
}

static struct rendering_share *
find_share(struct transfers *t, const struct world *w, const struct zone *z)
{
	uint32_t serial = wire_get32(z->soa->wire + z->soa->wire_len - 20);

	for (struct rendering_share *s = t->shares; s != NULL; s = s->next)
		if (s->parts == w->parts && s->axfr->serial == serial &&
		    name_equal(s->apex.bytes, z->apex.bytes))
			return s;
	return NULL;
}

/* With the reader pinned. NULL: the rcode says why. */
static struct rendering_share *
render(struct transfers *t, const struct name *apex, uint16_t *rcode)
{
	const struct world *w = publish_load(&t->shared->world);
	const struct zone *z;
	struct rendering_share *s;
	struct name_path path;
	struct axfr *axfr;

	name_path_set(&path, apex->bytes, apex->len);
	z = zones_find(&w->zones, &path);
	*rcode = RCODE_NOTAUTH; /* it was there when the peer asked */
	if (z == NULL || z->apex_depth != path.label_count)
		return NULL;
	*rcode = RCODE_SERVFAIL;
	if (z->broken)
		return NULL;
	s = find_share(t, w, z);
	if (s != NULL)
		return s;
	if (axfr_render(w, z, &axfr) != OK) {
		log_error("transfer impossible: a record is too long for any message");
		return NULL;
	}
	s = mem_new(sizeof(*s));
	s->axfr = axfr;
	s->apex = *apex;
	s->parts = parts_hold(w->parts);
	s->next = t->shares;
	t->shares = s;
	t->held += axfr->octets;
	return s;
}

static void
send_home(struct outgoing *o)
{
	o->mail.run = outgoing_on_ready;
	mailbox_post(o->home, &o->mail);
}

static void
begin(struct transfers *t, struct outgoing *o)
{
	char text[PEER_TEXT_MAX + NAME_TEXT_MAX];

	publish_pin(&t->shared->domain, t->reader);
	o->share = render(t, &o->apex, &o->rcode);
	publish_unpin(t->reader);
	if (o->share != NULL) {
		o->share->users++;
		o->axfr = o->share->axfr;
		o->rcode = RCODE_NOERROR;
		log_info("transfer begins %s serial=%lu type=%s", peer_text(o, text),
		    (unsigned long)o->axfr->serial, o->is_ixfr ? "IXFR" : "AXFR");
	}
	send_home(o);
}

static bool
is_overdue(const struct outgoing *o, struct mono now)
{
	return mono_diff_ms(now, o->begun) > WAIT_MS;
}

/* Renders what waits, as far as there is room. */
static void
pump(struct transfers *t)
{
	struct mono now = mono_now();

	while (t->first != NULL && !t->is_closing) {
		struct outgoing *o = t->first;
		char text[PEER_TEXT_MAX + NAME_TEXT_MAX];
		bool is_full = t->held >= HELD_MAX;

		if (is_full && !is_overdue(o, now)) {
			loop_timer_set_ms(t->look, LOOK_MS);
			return;
		}
		t->first = o->next;
		if (t->first == NULL)
			t->last = &t->first;
		if (!is_full) {
			begin(t, o);
			continue;
		}
		log_warning("transfer refused %s reason=\"too much is being sent\"",
		    peer_text(o, text));
		o->rcode = RCODE_SERVFAIL;
		send_home(o);
	}
}

static void
on_look(void *ctx)
{
	pump(ctx);
}

static void
on_arrival(struct mail *mail)
{
	struct outgoing *o =
	    (struct outgoing *)(void *)((char *)mail - offsetof(struct outgoing, mail));
	struct transfers *t = o->owner;

	o->next = NULL;
	*t->last = o;
	t->last = &o->next;
	pump(t);
}

static void
log_end(const struct outgoing *o)
{
	char text[PEER_TEXT_MAX + NAME_TEXT_MAX];
	long long ms = mono_diff_ms(mono_now(), o->begun);

	peer_text(o, text);
	if (o->is_complete)
		log_info("transfer done %s serial=%lu records=%zu octets=%zu ms=%lld",
		    text, (unsigned long)o->axfr->serial, o->axfr->records, o->octets,
		    ms);
	else if (o->axfr != NULL)
		log_warning(
		    "transfer broken off %s serial=%lu messages=%zu of=%zu ms=%lld", text,
		    (unsigned long)o->axfr->serial, o->at, o->axfr->count, ms);
	else
		log_warning("transfer failed %s rcode=%u ms=%lld", text, o->rcode, ms);
}

static void
outgoing_free(struct outgoing *o)
{
	if (o->is_signed)
		explicit_bzero(&o->key, sizeof(o->key));
	mem_free(o);
}

void
outgoing_on_done(struct mail *mail)
{
	struct outgoing *o =
	    (struct outgoing *)(void *)((char *)mail - offsetof(struct outgoing, mail));
	struct transfers *t = o->owner;

	log_end(o);
	if (o->share != NULL)
		release(t, o->share);
	outgoing_free(o);
	pump(t);
}

struct stream *
transfers_begin(struct transfers_client *c, const struct transfer_order *order)
{
	struct outgoing *o = outgoing_new(c, order);

	o->mail.run = on_arrival;
	loop_post(c->transfers->loop, &o->mail);
	return &o->stream;
}

void
transfers_refused(struct transfers_client *c, const uint8_t *qname,
    const struct ip *source, const char *reason, struct mono now)
{
	char zone[NAME_TEXT_MAX], ip[IP_TEXT_MAX];

	if (!mono_is_never(c->told) && mono_diff_ms(now, c->told) < TELL_MS) {
		c->untold++;
		return;
	}
	name_write_plain(qname, zone);
	ip_write(source, ip);
	log_notice("transfer refused zone=%s peer=%s reason=\"%s\" untold=%u", zone, ip,
	    reason, c->untold);
	c->told = now;
	c->untold = 0;
}

/* ---- up and down ---- */

enum err
transfers_new(struct shared *shared, struct transfers **out)
{
	struct transfers *t = mem_new(sizeof(*t));

	t->shared = shared;
	t->last = &t->first;
	if (publish_join(&shared->domain, &t->reader) != OK || loop_new(&t->loop) != OK) {
		mem_free(t);
		return ERR_SPACE;
	}
	t->look = loop_timer_new(t->loop, on_look, t);
	*out = t;
	return OK;
}

static void *
run(void *ctx)
{
	struct transfers *t = ctx;

	thread_name("transfers");
	loop_run(t->loop);
	return NULL;
}

void
transfers_start(struct transfers *t)
{
	t->running = pthread_create(&t->thread, NULL, run, t) == 0;
	if (!t->running)
		log_error("cannot start the transfers' thread");
}

void
transfers_stop(struct transfers *t)
{
	if (t == NULL || !t->running)
		return;
	loop_stop(t->loop);
	pthread_join(t->thread, NULL);
	t->running = false;
}

void
transfers_free(struct transfers *t)
{
	if (t == NULL)
		return;
	/* streams that have ended since; what arrives now is not rendered any more */
	t->is_closing = true;
	loop_drain(t->loop);
	while (t->first != NULL) {
		struct outgoing *o = t->first;

		t->first = o->next;
		outgoing_free(o);
	}
	loop_timer_free(t->look);
	loop_free(t->loop);
	mem_free(t);
}
