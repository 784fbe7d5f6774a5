/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/link.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct link {
	struct redis *redis;
	struct link_to to;
	struct link_hooks hooks;
	struct loop_timer *late; /* tells of TLS that can not even begin */
	char *late_reason;
	char run_id[64];
};

void
link_info_field(const char *info, const char *name, char *out, size_t size)
{
	size_t name_len = strlen(name);

	snprintf(out, size, "%s", "");
	for (const char *line = info; line != NULL && *line != '\0';) {
		if (strncmp(line, name, name_len) == 0 && line[name_len] == ':') {
			line += name_len + 1;
			snprintf(out, size, "%.*s", (int)strcspn(line, "\r\n"), line);
			return;
		}
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
}

static void
on_down(void *ctx, enum fault fault, const char *reason)
{
	struct link *l = ctx;

	l->hooks.on_down(l->hooks.ctx, fault, reason);
}

/* True when the reply was an error, which has ended the link. */
static bool
refused(struct link *l, const struct redis_reply *reply)
{
	char reason[256];
	enum fault fault;

	if (reply->kind != REDIS_ERROR)
		return false;
	fault = fault_of_error(reply->text, reason, sizeof(reason));
	on_down(l, fault, reason);
	return true;
}

static void
on_info(void *ctx, const struct redis_reply *reply)
{
	struct link *l = ctx;
	char mode[32];

	if (refused(l, reply))
		return;
	if (reply->kind != REDIS_TEXT) {
		on_down(l, FAULT_PROTOCOL, "the server gave no INFO");
		return;
	}
	link_info_field(reply->text, "redis_mode", mode, sizeof(mode));
	link_info_field(reply->text, "run_id", l->run_id, sizeof(l->run_id));
	if (strcmp(mode, "cluster") == 0)
		on_down(l, FAULT_CLUSTER,
		    "the server is a Redis Cluster, which is not supported");
	else if (strcmp(mode, "sentinel") == 0 && !l->to.sentinel)
		on_down(l, FAULT_ROLE,
		    "the server is a Redis Sentinel: name it in store.sentinels");
	else if (strcmp(mode, "sentinel") != 0 && l->to.sentinel)
		on_down(l, FAULT_ROLE, "it is no Redis Sentinel");
	else
		l->hooks.on_ready(l->hooks.ctx);
}

static void
on_login(void *ctx, const struct redis_reply *reply)
{
	struct link *l = ctx;

	(void)refused(l, reply);
}

/* All steps at once: the first that is refused ends the link. */
static void
on_up(void *ctx)
{
	struct link *l = ctx;
	const struct config_login *login = l->to.login;
	char database[16];

	if (login->password != NULL && login->user != NULL) {
		const char *words[] = {"AUTH", login->user, login->password};

		redis_ask(l->redis, on_login, l, 3, words, NULL);
	} else if (login->password != NULL) {
		const char *words[] = {"AUTH", login->password};

		redis_ask(l->redis, on_login, l, 2, words, NULL);
	}
	if (l->to.database != 0) {
		const char *words[] = {"SELECT", database};

		snprintf(database, sizeof(database), "%u", l->to.database);
		redis_ask(l->redis, on_login, l, 2, words, NULL);
	}
	redis_ask(l->redis, on_info, l, 2, (const char *[]){"INFO", "server"}, NULL);
}

static void
on_push(void *ctx, const struct redis_reply *reply)
{
	struct link *l = ctx;

	/* such as the error with which a server full of clients greets */
	if (!link_refuses_writes(reply) && refused(l, reply))
		return;
	if (l->hooks.on_push == NULL)
		on_down(l, FAULT_PROTOCOL,
		    "the server said something that was not asked for");
	else
		l->hooks.on_push(l->hooks.ctx, reply);
}

static void
on_late(void *ctx)
{
	struct link *l = ctx;

	on_down(l, FAULT_TLS, l->late_reason);
}

void
link_to_server(
    struct link_to *to, const struct config_store *cfg, const struct config_login *login)
{
	memset(to, 0, sizeof(*to));
	to->address = cfg->address;
	to->unix_path = cfg->unix_path;
	to->login = login;
	to->tls = &cfg->tls;
	to->database = cfg->database;
}

/* Certificates are read anew for each connection: they may have been renewed. */
static void
begin_connect(struct link *l, struct loop *loop)
{
	struct redis_to to = {.address = l->to.address, .unix_path = l->to.unix_path};
	struct redis_hooks hooks = {on_up, on_push, on_down, l};
	const struct config_tls *tls = l->to.tls;
	struct buf why = {0};

	if (tls->enabled &&
	    tls_new(tls->ca_file, tls->cert_file, tls->key_file, &to.tls, &why) != OK) {
		l->late_reason = buf_take(&why);
		l->late = loop_timer_new(loop, on_late, l);
		loop_timer_set_ms(l->late, 0);
		return;
	}
	to.tls_name = tls->name;
	l->redis = redis_open(loop, &to, &hooks);
	tls_free(to.tls);
}

struct link *
link_open(struct loop *loop, const struct link_to *to, const struct link_hooks *hooks)
{
	struct link *l = mem_new(sizeof(*l));

	l->to = *to;
	l->hooks = *hooks;
	begin_connect(l, loop);
	return l;
}

void
link_close(struct link *l)
{
	if (l == NULL)
		return;
	redis_close(l->redis);
	loop_timer_free(l->late);
	mem_free(l->late_reason);
	mem_free(l);
}

void
link_ask(struct link *l, redis_fn *fn, size_t count, const char *const *words,
    const size_t *lens)
{
	redis_ask(l->redis, fn, l->hooks.ctx, count, words, lens);
}

bool
link_refuses_writes(const struct redis_reply *reply)
{
	return reply->kind == REDIS_ERROR && strncmp(reply->text, "MISCONF ", 8) == 0;
}

void
link_write_to(const struct link_to *to, const char *master, char *out, size_t size)
{
	char text[ENDPOINT_TEXT_MAX] = "unknown";

	if (to->address.ip.family != 0)
		ip_port_write(&to->address, text);
	if (to->unix_path != NULL)
		snprintf(out, size, "unix:%s", to->unix_path);
	else if (master != NULL)
		snprintf(
		    out, size, "%s (master \"%.100s\" of the Sentinels)", text, master);
	else
		snprintf(out, size, "%s", text);
}

struct mono
link_heard(const struct link *l)
{
	return l->redis == NULL ? (struct mono){0} : redis_heard(l->redis);
}

const char *
link_run_id(const struct link *l)
{
	return l->run_id;
}

enum fault
link_check(
    const struct redis_reply *reply, enum redis_kind wanted, char *reason, size_t size)
{
	if (reply->kind == wanted)
		return FAULT_NONE;
	if (reply->kind == REDIS_ERROR)
		return fault_of_error(reply->text, reason, size);
	snprintf(reason, size, "an answer of an unexpected kind");
	return FAULT_PROTOCOL;
}
