/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sextantd: builds the parts in order, runs them, takes them down in reverse. The only
 * file that sees all folders.
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/inhand.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/niceness.h"
#include "control/control.h"
#include "serve/explain.h"
#include "serve/limitlog.h"
#include "serve/listen.h"
#include "steer/fleet.h"
#include "steer/loss.h"
#include "steer/poolid.h"
#include "steer/states.h"
#include "steer/serials.h"

#include "config.h"

#ifndef SEXTANT_SYSCONFDIR
#define SEXTANT_SYSCONFDIR "/etc/sextant"
#endif

#define READY_MS 2000 /* how long listening waits for the first round of probes */

enum { EXIT_BAD_CONFIG = 1, EXIT_BAD_USAGE = 2 };

static struct shared shared; /* static: its readers' cache lines want their alignment */

struct server {
	struct loop *loop, *store_loop, *board_loop;
	pthread_t store_thread, board_thread;
	struct board *board;
	struct orders *orders;
	struct fleet *fleet;
	struct keeper *keeper;
	struct store *store;
	struct control control;
	struct publish_reader *explain_reader;
	struct loop_watch *signals[3];
	struct loop_timer *ready_timer;
	struct mail first_round;
	struct workers workers;
	struct limitlog limitlog;
	bool is_listening;
	bool is_restored; /* states of targets are known from before */
	int exit_code;
};

static void
print_complaints(const struct complaints *c)
{
	struct buf out = {0};

	complaints_write(c, &out);
	fputs(buf_text(&out), stderr);
	buf_fini(&out);
}

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

static void *
run_loop(void *loop)
{
	loop_run(loop);
	return NULL;
}

static void *
run_store_loop(void *loop)
{
	niceness_add(NICENESS_STORE);
	return run_loop(loop);
}

/* ---- the store's hooks: store thread ---- */

static void
on_changes(void *ctx, struct store_change *changes, size_t count)
{
	struct server *s = ctx;

	keeper_change(s->keeper, changes, count);
}

static void
on_status(void *ctx, const struct store_status *status)
{
	const struct server *s = ctx;
	const struct world *w = atomic_load(&shared.world);
	/* before the first world nothing else runs yet */
	const struct parts *parts = w != NULL ? w->parts : s->control.parts;
	uint32_t ttl = parts->config->store.stale_ttl;

	if (status->sync == STORE_FRESH)
		ttl = 0;
	else if (status->expired)
		ttl = STALE_EXPIRED;
	atomic_store(&shared.stale_ttl, ttl);
}

static void
hear_tally(struct mail *mail)
{
	struct quorum_tally *tally = (struct quorum_tally *)(void *)mail;
	struct server *s = tally->ctx;

	fleet_hear(s->fleet, tally);
}

static void
on_tally(void *ctx, struct quorum_tally *tally)
{
	struct server *s = ctx;

	tally->ctx = s;
	tally->mail.run = hear_tally;
	loop_post(s->board_loop, &tally->mail);
}

/* In the probe thread. */
static void
cast_votes(void *ctx, struct quorum_votes *votes)
{
	struct server *s = ctx;

	if (s->store != NULL)
		store_cast(s->store, votes);
	else
		quorum_votes_free(votes);
}

/* ---- listening: control thread ---- */

static void
begin_listening(struct server *s)
{
	const struct config_server *c = &s->control.parts->config->server;
	struct buf why = {0};

	/* the news that the first round is over may come when all is taken down already
	 */
	if (s->is_listening || atomic_load(&shared.stop))
		return;
	s->is_listening = true;
	if (workers_open(&s->workers, c, &shared, &why) != OK) {
		log_error("%s", buf_text(&why));
		buf_fini(&why);
		s->exit_code = EXIT_FAILURE;
		loop_stop(s->loop);
		return;
	}
	workers_start(&s->workers, c);
	limitlog_open(&s->limitlog, s->loop, &s->workers, &s->control.parts);
	control_listening(&s->control);
}

static void
on_ready_timer(void *ctx)
{
	begin_listening(ctx);
}

