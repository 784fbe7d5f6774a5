/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/request.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/verb.h"

struct buf *
request_text(struct request *rq)
{
	return &rq->reply.text;
}

struct json *
request_data(struct request *rq)
{
	if (rq->reply.data == NULL)
		rq->reply.data = json_object();
	assert(json_is_object(rq->reply.data));
	return rq->reply.data;
}

struct json *
request_array(struct request *rq)
{
	if (rq->reply.data == NULL)
		rq->reply.data = json_array();
	assert(json_is_array(rq->reply.data));
	return rq->reply.data;
}

/* Takes count words out of argv, from place i on. */
static void
take_out(struct request *rq, int i, int count)
{
	/* with the NULL behind the last */
	memmove(rq->argv + i, rq->argv + i + count,
	    sizeof(*rq->argv) * (size_t)(rq->argc - i - count + 1));
	rq->argc -= count;
}

/* The place of an option, 0 when it is not there. */
static int
find_option(const struct request *rq, const char *name)
{
	size_t len = strlen(name);

	for (int i = 1; i < rq->argc && strcmp(rq->argv[i], "--") != 0; i++) {
		const char *arg = rq->argv[i];

		if (strncmp(arg, name, len) == 0 && (arg[len] == '\0' || arg[len] == '='))
			return i;
	}
	return 0;
}

bool
request_flag(struct request *rq, const char *name)
{
	int i = find_option(rq, name);

	/* "--force=no" is left standing, for request_check_args() to refuse */
	if (i == 0 || strcmp(rq->argv[i], name) != 0)
		return false;
	take_out(rq, i, 1);
	return true;
}

enum err
request_option(struct request *rq, const char *name, const char **value)
{
	int i = find_option(rq, name);
	const char *equals;

	if (i == 0)
		return OK;
	equals = strchr(rq->argv[i], '=');
	if (equals != NULL) {
		*value = equals + 1;
		take_out(rq, i, 1);
		return OK;
	}
	if (i + 1 >= rq->argc || strcmp(rq->argv[i + 1], "--") == 0)
		return ERR_SYNTAX;
	*value = rq->argv[i + 1];
	take_out(rq, i, 2);
	return OK;
}

bool
request_number(
    struct request *rq, const char *name, const char *text, size_t max, size_t *out)
{
	unsigned long n;
	char *end;

	if (text == NULL)
		return true;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || n == 0 || n > max) {
		reply_error(rq, "usage", "%s is a number from 1 to %zu", name, max);
		return false;
	}
	*out = n;
	return true;
}

bool
request_check_args(struct request *rq, int min, int max)
{
	for (int i = 1; i < rq->argc; i++) {
		if (strcmp(rq->argv[i], "--") == 0) {
			take_out(rq, i, 1);
			break;
		}
		if (strncmp(rq->argv[i], "--", 2) == 0) {
			reply_error(rq, "usage", "%s has no option %s here; usage: %s %s",
			    rq->verb->name, rq->argv[i], rq->verb->name, rq->verb->args);
			return false;
		}
	}
	if (rq->argc - 1 >= min && rq->argc - 1 <= max)
		return true;
	reply_usage(rq);
	return false;
}

void
request_stream(struct request *rq, void (*gone)(void *ctx), void *ctx)
{
	rq->gone = gone;
	rq->gone_ctx = ctx;
}

bool
request_send(struct request *rq, const char *line)
{
	struct buf text = {0}, lines = {0};
	bool sent;

	buf_str(&text, line);
	if (rq->json)
		buf_printf(&lines, "%s\n", line);
	else
		reply_write_lines(&text, &lines);
	sent = rq->send != NULL && rq->client != NULL && rq->send(rq, &lines);
	buf_fini(&text);
	buf_fini(&lines);
	return sent;
}

void
reply_ok(struct request *rq)
{
	rq->done(rq);
}

static void
fail(struct request *rq, const char *code, const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = mem_str("no memory for the reason");
	reply_fail(&rq->reply, code, text);
	mem_free(text);
	rq->done(rq);
}

void
reply_error(struct request *rq, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(rq, code, fmt, ap);
	va_end(ap);
}

static const char *
code_of(enum err e)
{
	switch (e) {
	case ERR_SYNTAX:
	case ERR_RANGE:
		return "syntax";
	case ERR_EXISTS:
		return "exists";
	case ERR_MISSING:
		return "not-found";
	case ERR_DENIED:
	case ERR_UNSUPPORTED:
		return "refused";
	case ERR_BUSY:
		return "busy";
	case ERR_SPACE:
		return "too-large";
	case OK:
	case ERR_IO:
	case ERR_CORRUPT:
	case ERR_CLOSED:
		break;
	}
	return "failed";
}

void
reply_err(struct request *rq, enum err e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(rq, code_of(e), fmt, ap);
	va_end(ap);
}

void
reply_usage(struct request *rq)
{
	const struct verb *v = rq->verb;

	reply_error(
	    rq, "usage", "%s%s%s", v->name, v->args[0] != '\0' ? " " : "", v->args);
}

struct request *
request_new(int word_count, char *const *words, bool may_write, const char *who,
    void (*done)(struct request *rq), void *client)
{
	struct request *rq = mem_new(sizeof(*rq));
	int skip = word_count > 1 && strcmp(words[0], "json") == 0;

	assert(word_count > skip);
	rq->word_count = word_count - skip;
	rq->words = mem_array((size_t)rq->word_count, sizeof(*rq->words));
	rq->argv = mem_array((size_t)rq->word_count + 1, sizeof(*rq->argv));
	for (int i = 0; i < rq->word_count; i++)
		rq->argv[i] = rq->words[i] = mem_str(words[skip + i]);
	rq->argc = rq->word_count;
	rq->json = skip != 0;
	rq->may_write = may_write;
	rq->who_copy = mem_str(who);
	rq->who = rq->who_copy;
	rq->done = done;
	rq->client = client;
	return rq;
}

void
request_free(struct request *rq)
{
	if (rq == NULL)
		return;
	for (int i = 0; i < rq->word_count; i++)
		mem_free(rq->words[i]);
	mem_free(rq->words);
	mem_free(rq->argv);
	mem_free(rq->who_copy);
	reply_fini(&rq->reply);
	mem_free(rq);
}
