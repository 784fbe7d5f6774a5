/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection to Redis, or to a Sentinel, that has logged in and knows whom it speaks
 * to.
 *
 * Shape: connect, TLS, AUTH, SELECT, INFO server; then ready. The instance is told by its
 * run_id. Deadlines are its owner's.
 * Owner: link_close() frees, also from within a callback.
 * Threads: the loop's own.
 * Errors: on_down, once, with a reason for people. A Redis Cluster is refused, and a
 * Sentinel where a server is wanted.
 * Source: Redis 6.2 and newer.
 */
#ifndef STORE_LINK_H
#define STORE_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"
#include "config/config.h"
#include "store/redis.h"

struct link;

struct link_hooks {
	void (*on_ready)(void *ctx);
	redis_fn *on_push; /* no errors but link_refuses_writes() */
	void (*on_down)(void *ctx, enum fault fault, const char *reason);
	void *ctx;
};

/* What is pointed to must outlive the link. */
struct link_to {
	struct ip_port address; /* unless there is a path */
	const char *unix_path;
	const struct config_login *login;
	const struct config_tls *tls;
	uint32_t database;
	bool sentinel;
};

/* The server of a configuration without Sentinels. */
void
link_to_server(
    struct link_to *to, const struct config_store *cfg, const struct config_login *login);

struct link *
link_open(struct loop *loop, const struct link_to *to, const struct link_hooks *hooks);

/* NULL is allowed. */
void
link_close(struct link *l);

/* As redis_ask(), with the hooks' ctx. */
void
link_ask(struct link *l, redis_fn *fn, size_t count, const char *const *words,
    const size_t *lens);

struct mono
link_heard(const struct link *l);

const char *
link_run_id(const struct link *l);

/*
 * MISCONF: a server that can not save refuses writes, and PING, so that its clients learn
 * of it. It is alive all the same, and reading goes on.
 */
bool
link_refuses_writes(const struct redis_reply *reply);

/* Where to, for people; master: the name that the Sentinels know, or NULL. */
void
link_write_to(const struct link_to *to, const char *master, char *out, size_t size);

/* A field of INFO's reply, "" when it is not there. */
void
link_info_field(const char *info, const char *name, char *out, size_t size);

/* FAULT_NONE when a reply is of the kind that was wanted; else reason says why not. */
enum fault
link_check(
    const struct redis_reply *reply, enum redis_kind wanted, char *reason, size_t size);

#endif
