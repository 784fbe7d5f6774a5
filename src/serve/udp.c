/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve/udp.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <netinet/in.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sockaddr.h"
#include "base/thread.h"
#include "serve/answer.h"
#include "serve/listen.h"
#include "serve/quick.h"

enum {
	BATCH = ANSWER_WARM_MOST,
	REQUEST_MAX = 4096, /* a longer datagram is no question: it is cut, and FORMERR */
	REQUEST_ROOM =
	    REQUEST_MAX + 3 * 64, /* that not all begin in one set of the cache */
	CONTROL_LEN = 64, /* one packet-info message */
	WAKE_MS = 250, /* how often an idle worker looks whether it is to end */
};

struct udp {
	int fd;
	bool wildcard;
	bool running;
	pthread_t thread;
	struct shared *shared;
	struct publish_reader *reader;
	struct counters counters;
	struct answerer answerer;
	struct limit limit;
	unsigned sharers;
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec in_iov[BATCH], out_iov[BATCH];
	struct sockaddr_storage peer[BATCH];
	uint8_t control[BATCH][CONTROL_LEN];
	struct answer_ahead ahead[BATCH];
	uint8_t request[BATCH][REQUEST_ROOM];
	uint8_t response[BATCH][DNS_UDP_CAP];
};

/* For the next request in its place: what the kernel may have changed. */
static inline void
prepare(struct udp *u, unsigned i)
{
	struct msghdr *h = &u->in[i].msg_hdr;

	h->msg_namelen = sizeof(u->peer[i]);
	if (u->wildcard) {
		h->msg_control = u->control[i];
		h->msg_controllen = CONTROL_LEN;
	}
}

static void
prepare_all(struct udp *u)
{
	for (unsigned i = 0; i < BATCH; i++) {
		u->in_iov[i] = (struct iovec){u->request[i], REQUEST_MAX};
		u->in[i].msg_hdr = (struct msghdr){
		    .msg_name = &u->peer[i],
		    .msg_iov = &u->in_iov[i],
		    .msg_iovlen = 1,
		};
		u->out_iov[i].iov_base = u->response[i];
		u->out[i].msg_hdr = (struct msghdr){
		    .msg_iov = &u->out_iov[i],
		    .msg_iovlen = 1,
		};
		prepare(u, i);
	}
}

/*
 * The packet-info of the request is sent back with the answer, so that it leaves from the
 * address that was asked; the interface is left to routing.
 */
static void
keep_source(struct msghdr *to, struct msghdr *from)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(from);

	to->msg_control = NULL;
	to->msg_controllen = 0;
	if (c == NULL)
		return;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo *info = (struct in_pktinfo *)(void *)CMSG_DATA(c);

		info->ipi_ifindex = 0;
		info->ipi_spec_dst = info->ipi_addr;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo *info = (struct in6_pktinfo *)(void *)CMSG_DATA(c);

		info->ipi6_ifindex = 0; /* of link-local peers the address tells it */
	} else {
		return;
	}
	to->msg_control = from->msg_control;
	to->msg_controllen = from->msg_controllen;
}

/* Answers the batch; returns how many responses there are. */
static unsigned
answer_batch(struct udp *u, unsigned count)
{
	struct answerer *a = &u->answerer;
	const struct answer_ahead *like = NULL;
	unsigned n = 0;

	publish_pin(&u->shared->domain, u->reader);
	answerer_begin(a, u->shared, mono_now(), wall_now_s());
	a->limit = limit_begin(
	    &u->limit, &a->world->parts->config->server.rate_limit, u->sharers, a->now);
	for (unsigned i = 0; i < count; i++) {
		answer_prepare(
		    a->world, u->request[i], u->in[i].msg_len, like, &u->ahead[i]);
		like = &u->ahead[i];
	}
	answer_warm(u->ahead, count);
	for (unsigned i = 0; i < count; i++) {
		struct msghdr *h = &u->out[n].msg_hdr;
		struct ip source;
		size_t len;

		sockaddr_read_ip(&u->peer[i], &source);
		len = quick_answer(a, u->request[i], u->in[i].msg_len, &u->ahead[i],
		    &source, OVER_UDP, u->response[n]);
		if (len == 0)
			continue;
		u->out_iov[n].iov_len = len;
		h->msg_name = &u->peer[i];
		h->msg_namelen = u->in[i].msg_hdr.msg_namelen;
		if (u->wildcard)
			keep_source(h, &u->in[i].msg_hdr);
		n++;
	}
	publish_unpin(u->reader);
	return n;
}

