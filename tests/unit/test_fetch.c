/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fetch.h"
#include "base/mem.h"

/* A server for one connection: reads the request, says what it is told to. */
struct server {
	int fd;
	unsigned port;
	const char *answer; /* NULL: says nothing until the client leaves */
	size_t fill; /* octets to send behind the answer */
	char got[4096];
	pthread_t thread;
};

static void *
serve(void *ctx)
{
	struct server *s = ctx;
	int fd = accept(s->fd, NULL, NULL);
	size_t len = 0;
	ssize_t n;
	char x[1024];

	memset(x, 'x', sizeof(x));
	while ((s->answer == NULL || strstr(s->got, "\r\n\r\n") == NULL) &&
	       (n = recv(fd, s->got + len, sizeof(s->got) - 1 - len, 0)) > 0)
		len += (size_t)n;
	if (s->answer != NULL) {
		n = send(fd, s->answer, strlen(s->answer), MSG_NOSIGNAL);
		for (size_t sent = 0; n > 0 && sent < s->fill; sent += sizeof(x))
			n = send(fd, x, sizeof(x), MSG_NOSIGNAL);
	}
	close(fd);
	return NULL;
}

static void
begin(struct server *s, const char *answer)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	memset(s, 0, sizeof(*s));
	s->answer = answer;
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(s->fd, 1), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
end(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->fd);
}

static enum err
run(struct fetch_request *rq, unsigned port, struct fetch_result *result)
{
	char *url = mem_printf("http://127.0.0.1:%u/secret?token=1", port);
	struct fetch *f;
	enum err e;

	assert_int_equal(fetch_new(&f), OK);
	rq->url = url;
	if (rq->timeout_ms == 0)
		rq->timeout_ms = 20000;
	if (rq->answer_max == 0)
		rq->answer_max = 1000;
	e = fetch_run(f, rq, result);
	assert_null(strstr(result->reason, "secret"));
	fetch_free(f);
	mem_free(url);
	return e;
}

static void
test_answers(void **state)
{
	static const struct {
		const char *answer;
		size_t fill;
		enum err e;
		const char *reason;
		unsigned status;
	} cases[] = {
	    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 0, OK, "", 200},
	    {"HTTP/1.1 204 No Content\r\n\r\n", 0, OK, "", 204},
	    {"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", 0, ERR_IO, "status 500",
	        500},
	    {"HTTP/1.1 404 No\r\n\r\n", 0, ERR_IO, "status 404", 404},
	    {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: "
	     "0\r\n\r\n",
	        0, ERR_IO, "status 302", 302},
	    {"HTTP/1.1 200 OK\r\n\r\n", 1 << 20, ERR_IO, "too-large", 200},
	    {"HTTP/1.1 500 Oh\r\n\r\n", 1 << 20, ERR_IO, "status 500", 500},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", 0, ERR_IO, "closed", 200},
	    {"", 0, ERR_IO, "closed", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fetch_request rq = {.body = "{}", .body_len = 2};
		struct fetch_result result;
		struct server s;

		begin(&s, cases[i].answer);
		s.fill = cases[i].fill;
		assert_int_equal(run(&rq, s.port, &result), cases[i].e);
		assert_string_equal(result.reason, cases[i].reason);
		assert_int_equal(result.status, cases[i].status);
		end(&s);
	}
}

