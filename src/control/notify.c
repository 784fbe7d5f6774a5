/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/notify.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/sender.h"
#include "control/told.h"
#include "dns/notify.h"
#include "dns/tsig.h"
#include "dns/wire.h"
#include "steer/world.h"

enum {
	LOOK_MS = 1000,
	TICK_MS = 100, /* while there is something to send */
	TICK_SENDS = 100,
	EVERY_MS = 5000, /* of one zone */
	TRIES = 6,
	IDS = 65536,
	PENDING_MAX = 8192, /* so that a free ID is soon found */
};

/* What is waited for after each try: about a minute in all (RFC 1996 3.6). */
static const int64_t wait_ms[TRIES] = {2000, 4000, 8000, 12000, 16000, 20000};

struct notifier {
	struct loop *loop;
	struct shared *shared;
	struct publish_reader *reader;
	struct sender *sender;
	struct loop_timer *timer;
	bool has_started;
	struct mono looked;
	uint64_t world; /* whose serials were looked at */
	bool is_owing; /* a zone has changed again within its 5 s */
	struct parts *parts; /* held; the lists are of these */
	struct told told;
	size_t pending; /* notices with an ID */
	struct notice **by_id; /* IDS of them */
};

static void
forget_id(struct notifier *n, struct notice *t)
{
	if (t->id == 0)
		return;
	n->by_id[t->id] = NULL;
	n->pending--;
	t->id = 0;
}

/* RFC 5452 4.3: not to be guessed. */
static bool
draw_id(struct notifier *n, struct notice *t)
{
	uint16_t id;

	if (n->pending >= PENDING_MAX)
		return false;
	do {
		hash_draw_key(&id, sizeof(id));
	} while (id == 0 || n->by_id[id] != NULL);
	n->by_id[id] = t;
	n->pending++;
	t->id = id;
	return true;
}

/* The lists of other parts. */
static void
install_parts(struct notifier *n, struct parts *parts)
{
	struct told old = n->told;

	for (size_t i = 0; i < old.count; i++)
		for (size_t k = 0; k < old.zones[i].count; k++)
			forget_id(n, &old.zones[i].notices[k]);
	told_make(&n->told, parts->config, &old);
	told_fini(&old);
	if (n->told.count != 0 && n->by_id == NULL)
		n->by_id = mem_array(IDS, sizeof(struct notice *));
	parts_hold(parts);
	parts_release(n->parts);
	n->parts = parts;
	n->world = 0;
}

/* ---- what has changed ---- */

static void
tell(struct told_zone *z, const struct rrset *soa, uint32_t serial, struct mono now)
{
	z->is_known = true;
	z->is_forced = false;
	z->serial = serial;
	z->told = now;
	z->ttl = rrset_ttl(soa);
	z->soa_len = wire_get16(soa->wire + 10);
	memcpy(z->soa, soa->wire + 12, z->soa_len);
	for (size_t i = 0; i < z->count; i++) {
		struct notice *t = &z->notices[i];

		t->is_pending = true;
		t->tries = 0;
		t->next = now;
		t->serial = serial;
	}
}

static void
look_at(struct notifier *n, const struct world *w, struct told_zone *z, struct mono now)
{
	struct name_path path;
	const struct zone *zone;
	uint32_t serial;

	name_path_set(&path, z->apex.bytes, z->apex.len);
	zone = zones_find(&w->zones, &path);
	if (zone == NULL || zone->apex_depth != path.label_count || zone->broken)
		return;
	serial = wire_get32(zone->soa->wire + zone->soa->wire_len - 20);
	if (z->is_known && z->serial == serial && !z->is_forced)
		return;
	if (!mono_is_never(z->told) && mono_diff_ms(now, z->told) < EVERY_MS)
		n->is_owing = true;
	else
		tell(z, zone->soa, serial, now);
}

static void
look(struct notifier *n, struct mono now)
{
	const struct world *w;

	n->looked = now;
	publish_pin(&n->shared->domain, n->reader);
	w = publish_load(&n->shared->world);
	if (w->parts != n->parts)
		install_parts(n, w->parts);
	if (w->number != n->world || n->is_owing) {
		n->world = w->number;
		n->is_owing = false;
		for (size_t i = 0; i < n->told.count; i++)
			look_at(n, w, &n->told.zones[i], now);
	}
	publish_unpin(n->reader);
}

