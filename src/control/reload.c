/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/reload.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/niceness.h"
#include "base/thread.h"
#include "control/geowatch.h"
#include "control/alerts.h"
#include "control/restart.h"
#include "control/verbs.h"
#include "steer/serial.h"

struct reload {
	struct mail mail; /* first */
	struct control *control;
	struct request *rq; /* NULL: by signal */
	pthread_t thread;
	enum err e;
	struct parts *parts; /* read anew */
	struct parts *old; /* what was installed before */
	unsigned awaited; /* what the store thread still has to do with old and new */
	struct complaints complaints;
	bool force;
	char *accept; /* an id; NULL: all is read anew */
	struct reload_geo *geo; /* the geography alone; NULL: it is not */
	struct reload_plan *plan; /* it is only looked at; NULL: it is taken */
};

static void
begin(struct control *c, struct request *rq, bool force, const char *accept);

/* All was taken, or all but some zone files. */
static void
end_reply(struct request *rq, const struct parts *p, bool accepted)
{
	if (accepted || p->bad_count + p->held_count == 0)
		reply_ok(rq);
	else
		reply_error(rq, "partly",
		    "%zu zone files are bad and %zu are held: their old versions are "
		    "served on, all else was taken",
		    p->bad_count, p->held_count);
}

/* What was asked for while one ran. */
static void
begin_waiting(struct control *c)
{
	struct request *rq = c->reload_waiting;
	char *accept = c->waiting_accept;

	c->reload_waiting = NULL;
	c->waiting_accept = NULL;
	if (rq != NULL)
		begin(c, rq, c->waiting_force, accept);
	else if (c->reload_again)
		begin(c, NULL, false, NULL);
	mem_free(accept);
	if (c->reload == NULL && c->plan_waiting != NULL) {
		struct reload_plan *plan = c->plan_waiting;

		c->plan_waiting = NULL;
		reload_plan(c, plan);
	}
}

/* The end of a reload, good or bad. */
static void
finish(struct reload *r)
{
	struct control *c = r->control;
	struct request *rq = r->rq;

	c->reload = NULL;
	complaints_fini(&r->complaints);
	if (r->plan != NULL)
		r->plan->done(r->plan, r->e);
	else if (r->geo != NULL)
		r->geo->done(r->geo, r->e);
	else if (r->e == OK)
		geowatch_reloaded(c->geowatch);
	if (rq != NULL && r->e == OK)
		end_reply(rq, c->parts, r->accept != NULL);
	else if (rq != NULL && r->e == ERR_MISSING && r->accept != NULL)
		reply_error(rq, "not-found", "nothing is held under this id; see `held`");
	else if (rq != NULL)
		reply_error(rq, "refused",
		    "nothing was changed; what was served before is served on");
	mem_free(r->accept);
	mem_free(r);
	begin_waiting(c);
}

static void
report(struct reload *r)
{
	struct buf all = {0};
	struct json *list = json_array();

	complaints_write(&r->complaints, &all);
	for (size_t i = 0; i < r->complaints.count; i++) {
		struct buf one = {0};

		complaint_write(&r->complaints.list[i], &one);
		if (r->e != OK || r->complaints.list[i].severity == SEVERITY_ERROR)
			log_error("reload refused %s", buf_text(&one));
		else
			log_warning("reload %s", buf_text(&one));
		json_push_str(list, buf_text(&one));
		buf_fini(&one);
	}
	if (r->rq != NULL) {
		buf_add(request_text(r->rq), buf_text(&all), all.len);
		json_set(request_data(r->rq), "complaints", list);
	} else {
		json_free(list);
	}
	buf_fini(&all);
}

/* What only a restart can change, for those who changed it. */
static void
tell_restart(struct reload *r)
{
	struct buf keys = {0};

	if (restart_keys(
	        &r->old->config->server, &r->parts->config->server, &keys, NULL)) {
		log_warning(
		    "reload: of server, %s will change with a restart", buf_text(&keys));
		if (r->rq != NULL)
			buf_printf(request_text(r->rq),
			    "warning: of server, %s will change with a restart\n",
			    buf_text(&keys));
	}
	buf_fini(&keys);
}

/* Back in the control thread: the new parts are served. */
static void
on_installed(struct mail *mail)
{
	struct reload *r = (struct reload *)(void *)mail;
	const struct config *c = r->parts->config;

	if (r->geo == NULL)
		log_notice("reload done zones=%zu unchanged=%zu pools=%zu", c->zone_count,
		    r->parts->unchanged_count, c->pool_count);
	if (r->rq != NULL)
		buf_printf(request_text(r->rq),
		    "reloaded: %zu zones, %zu pools, %zu checks\n", c->zone_count,
		    c->pool_count, c->check_count);
	tell_restart(r);
	r->control->parts = r->parts;
	/* another database alone leaves the hooks as they are */
	if (c != r->old->config)
		alerts_configure(r->control->alerts, r->parts);
	alerts_tell_parts(r->control->alerts, r->old, r->parts);
	if (r->geo == NULL && r->accept == NULL)
		alerts_tell_reload(NULL);
	parts_keep_config(r->parts);
	parts_release(r->old);
	mem_trim();
	finish(r);
}

