/* SPDX-License-Identifier: BSD-2-Clause */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "health/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

/*
 * One multi handle does a few thousand transfers a second, however few are busy: its
 * costs grow with all that it holds. Sixteen of them do five times as many.
 */
#define MULTI_COUNT 16
/* Headers are no smaller a flood than a body. */
#define HEADER_MAX 65536
#define REDIRECTS_MAX 5L
/* How long a CA file is kept as read; it takes longer to read than a handshake. */
#define CA_CACHE_S 600L

struct multi {
	CURLM *curl;
	struct loop *loop;
	struct loop_timer *timer;
};

/*
 * A multi handle keeps the CA store of one file only, so that two files in one handle
 * would each be read again at every handshake.
 */
struct group {
	struct group *next;
	char *ca_file; /* NULL: the system's */
	size_t turn;
	struct multi multis[MULTI_COUNT];
};

struct http {
	struct loop *loop;
	struct group *groups;
	size_t in_flight;
};

struct http_probe {
	struct http *http;
	struct multi *multi;
	const struct config_check *check;
	const struct probe_hooks *hooks;
	void *ctx;
	struct ip ip;
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *pin;
	size_t header_len;
	size_t body_len;
	struct buf body; /* kept only where a text is expected in it */
	int socket_error; /* of socket(2); 0: none */
	int fd; /* the connection's; -1: none, or closed */
	bool was_connected; /* when it was closed */
	bool is_ready; /* the connection stands, the request goes out */
	bool is_decided; /* by a callback that then aborts the transfer */
	struct probe_result result;
};

/* ---- what an answer means ---- */

static bool
is_status_wanted(const struct config_check *c, long status)
{
	if (c->status_count == 0)
		return status == 200;
	for (size_t i = 0; i < c->status_count; i++)
		if (status >= c->status[i].first && status <= c->status[i].last)
			return true;
	return false;
}

static bool
is_body_wanted(const struct config_check *c)
{
	return c->body != NULL && c->body[0] != '\0';
}

static bool
is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 ||
	       status == 308;
}

static long
get_status(struct http_probe *p)
{
	long status = 0;

	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Called when nothing more is read: the status alone is left, and the text not seen. */
static void
judge_whole(struct http_probe *p)
{
	long status = get_status(p);

	if (!is_status_wanted(p->check, status))
		probe_fail(&p->result, "status %ld", status);
	else if (is_body_wanted(p->check))
		probe_fail(&p->result, "body");
	else
		probe_succeed(&p->result);
}

/* Decides at the end of each header section, so that a wrong status needs no body. */
static size_t
on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct http_probe *p = ctx;
	size_t len = size * count;
	long status;

	p->header_len += len;
	if (p->header_len > HEADER_MAX) {
		probe_fail(&p->result, "protocol");
		p->is_decided = true;
		return 0;
	}
	if (len > 2 || data[0] == ' ' || (data[0] != '\r' && data[0] != '\n'))
		return len;
	status = get_status(p);
	if (status < 200 || is_status_wanted(p->check, status) ||
	    (p->check->follow && is_redirect(status)))
		return len;
	probe_fail(&p->result, "status %ld", status);
	p->is_decided = true;
	return 0;
}

static bool
has_wanted_text(struct http_probe *p, const char *data, size_t len)
{
	size_t wanted_len = strlen(p->check->body);
	size_t seen = p->body.len < wanted_len ? 0 : p->body.len - wanted_len + 1;

	buf_add(&p->body, data, len);
	return memmem(p->body.data + seen, p->body.len - seen, p->check->body,
	           wanted_len) != NULL;
}

static size_t
on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct http_probe *p = ctx;
	size_t len = size * count;
	size_t room = HTTP_BODY_MAX - p->body_len;
	size_t taken = len < room ? len : room;

	p->body_len += taken;
	if (taken > 0 && is_body_wanted(p->check) && has_wanted_text(p, data, taken)) {
		probe_succeed(&p->result);
		p->is_decided = true;
		return 0;
	}
	if (p->body_len < HTTP_BODY_MAX)
		return len;
	judge_whole(p);
	p->is_decided = true;
	return 0;
}

