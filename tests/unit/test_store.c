/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/store.h"
#include "store_make.h"
#include "zone/rdata.h"

enum { SEEN_MAX = 64 };

struct seen {
	char key[128];
	char text[128]; /* the first RDATA, or the first region's first address */
};

struct bench {
	char folder[64];
	char socket[96];
	struct loop *loop;
	struct store *store;
	struct config cfg;
	struct config_zone zone;
	pid_t redis;
	/* what a reader sees */
	struct seen seen[SEEN_MAX];
	size_t seen_count;
	size_t batches;
	size_t last_batch;
	/* the last answer */
	bool answered;
	enum err e;
	char why[300];
	/* what the hook was told last */
	struct store_status told;
	size_t stale_count; /* how often it was told so */
	/* what a test waits for */
	const char *want_key, *want_text;
	enum store_sync want_sync;
	bool want_connected;
};

static struct bench b;

static struct seen *
find_seen(const char *key)
{
	for (size_t i = 0; i < b.seen_count; i++)
		if (strcmp(b.seen[i].key, key) == 0)
			return &b.seen[i];
	return NULL;
}

static void
see(const struct store_change *c)
{
	struct buf key = {0}, text = {0};
	struct seen *s;
	struct rdata rd;
	size_t pos = 0;

	record_key_write(&c->key, &key);
	s = find_seen(buf_text(&key));
	if (c->record == NULL) {
		if (s != NULL)
			*s = b.seen[--b.seen_count];
		buf_fini(&key);
		return;
	}
	if (s == NULL) {
		assert_true(b.seen_count < SEEN_MAX);
		s = &b.seen[b.seen_count++];
	}
	if (c->record->rrset != NULL && rrset_next(c->record->rrset, &pos, &rd))
		rdata_write(rrset_type(c->record->rrset), rd.data, rd.len, &text);
	if (c->record->pool != NULL)
		buf_printf(&text, "pool of %zu regions", c->record->pool->region_count);
	snprintf(s->key, sizeof(s->key), "%s", buf_text(&key));
	snprintf(s->text, sizeof(s->text), "%s", buf_text(&text));
	buf_fini(&key);
	buf_fini(&text);
}

static void
on_changes(void *ctx, struct store_change *changes, size_t count)
{
	(void)ctx;
	for (size_t i = 0; i < count; i++) {
		see(&changes[i]);
		record_free(changes[i].record);
	}
	mem_free(changes);
	b.batches++;
	b.last_batch = count;
}

static void
on_status(void *ctx, const struct store_status *status)
{
	(void)ctx;
	b.told = *status;
	b.stale_count += status->sync == STORE_STALE;
}

static void
on_done(void *ctx, enum err e, const char *why)
{
	(void)ctx;
	b.e = e;
	snprintf(b.why, sizeof(b.why), "%s", why);
	b.answered = true;
}

static void
on_got(
    void *ctx, enum err e, const char *key, const struct fields *fields, const char *why)
{
	const struct field *f = fields == NULL ? NULL : fields_find(fields, "values");

	(void)key;
	on_done(ctx, e, f != NULL ? f->value : why);
}

static bool
is_answered(void *ctx)
{
	(void)ctx;
	return b.answered;
}

static void
wait_for_answer(void)
{
	assert_true(turn_until(b.loop, is_answered, NULL));
	b.answered = false;
}

static bool
is_seen(void *ctx)
{
	struct seen *s = find_seen(b.want_key);

	(void)ctx;
	return b.want_text == NULL ? s == NULL
	                           : s != NULL && strcmp(s->text, b.want_text) == 0;
}

/* text NULL: not there */
static void
wait_seen(const char *key, const char *text)
{
	b.want_key = key;
	b.want_text = text;
	if (!turn_until(b.loop, is_seen, NULL))
		fail_msg("%s never became %s", key, text == NULL ? "nothing" : text);
}

static bool
is_status(void *ctx)
{
	struct store_status status;

	(void)ctx;
	store_get_status(b.store, &status);
	return status.sync == b.want_sync && status.connected == b.want_connected &&
	       b.told.sync == status.sync && b.told.connected == status.connected;
}

