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
#include "base/loop.h"
#include "base/mem.h"
#include "serve/connection.h"
#include "serve/listen.h"
#include "steer/world.h"

enum {
	HELD_MAX = 64 << 20, /* for input and answers of all connections */
	SWEEP_MS = 1000,
	ACCEPT_BURST = 64, /* so that a flood of connections does not starve the others */
};

struct tcp {
	pthread_t thread;
	bool running;
	struct loop_timer *sweep;
	size_t listener_count;
	int *fds;
	struct loop_watch **listeners;
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
	struct shared *shared = t->all.shared;
	const struct config_server *s;

	publish_pin(&shared->domain, t->all.reader);
	s = &publish_load(&shared->world)->parts->config->server;
	t->max = tcp_connections_max(s);
	t->max_per_client = s->tcp_per_client;
	t->idle_ms = s->tcp_idle_ms;
	publish_unpin(t->all.reader);
}

/* Closes one when there is no room for another. True when somebody was closed. */
static bool
make_room(struct tcp *t)
{
	struct member *m = crowd_superfluous(&t->all.crowd);

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
	for (size_t i = 0; i < t->listener_count; i++) {
		if (on && t->listeners[i] == NULL)
			t->listeners[i] = loop_watch_new(
			    t->all.loop, t->fds[i], LOOP_READ, on_acceptable, t);
		if (!on) {
			loop_watch_free(t->listeners[i]);
			t->listeners[i] = NULL;
		}
	}
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

static void
add_connection(struct tcp *t, int fd, const struct sockaddr_storage *peer)
{
	struct crowd *crowd = &t->all.crowd;
	struct member *instead;
	struct ip source;

	listen_peer(peer, &source);
	if (atomic_load_explicit(&t->all.shared->overloaded, memory_order_relaxed) &&
	    crowd_count(crowd, &source) >= CROWD_MANY) {
		counter_add(&t->counters, COUNT_SHED_TCP, 1);
		refuse(fd);
		return;
	}
	if (!crowd_admits(crowd, &source, t->max_per_client, mono_now(), &instead)) {
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

static void
on_acceptable(void *ctx, int fd, unsigned ready)
{
	struct tcp *t = ctx;

	(void)ready;
	for (unsigned i = 0; i < ACCEPT_BURST; i++) {
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
	struct mono now = mono_now();
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
	loop_timer_set_ms(t->sweep, SWEEP_MS);
}

static void *
run(void *ctx)
{
	struct tcp *t = ctx;

	loop_run(t->all.loop);
	return NULL;
}

enum err
tcp_open(const struct ip_port *at, size_t count, struct shared *shared, struct tcp **out,
    struct buf *why)
{
	struct tcp *t = aligned_alloc(64, (sizeof(*t) + 63) / 64 * 64);
	enum err e = OK;

	if (t == NULL)
		return ERR_SPACE;
	memset(t, 0, sizeof(*t));
	t->all.shared = shared;
	memcpy(
	    t->all.answerer.cookie_keys.master, shared->cookie_master, SIPHASH_KEY_LEN);
	t->all.held_max = HELD_MAX;
	t->all.counters = &t->counters;
	t->all.answerer.counters = &t->counters;
	t->all.answerer.random = hash_mix((uint64_t)mono_now().ms, (uintptr_t)t) | 1;
	crowd_init(&t->all.crowd);
	t->fds = mem_array(count, sizeof(*t->fds));
	t->listeners = mem_array(count, sizeof(struct loop_watch *));
	if (publish_join(&shared->domain, &t->all.reader) != OK ||
	    loop_new_coarse(&t->all.loop) != OK) {
		buf_str(why, "no room for a TCP worker");
		e = ERR_SPACE;
	}
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
	t->all.answerer.transfers =
	    (struct transfers_client){.transfers = transfers, .home = t->all.loop};
}

void
tcp_start(struct tcp *t)
{
	read_limits(t);
	set_listening(t, true);
	t->sweep = loop_timer_new(t->all.loop, on_sweep, t);
	loop_timer_set_ms(t->sweep, SWEEP_MS);
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
		loop_stop(t->all.loop);
		pthread_join(t->thread, NULL);
	}
	while ((m = crowd_superfluous(&t->all.crowd)) != NULL)
		connection_close(m, true);
	crowd_fini(&t->all.crowd);
	/* streams that came back to connections that are gone */
	if (t->all.loop != NULL)
		loop_drain(t->all.loop);
	for (size_t i = 0; i < t->listener_count; i++) {
		loop_watch_free(t->listeners[i]);
		close(t->fds[i]);
	}
	loop_timer_free(t->sweep);
	loop_free(t->all.loop);
	mem_free(t->listeners);
	mem_free(t->fds);
	free(t);
}

const struct counters *
tcp_counters(const struct tcp *t)
{
	return &t->counters;
}