static void
send_batch(struct udp *u, unsigned count)
{
	unsigned sent = 0;

	while (sent < count) {
		int n = sendmmsg(u->fd, u->out + sent, count - sent, 0);

		if (n > 0) {
			sent += (unsigned)n;
		} else if (errno != EINTR) {
			/* the first of the rest can not be sent; the others may */
			counter_add(&u->counters, COUNT_UDP_SEND_ERRORS, 1);
			sent++;
		}
	}
}

static void *
run(void *ctx)
{
	struct udp *u = ctx;

	thread_name("udp");
	prepare_all(u);
	while (!atomic_load_explicit(&u->shared->stop, memory_order_relaxed)) {
		int n = recvmmsg(u->fd, u->in, BATCH, MSG_WAITFORONE, NULL);

		if (n <= 0) {
			/* nothing came for a while, or an ICMP error of some peer */
			prepare(u, 0);
			continue;
		}
		counter_add(&u->counters, COUNT_UDP_QUERIES, (uint64_t)n);
		if (n == BATCH)
			counter_add(&u->counters, COUNT_UDP_FULL_BATCHES, 1);
		send_batch(u, answer_batch(u, (unsigned)n));
		for (int i = 0; i < n; i++)
			prepare(u, (unsigned)i);
	}
	return NULL;
}

enum err
udp_open(
    const struct ip_port *at, struct shared *shared, struct udp **out, struct buf *why)
{
	struct timeval wake = {.tv_usec = WAKE_MS * 1000};
	struct publish_reader *reader;
	struct udp *u;
	enum err e;
	int fd;

	e = listen_open(LISTEN_UDP, at, &fd, why);
	if (e != OK)
		return e;
	if (publish_join(&shared->domain, &reader) != OK ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wake, sizeof(wake)) != 0) {
		buf_str(why, "too many workers");
		close(fd);
		return ERR_SPACE;
	}
	u = aligned_alloc(64, (sizeof(*u) + 63) / 64 * 64);
	if (u == NULL) {
		close(fd);
		return ERR_SPACE;
	}
	memset(u, 0, sizeof(*u));
	u->fd = fd;
	u->sharers = 1;
	limit_open(&u->limit);
	u->wildcard = listen_is_wildcard(at);
	u->shared = shared;
	memcpy(u->answerer.cookie_keys.master, shared->cookie_master, SIPHASH_KEY_LEN);
	u->reader = reader;
	u->answerer.counters = &u->counters;
	u->answerer.random =
	    hash_mix((uint64_t)mono_now().ms, (uint64_t)(unsigned)fd) | 1;
	*out = u;
	return OK;
}

void
udp_set_sharers(struct udp *u, unsigned count)
{
	u->sharers = count;
}

void
udp_start(struct udp *u)
{
	u->running = pthread_create(&u->thread, NULL, run, u) == 0;
	if (!u->running)
		log_error("cannot start a UDP worker");
}

void
udp_free(struct udp *u)
{
	if (u == NULL)
		return;
	if (u->running)
		pthread_join(u->thread, NULL);
	close(u->fd);
	limit_close(&u->limit);
	free(u);
}

const struct counters *
udp_counters(const struct udp *u)
{
	return &u->counters;
}

void
udp_get_load(const struct udp *u, struct udp_load *out)
{
	out->received = counter_get(&u->counters, COUNT_UDP_QUERIES);
	out->in_full = BATCH * counter_get(&u->counters, COUNT_UDP_FULL_BATCHES);
	out->dropped = listen_dropped(u->fd);
}

void
udp_set_queue(const struct udp *u, size_t octets)
{
	listen_set_queue(u->fd, octets);
}

const struct limit *
udp_limit(const struct udp *u)
{
	return &u->limit;
}
