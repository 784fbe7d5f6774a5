/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection to Redis: words out, replies in.
 *
 * Shape: RESP2. Replies come in the order of the questions; what comes unasked (to a
 * subscriber) goes to on_push. hiredis is the encoder and decoder, libevent moves the
 * octets. What is too large is nil in its place (store/sieve.h).
 * Owner: redis_close() frees, also from within a callback. A reply lives until the
 * callback returns.
 * Threads: the loop's own.
 * Errors: on_down, once, with a reason for people; then only redis_close() is left.
 * Source: the Redis serialization protocol; hiredis 0.14; the only file that includes
 * <hiredis/...> is redis.c.
 */
#ifndef STORE_REDIS_H
#define STORE_REDIS_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/ip.h"
#include "base/loop.h"
#include "base/tls.h"
#include "store/fault.h"

enum redis_kind {
	REDIS_TEXT, /* string or status */
	REDIS_ERROR,
	REDIS_INTEGER,
	REDIS_NIL,
	REDIS_ARRAY,
};

struct redis_reply {
	enum redis_kind kind;
	int64_t integer;
	char *text; /* TEXT and ERROR; NUL behind it */
	size_t len;
	struct redis_reply **list; /* ARRAY */
	size_t count;
	size_t cap;
};

struct redis;

typedef void
redis_fn(void *ctx, const struct redis_reply *reply);

struct redis_hooks {
	void (*on_up)(void *ctx); /* connected */
	redis_fn *on_push;
	void (*on_down)(void *ctx, enum fault fault, const char *reason);
	void *ctx;
};

/* Where to: unix_path, if not NULL, goes before address. */
struct redis_to {
	struct ip_port address;
	const char *unix_path;
	struct tls *tls; /* NULL: plain */
	const char *tls_name; /* NULL: the certificate is for the address */
};

/* Begins to connect; callbacks come from the loop only. */
struct redis *
redis_open(struct loop *loop, const struct redis_to *to, const struct redis_hooks *hooks);

/* NULL is allowed. */
void
redis_close(struct redis *r);

/* lens NULL: words are strings. fn NULL: the answer will come as a push. */
void
redis_ask(struct redis *r, redis_fn *fn, void *ctx, size_t count,
    const char *const *words, const size_t *lens);

/* When octets came last; never: not yet. */
struct mono
redis_heard(const struct redis *r);

#endif