/* In the store thread, as what follows: the old parts go when nobody there needs them. */
static void
one_done(void *ctx)
{
	struct reload *r = ctx;

	if (--r->awaited != 0)
		return;
	r->mail.run = on_installed;
	loop_post(r->control->loop, &r->mail);
}

static void
install(struct mail *mail)
{
	struct reload *r = (struct reload *)(void *)mail;

	r->awaited = 2;
	keeper_install(r->control->keeper, r->parts, one_done, r);
	store_reconfigure(r->control->store, r->parts->config);
	one_done(r);
}

/* Records of one kind of store can not become those of another beside what is served. */
static void
check_store_kind(struct reload *r)
{
	const struct config *old = r->control->parts->config;

	if (r->e != OK || r->parts->config->store.kind == old->store.kind)
		return;
	complain(&r->complaints, SEVERITY_ERROR, r->parts->config->path, 0, 0,
	    "store: kind changes with a restart only");
	parts_release(r->parts);
	r->parts = NULL;
	r->e = ERR_DENIED;
}

char *
reload_held_id(const struct control *c)
{
	if (c->held_parts == NULL)
		return NULL;
	return mem_printf("configuration/%08x", accepted_zone_sum(&c->held_parts->texts));
}

/* The whole configuration waits for somebody to accept it. */
static void
hold_config(struct reload *r)
{
	struct control *c = r->control;
	char *id;

	if (r->e != OK || r->accept != NULL || r->geo != NULL)
		return;
	parts_release(c->held_parts);
	c->held_parts = NULL;
	if (r->parts->held_why == NULL)
		return;
	c->held_parts = r->parts;
	c->held_since_s = wall_now_s();
	id = reload_held_id(c);
	log_error("configuration held reason=\"%s\" id=%s", r->parts->held_why, id);
	if (r->rq != NULL)
		buf_printf(request_text(r->rq),
		    "the configuration is held: `sextantctl accept %s` or "
		    "`reload --force` takes it\n",
		    id);
	mem_free(id);
	r->parts = NULL;
	r->e = ERR_DENIED;
}

static void
tell_people(const struct reload *r)
{
	const struct control *c = r->control;

	if (r->geo != NULL || r->accept != NULL)
		return;
	alerts_tell_held_config(c->held_parts);
	/* a configuration that is held was not refused */
	if (r->e != OK && c->held_parts == NULL)
		alerts_tell_reload(&r->complaints);
}

/* Back in the control thread: everything was read. */
static void
on_read(struct mail *mail)
{
	struct reload *r = (struct reload *)(void *)mail;

	pthread_join(r->thread, NULL);
	if (r->plan != NULL) {
		finish(r);
		return;
	}
	hold_config(r);
	report(r);
	tell_people(r);
	if (r->e != OK) {
		finish(r);
		return;
	}
	r->old = r->control->parts;
	r->mail.run = install;
	loop_post(r->control->store_loop, &r->mail);
}

static void *
read_all(void *ctx)
{
	struct reload *r = ctx;

	thread_name("reload");
	niceness_add(NICENESS_BULK);
	if (r->plan != NULL)
		r->e = parts_plan(r->control->config_path, r->control->parts,
		    r->plan->force, &r->parts, &r->complaints);
	else if (r->geo != NULL)
		r->e = parts_geo(r->control->parts, r->geo->fresh, r->geo->fresh_for,
		    &r->parts, &r->geo->refusals);
	else if (r->accept != NULL)
		r->e = parts_accept(r->control->parts, r->accept, &r->parts);
	else
		r->e = parts_reload(r->control->config_path, r->control->parts, r->force,
		    &r->parts, &r->complaints);
	/* the old ones stay until this reload replaces them */
	check_store_kind(r);
	if (r->e == OK)
		serial_check(r->control->parts, r->parts, &r->complaints);
	if (r->plan != NULL) {
		r->plan->look(r->plan, r->control->parts, r->e == OK ? r->parts : NULL,
		    &r->complaints);
		parts_release(r->e == OK ? r->parts : NULL);
		r->e = OK;
		mem_trim();
	}
	r->mail.run = on_read;
	loop_post(r->control->loop, &r->mail);
	return NULL;
}

