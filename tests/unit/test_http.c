/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "health/http.h"
#include "health/dial.h"

#define DEADLINE_MS 300
#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static struct loop *loop;
static struct http *http;
static unsigned ready_count;
static struct probe_result last;
static bool is_done;

static const struct ip localhost = {4, {127, 0, 0, 1}};

static void
on_ready(void *ctx)
{
	(void)ctx;
	ready_count++;
}

static void
on_done(void *ctx, const struct probe_result *r)
{
	(void)ctx;
	assert_false(is_done);
	last = *r;
	is_done = true;
	loop_stop(loop);
}

static const struct probe_hooks hooks = {on_ready, on_done};

static struct config_check
basic_check(uint16_t port)
{
	return (struct config_check){.name = (char *)"web",
	    .kind = CHECK_HTTP,
	    .port = port,
	    .verify = true,
	    .path = (char *)"/healthz?x=1",
	    .method = (char *)"GET",
	    .interval_ms = 1000,
	    .timeout_ms = 20000,
	    .confirm_ms = 100,
	    .fall = 3,
	    .rise = 2};
}

static void
probe(const struct config_check *c, const struct ip *ip)
{
	struct http_probe *p;

	assert_int_equal(loop_new(&loop), OK);
	assert_int_equal(http_new(loop, &http), OK);
	is_done = false;
	ready_count = 0;
	p = http_start(http, c, ip, true, &hooks, NULL);
	assert_non_null(p);
	assert_false(is_done);
	loop_run(loop);
	assert_true(is_done);
	http_free(http);
	loop_free(loop);
}

static void
expect(const char *what, enum health_outcome outcome, const char *reason)
{
	if (last.outcome != outcome || strcmp(last.reason, reason) != 0)
		fail_msg("%s: outcome %d reason '%s' instead of %d '%s'", what,
		    (int)last.outcome, last.reason, (int)outcome, reason);
}

enum { FOLLOW = 1, HEAD = 2, TIMED = 4 /* ends by the deadline */ };

static const struct {
	const char *name;
	enum behaviour behaviour;
	const char *reply;
	const char *body; /* expected */
	const char *reason; /* "": success */
	unsigned how;
} rows[] = {
    {"200", BACKEND_REPLY, OK_HEAD "Content-Length: 2\r\n\r\nok", NULL, "", 0},
    {"200 with text", BACKEND_REPLY, OK_HEAD "Content-Length: 2\r\n\r\nok", "ok", "", 0},
    {"text, then silence", BACKEND_STALL, OK_HEAD "Content-Length: 99\r\n\r\nall ok",
        "ok", "", 0},
    {"chunked text over two chunks", BACKEND_REPLY,
        OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
        "cd", "", 0},
    {"100 before 200", BACKEND_REPLY,
        "HTTP/1.1 103 Early Hints\r\n\r\n" OK_HEAD "Content-Length: 0\r\n\r\n", NULL, "",
        0},
    {"until close", BACKEND_REPLY, OK_HEAD "\r\nhello", "hello", "", 0},
    {"HEAD", BACKEND_STALL, OK_HEAD "Content-Length: 5\r\n\r\n", NULL, "", HEAD},
    {"503", BACKEND_REPLY, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", NULL,
        "status 503", 0},
    {"503 whose body never comes", BACKEND_STALL,
        "HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\n", NULL, "status 503", 0},
    {"204 is not 200", BACKEND_REPLY, "HTTP/1.1 204 None\r\n\r\n", NULL, "status 204", 0},
    {"redirect", BACKEND_REPLY,
        "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", NULL,
        "status 302", 0},
    {"redirect in a circle", BACKEND_REPLY,
        "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", NULL,
        "status 302", FOLLOW},
    {"wrong text", BACKEND_REPLY, OK_HEAD "Content-Length: 4\r\n\r\nnope", "ok", "body",
        0},
    {"closes at once", BACKEND_CLOSE, NULL, NULL, "closed", 0},
    {"cut off", BACKEND_REPLY, OK_HEAD "Content-Length: 9\r\n\r\nhalf", NULL, "closed",
        0},
    {"resets", BACKEND_RESET, NULL, NULL, "reset", 0},
    {"no HTTP", BACKEND_REPLY, "SSH-2.0-OpenSSH_9.2\r\n", NULL, "protocol", 0},
    {"hangs", BACKEND_HANG, NULL, NULL, "timeout", TIMED},
    {"body never comes", BACKEND_STALL, OK_HEAD "Content-Length: 9\r\n\r\n", NULL,
        "timeout", TIMED},
    {"slow drip", BACKEND_DRIP,
        OK_HEAD "Server: one that has all the time in the world, and then some\r\n\r\n",
        NULL, "timeout", TIMED},
    {"1 GB", BACKEND_FLOOD, OK_HEAD "Content-Length: 1073741824\r\n\r\n", NULL, "", 0},
    {"1 GB without the text", BACKEND_FLOOD, OK_HEAD "Content-Length: 1073741824\r\n\r\n",
        "ok", "body", 0},
    {"headers without end", BACKEND_FLOOD, OK_HEAD "X: y", NULL, "protocol", 0},
};

