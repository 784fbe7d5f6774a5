/* SPDX-License-Identifier: BSD-2-Clause */
#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/niceness.h"
#include "base/thread.h"
#include "serve/listen.h"
#include "server_inside.h"
#include "steer/poolid.h"
#include "steer/serials.h"
#include "steer/states.h"

#include "config.h"

#define READY_MS 2000 /* how long listening waits for the first round of probes */

/* ---- listening: control thread ---- */

void
server_listen(struct server *s)
{
	const struct config_server *c = &s->control.parts->config->server;
	struct buf why = {0};

	/* the news that the first round is over may come when all is taken down already
	 */
	if (s->is_listening || atomic_load(&s->shared.stop))
		return;
	s->is_listening = true;
	if (workers_open(&s->workers, c, &s->shared, &why) != OK) {
		log_error("%s", buf_text(&why));
		buf_fini(&why);
		s->exit_code = EXIT_FAILURE;
		loop_stop(s->loop);
		return;
	}
	workers_start(&s->workers, c);
	limitlog_open(&s->limitlog, s->loop, &s->workers, &s->control.parts);
	overload_open(&s->overload, s->loop, &s->workers, &s->shared, &s->control.parts);
	control_listening(&s->control);
}

static void
on_ready_timer(void *ctx)
{
	server_listen(ctx);
}

/* ---- up ---- */

static enum err
open_loops(struct server *s)
{
	if (loop_new(&s->loop) != OK || loop_new(&s->store_loop) != OK ||
	    loop_new(&s->board_loop) != OK)
		return ERR_IO;
	return publish_join(&s->shared.domain, &s->explain_reader);
}

/* Before the threads run: carries out all that the keeper has to do. */
static void
settle(struct server *s)
{
	do {
		loop_drain(s->board_loop);
		loop_drain(s->store_loop);
	} while (!keeper_is_idle(s->keeper));
}

static void
restore_override(void *ctx, const char *kind, const char *pattern, const char *line)
{
	struct server *s = ctx;

	(void)kind;
	orders_restore(s->orders, pattern, line);
}

static enum err
open_parts(struct server *s)
{
	const struct config *config = s->control.parts->config;
	struct board_hooks board_hooks = joins_board(s);
	struct orders_hooks orders_hooks = joins_orders(s);
	struct store_hooks store_hooks = joins_store(s);
	struct fleet_hooks fleet_hooks = joins_fleet(s);
	enum err e = board_new(s->board_loop, &s->shared.domain, &board_hooks, &s->board);

	if (e != OK)
		return e;
	s->orders = orders_new(s->board_loop, s->board, &orders_hooks);
	s->fleet = fleet_new(s->board_loop, s->board, &fleet_hooks);
	s->keeper = keeper_new(s->store_loop, s->board_loop, s->board, &s->shared);
	e = store_new(s->store_loop, config, &store_hooks, &s->store);
	if (e != OK)
		return e;
	/*
	 * The durable copy comes before anything is answered, so that a node whose store
	 * is gone never says NXDOMAIN to a name that it knows. The threads do not run
	 * yet: their mail is handled here.
	 */
	serials_load(keeper_serials(s->keeper), s->store);
	keeper_install(s->keeper, s->control.parts, NULL, NULL);
	settle(s);
	keeper_begin_bulk(s->keeper);
	store_load(s->store);
	keeper_end_bulk(s->keeper);
	store_state_each(s->store, "override", restore_override, s);
	orders_restored(s->orders);
	settle(s);
	s->is_restored = states_restore(s->store, s->board) != 0;
	serials_begin(keeper_serials(s->keeper), s->store);
	store_wait_for_disk(s->store);
	mem_trim();
	return atomic_load(&s->shared.world) != NULL ? OK : ERR_IO;
}

static enum err
open_control(struct server *s, const char *config_path, struct buf *why)
{
	struct control *c = &s->control;

	c->loop = s->loop;
	c->config_path = config_path;
	c->shared = &s->shared;
	c->store_loop = s->store_loop;
	c->store = s->store;
	c->keeper = s->keeper;
	c->board_loop = s->board_loop;
	c->board = s->board;
	c->orders = s->orders;
	c->started = mono_now();
	joins_control(s, c);
	return control_open(c, why);
}

static enum err
fail_start(enum err e, struct buf *why)
{
	log_error("cannot start: %s", why->len != 0 ? buf_text(why) : err_text(e));
	buf_fini(why);
	return e;
}

static void *
run_board_loop(void *loop)
{
	thread_name("probe");
	loop_run(loop);
	return NULL;
}

static void *
run_store_loop(void *loop)
{
	thread_name("store");
	niceness_add(NICENESS_STORE);
	loop_run(loop);
	return NULL;
}

static void
on_stop_signal(void *ctx)
{
	struct server *s = ctx;

	log_notice("stop asked by=signal");
	loop_stop(s->loop);
}