static void
judge_connect(struct http_probe *p)
{
	long error = 0;

	curl_easy_getinfo(p->easy, CURLINFO_OS_ERRNO, &error);
	if (p->socket_error != 0)
		error = p->socket_error;
	/* libcurl told no errno: it gave the connection up by itself */
	if (error == 0)
		error = EHOSTUNREACH;
	probe_set_connect_error(
	    &p->result, (int)error, error != ENETUNREACH || probe_has_route(&p->ip));
}

static void
judge_stream(struct http_probe *p)
{
	long error = 0;

	curl_easy_getinfo(p->easy, CURLINFO_OS_ERRNO, &error);
	probe_set_stream_error(&p->result, (int)error);
}

/* libcurl's own mark, CURLINFO_CONNECT_TIME_T, is set only when TLS stands too. */
static bool
is_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &len) == 0;
}

static void
judge_timeout(struct http_probe *p)
{
	bool connected =
	    p->is_ready || p->was_connected || (p->fd >= 0 && is_connected(p->fd));

	probe_fail(&p->result, connected ? "timeout" : "connect-timeout");
}

static void
judge(struct http_probe *p, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		judge_whole(p);
		break;
	case CURLE_TOO_MANY_REDIRECTS:
		probe_fail(&p->result, "status %ld", get_status(p));
		break;
	case CURLE_COULDNT_CONNECT:
		judge_connect(p);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		judge_timeout(p);
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		probe_fail(&p->result, "closed");
		break;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		judge_stream(p);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		probe_fail(&p->result, "certificate");
		break;
	case CURLE_SSL_CONNECT_ERROR:
		probe_fail(&p->result, "tls");
		break;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, or no HTTP at all */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		probe_fail(&p->result, "protocol");
		break;
	case CURLE_SSL_CACERT_BADFILE:
		probe_doubt(&p->result, "ca-file");
		break;
	case CURLE_URL_MALFORMAT:
		probe_doubt(&p->result, "url");
		break;
	default:
		/* What goes wrong after the request is the peer's doing, by whatever
		 * name: a header line too long is CURLE_OUT_OF_MEMORY to some versions.
		 */
		if (p->is_ready)
			probe_fail(&p->result, "protocol");
		else if (code == CURLE_OUT_OF_MEMORY)
			probe_doubt(&p->result, "no-memory");
		else
			probe_doubt(&p->result, "curl-%d", (int)code);
		break;
	}
}

/* ---- one probe ---- */

void
http_stop(struct http_probe *p)
{
	curl_multi_remove_handle(p->multi->curl, p->easy);
	curl_easy_cleanup(p->easy);
	curl_slist_free_all(p->headers);
	curl_slist_free_all(p->pin);
	buf_fini(&p->body);
	p->http->in_flight--;
	mem_free(p);
}

static void
finish(struct http_probe *p, CURLcode code)
{
	curl_off_t total_us = 0;

	if (!p->is_decided)
		judge(p, code);
	curl_easy_getinfo(p->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	p->result.latency_us = total_us > UINT32_MAX ? UINT32_MAX : (uint32_t)total_us;
	p->hooks->on_done(p->ctx, &p->result);
	http_stop(p);
}

static int
on_prereq(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct http_probe *p = ctx;

	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	if (!p->is_ready)
		p->hooks->on_ready(p->ctx);
	p->is_ready = true;
	return CURL_PREREQFUNC_OK;
}

static curl_socket_t
on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http_probe *p = ctx;
	int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);

	(void)purpose;
	if (fd < 0) {
		p->socket_error = errno;
		return CURL_SOCKET_BAD;
	}
	p->fd = fd;
	return fd;
}

static int
on_close(void *ctx, curl_socket_t fd)
{
	struct http_probe *p = ctx;

	if (fd == p->fd) {
		p->was_connected = is_connected(fd);
		p->fd = -1;
	}
	return close(fd);
}

