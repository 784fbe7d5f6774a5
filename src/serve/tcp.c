/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/tcp.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sockaddr.h"
#include "base/thread.h"
#include "serve/connection.h"
#include "serve/listen.h"
#include "steer/world.h"

enum {
	HELD_MAX = 64 << 20, /* for input and answers of all connections */
	SWEEP_MS = 1000,
	ACCEPT_SHARE = 8, /* of a turn: one new connection for so many others */
};

struct tcp {
	pthread_t thread;
	bool running;
	size_t listener_count;
	int *fds;
	/* of the configuration, as the last sweep found it */
	size_t max, max_per_client;
	int64_t idle_ms;
	struct counters counters;
	struct connections all;
};

size_t
tcp_connections_max(const struct config_server *s)
{
	size_t max = s->tcp_connections;
	struct rlimit limit;
	size_t share;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return max;
	share = (size_t)limit.rlim_cur / 2 / s->tcp_workers;
	return share < max ? share : max;
}

/* Reads the limits anew: a reload may have changed them. */
static void
read_limits(struct tcp *t)
{
	struct shared *shared = t->all.round.shared;
	const struct config_server *s;

	publish_pin(&shared->domain, t->all.round.reader);
	s = &publish_load(&shared->world)->parts->config->server;
	t->max = tcp_connections_max(s);
	t->max_per_client = s->tcp_per_client;
	t->idle_ms = s->tcp_idle_ms;
	publish_unpin(t->all.round.reader);
}

/* Closes one when there is no room for another. True when somebody was closed. */
static bool
make_room(struct tcp *t)
{
	struct member *m;

	/* who has asked in this turn must not be taken for one that is idle */
	connections_answer(&t->all);
	m = crowd_superfluous(&t->all.crowd);
	if (m == NULL)
		return false;
	counter_add(&t->counters, COUNT_TCP_LIMIT_TOTAL, 1);
	connection_close(m, false);
	return true;
}

static void
on_acceptable(void *ctx, int fd, unsigned ready);

/* Listens, or does not until the next sweep: a listener that can not be served would
 * wake us without end. */
static void
set_listening(struct tcp *t, bool on)
{
	unsigned events = on ? POLLER_READ : 0;

	/* where the kernel can not watch it now, the next sweep tries again */
	for (size_t i = 0; i < t->listener_count; i++)
		(void)!poller_watch(t->all.poller, t->fds[i], events, on_acceptable, t);
}