/* ---- sending, and what comes back ---- */

static void
log_notice_of(enum log_level level, const char *what, const struct notice *t)
{
	char zone[NAME_TEXT_MAX], peer[ENDPOINT_TEXT_MAX];

	name_write_plain(t->zone->apex.bytes, zone);
	ip_port_write(&t->peer->address, peer);
	log_at(level, "notify %s zone=%s peer=%s serial=%lu rcode=%u", what, zone, peer,
	    (unsigned long)t->serial, t->rcode);
}

static void
give_up(struct notifier *n, struct notice *t)
{
	forget_id(n, t);
	t->is_pending = false;
	if (!t->is_silent)
		log_notice_of(LOG_LEVEL_WARNING, "unanswered", t);
	t->is_silent = true;
}

static void
send_notice(struct notifier *n, struct notice *t, struct mono now)
{
	const struct config_server *c = &n->parts->config->server;
	uint8_t packet[NOTIFY_LEN_MAX + TSIG_LEN_MAX];
	const struct told_zone *z = t->zone;
	size_t len;

	/* each try has an ID of its own: its code is another one too */
	forget_id(n, t);
	if (!draw_id(n, t)) {
		t->next = mono_add_ms(now, LOOK_MS);
		return;
	}
	len = notify_write(packet, t->id, &z->apex, z->ttl, z->soa, z->soa_len);
	t->mac_len = 0;
	if (t->peer->key != NULL) {
		struct tsig_signer s;

		tsig_signer_init(&s, &t->peer->key->tsig);
		if (tsig_sign(&s, packet, &len, wall_now_s()) == OK) {
			t->mac_len = s.mac_len;
			memcpy(t->mac, s.mac, s.mac_len);
		}
	}
	/* what can not be sent now is as good as lost on the way */
	(void)!sender_send(
	    n->sender, c->listen, c->listen_count, &t->peer->address, packet, len);
	t->next = mono_add_ms(now, wait_ms[t->tries++]);
}

/* True when there is something to come back for soon. */
static bool
send_due(struct notifier *n, struct mono now)
{
	unsigned sends = 0;
	bool is_any = false;

	for (size_t i = 0; i < n->told.count; i++)
		for (size_t k = 0; k < n->told.zones[i].count; k++) {
			struct notice *t = &n->told.zones[i].notices[k];

			if (!t->is_pending)
				continue;
			is_any = true;
			if (mono_diff_ms(t->next, now) > 0 || sends == TICK_SENDS)
				continue;
			if (t->tries == TRIES) {
				give_up(n, t);
				continue;
			}
			send_notice(n, t, now);
			sends++;
		}
	return is_any;
}

static void
on_timer(void *ctx)
{
	struct notifier *n = ctx;
	struct mono now = mono_now();
	bool is_any;

	if (mono_diff_ms(now, n->looked) >= LOOK_MS)
		look(n, now);
	is_any = send_due(n, now);
	loop_timer_set_ms(n->timer, is_any ? TICK_MS : LOOK_MS);
}

/* A response with a wrong code is not a response: RFC 8945 5.4.1. */
static bool
is_true(const struct notice *t, const uint8_t *packet, size_t len, uint16_t tsig_at)
{
	struct tsig tsig;

	if (t->peer->key == NULL)
		return true;
	return tsig_at != 0 && tsig_read(packet, len, tsig_at, &tsig) == OK &&
	       name_equal(tsig.key_name.bytes, t->peer->key->tsig.name.bytes) &&
	       tsig_verify(&tsig, packet, &t->peer->key->tsig, t->mac, t->mac_len,
	           wall_now_s()) == TSIG_OK;
}