static void
wait_status(enum store_sync sync, bool connected)
{
	b.want_sync = sync;
	b.want_connected = connected;
	if (!turn_until(b.loop, is_status, NULL))
		fail_msg("never became sync=%d connected=%d: sync=%d connected=%d %s",
		    sync, connected, b.told.sync, b.told.connected, b.told.reason);
}

static void
open_store(void)
{
	struct store_hooks hooks = {.on_changes = on_changes, .on_status = on_status};

	b.seen_count = 0;
	assert_int_equal(store_new(b.loop, &b.cfg, &hooks, &b.store), OK);
	store_load(b.store);
	store_start(b.store);
}

static void
close_store(void)
{
	store_free(b.store);
	b.store = NULL;
}

static int
setup(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	make_folder(b.folder);
	snprintf(b.socket, sizeof(b.socket), "%s/redis.sock", b.folder);
	assert_int_equal(name_parse("example.com", 11, NULL, &b.zone.domain), OK);
	b.zone.store = true;
	b.cfg.zones = &b.zone;
	b.cfg.zone_count = 1;
	b.cfg.server.state_dir = b.folder;
	b.cfg.store.fresh_for_ms = 60000;
	b.cfg.store.max_stale_ms = CONFIG_FOREVER;
	b.cfg.store.rescan_ms = 600000;
	return loop_new(&b.loop) == OK ? 0 : -1;
}

static void
stop_redis(int signo)
{
	if (b.redis == 0)
		return;
	kill(b.redis, SIGCONT);
	kill(b.redis, signo);
	waitpid(b.redis, NULL, 0);
	b.redis = 0;
}

static int
teardown(void **state)
{
	(void)state;
	close_store();
	stop_redis(SIGKILL);
	loop_free(b.loop);
	remove_folder(b.folder);
	return 0;
}

/* The embedded store. */

static void
set(const char *key, const char *name, const char *value, unsigned how)
{
	struct fields f = {0};

	assert_int_equal(fields_set(&f, name, value, strlen(value)), OK);
	store_set(b.store, key, &f, how, on_done, NULL);
	fields_fini(&f);
	wait_for_answer();
}

static void
test_embedded(void **state)
{
	static const char key[] = "dns:{example.com}:www:A";

	(void)state;
	open_store();
	assert_int_equal(b.told.sync, STORE_FRESH);
	set(key, "values", "192.0.2.1", false);
	assert_int_equal(b.e, OK);
	assert_string_equal(find_seen(key)->text, "192.0.2.1");
	set(key, "ttl", "60", false);
	store_get(b.store, key, on_got, NULL);
	wait_for_answer();
	assert_string_equal(b.why, "192.0.2.1");
	set(key, "values", "nonsense", false);
	assert_int_equal(b.e, ERR_SYNTAX);
	assert_non_null(strstr(b.why, "field values"));
	set("dns:{example.com}:WWW:A", "values", "192.0.2.1", false);
	assert_int_equal(b.e, ERR_DENIED);
	set("dns:{example.net}:www:A", "values", "192.0.2.1", false);
	assert_int_equal(b.e, ERR_DENIED);
	set("dns:{example.com}:b:A", "values", "192.0.2.2", false);
	close_store();
	open_store();
	assert_string_equal(find_seen(key)->text, "192.0.2.1");
	assert_int_equal(b.seen_count, 2);
	store_delete(b.store, key, STORE_FORCE, on_done, NULL);
	wait_for_answer();
	assert_int_equal(b.e, OK);
	assert_null(find_seen(key));
	store_delete(b.store, key, STORE_FORCE, on_done, NULL);
	wait_for_answer();
	assert_int_equal(b.e, ERR_MISSING);
	store_get(b.store, key, on_got, NULL);
	wait_for_answer();
	assert_int_equal(b.e, ERR_MISSING);
	/* what replaces has only its own fields: no values are left */
	set("dns:{example.com}:b:A", "ttl", "60", STORE_REPLACE);
	assert_int_equal(b.e, ERR_DENIED);
	assert_string_equal(
	    b.why, "the last of 1 names would go; --force does it all the same");
	assert_string_equal(find_seen("dns:{example.com}:b:A")->text, "192.0.2.2");
	set("dns:{example.com}:b:A", "ttl", "60", STORE_REPLACE | STORE_FORCE);
	assert_string_equal(find_seen("dns:{example.com}:b:A")->text, "");
	close_store();
	open_store();
	assert_int_equal(b.seen_count, 1);
}

