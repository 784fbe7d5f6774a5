/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/link.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct link {
	struct redis *redis;
	const struct config_store *cfg;
	const struct config_login *login;
	struct link_hooks hooks;
	char run_id[64];
};

void
link_explain(const char *error, char *out, size_t size)
{
	static const struct {
		const char *code, *meaning;
	} known[] = {
	    {"NOAUTH", "the server wants a password: set store.password_file"},
	    {"WRONGPASS", "the server refused user or password"},
	    {"NOPERM", "the user lacks a permission"},
	    {"LOADING", "the server is still loading its data"},
	    {"MASTERDOWN", "the server is a replica whose master is gone"},
	    {"MOVED", "the server is a Redis Cluster, which is not supported"},
	    {"CROSSSLOT", "the server is a Redis Cluster, which is not supported"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t len = strlen(known[i].code);

		if (strncmp(error, known[i].code, len) != 0 || error[len] != ' ')
			continue;
		snprintf(out, size, "%s (%s)", known[i].meaning, error);
		return;
	}
	snprintf(out, size, "the server says: %s", error);
}

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
on_down(void *ctx, const char *reason)
{
	struct link *l = ctx;

	l->hooks.on_down(l->hooks.ctx, reason);
}

/* True when the reply was an error, which has ended the link. */
static bool
refused(struct link *l, const struct redis_reply *reply)
{
	char reason[256];

	if (reply->kind != REDIS_ERROR)
		return false;
	link_explain(reply->text, reason, sizeof(reason));
	on_down(l, reason);
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
		on_down(l, "the server gave no INFO");
		return;
	}
	link_info_field(reply->text, "redis_mode", mode, sizeof(mode));
	link_info_field(reply->text, "run_id", l->run_id, sizeof(l->run_id));
	if (strcmp(mode, "cluster") == 0)
		on_down(l, "the server is a Redis Cluster, which is not supported");
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
	const struct config_login *login = l->login;
	char database[16];

	if (login->password != NULL && login->user != NULL) {
		const char *words[] = {"AUTH", login->user, login->password};

		redis_ask(l->redis, on_login, l, 3, words, NULL);
	} else if (login->password != NULL) {
		const char *words[] = {"AUTH", login->password};

		redis_ask(l->redis, on_login, l, 2, words, NULL);
	}
	if (l->cfg->database != 0) {
		const char *words[] = {"SELECT", database};

		snprintf(database, sizeof(database), "%u", l->cfg->database);
		redis_ask(l->redis, on_login, l, 2, words, NULL);
	}
	redis_ask(l->redis, on_info, l, 2, (const char *[]){"INFO", "server"}, NULL);
}

static void
on_push(void *ctx, const struct redis_reply *reply)
{
	struct link *l = ctx;

	/* such as the error with which a server full of clients greets */
	if (refused(l, reply))
		return;
	if (l->hooks.on_push == NULL)
		on_down(l, "the server said something that was not asked for");
	else
		l->hooks.on_push(l->hooks.ctx, reply);
}

struct link *
link_open(struct loop *loop, const struct config_store *cfg,
    const struct config_login *login, const struct link_hooks *hooks)
{
	struct link *l = mem_new(sizeof(*l));
	struct redis_hooks redis_hooks = {on_up, on_push, on_down, l};

	l->cfg = cfg;
	l->login = login;
	l->hooks = *hooks;
	l->redis = redis_open(loop, &cfg->address, cfg->unix_path, &redis_hooks);
	return l;
}

void
link_close(struct link *l)
{
	if (l == NULL)
		return;
	redis_close(l->redis);
	mem_free(l);
}

void
link_ask(struct link *l, redis_fn *fn, size_t count, const char *const *words,
    const size_t *lens)
{
	redis_ask(l->redis, fn, l->hooks.ctx, count, words, lens);
}

struct mono
link_heard(const struct link *l)
{
	return redis_heard(l->redis);
}

const char *
link_run_id(const struct link *l)
{
	return l->run_id;
}

bool
link_is_refused(
    const struct redis_reply *reply, enum redis_kind wanted, char *reason, size_t size)
{
	if (reply->kind == wanted)
		return false;
	if (reply->kind == REDIS_ERROR)
		link_explain(reply->text, reason, size);
	else
		snprintf(reason, size, "an answer of an unexpected kind");
	return true;
}