static void
on_first_round_mail(struct mail *mail)
{
	struct server *s =
	    (struct server *)(void *)((char *)mail -
	                              offsetof(struct server, first_round));

	begin_listening(s);
}

/* In the probe thread, or before it runs. */
static void
on_adopt(void *ctx, struct pool *p)
{
	struct server *s = ctx;

	orders_apply(s->orders, p);
}

static void
keep_override(void *ctx, const char *pattern, const char *line)
{
	struct server *s = ctx;

	store_state_put(s->store, "override", pattern, line);
}

static void
restore_override(void *ctx, const char *kind, const char *pattern, const char *line)
{
	struct server *s = ctx;

	(void)kind;
	orders_restore(s->orders, pattern, line);
}

static void
on_first_round(void *ctx)
{
	struct server *s = ctx;

	s->first_round.run = on_first_round_mail;
	loop_post(s->loop, &s->first_round);
}

/* In the probe thread. */
static void
on_keep(void *ctx, const char *kind, const char *key, const char *value)
{
	const struct server *s = ctx;

	/* at the end all targets go, and their states stay */
	if (s->store != NULL)
		store_state_put(s->store, kind, key, value);
}

/* ---- what control asks of folders of its own rank ---- */

static void
sum_counters(void *ctx, uint64_t sums[COUNT_COUNTERS])
{
	const struct server *s = ctx;

	workers_sum(&s->workers, sums);
}

static bool
last_limited(void *ctx, struct control_limited *out)
{
	const struct server *s = ctx;

	out->is_limiting = s->limitlog.is_limiting;
	return workers_last_limited(&s->workers, &out->prefix, &out->at);
}

static enum err
explain_for_control(void *ctx, const struct explain_request *rq, struct buf *why)
{
	const struct server *s = ctx;
	struct explain_question q = {
	    .name = rq->name, .type = rq->type, .client = rq->client};

	return explain(&shared, s->explain_reader, &q, rq->data, rq->text, why);
}

static void
stop(void *ctx)
{
	struct server *s = ctx;

	loop_stop(s->loop);
}

static void
on_stop_signal(void *ctx)
{
	log_notice("stop asked by=signal");
	stop(ctx);
}

static void
on_reload_signal(void *ctx)
{
	struct server *s = ctx;

	control_reload(&s->control);
}

/* In the store thread, which alone replaces the world. */
static size_t
count_below(void *ctx, const struct name *zone, const struct name *owner)
{
	const struct world *w = publish_load(&shared.world);

	(void)ctx;
	return w == NULL ? 0 : loss_count_below(w, zone, owner);
}

/* ---- up and down ---- */

static enum err
open_loops(struct server *s)
{
	if (loop_new(&s->loop) != OK || loop_new(&s->store_loop) != OK ||
	    loop_new(&s->board_loop) != OK)
		return ERR_IO;
	return publish_join(&shared.domain, &s->explain_reader);
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

static enum err
open_parts(struct server *s)
{
	const struct config *config = s->control.parts->config;
	struct board_hooks board_hooks = {
	    .on_adopt = on_adopt,
	    .on_first_round = on_first_round,
	    .on_keep = on_keep,
	    .ctx = s,
	};
	struct orders_hooks orders_hooks = {.keep = keep_override, .ctx = s};
	struct store_hooks store_hooks = {
	    .on_changes = on_changes,
	    .on_status = on_status,
	    .count_below = count_below,
	    .on_tally = on_tally,
	    .ctx = s,
	};
	struct fleet_hooks fleet_hooks = {.cast = cast_votes, .ctx = s};
	enum err e = board_new(s->board_loop, &shared.domain, &board_hooks, &s->board);

	if (e != OK)
		return e;
	s->orders = orders_new(s->board_loop, s->board, &orders_hooks);
	s->fleet = fleet_new(s->board_loop, s->board, &fleet_hooks);
	s->keeper = keeper_new(s->store_loop, s->board_loop, s->board, &shared);
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
	return atomic_load(&shared.world) != NULL ? OK : ERR_IO;
}

static enum err
open_control(struct server *s, const char *config_path, struct buf *why)
{
	struct control *c = &s->control;

	c->loop = s->loop;
	c->config_path = config_path;
	c->shared = &shared;
	c->store_loop = s->store_loop;
	c->store = s->store;
	c->keeper = s->keeper;
	c->board_loop = s->board_loop;
	c->board = s->board;
	c->orders = s->orders;
	c->started = mono_now();
	c->sum_counters = sum_counters;
	c->last_limited = last_limited;
	c->explain = explain_for_control;
	c->stop = stop;
	c->ctx = s;
	return control_open(c, why);
}

static enum err
fail_start(enum err e, struct buf *why)
{
	log_error("cannot start: %s", why->len != 0 ? buf_text(why) : err_text(e));
	buf_fini(why);
	return e;
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
	    pthread_create(&s->board_thread, NULL, run_loop, s->board_loop) != 0) {
		log_error("cannot start threads");
		abort(); /* half of the threads may run: nothing to take down in order */
	}
	return OK;
}

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
	atomic_store(&shared.stop, true);
	limitlog_close(&s->limitlog);
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