/* An IPv6 address stands in brackets in a URL and in Host (RFC 3986 3.2.2). */
static char *
url_host(const struct config_check *c, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	if (c->host != NULL)
		return mem_printf(
		    strchr(c->host, ':') != NULL && c->host[0] != '[' ? "[%s]" : "%s",
		    c->host);
	ip_write(ip, text);
	return mem_printf(ip->family == 6 ? "[%s]" : "%s", text);
}

static void
set_target(struct http_probe *p)
{
	const struct config_check *c = p->check;
	char *host = url_host(c, &p->ip);
	char *url = mem_printf("%s://%s:%u%s%s", c->tls ? "https" : "http", host, c->port,
	    c->path[0] == '/' ? "" : "/", c->path);
	char text[IP_TEXT_MAX];
	char *pin;

	ip_write(&p->ip, text);
	/* any host and port of a URL leads to this address, and keeps its port */
	pin = mem_printf(p->ip.family == 6 ? "::[%s]:" : "::%s:", text);
	p->pin = curl_slist_append(NULL, pin);
	curl_easy_setopt(p->easy, CURLOPT_URL, url);
	curl_easy_setopt(p->easy, CURLOPT_CONNECT_TO, p->pin);
	curl_easy_setopt(p->easy, CURLOPT_PATH_AS_IS, 1L);
	mem_free(pin);
	mem_free(url);
	mem_free(host);
}

static void
add_header(struct http_probe *p, const char *line)
{
	struct curl_slist *list = curl_slist_append(p->headers, line);

	if (list != NULL)
		p->headers = list;
}

static void
set_headers(struct http_probe *p)
{
	const struct config_check *c = p->check;
	bool has_host = false;

	for (size_t i = 0; i < c->header_count; i++) {
		has_host = has_host || strncasecmp(c->headers[i], "host:", 5) == 0;
		add_header(p, c->headers[i]);
	}
	/* exactly as it was written: without the port that libcurl would add */
	if (c->host != NULL && !has_host) {
		char *host = url_host(c, &p->ip);
		char *line = mem_printf("Host: %s", host);

		add_header(p, line);
		mem_free(line);
		mem_free(host);
	}
	curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
	curl_easy_setopt(p->easy, CURLOPT_USERAGENT, "sextant-health/" PACKAGE_VERSION);
}

static void
set_protocol(CURL *easy, const struct config_check *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOBODY, strcmp(c->method, "HEAD") == 0 ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, c->follow ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	/* the whole, connection and TLS too; libcurl takes 0 as "never" */
	curl_easy_setopt(
	    easy, CURLOPT_TIMEOUT_MS, (long)(c->timeout_ms > 0 ? c->timeout_ms : 1));
	/* a probe that goes through a proxy, or a kept connection, probes something else
	 */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	/* SIGALRM and SIGPIPE belong to the process */
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* a small answer is the rule, and there may be thousands in flight */
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
}

static void
set_tls(CURL *easy, const struct config_check *c)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, c->verify ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, c->verify ? 2L : 0L);
	if (c->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca_file);
	/* With a folder of certificates libcurl keeps no store: every handshake reads it
	 * all again, 25 times the cost of the handshake. */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_S);
#endif
	/* a resumed session shows no certificate, so one that expired would not be seen
	 */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

static void
set_callbacks(struct http_probe *p)
{
	curl_easy_setopt(p->easy, CURLOPT_PRIVATE, p);
	curl_easy_setopt(p->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(p->easy, CURLOPT_HEADERDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(p->easy, CURLOPT_OPENSOCKETDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(p->easy, CURLOPT_CLOSESOCKETDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_PREREQFUNCTION, on_prereq);
	curl_easy_setopt(p->easy, CURLOPT_PREREQDATA, p);
}

/* ---- many at once ---- */

static void
collect(struct multi *m)
{
	struct CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(m->curl, &left)) != NULL) {
		struct http_probe *p = NULL;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		/* the message is gone with the handle */
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &p);
		finish(p, code);
	}
}