/* No descriptor or memory for another connection. */
static bool
is_exhausted(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Reset: who is refused must not leave a closing state behind. */
static void
refuse(int fd)
{
	struct linger none = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

/* As crowd_admits(). */
static bool
is_admitted(struct tcp *t, const struct ip *source, struct member **instead)
{
	const struct crowd *crowd = &t->all.crowd;
	struct mono now = poller_now(t->all.poller);

	if (crowd_admits(crowd, source, t->max_per_client, now, instead) &&
	    *instead == NULL)
		return true;
	/* as in make_room() */
	connections_answer(&t->all);
	return crowd_admits(crowd, source, t->max_per_client, now, instead);
}

static void
add_connection(struct tcp *t, int fd, const struct sockaddr_storage *peer)
{
	struct crowd *crowd = &t->all.crowd;
	struct member *instead;
	struct ip source;

	sockaddr_read_ip(peer, &source);
	if (atomic_load_explicit(
	        &t->all.round.shared->overloaded, memory_order_relaxed) &&
	    crowd_count(crowd, &source) >= CROWD_MANY) {
		counter_add(&t->counters, COUNT_SHED_TCP, 1);
		refuse(fd);
		return;
	}
	if (!is_admitted(t, &source, &instead)) {
		counter_add(&t->counters, COUNT_TCP_LIMIT_CLIENT, 1);
		refuse(fd);
		return;
	}
	if (instead != NULL) {
		counter_add(&t->counters, COUNT_TCP_LIMIT_CLIENT, 1);
		connection_close(instead, false);
	}
	while (crowd->count != 0 && crowd->count >= t->max && make_room(t))
		;
	connection_new(&t->all, fd, &source);
}

/*
 * A flood of connections must not starve those that are there. Nor do we accept until
 * there is none: to be told so costs about as much as a connection, because the kernel
 * makes the new socket first, and then looks.
 */
static void
on_acceptable(void *ctx, int fd, unsigned ready)
{
	struct tcp *t = ctx;
	unsigned most = 1 + poller_ready_count(t->all.poller) / ACCEPT_SHARE;

	(void)ready;
	for (unsigned i = 0; i < most; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		int s = accept4(
		    fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (s >= 0)
			add_connection(t, s, &peer);
		else if (is_exhausted(errno) && !make_room(t))
			set_listening(t, false);
		if (s < 0)
			return;
	}
}

static void
on_sweep(void *ctx)
{
	struct tcp *t = ctx;
	struct mono now = poller_now(t->all.poller);
	struct member *m;

	read_limits(t);
	while ((m = crowd_expired(&t->all.crowd, now, t->idle_ms)) != NULL) {
		bool is_idle = m->held == 0;

		if (connection_excuse(m))
			continue;
		counter_add(&t->counters,
		    is_idle ? COUNT_TCP_CLOSED_IDLE : COUNT_TCP_CLOSED_SLOW, 1);
		connection_close(m, is_idle);
	}
	set_listening(t, true);
}

static void
on_turn_end(void *ctx)
{
	struct tcp *t = ctx;

	connections_answer(&t->all);
}

static void *
run(void *ctx)
{
	struct tcp *t = ctx;

	thread_name("tcp");
	poller_run(t->all.poller);
	return NULL;
}

enum err
tcp_open(const struct ip_port *at, size_t count, struct shared *shared, struct tcp **out,
    struct buf *why)
{
	struct tcp *t = aligned_alloc(64, (sizeof(*t) + 63) / 64 * 64);
	struct poller *poller = NULL;
	enum err e = OK;

	if (t == NULL)
		return ERR_SPACE;
	memset(t, 0, sizeof(*t));
	t->all.round.shared = shared;
	memcpy(t->all.round.answerer.cookie_keys.master, shared->cookie_master,
	    SIPHASH_KEY_LEN);
	t->all.round.counters = &t->counters;
	t->all.round.answerer.counters = &t->counters;
	t->all.round.answerer.random =
	    hash_mix((uint64_t)mono_now().ms, (uintptr_t)t) | 1;
	t->fds = mem_array(count, sizeof(*t->fds));
	if (publish_join(&shared->domain, &t->all.round.reader) != OK ||
	    poller_new(&poller) != OK) {
		buf_str(why, "no room for a TCP worker");
		e = ERR_SPACE;
	}
	connections_init(&t->all, poller, HELD_MAX);
	for (size_t i = 0; e == OK && i < count; i++) {
		e = listen_open(LISTEN_TCP, &at[i], &t->fds[i], why);
		if (e == OK)
			t->listener_count++;
	}
	if (e != OK) {
		tcp_free(t);
		return e;
	}
	*out = t;
	return OK;
}

void
tcp_set_held_max(struct tcp *t, size_t octets)
{
	t->all.held_max = octets;
}

void
tcp_set_transfers(struct tcp *t, struct transfers *transfers)
{
	t->all.round.answerer.transfers = (struct transfers_client){
	    .transfers = transfers, .home = poller_mailbox(t->all.poller)};
}

void
tcp_start(struct tcp *t)
{
	read_limits(t);
	set_listening(t, true);
	poller_at_end(t->all.poller, on_turn_end, t);
	poller_every_ms(t->all.poller, SWEEP_MS, on_sweep, t);
	t->running = pthread_create(&t->thread, NULL, run, t) == 0;
	if (!t->running)
		log_error("cannot start a TCP worker");
}

void
tcp_free(struct tcp *t)
{
	struct member *m;

	if (t == NULL)
		return;
	if (t->running) {
		poller_stop(t->all.poller);
		pthread_join(t->thread, NULL);
	}
	while ((m = crowd_superfluous(&t->all.crowd)) != NULL)
		connection_close(m, true);
	connections_fini(&t->all);
	/* streams that came back to connections that are gone */
	if (t->all.poller != NULL)
		mailbox_drain(poller_mailbox(t->all.poller));
	for (size_t i = 0; i < t->listener_count; i++)
		close(t->fds[i]);
	poller_free(t->all.poller);
	mem_free(t->fds);
	free(t);
}

const struct counters *
tcp_counters(const struct tcp *t)
{
	return &t->counters;
}