static int
check(const char *path)
{
	struct complaints complaints = {0};
	struct parts *parts = NULL;
	enum err e = parts_load(path, PARTS_CHECK, &parts, &complaints);

	print_complaints(&complaints);
	if (e == OK)
		fprintf(
		    stderr, "%s: no errors, %zu warnings\n", path, complaints.warnings);
	complaints_fini(&complaints);
	parts_release(parts);
	poolid_fini();
	return e == OK ? EXIT_SUCCESS : EXIT_BAD_CONFIG;
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

static int
serve(const char *path)
{
	static struct server server;
	struct complaints complaints = {0};
	enum err e;

	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	hash_init();
	hash_draw_key(shared.cookie_master, sizeof(shared.cookie_master));
	publish_init(&shared.domain);
	e = parts_start(
	    path, &server.control.parts, &server.control.held_parts, &complaints);
	if (e == OK)
		log_complaints(&complaints);
	else
		print_complaints(&complaints);
	complaints_fini(&complaints);
	if (e != OK)
		return EXIT_BAD_CONFIG;
	log_notice("starting version=%s identity=\"%s\"", PACKAGE_VERSION,
	    server.control.parts->config->server.identity);
	e = start(&server, path);
	if (e == OK)
		loop_run(server.loop);
	else
		server.exit_code = EXIT_FAILURE;
	take_down(&server, e == OK);
	inhand_close(e == OK);
	log_notice("stopped");
	return server.exit_code;
}

static void
print_usage(FILE *to)
{
	fputs(
	    "usage: sextantd [-c FILE] [-t | -V | -h]\n"
	    "  -c FILE   configuration (default " SEXTANT_SYSCONFDIR "/sextant.yaml)\n"
	    "  -t        check configuration, zones and geo databases, and exit\n"
	    "  -V        print the versions of sextantd and of its libraries, and exit\n"
	    "  -h        print this and exit\n"
	    "Runs in the foreground and logs to standard error. SIGHUP reloads, "
	    "SIGTERM ends.\n"
	    "See sextantd(8), sextant.yaml(5), sextantctl(8).\n",
	    to);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {0},
	};
	const char *path = SEXTANT_SYSCONFDIR "/sextant.yaml";
	bool only_check = false;
	int c;

	while ((c = getopt_long(argc, argv, "c:tVh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 't':
			only_check = true;
			break;
		case 'V':
			puts("sextantd " PACKAGE_VERSION "\nbuilt with" LIBRARIES);
			return EXIT_SUCCESS;
		case 'h':
			print_usage(stdout);
			return EXIT_SUCCESS;
		default:
			print_usage(stderr);
			return EXIT_BAD_USAGE;
		}
	}
	if (optind != argc) {
		print_usage(stderr);
		return EXIT_BAD_USAGE;
	}
	return only_check ? check(path) : serve(path);
}