static void
test_answers(void **state)
{
	unsigned fds = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct backend *b = backend_start(0, rows[i].behaviour, rows[i].reply);
		struct config_check c = basic_check(b->port);

		c.body = (char *)rows[i].body;
		c.follow = rows[i].how == FOLLOW;
		c.method = (char *)(rows[i].how == HEAD ? "HEAD" : "GET");
		if (rows[i].how == TIMED)
			c.timeout_ms = DEADLINE_MS;
		probe(&c, &localhost);
		expect(rows[i].name,
		    rows[i].reason[0] == '\0' ? OUTCOME_SUCCESS : OUTCOME_FAILURE,
		    rows[i].reason);
		assert_int_equal(ready_count, 1);
		assert_true(last.latency_us > 0);
		/* what it left unread is what the kernel's buffers hold */
		if (rows[i].behaviour == BACKEND_FLOOD)
			assert_true(atomic_load(&b->sent) < 64u << 20);
		backend_stop(b);
		if (fds == 0)
			fds = backend_count_fds();
		assert_int_equal(backend_count_fds(), fds);
	}
}

static void
test_status_list(void **state)
{
	static struct config_status_range list[] = {{200, 299}, {404, 404}};
	static const struct {
		const char *reply;
		const char *reason;
	} replies[] = {
	    {"HTTP/1.1 204 x\r\n\r\n", ""},
	    {"HTTP/1.1 299 x\r\nContent-Length: 0\r\n\r\n", ""},
	    {"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", ""},
	    {"HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n", "status 403"},
	    {"HTTP/1.1 300 x\r\nContent-Length: 0\r\n\r\n", "status 300"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(replies); i++) {
		struct backend *b = backend_start(0, BACKEND_REPLY, replies[i].reply);
		struct config_check c = basic_check(b->port);

		c.status = list;
		c.status_count = COUNT(list);
		probe(&c, &localhost);
		assert_string_equal(last.reason, replies[i].reason);
		backend_stop(b);
	}
}

static void
test_request(void **state)
{
	static char *headers[] = {(char *)"X-Probe: yes"};
	static char *own_host[] = {(char *)"Host: other.example"};
	struct backend *b = backend_start(0, BACKEND_REPLY, OK_HEAD "\r\n");
	struct config_check c = basic_check(b->port);
	char line[64];

	(void)state;
	/* none of the environment's business */
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	c.host = (char *)"www.example.com"; /* never looked up */
	c.headers = headers;
	c.header_count = 1;
	probe(&c, &localhost);
	assert_string_equal(last.reason, "");
	assert_int_equal(strncmp(b->request, "GET /healthz?x=1 HTTP/1.1\r\n", 27), 0);
	assert_non_null(strstr(b->request, "\r\nHost: www.example.com\r\n"));
	assert_non_null(strstr(b->request, "\r\nX-Probe: yes\r\n"));
	assert_non_null(strstr(b->request, "\r\nUser-Agent: sextant-health/"));

	c.headers = own_host;
	probe(&c, &localhost);
	assert_non_null(strstr(b->request, "\r\nHost: other.example\r\n"));
	assert_null(strstr(b->request, "www.example.com"));

	c.host = NULL;
	c.header_count = 0;
	c.path = (char *)"/../a";
	c.method = (char *)"HEAD";
	probe(&c, &localhost);
	assert_int_equal(strncmp(b->request, "HEAD /../a HTTP/1.1\r\n", 21), 0);
	snprintf(line, sizeof(line), "\r\nHost: 127.0.0.1:%u\r\n", b->port);
	assert_non_null(strstr(b->request, line));
	unsetenv("http_proxy");
	backend_stop(b);
}

static void
test_no_connection(void **state)
{
	struct config_check c = basic_check(backend_free_port());
	struct backend_full full;
	struct ip v6 = {6, {[15] = 1}};

	(void)state;
	probe(&c, &localhost);
	expect("refused", OUTCOME_FAILURE, "connect-refused");
	assert_int_equal(ready_count, 0);
	probe(&c, &v6);
	if (last.outcome == OUTCOME_FAILURE) /* else this host has no IPv6 */
		expect("refused over IPv6", OUTCOME_FAILURE, "connect-refused");
	backend_full_start(&full);
	c.port = full.port;
	c.timeout_ms = DEADLINE_MS;
	probe(&c, &localhost);
	expect("full", OUTCOME_FAILURE, "connect-timeout");
	backend_full_stop(&full);
}

/* send and expect may be NULL. */
static void
tcp_talk(uint16_t port, const char *send, const char *expect)
{
	struct config_check c = {.kind = CHECK_TCP, .timeout_ms = DEADLINE_MS};

	c.port = port;
	c.send = (char *)(uintptr_t)send;
	c.body = (char *)(uintptr_t)expect;
	assert_int_equal(loop_new(&loop), OK);
	is_done = false;
	ready_count = 0;
	assert_non_null(dial_start(loop, &c, &localhost, &hooks, NULL));
	assert_false(is_done);
	loop_run(loop);
	loop_free(loop);
}

static void
tcp_probe(uint16_t port)
{
	tcp_talk(port, NULL, NULL);
}

static void
test_tcp(void **state)
{
	struct backend *b = backend_start(0, BACKEND_HANG, NULL);
	unsigned fds = backend_count_fds();
	struct backend_full full;

	(void)state;
	tcp_probe(b->port);
	expect("open", OUTCOME_SUCCESS, "");
	tcp_probe(backend_free_port());
	expect("refused", OUTCOME_FAILURE, "connect-refused");
	backend_full_start(&full);
	tcp_probe(full.port);
	expect("full", OUTCOME_FAILURE, "connect-timeout");
	backend_full_stop(&full);
	assert_in_range(backend_count_fds(), fds, fds + 1); /* the backend's own */
	backend_stop(b);
}

/* What is said and what is heard: a backend of each kind, and what is made of it. */
static void
test_tcp_talks(void **state)
{
	static const struct {
		enum behaviour behaviour;
		const char *reply, *send, *expect;
		enum health_outcome outcome;
		const char *reason;
	} table[] = {
	    {BACKEND_TALK, "220 mail ESMTP\r\n", NULL, "220 ", OUTCOME_SUCCESS, ""},
	    {BACKEND_TALK, "421 go away\r\n", NULL, "220 ", OUTCOME_FAILURE, "timeout"},
	    {BACKEND_REPLY, "+PONG\r\n", "PING\r\n\r\n", "+PONG", OUTCOME_SUCCESS, ""},
	    {BACKEND_REPLY, "-LOADING\r\n", "PING\r\n\r\n", "+PONG", OUTCOME_FAILURE,
	        "body"},
	    {BACKEND_CLOSE, NULL, "PING\r\n\r\n", "+PONG", OUTCOME_FAILURE, "closed"},
	    {BACKEND_RESET, NULL, "PING\r\n\r\n", "+PONG", OUTCOME_FAILURE, "reset"},
	    {BACKEND_HANG, NULL, "PING\r\n\r\n", "+PONG", OUTCOME_FAILURE, "timeout"},
	    {BACKEND_HANG, NULL, "PING\r\n\r\n", NULL, OUTCOME_SUCCESS, ""},
	    {BACKEND_FLOOD, "x", "PING\r\n\r\n", "+PONG", OUTCOME_FAILURE, "body"},
	    /* in pieces */
	    {BACKEND_DRIP, "well +PONG", "PING\r\n\r\n", "+PONG", OUTCOME_SUCCESS, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct backend *b = backend_start(0, table[i].behaviour, table[i].reply);

		tcp_talk(b->port, table[i].send, table[i].expect);
		expect(table[i].reply != NULL ? table[i].reply : "", table[i].outcome,
		    table[i].reason);
		assert_int_equal(ready_count, 1);
		/* a flood is not read to its end */
		assert_true(atomic_load(&b->sent) < 32 * 1024 * 1024);
		backend_stop(b);
	}
	tcp_talk(backend_free_port(), "PING\r\n\r\n", "+PONG");
	expect("refused", OUTCOME_FAILURE, "connect-refused");
	assert_int_equal(ready_count, 0);
}

/* Stopped halfway: no result, nothing left behind. */
static void
test_stop(void **state)
{
	struct backend *b = backend_start(0, BACKEND_HANG, NULL);
	struct config_check c = basic_check(b->port);
	struct config_check tcp = {
	    .kind = CHECK_TCP, .port = b->port, .timeout_ms = 20000};
	unsigned fds = backend_count_fds();
	struct http_probe *h;
	struct dial *t;

	(void)state;
	assert_int_equal(loop_new(&loop), OK);
	assert_int_equal(http_new(loop, &http), OK);
	is_done = false;
	h = http_start(http, &c, &localhost, false, &hooks, NULL);
	t = dial_start(loop, &tcp, &localhost, &hooks, NULL);
	loop_drain(loop);
	http_stop(h);
	dial_stop(t);
	http_free(http);
	loop_free(loop);
	assert_false(is_done);
	backend_stop(b);
	assert_in_range(backend_count_fds(), 1, fds);
}

/* ---- TLS: the server is openssl's, for a certificate made by it ---- */

static pid_t
spawn(char *const argv[])
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen("/dev/null", "r", stdin) == NULL ||
		    freopen("/dev/null", "w", stdout) == NULL ||
		    freopen("/dev/null", "w", stderr) == NULL)
			_exit(126);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static void
wait_for_port(uint16_t port)
{
	for (unsigned i = 0; i < 500; i++) {
		tcp_probe(port);
		if (last.outcome == OUTCOME_SUCCESS)
			return;
		usleep(10000);
	}
	fail_msg("the TLS server did not come up");
}

static void
probe_tls(
    uint16_t port, const char *host, const char *ca, bool verify, const char *reason)
{
	struct config_check c = basic_check(port);

	c.tls = true;
	c.verify = verify;
	c.host = (char *)host;
	c.ca_file = (char *)ca;
	c.path = (char *)"/";
	probe(&c, &localhost);
	if (strcmp(last.reason, reason) != 0)
		fail_msg("host %s ca %s verify %d: '%s' instead of '%s'",
		    host != NULL ? host : "-", ca != NULL ? ca : "-", verify, last.reason,
		    reason);
}

static void
test_tls(void **state)
{
	char dir[] = "/tmp/sextant-test-XXXXXX";
	char key[64], cert[64], at[32];
	char *make[] = {(char *)"openssl", (char *)"req", (char *)"-x509",
	    (char *)"-newkey", (char *)"ec", (char *)"-pkeyopt",
	    (char *)"ec_paramgen_curve:P-256", (char *)"-nodes", (char *)"-keyout", key,
	    (char *)"-out", cert, (char *)"-days", (char *)"2", (char *)"-subj",
	    (char *)"/CN=www.example.com", (char *)"-addext",
	    (char *)"subjectAltName=DNS:www.example.com", NULL};
	char *serve[] = {(char *)"openssl", (char *)"s_server", (char *)"-accept", at,
	    (char *)"-cert", cert, (char *)"-key", key, (char *)"-www", NULL};
	uint16_t port = backend_free_port();
	pid_t pid;
	int status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	snprintf(at, sizeof(at), "127.0.0.1:%u", port);
	assert_true(waitpid(spawn(make), &status, 0) > 0);
	if (status != 0) {
		rmdir(dir);
		print_message("openssl(1) is not there\n");
		skip();
	}
	pid = spawn(serve);
	wait_for_port(port);
	probe_tls(port, "www.example.com", NULL, true, "certificate"); /* self-signed */
	probe_tls(port, "www.example.com", NULL, false, "");
	probe_tls(port, "www.example.com", cert, true, "");
	/* it was made for two days */
	assert_in_range(last.certificate_until_s, wall_now_s() + 47 * 3600,
	    wall_now_s() + 48 * 3600 + 60);
	probe_tls(port, "www.example.net", cert, true, "certificate"); /* another name */
	probe_tls(port, NULL, cert, true, "certificate"); /* the address is not in it */
	probe_tls(port, "www.example.com", "/nonexistent", true, "ca-file");
	assert_int_equal(last.outcome, OUTCOME_INCONCLUSIVE);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	unlink(key);
	unlink(cert);
	rmdir(dir);
}

static void
test_no_tls(void **state)
{
	struct backend *b = backend_start(0, BACKEND_STALL, "HTTP/1.1 400 no\r\n\r\n");
	struct config_check c;

	(void)state;
	/* the hello holds no empty line: it waits for one that does not come */
	c = basic_check(b->port);
	c.tls = true;
	c.timeout_ms = DEADLINE_MS;
	probe(&c, &localhost);
	expect("silent in the handshake", OUTCOME_FAILURE, "timeout");
	backend_stop(b);
	b = backend_start(0, BACKEND_TALK, "SSH-2.0-OpenSSH_9.2\r\n");
	c = basic_check(b->port);
	c.tls = true;
	probe(&c, &localhost);
	expect("no TLS", OUTCOME_FAILURE, "tls");
	assert_int_equal(ready_count, 0);
	backend_stop(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_status_list),
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_no_connection),
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_tcp_talks),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_tls),
	    cmocka_unit_test(test_no_tls),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