static void
on_packet(void *ctx, const struct ip_port *from, const uint8_t *packet, size_t len)
{
	struct notifier *n = ctx;
	struct notify_response r;
	struct notice *t;

	if (n->by_id == NULL || notify_read(packet, len, &r) != OK)
		return;
	t = n->by_id[r.id];
	if (t == NULL || from->port != t->peer->address.port ||
	    !ip_equal(&from->ip, &t->peer->address.ip))
		return;
	/* some leave the question out of an error */
	if (r.zone.len == 0 ? r.rcode == RCODE_NOERROR
	                    : !name_equal(r.zone.bytes, t->zone->apex.bytes))
		return;
	if (!is_true(t, packet, len, r.tsig_at))
		return;
	forget_id(n, t);
	t->is_pending = false;
	t->answered = mono_now();
	if (t->is_silent || t->rcode != r.rcode) {
		t->rcode = r.rcode;
		log_notice_of(
		    r.rcode == RCODE_NOERROR ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING,
		    r.rcode == RCODE_NOERROR ? "answered again" : "refused", t);
	}
	t->is_silent = false;
}

/* ---- for people ---- */

size_t
notifier_tell(struct notifier *n, const struct name *zone)
{
	size_t peers = 0;

	/* the lists may be those of before a reload */
	look(n, mono_now());
	for (size_t i = 0; i < n->told.count; i++) {
		struct told_zone *z = &n->told.zones[i];

		if (zone != NULL && !name_equal(z->apex.bytes, zone->bytes))
			continue;
		z->is_forced = true;
		z->told = (struct mono){0};
		peers += z->count;
	}
	n->is_owing = true;
	n->looked = (struct mono){0};
	if (n->has_started)
		loop_timer_set_ms(n->timer, 0);
	return peers;
}

static void
write_silent(const struct notice *t, struct buf *text, struct json *list)
{
	char zone[NAME_TEXT_MAX], peer[ENDPOINT_TEXT_MAX];
	struct json *j = json_object();

	name_write_plain(t->zone->apex.bytes, zone);
	ip_port_write(&t->peer->address, peer);
	buf_printf(text, "           %s %s %s\n", t->is_silent ? "NO ANSWER" : "REFUSED",
	    zone, peer);
	json_set_str(j, "zone", zone);
	json_set_str(j, "peer", peer);
	json_set_int(j, "serial", t->serial);
	json_set_bool(j, "silent", t->is_silent);
	json_set_int(j, "rcode", t->rcode);
	json_push(list, j);
}

void
notifier_write(struct notifier *n, struct buf *text, struct json *data)
{
	struct json *j = json_object(), *list = json_array();
	struct buf lines = {0};
	size_t pending = 0;

	for (size_t i = 0; i < n->told.count; i++)
		for (size_t k = 0; k < n->told.zones[i].count; k++) {
			const struct notice *t = &n->told.zones[i].notices[k];

			pending += t->is_pending;
			if (t->is_silent || t->rcode != RCODE_NOERROR)
				write_silent(t, &lines, list);
		}
	if (n->told.count != 0)
		buf_printf(text,
		    "notify     %zu zones, %zu peers in all, %zu to answer\n%s",
		    n->told.count, n->told.peer_count, pending, buf_text(&lines));
	buf_fini(&lines);
	json_set_int(j, "zones", (int64_t)n->told.count);
	json_set_int(j, "peers", (int64_t)n->told.peer_count);
	json_set_int(j, "pending", (int64_t)pending);
	json_set(j, "failing", list);
	json_set(data, "notify", j);
}

/* ---- up and down ---- */

enum err
notifier_new(struct loop *loop, struct shared *shared, struct notifier **out)
{
	struct notifier *n = mem_new(sizeof(*n));

	if (publish_join(&shared->domain, &n->reader) != OK) {
		mem_free(n);
		return ERR_SPACE;
	}
	n->loop = loop;
	n->shared = shared;
	n->timer = loop_timer_new(loop, on_timer, n);
	n->sender = sender_new(loop, on_packet, n);
	*out = n;
	return OK;
}

void
notifier_start(struct notifier *n)
{
	n->has_started = true;
	loop_timer_set_ms(n->timer, 0);
}

void
notifier_free(struct notifier *n)
{
	if (n == NULL)
		return;
	loop_timer_free(n->timer);
	sender_free(n->sender);
	told_fini(&n->told);
	parts_release(n->parts);
	mem_free(n->by_id);
	mem_free(n);
}
