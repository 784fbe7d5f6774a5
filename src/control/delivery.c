/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/delivery.h"

#include <stdio.h>
#include <string.h>

#include "base/fetch.h"
#include "base/mem.h"
#include "control/task.h"

/* Nobody reads what a hook answers. */
#define ANSWER_MAX ((uint64_t)1 << 20)

struct delivery {
	struct task task; /* first */
	const struct config_hook *hook;
	struct buf body;
	char **env;
	size_t env_count;
	struct fetch *fetch; /* of a URL; NULL: could not be made */
	struct program *program; /* of a program */
	struct delivery_result result;
	delivery_fn *done;
	void *ctx;
};

static void
post(struct delivery *d)
{
	static char type[] = "Content-Type: application/json";
	const struct config_hook *h = d->hook;
	size_t count = 1 + h->header_count + h->secret_header_count, n = 0;
	char **headers = mem_array(count, sizeof(headers[0]));
	struct fetch_request rq = {.url = h->url,
	    .headers = headers,
	    .header_count = count,
	    .body = d->body.data,
	    .body_len = d->body.len,
	    .ca_file = h->ca_file,
	    .proxy = h->proxy,
	    .timeout_ms = h->timeout_ms,
	    .answer_max = ANSWER_MAX};
	struct fetch_result result;

	headers[n++] = type;
	for (size_t i = 0; i < h->header_count; i++)
		headers[n++] = h->headers[i];
	for (size_t i = 0; i < h->secret_header_count; i++)
		headers[n++] = h->secret_headers[i];
	d->result.arrived = fetch_run(d->fetch, &rq, &result) == OK;
	d->result.wait_ms = 1000 * result.retry_after_s;
	snprintf(d->result.reason, sizeof(d->result.reason), "%s", result.reason);
	mem_free(headers);
}

static void
run_program(struct delivery *d)
{
	const struct config_hook *h = d->hook;
	char **argv = mem_array(h->exec_count + 1, sizeof(argv[0]));
	char **env = mem_array(d->env_count + 1, sizeof(env[0]));

	memcpy(argv, h->exec, h->exec_count * sizeof(argv[0]));
	memcpy(env, d->env, d->env_count * sizeof(env[0]));
	d->result.arrived = program_run(d->program, argv, env, d->body.data, d->body.len,
	                        h->timeout_ms, d->result.reason) == OK;
	mem_free(argv);
	mem_free(env);
}

static void
work(struct task *t)
{
	struct delivery *d = (struct delivery *)(void *)t;

	if (d->hook->url == NULL)
		run_program(d);
	else if (d->fetch != NULL)
		post(d);
	else
		snprintf(d->result.reason, sizeof(d->result.reason), "no-memory");
}

static void
on_done(struct task *t)
{
	struct delivery *d = (struct delivery *)(void *)t;

	d->done(d->ctx, d, &d->result);
}

static void
on_no_thread(struct mail *mail)
{
	on_done((struct task *)(void *)mail);
}

struct delivery *
delivery_new(const struct config_hook *hook, struct buf *body, char **env,
    size_t env_count, delivery_fn *done, void *ctx)
{
	struct delivery *d = mem_new(sizeof(*d));

	d->hook = hook;
	d->body = *body;
	*body = (struct buf){0};
	d->env = mem_array(env_count, sizeof(d->env[0]));
	d->env_count = env_count;
	for (size_t i = 0; i < env_count; i++)
		d->env[i] = mem_str(env[i]);
	d->done = done;
	d->ctx = ctx;
	if (hook->url == NULL)
		d->program = program_new();
	else if (fetch_new(&d->fetch) != OK)
		d->fetch = NULL;
	return d;
}

void
delivery_start(struct delivery *d, struct loop *loop)
{
	d->task.work = work;
	d->task.done = on_done;
	if (task_start(&d->task, loop) == OK)
		return;
	snprintf(d->result.reason, sizeof(d->result.reason), "no-thread");
	d->task.mail.run = on_no_thread;
	loop_post(loop, &d->task.mail);
}

void
delivery_cancel(struct delivery *d)
{
	if (d->fetch != NULL)
		fetch_cancel(d->fetch);
	if (d->program != NULL)
		program_cancel(d->program);
}

void
delivery_free(struct delivery *d)
{
	if (d == NULL)
		return;
	fetch_free(d->fetch);
	program_free(d->program);
	buf_fini(&d->body);
	for (size_t i = 0; i < d->env_count; i++)
		mem_free(d->env[i]);
	mem_free(d->env);
	mem_free(d);
}