static unsigned answers;

static void
on_one(void *ctx, enum err e, const char *why)
{
	(void)why;
	assert_int_equal(e, ctx == NULL ? OK : ERR_CLOSED);
	answers++;
}

/* Those that wait for the disk go together: one transaction, and seen as one. */
static void
test_embedded_group(void **state)
{
	(void)state;
	answers = 0;
	open_store();
	b.batches = 0;
	for (int i = 0; i < 40; i++) {
		struct fields f = {0};
		char key[64];

		snprintf(key, sizeof(key), "dns:{example.com}:h%d:A", i);
		assert_int_equal(fields_set(&f, "values", "192.0.2.1", 9), OK);
		store_set(b.store, key, &f, i % 2 == 0 ? STORE_REPLACE : 0, on_one, NULL);
		fields_fini(&f);
	}
	while (answers < 40)
		event_base_loop(loop_event_base(b.loop), EVLOOP_ONCE);
	assert_int_equal(b.seen_count, 40);
	assert_in_range(b.batches, 1, 3);
	close_store();
	open_store();
	assert_int_equal(b.seen_count, 40);
}

/* Of one record, and more from within an answer: each sees what the one before left. */
static void
test_embedded_queue(void **state)
{
	struct fields f = {0};
	struct buf text = {0};

	(void)state;
	answers = 0;
	open_store();
	assert_int_equal(fields_set(&f, "values", "192.0.2.1", 9), OK);
	for (int i = 0; i < 10; i++) {
		char name[16];

		snprintf(name, sizeof(name), "x-%d", i);
		assert_int_equal(fields_set(&f, name, "1", 1), OK);
		store_set(b.store, "dns:{example.com}:www:A", &f, false, on_one, NULL);
		fields_fini(&f);
	}
	store_get(b.store, "dns:{example.com}:www:A", on_got, NULL);
	wait_for_answer();
	while (answers < 10)
		event_base_loop(loop_event_base(b.loop), EVLOOP_ONCE);
	assert_int_equal(fields_set(&f, "values", "192.0.2.2", 9), OK);
	store_set(b.store, "dns:{example.com}:b:A", &f, false, on_one, &text);
	store_set(b.store, "dns:{example.com}:c:A", &f, false, on_one, &text);
	close_store();
	/* too late: both are told so, and neither was done */
	assert_int_equal(answers, 12);
	open_store();
	assert_int_equal(b.seen_count, 1);
	fields_fini(&f);
	buf_fini(&text);
}

/* Redis. */

static bool
has_redis(void)
{
	if (system("command -v redis-server >/dev/null && command -v redis-cli "
	           ">/dev/null") == 0)
		return true;
	print_message("redis-server is not installed: not tested\n");
	return false;
}

static bool
accepts(void *ctx)
{
	char command[200];

	(void)ctx;
	snprintf(command, sizeof(command),
	    "redis-cli -s %s --no-auth-warning ping 2>&1 | "
	    "grep -qE 'PONG|NOAUTH'",
	    b.socket);
	return system(command) == 0;
}

static void
start_redis(const char *password)
{
	b.redis = fork();
	if (b.redis == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
		    b.socket, "--dir", b.folder, "--save", "", "--appendonly", "yes",
		    "--appendfsync", "always", "--requirepass", password, (char *)NULL);
		_exit(127);
	}
	assert_true(b.redis > 0);
	assert_true(turn_until(b.loop, accepts, NULL));
	b.cfg.store.kind = STORE_REDIS;
	b.cfg.store.unix_path = b.socket;
}

