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

#include "base/mem.h"
#include "health/expect.h"
#include "health/multi.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define REDIRECTS_MAX 5L
/* How long a CA file is kept as read; it takes longer to read than a handshake. */
#define CA_CACHE_S 600L

struct http {
	struct multi *multi;
	size_t in_flight;
};

struct http_probe {
	struct http *http;
	struct multi_handle *handle; /* NULL: not begun */
	const struct config_check *check;
	const struct probe_hooks *hooks;
	void *ctx;
	struct ip ip;
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *pin;
	struct expect expect;
	int socket_error; /* of socket(2); 0: none */
	int fd; /* the connection's; -1: none, or closed */
	bool was_connected; /* when it was closed */
	bool is_ready; /* the connection stands, the request goes out */
	bool is_decided; /* by a callback that then aborts the transfer */
	struct probe_result result;
};

/* ---- what an answer means ---- */

static long
get_status(struct http_probe *p)
{
	long status = 0;

	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t
on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct http_probe *p = ctx;
	size_t len = size * count;

	if (!expect_is_decided_by_header(
	        &p->expect, data, len, get_status(p), &p->result))
		return len;
	p->is_decided = true;
	return 0;
}

static size_t
on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct http_probe *p = ctx;
	size_t len = size * count;

	if (!expect_is_decided_by_body(&p->expect, data, len, get_status(p), &p->result))
		return len;
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
		expect_judge(&p->expect, get_status(p), &p->result);
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
	if (p->handle != NULL)
		multi_remove(p->handle, p->easy);
	curl_easy_cleanup(p->easy);
	curl_slist_free_all(p->headers);
	curl_slist_free_all(p->pin);
	expect_fini(&p->expect);
	p->http->in_flight--;
	mem_free(p);
}

/* When the certificate that the peer showed expires; 0: it was not asked for. */
static int64_t
certificate_end(struct http_probe *p)
{
	static const char key[] = "Expire date:";
	struct curl_certinfo *chain = NULL;

	if (curl_easy_getinfo(p->easy, CURLINFO_CERTINFO, &chain) != CURLE_OK ||
	    chain == NULL || chain->num_of_certs == 0)
		return 0;
	for (struct curl_slist *l = chain->certinfo[0]; l != NULL; l = l->next) {
		time_t t;

		if (strncasecmp(l->data, key, sizeof(key) - 1) != 0)
			continue;
		t = curl_getdate(l->data + sizeof(key) - 1, NULL);
		return t > 0 ? t : 0;
	}
	return 0;
}

static void
on_done(void *ctx, int code)
{
	struct http_probe *p = ctx;
	curl_off_t total_us = 0;

	if (!p->is_decided)
		judge(p, (CURLcode)code);
	curl_easy_getinfo(p->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	p->result.latency_us = total_us > UINT32_MAX ? UINT32_MAX : (uint32_t)total_us;
	p->result.certificate_until_s = certificate_end(p);
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

struct http_probe *
http_start(struct http *h, const struct config_check *check, const struct ip *ip,
    bool wants_certificate, const struct probe_hooks *hooks, void *ctx)
{
	CURL *easy = curl_easy_init();
	struct http_probe *p;

	if (easy == NULL)
		return NULL;
	p = mem_new(sizeof(*p));
	p->http = h;
	p->check = check;
	p->hooks = hooks;
	p->ctx = ctx;
	p->ip = *ip;
	p->easy = easy;
	p->fd = -1;
	expect_init(&p->expect, check);
	h->in_flight++;
	set_target(p);
	set_headers(p);
	set_protocol(easy, check);
	set_tls(easy, check);
	if (wants_certificate)
		curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
	set_callbacks(p);
	p->handle = multi_add(h->multi, check->ca_file, easy);
	if (p->handle == NULL) {
		http_stop(p);
		return NULL;
	}
	return p;
}

enum err
http_new(struct loop *loop, struct http **out)
{
	struct multi *multi;
	struct http *h;
	enum err e = multi_new(loop, on_done, &multi);

	if (e != OK)
		return e;
	h = mem_new(sizeof(*h));
	h->multi = multi;
	*out = h;
	return OK;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	assert(h->in_flight == 0);
	multi_free(h->multi);
	mem_free(h);
}