static void
test_request(void **state)
{
	static char header[] = "X-Team: dns", type[] = "Content-Type: application/json";
	char *headers[] = {header, type};
	struct fetch_request rq = {
	    .body = "{}", .body_len = 2, .headers = headers, .header_count = 2};
	struct fetch_result result;
	struct server s;

	(void)state;
	begin(&s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(run(&rq, s.port, &result), OK);
	end(&s);
	assert_non_null(strstr(s.got, "POST /secret?token=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(s.got, "X-Team: dns\r\n"));
	assert_non_null(strstr(s.got, "Content-Type: application/json\r\n"));
	assert_null(strstr(s.got, "Expect"));
	assert_non_null(strstr(s.got, "\r\n\r\n{}"));
}

static void
test_retry_after(void **state)
{
	struct fetch_request rq = {0};
	struct fetch_result result;
	struct server s;

	(void)state;
	begin(&s, "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(run(&rq, s.port, &result), ERR_IO);
	end(&s);
	assert_int_equal(result.retry_after_s, 7);
	assert_non_null(strstr(s.got, "GET /secret"));
	/* somebody else's number must not silence us for years */
	begin(
	    &s, "HTTP/1.1 503 No\r\nRetry-After: 999999999\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(run(&rq, s.port, &result), ERR_IO);
	end(&s);
	assert_int_equal(result.retry_after_s, 3600);
}

static void
test_refused_and_silent(void **state)
{
	struct fetch_request rq = {.timeout_ms = 300};
	struct fetch_result result;
	struct server s;

	(void)state;
	begin(&s, NULL);
	assert_int_equal(run(&rq, s.port, &result), ERR_IO);
	assert_string_equal(result.reason, "timeout");
	end(&s);
	/* nobody listens there any more */
	assert_int_equal(run(&rq, s.port, &result), ERR_IO);
	assert_string_equal(result.reason, "connect-failed");
}

static void *
cancel_soon(void *ctx)
{
	usleep(50000);
	fetch_cancel(ctx);
	return NULL;
}

static void
test_cancel(void **state)
{
	struct fetch_request rq = {.timeout_ms = 3600000};
	struct fetch_result result;
	pthread_t thread;
	struct server s;
	struct fetch *f;
	char url[64];

	(void)state;
	begin(&s, NULL);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", s.port);
	rq.url = url;
	assert_int_equal(fetch_new(&f), OK);
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, f), 0);
	assert_int_equal(fetch_run(f, &rq, &result), ERR_CLOSED);
	pthread_join(thread, NULL);
	fetch_free(f);
	end(&s);
}

struct taken {
	char text[64];
	size_t len, limit;
};

static bool
take(void *ctx, const void *data, size_t len)
{
	struct taken *t = ctx;

	if (t->len + len > t->limit)
		return false;
	memcpy(t->text + t->len, data, len);
	t->len += len;
	return true;
}

static void
test_body(void **state)
{
	static const struct {
		const char *answer, *text;
		size_t limit;
		enum err e;
	} cases[] = {
	    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", 63, OK},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "", 2, ERR_IO},
	    /* what an error says is no content */
	    {"HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc", "", 63, ERR_IO},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct taken t = {.limit = cases[i].limit};
		struct fetch_request rq = {.on_body = take, .ctx = &t};
		struct fetch_result result;
		struct server s;

		begin(&s, cases[i].answer);
		assert_int_equal(run(&rq, s.port, &result), cases[i].e);
		assert_string_equal(t.text, cases[i].text);
		end(&s);
	}
}

static void
test_urls(void **state)
{
	static const struct {
		const char *url;
		bool is_url;
		const char *origin;
	} cases[] = {
	    {"https://hooks.example.com/services/T0/B0/secret", true,
	        "https://hooks.example.com"},
	    {"http://127.0.0.1:8080", true, "http://127.0.0.1:8080"},
	    {"HTTPS://user:pa@ss@host.example?token=1", true, "HTTPS://host.example"},
	    {"https://[::1]:1#x", true, "https://[::1]:1"},
	    {"https://", false, "https://"},
	    {"https:///path", false, "https://"},
	    {"https://host/a b", false, "https://host"},
	    {"ftp://host/", false, "ftp:"},
	    {"file:///etc/passwd", false, "file:"},
	};
	char origin[FETCH_ORIGIN_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(fetch_is_url(cases[i].url), cases[i].is_url);
		fetch_origin(cases[i].url, origin);
		assert_string_equal(origin, cases[i].origin);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_retry_after),
	    cmocka_unit_test(test_refused_and_silent),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_body),
	    cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
