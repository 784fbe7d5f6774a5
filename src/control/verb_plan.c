/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mem.h"
#include "control/reload.h"
#include "control/restart.h"
#include "control/verbs.h"
#include "steer/plan.h"

enum outcome { TAKEN, PARTLY, HELD, REFUSED };

struct plan_job {
	struct reload_plan plan; /* first */
	size_t most;
	enum outcome outcome;
	size_t bad, held; /* zone files */
};

static const char *const outcome_texts[] = {
    [TAKEN] = "taken",
    [PARTLY] = "partly",
    [HELD] = "held",
    [REFUSED] = "refused",
};

static void
write_complaints(struct request *rq, const struct complaints *said)
{
	struct json *list = json_array();

	for (size_t i = 0; i < said->count; i++) {
		struct buf one = {0};

		complaint_write(&said->list[i], &one);
		buf_printf(request_text(rq), "%s\n", buf_text(&one));
		json_push_str(list, buf_text(&one));
		buf_fini(&one);
	}
	json_set(request_data(rq), "complaints", list);
}

static void
write_held(struct request *rq, const struct parts *next)
{
	struct json *list = json_array();

	for (size_t i = 0; i < next->held_count; i++) {
		struct json *j = json_object();

		json_set_str(j, "zone", next->held[i]->zone);
		json_set_str(j, "why", next->held[i]->why);
		json_push(list, j);
	}
	json_set(request_data(rq), "held_zones", list);
	json_set_str(request_data(rq), "held", next->held_why);
	json_set_int(request_data(rq), "bad_zones", (int64_t)next->bad_count);
}

static void
write_restart(struct request *rq, const struct parts *old, const struct parts *next)
{
	struct json *list = json_array();
	struct buf keys = {0};

	if (restart_keys(&old->config->server, &next->config->server, &keys, list))
		buf_printf(request_text(rq), "restart    of server, %s: with a restart\n",
		    buf_text(&keys));
	json_set(request_data(rq), "restart", list);
	buf_fini(&keys);
}

/* In the thread that has read; the request is here for the time. */
static void
look(struct reload_plan *plan, const struct parts *old, const struct parts *next,
    const struct complaints *said)
{
	struct plan_job *job = (struct plan_job *)(void *)plan;
	struct request *rq = plan->rq;
	struct plan p = {
	    .old = old,
	    .next = next,
	    .text = request_text(rq),
	    .data = request_data(rq),
	    .most = job->most,
	};

	job->outcome = REFUSED;
	if (next != NULL) {
		job->bad = next->bad_count;
		job->held = next->held_count;
		job->outcome = next->held_why != NULL      ? HELD
		               : job->bad + job->held != 0 ? PARTLY
		                                           : TAKEN;
		if (!plan_write(&p))
			buf_str(request_text(rq),
			    "           nothing of these would change\n");
		write_restart(rq, old, next);
		write_held(rq, next);
	}
	write_complaints(rq, said);
	json_set_str(request_data(rq), "outcome", outcome_texts[job->outcome]);
}

static void
end(const struct plan_job *job)
{
	struct request *rq = job->plan.rq;

	switch (job->outcome) {
	case TAKEN:
		buf_str(request_text(rq), "a reload would go through\n");
		reply_ok(rq);
		return;
	case PARTLY:
		reply_error(rq, "partly",
		    "%zu zone files are bad and %zu would be held: their old versions "
		    "would be served on, all else would be taken",
		    job->bad, job->held);
		return;
	case HELD:
		reply_error(rq, "held",
		    "a reload would hold the whole configuration; `reload --force` would "
		    "take it");
		return;
	case REFUSED:
		reply_error(rq, "refused",
		    "a reload would be refused, and nothing would change%s",
		    job->plan.force ? "" : "; see also `plan --force`");
	}
}

static void
done(struct reload_plan *plan, enum err e)
{
	struct plan_job *job = (struct plan_job *)(void *)plan;

	if (e == OK)
		end(job);
	else if (e == ERR_BUSY)
		reply_error(plan->rq, "busy",
		    "a reload or plan is running; ask again when it is done");
	else if (e == ERR_DENIED)
		reply_error(plan->rq, "refused", "the server is stopping");
	else
		reply_error(plan->rq, "failed", "cannot start a thread");
	mem_free(job);
}

void
verb_plan(void *ctx, struct request *rq)
{
	bool force = request_flag(rq, "--force");
	const char *limit = NULL;
	struct plan_job *job;
	size_t most = PLAN_MOST;

	if (request_option(rq, "--limit", &limit) != OK) {
		reply_usage(rq);
		return;
	}
	if (!request_check_args(rq, 0, 0))
		return;
	if (!request_number(rq, "--limit", limit, PLAN_MOST_MAX, &most))
		return;
	job = mem_new(sizeof(*job));
	job->most = most;
	job->plan =
	    (struct reload_plan){.rq = rq, .force = force, .look = look, .done = done};
	reload_plan(ctx, &job->plan);
}