static void
on_timer(void *ctx)
{
	struct multi *m = ctx;
	int running;

	curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(m);
}

static int
on_timeout_change(CURLM *curl, long timeout_ms, void *ctx)
{
	struct multi *m = ctx;

	(void)curl;
	if (timeout_ms < 0)
		loop_timer_clear(m->timer);
	else
		loop_timer_set_ms(m->timer, timeout_ms);
	return 0;
}

static void
on_fd(void *ctx, int fd, unsigned ready)
{
	struct multi *m = ctx;
	int mask = 0, running;

	if (ready & LOOP_READ)
		mask |= CURL_CSELECT_IN;
	if (ready & LOOP_WRITE)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(m->curl, fd, mask, &running);
	collect(m);
}

static int
on_socket_change(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct multi *m = ctx;
	struct loop_watch *watch = socket_ctx;
	unsigned events = 0;

	(void)easy;
	loop_watch_free(watch);
	watch = NULL;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= LOOP_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= LOOP_WRITE;
	if (events != 0)
		watch = loop_watch_new(m->loop, fd, events, on_fd, m);
	curl_multi_assign(m->curl, fd, watch);
	return 0;
}

/* A multi handle of the group, in turn; made when it is first needed. */
static struct multi *
next_multi(struct http *h, struct group *g)
{
	struct multi *m = &g->multis[g->turn++ % MULTI_COUNT];

	if (m->curl != NULL)
		return m;
	m->curl = curl_multi_init();
	if (m->curl == NULL)
		return NULL;
	m->loop = h->loop;
	m->timer = loop_timer_new(h->loop, on_timer, m);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, on_socket_change);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, on_timeout_change);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	return m;
}

static struct group *
get_group(struct http *h, const char *ca_file)
{
	struct group *g = h->groups;

	for (; g != NULL; g = g->next)
		if (ca_file == NULL
		        ? g->ca_file == NULL
		        : g->ca_file != NULL && strcmp(g->ca_file, ca_file) == 0)
			return g;
	g = mem_new(sizeof(*g));
	g->ca_file = mem_str(ca_file);
	g->next = h->groups;
	h->groups = g;
	return g;
}

struct http_probe *
http_start(struct http *h, const struct config_check *check, const struct ip *ip,
    const struct probe_hooks *hooks, void *ctx)
{
	struct multi *m = next_multi(h, get_group(h, check->ca_file));
	CURL *easy = curl_easy_init();
	struct http_probe *p;

	if (m == NULL || easy == NULL) {
		curl_easy_cleanup(easy);
		return NULL;
	}
	p = mem_new(sizeof(*p));
	p->http = h;
	p->multi = m;
	p->check = check;
	p->hooks = hooks;
	p->ctx = ctx;
	p->ip = *ip;
	p->easy = easy;
	p->fd = -1;
	h->in_flight++;
	set_target(p);
	set_headers(p);
	set_protocol(easy, check);
	set_tls(easy, check);
	set_callbacks(p);
	if (curl_multi_add_handle(m->curl, easy) != CURLM_OK) {
		http_stop(p);
		return NULL;
	}
	return p;
}

enum err
http_new(struct loop *loop, struct http **out)
{
	struct http *h;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_IO;
	h = mem_new(sizeof(*h));
	h->loop = loop;
	*out = h;
	return OK;
}

void
http_free(struct http *h)
{
	struct group *g;

	if (h == NULL)
		return;
	assert(h->in_flight == 0);
	while ((g = h->groups) != NULL) {
		h->groups = g->next;
		for (size_t i = 0; i < MULTI_COUNT; i++) {
			if (g->multis[i].curl == NULL)
				continue;
			curl_multi_cleanup(g->multis[i].curl);
			loop_timer_free(g->multis[i].timer);
		}
		mem_free(g->ca_file);
		mem_free(g);
	}
	curl_global_cleanup();
	mem_free(h);
}