/* One line for redis-cli, which takes quotes as a shell does. */
static void
redis(const char *text)
{
	char command[200];
	FILE *f;

	snprintf(command, sizeof(command), "redis-cli -s %s >/dev/null", b.socket);
	f = popen(command, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", text);
	assert_int_equal(pclose(f), 0);
}

static void
test_redis(void **state)
{
	struct store_status status;

	(void)state;
	if (!has_redis())
		skip();
	start_redis("");
	redis("HSET dns:{example.com}:www:A ttl 60 values 192.0.2.1");
	redis("HSET dns:{example.com}:bad:A values nonsense");
	redis("SET dns:{example.com}:str:A text");
	redis("HSET other:key a b");
	open_store();
	/* a start is no outage: on the way to fresh it never is stale */
	assert_int_equal(b.told.sync, STORE_SYNCING);
	assert_false(b.told.connected);
	wait_status(STORE_FRESH, true);
	assert_int_equal(b.stale_count, 0);
	assert_string_equal(find_seen("dns:{example.com}:www:A")->text, "192.0.2.1");
	store_get_status(b.store, &status);
	assert_int_equal(status.records, 1);
	assert_int_equal(status.rejected, 2);
	/* live: set, change, steer, reject, delete */
	redis("HSET dns:{example.com}:t1:A values 192.0.2.7");
	wait_seen("dns:{example.com}:t1:A", "192.0.2.7");
	redis("HSET dns:{example.com}:t1:A values 192.0.2.8");
	wait_seen("dns:{example.com}:t1:A", "192.0.2.8");
	redis("HSET dns:{example.com}:t1:A values@weu 192.0.2.8");
	wait_seen("dns:{example.com}:t1:A", "pool of 1 regions");
	redis("HSET dns:{example.com}:bad:A values 192.0.2.9");
	wait_seen("dns:{example.com}:bad:A", "192.0.2.9");
	redis("HSET dns:{example.com}:bad:A values nonsense");
	redis("DEL dns:{example.com}:t1:A");
	wait_seen("dns:{example.com}:t1:A", NULL);
	assert_string_equal(find_seen("dns:{example.com}:bad:A")->text, "192.0.2.9");
	store_set(
	    b.store, "dns:{example.com}:t1:A", &(struct fields){0}, false, on_done, NULL);
	assert_int_equal(b.e, ERR_DENIED);
}

/* What one transaction changes becomes visible together. */
static void
test_redis_transaction(void **state)
{
	size_t batches;

	(void)state;
	if (!has_redis())
		skip();
	start_redis("");
	open_store();
	wait_status(STORE_FRESH, true);
	batches = b.batches;
	redis("EVAL \"for i=1,40 do redis.call('HSET','dns:{example.com}:n'..i..':A',"
	      "'values','192.0.2.'..i) end\" 0");
	wait_seen("dns:{example.com}:n40:A", "192.0.2.40");
	assert_int_equal(b.batches, batches + 1);
	assert_int_equal(b.last_batch, 40);
}

static void
test_redis_survive(void **state)
{
	(void)state;
	if (!has_redis())
		skip();
	start_redis("");
	redis("HSET dns:{example.com}:a:A values 192.0.2.1");
	redis("HSET dns:{example.com}:b:A values 192.0.2.2");
	redis("HSET dns:{example.com}:c:A values 192.0.2.3");
	open_store();
	wait_status(STORE_FRESH, true);
	stop_redis(SIGKILL);
	/* gone, but fresh for a while; then stale */
	wait_status(STORE_FRESH, false);
	assert_int_not_equal(b.told.reason[0], '\0');
	b.cfg.store.fresh_for_ms = 100;
	wait_status(STORE_STALE, false);
	assert_int_equal(b.seen_count, 3);
	/* a start without it */
	close_store();
	open_store();
	assert_int_equal(b.seen_count, 3);
	assert_string_equal(find_seen("dns:{example.com}:b:A")->text, "192.0.2.2");
	assert_int_equal(b.told.sync, STORE_SYNCING);
	assert_int_not_equal(b.told.contact_wall_s, 0);
	/* the first try has failed: now it is */
	wait_status(STORE_STALE, false);
	b.stale_count = 0;
	/* back, with changes that nobody told us of */
	b.cfg.store.fresh_for_ms = 60000;
	start_redis("");
	redis("HSET dns:{example.com}:a:A values 192.0.2.9");
	redis("DEL dns:{example.com}:b:A");
	redis("HSET dns:{example.com}:d:A values 192.0.2.4");
	wait_status(STORE_FRESH, true);
	assert_int_equal(b.stale_count, 0);
	wait_seen("dns:{example.com}:a:A", "192.0.2.9");
	wait_seen("dns:{example.com}:b:A", NULL);
	wait_seen("dns:{example.com}:d:A", "192.0.2.4");
	wait_seen("dns:{example.com}:c:A", "192.0.2.3");
}

/* An idle connection whose other end has gone says nothing: silence is the sign. */
static void
test_redis_silence(void **state)
{
	struct mono start;

	(void)state;
	if (!has_redis())
		skip();
	start_redis("");
	open_store();
	wait_status(STORE_FRESH, true);
	start = mono_now();
	kill(b.redis, SIGSTOP);
	wait_status(STORE_FRESH, false);
	assert_non_null(strstr(b.told.reason, "silent"));
	assert_true(mono_diff_ms(mono_now(), start) >= 1400);
	kill(b.redis, SIGCONT);
	wait_status(STORE_FRESH, true);
}

static bool
is_held(void *ctx)
{
	struct store_status status;

	(void)ctx;
	store_get_status(b.store, &status);
	return status.held != 0;
}

static bool
is_not_held(void *ctx)
{
	return !is_held(ctx);
}

/* A wiped store wipes nothing here, and is followed all the same. */
static void
test_redis_wiped(void **state)
{
	(void)state;
	if (!has_redis())
		skip();
	start_redis("");
	redis("HSET dns:{example.com}:a:A values 192.0.2.1");
	redis("HSET dns:{example.com}:b:A values 192.0.2.2");
	open_store();
	wait_status(STORE_FRESH, true);
	log_set_level(LOG_LEVEL_ERROR);
	redis("FLUSHALL");
	assert_true(turn_until(b.loop, is_held, NULL));
	assert_int_equal(b.seen_count, 2);
	assert_int_equal(b.told.sync, STORE_FRESH);
	redis("HSET dns:{example.com}:a:A values 192.0.2.3");
	wait_seen("dns:{example.com}:a:A", "192.0.2.3");
	redis("HSET dns:{example.com}:b:A values 192.0.2.2");
	assert_true(turn_until(b.loop, is_not_held, NULL));
	assert_int_equal(b.seen_count, 2);
}

static bool
has_reason(void *ctx)
{
	struct store_status status;

	store_get_status(b.store, &status);
	return !status.connected && strstr(status.reason, ctx) != NULL;
}

static void
wait_reason(const char *part)
{
	if (!turn_until(b.loop, has_reason, (void *)(uintptr_t)part)) {
		struct store_status status;

		store_get_status(b.store, &status);
		fail_msg("never said %s, but %s", part, status.reason);
	}
}

/* Why it is not connected is said in words. */
static void
test_redis_login(void **state)
{
	struct config good;

	(void)state;
	if (!has_redis())
		skip();
	b.cfg.store.kind = STORE_REDIS;
	b.cfg.store.unix_path = b.socket;
	open_store();
	wait_reason("No such file");
	close_store();
	start_redis("secret");
	open_store();
	wait_reason("password");
	close_store();
	b.cfg.store.login.password = (char *)(uintptr_t) "wrong";
	open_store();
	wait_reason("WRONGPASS");
	good = b.cfg;
	good.store.login.password = (char *)(uintptr_t) "secret";
	good.store.database = 3;
	store_reconfigure(b.store, &good);
	wait_status(STORE_FRESH, true);
}

int
main(void)
{
#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    WITH(test_embedded),
	    WITH(test_embedded_queue),
	    WITH(test_embedded_group),
	    WITH(test_redis),
	    WITH(test_redis_transaction),
	    WITH(test_redis_survive),
	    WITH(test_redis_silence),
	    WITH(test_redis_wiped),
	    WITH(test_redis_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