static void
on_reload_signal(void *ctx)
{
	struct server *s = ctx;

	control_reload(&s->control);
}

static enum err
start(struct server *s, const char *config_path)
{
	const struct config_server *c = &s->control.parts->config->server;
	struct buf why = {0};
	enum err e = open_loops(s);

	/* before anything of another server's could be touched */
	for (size_t i = 0; e == OK && i < c->listen_count; i++)
		e = listen_check_free(&c->listen[i], &why);
	if (e != OK)
		return fail_start(e, &why);
	if (file_make_dir(c->state_dir, &why) != OK) {
		log_error("state is not durable: %s", buf_text(&why));
		buf_fini(&why);
	}
	e = open_parts(s);
	if (e == OK)
		e = open_control(s, config_path, &why);
	if (e != OK)
		return fail_start(e, &why);
	s->signals[0] = loop_signal_new(s->loop, SIGTERM, on_stop_signal, s);
	s->signals[1] = loop_signal_new(s->loop, SIGINT, on_stop_signal, s);
	s->signals[2] = loop_signal_new(s->loop, SIGHUP, on_reload_signal, s);
	s->ready_timer = loop_timer_new(s->loop, on_ready_timer, s);
	loop_timer_set_ms(s->ready_timer, s->is_restored ? 0 : READY_MS);
	store_start(s->store);
	if (pthread_create(&s->store_thread, NULL, run_store_loop, s->store_loop) != 0 ||
	    pthread_create(&s->board_thread, NULL, run_board_loop, s->board_loop) != 0) {
		log_error("cannot start threads");
		abort(); /* half of the threads may run: nothing to take down in order */
	}
	return OK;
}

/* ---- down ---- */

/* The loops have ended; mail that is on its way between them is brought home. */
static void
drain_all(struct server *s)
{
	for (unsigned i = 0; i < 8; i++) {
		loop_drain(s->store_loop);
		loop_drain(s->board_loop);
		loop_drain(s->loop);
	}
}

/* Who asks again while we end must not kill us when the watches are gone. */
static void
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void
take_down(struct server *s, bool threads)
{
	control_close(&s->control);
	atomic_store(&s->shared.stop, true);
	limitlog_close(&s->limitlog);
	overload_close(&s->overload);
	workers_close(&s->workers);
	if (threads) {
		loop_stop(s->store_loop);
		pthread_join(s->store_thread, NULL);
		loop_stop(s->board_loop);
		pthread_join(s->board_thread, NULL);
	}
	drain_all(s);
	if (s->keeper != NULL)
		serials_end(keeper_serials(s->keeper));
	store_free(s->store);
	s->store = NULL;
	drain_all(s);
	if (s->keeper != NULL)
		keeper_free(s->keeper);
	fleet_free(s->fleet);
	if (s->board != NULL)
		board_free(s->board);
	orders_free(s->orders);
	block_signals();
	for (unsigned i = 0; i < 3; i++)
		loop_watch_free(s->signals[i]);
	loop_timer_free(s->ready_timer);
	parts_release(s->control.parts);
	loop_free(s->board_loop);
	loop_free(s->store_loop);
	loop_free(s->loop);
	poolid_fini();
}

/* ---- all of it ---- */

/* Once it serves, all that is said is a line of the log. */
static void
log_complaints(const struct complaints *c)
{
	struct buf one = {0};

	for (size_t i = 0; i < c->count; i++) {
		bool is_error = c->list[i].severity == SEVERITY_ERROR;

		buf_clear(&one);
		complaint_write(&c->list[i], &one);
		log_at(is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "start with %s",
		    buf_text(&one));
	}
	buf_fini(&one);
}

/* Thousands of probes and connections want more than the usual soft limit of 1,024. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warning("cannot raise the limit of open files");
}

int
server_run(const char *path)
{
	/* static: its readers' cache lines want their alignment */
	static struct server server;
	struct server *s = &server;
	struct complaints complaints = {0};
	enum err e;

	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	hash_init();
	hash_draw_key(s->shared.cookie_master, sizeof(s->shared.cookie_master));
	publish_init(&s->shared.domain);
	e = parts_start(path, &s->control.parts, &s->control.held_parts, &complaints);
	if (e == OK)
		log_complaints(&complaints);
	else
		complaints_print(&complaints);
	complaints_fini(&complaints);
	if (e != OK)
		return SERVER_BAD_CONFIG;
	log_notice("starting version=%s identity=\"%s\"", PACKAGE_VERSION,
	    s->control.parts->config->server.identity);
	e = start(s, path);
	if (e == OK)
		loop_run(s->loop);
	else
		s->exit_code = EXIT_FAILURE;
	take_down(s, e == OK);
	inhand_close(e == OK);
	log_notice("stopped");
	return s->exit_code;
}