static void
begin_thread(struct reload *r)
{
	if (pthread_create(&r->thread, NULL, read_all, r) == 0)
		return;
	r->e = ERR_IO;
	complain(&r->complaints, SEVERITY_ERROR, NULL, 0, 0, "cannot start a thread");
	report(r);
	finish(r);
}

static void
begin(struct control *c, struct request *rq, bool force, const char *accept)
{
	struct reload *r;

	if (c->closing) {
		if (rq != NULL)
			reply_error(rq, "refused", "the server is stopping");
		return;
	}
	/* nobody asked for one of the geography, and a plan is none of theirs who ask now
	 */
	if (c->reload != NULL && (c->reload->geo != NULL || c->reload->plan != NULL) &&
	    rq != NULL && c->reload_waiting == NULL) {
		c->reload_waiting = rq;
		c->waiting_force = force;
		c->waiting_accept = accept != NULL ? mem_str(accept) : NULL;
		return;
	}
	if (c->reload != NULL && rq != NULL) {
		reply_error(rq, "busy", "a reload is running; ask again when it is done");
		return;
	}
	/* what was changed since the one that runs has read it must not stay unread */
	c->reload_again = c->reload != NULL;
	if (c->reload_again)
		return;
	r = mem_new(sizeof(*r));
	r->control = c;
	r->rq = rq;
	r->force = force;
	r->accept = accept != NULL ? mem_str(accept) : NULL;
	c->reload = r;
	log_notice("reload begun by=\"%s\"", rq != NULL ? rq->who : "signal");
	begin_thread(r);
}

void
reload_geo(struct control *c, struct reload_geo *geo)
{
	struct reload *r = mem_new(sizeof(*r));

	assert(c->reload == NULL && !c->closing);
	r->control = c;
	r->geo = geo;
	c->reload = r;
	begin_thread(r);
}

void
reload_plan(struct control *c, struct reload_plan *plan)
{
	struct reload *r;

	if (c->closing) {
		plan->done(plan, ERR_DENIED);
	} else if (c->reload != NULL && c->plan_waiting != NULL) {
		plan->done(plan, ERR_BUSY);
	} else if (c->reload != NULL) {
		c->plan_waiting = plan;
	} else {
		r = mem_new(sizeof(*r));
		r->control = c;
		r->plan = plan;
		c->reload = r;
		begin_thread(r);
	}
}

void
verb_reload(void *ctx, struct request *rq)
{
	bool force = request_flag(rq, "--force");

	if (request_check_args(rq, 0, 0))
		begin(ctx, rq, force, NULL);
}

void
control_reload(struct control *c)
{
	begin(c, NULL, false, NULL);
}

static void
accept_config(struct control *c, struct request *rq)
{
	struct reload *r = mem_new(sizeof(*r));

	log_notice("configuration accepted by=\"%s\"", rq->who);
	r->control = c;
	r->rq = rq;
	r->accept = mem_str("configuration");
	r->parts = c->held_parts;
	c->held_parts = NULL;
	alerts_tell_held_config(NULL);
	alerts_tell_reload(NULL);
	parts_accept_config(r->parts);
	r->old = c->parts;
	c->reload = r;
	r->mail.run = install;
	loop_post(c->store_loop, &r->mail);
}

/* What only a restart can bring: the next start takes it. */
static void
accept_for_restart(struct control *c, struct request *rq)
{
	log_notice("configuration accepted by=\"%s\" served=\"from the next start on\"",
	    rq->who);
	parts_accept_config(c->held_parts);
	parts_keep_config(c->held_parts);
	parts_release(c->held_parts);
	c->held_parts = NULL;
	alerts_tell_held_config(NULL);
	buf_str(request_text(rq),
	    "accepted: store: kind changes with a restart only, so the next start takes "
	    "this configuration\n");
	reply_ok(rq);
}

void
reload_accept(struct control *c, struct request *rq, const char *id)
{
	char *mine = reload_held_id(c);

	if (mine == NULL || strcmp(id, mine) != 0)
		begin(c, rq, false, id);
	else if (c->closing || c->reload != NULL)
		reply_error(rq, "busy", "a reload is running; ask again when it is done");
	else if (c->held_parts->config->store.kind != c->parts->config->store.kind)
		accept_for_restart(c, rq);
	else
		accept_config(c, rq);
	mem_free(mine);
}

void
reload_wait(struct control *c)
{
	/* a client that has asked for many in advance must not keep us */
	c->closing = true;
	/* the reload's mail ends it; every turn of ours handles what has come */
	while (c->reload != NULL) {
		loop_drain(c->loop);
		if (c->reload != NULL)
			usleep(2000);
	}
}
