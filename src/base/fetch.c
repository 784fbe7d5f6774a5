/* SPDX-License-Identifier: BSD-2-Clause */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/fetch.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

/* How long one wait of the transfer lasts at most; fetch_cancel() ends it at once. */
enum { WAIT_MS = 1000 };
#define RETRY_AFTER_MAX_S 3600

struct fetch {
	CURLM *multi; /* whose wait another thread can end */
	atomic_bool is_cancelled;
};

/* One run. */
struct run {
	const struct fetch_request *rq;
	struct fetch_result *result;
	CURL *easy;
	struct curl_slist *headers;
	uint64_t received;
	bool is_too_large;
	bool is_refused; /* by on_body */
};

static size_t
on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct run *r = ctx;
	size_t len = size * count;
	long status = 0;

	r->received += len;
	if (r->received > r->rq->answer_max) {
		r->is_too_large = true;
		return 0;
	}
	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	if (r->rq->on_body == NULL || status < 200 || status > 299)
		return len;
	r->is_refused = !r->rq->on_body(r->rq->ctx, data, len);
	return r->is_refused ? 0 : len;
}

static void
take_field(char out[FETCH_VALIDATOR_MAX], const char *line, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	if (len < name_len || strncasecmp(line, name, name_len) != 0)
		return;
	line += name_len;
	len -= name_len;
	while (len != 0 && (line[0] == ' ' || line[0] == '\t')) {
		line++;
		len--;
	}
	while (len != 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	/* it goes back as a header of ours, and must not begin another there */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			return;
	/* one that is cut would match nothing */
	if (len < FETCH_VALIDATOR_MAX)
		snprintf(out, FETCH_VALIDATOR_MAX, "%.*s", (int)len, line);
}

static size_t
on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct run *r = ctx;
	size_t len = size * count;

	/* each answer of a chain of redirects begins with its status line */
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		r->result->etag[0] = r->result->last_modified[0] = '\0';
	take_field(r->result->etag, line, len, "ETag:");
	take_field(r->result->last_modified, line, len, "Last-Modified:");
	return len;
}

static const char *
curl_reason(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "name-not-found";
	case CURLE_COULDNT_CONNECT:
		return "connect-failed";
	case CURLE_OPERATION_TIMEDOUT:
		return "timeout";
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return "closed";
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return "certificate";
	case CURLE_SSL_CONNECT_ERROR:
		return "tls";
	case CURLE_SSL_CACERT_BADFILE:
		return "ca-file";
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return "url";
	case CURLE_TOO_MANY_REDIRECTS:
		return "redirects";
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return "protocol";
	default:
		return NULL;
	}
}

static enum err
judge(struct fetch *f, const struct run *r, CURLcode code, struct fetch_result *result)
{
	const char *reason = curl_reason(code);
	curl_off_t retry = 0;
	long status = 0;

	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(r->easy, CURLINFO_RETRY_AFTER, &retry);
	result->status = (unsigned)status;
	result->retry_after_s =
	    retry < RETRY_AFTER_MAX_S ? (int64_t)retry : RETRY_AFTER_MAX_S;
	if (atomic_load(&f->is_cancelled)) {
		snprintf(result->reason, sizeof(result->reason), "cancelled");
		return ERR_CLOSED;
	}
	/* the status is decisive, however the answer goes on */
	if (status != 0 && (status < 200 || status > 299))
		snprintf(result->reason, sizeof(result->reason), "status %ld", status);
	else if (r->is_too_large)
		snprintf(result->reason, sizeof(result->reason), "too-large");
	else if (r->is_refused)
		snprintf(result->reason, sizeof(result->reason), "refused");
	else if (code != CURLE_OK && reason != NULL)
		snprintf(result->reason, sizeof(result->reason), "%s", reason);
	else if (code != CURLE_OK)
		snprintf(result->reason, sizeof(result->reason), "curl-%d", (int)code);
	else
		return OK;
	return ERR_IO;
}

static void
add_header(struct run *r, const char *line)
{
	struct curl_slist *list = curl_slist_append(r->headers, line);

	if (list != NULL)
		r->headers = list;
}

static void
set_protocol(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	/* SIGALRM and SIGPIPE belong to the process */
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* a name server that is silent must keep us no longer than the deadline */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
}

static void
set_request(struct run *r)
{
	const struct fetch_request *rq = r->rq;
	CURL *easy = r->easy;

	curl_easy_setopt(easy, CURLOPT_URL, rq->url);
	if (rq->body != NULL) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(
		    easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->body_len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, rq->body);
		/* a server that does not know it would cost a second */
		add_header(r, "Expect:");
	}
	if (rq->method != NULL)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, rq->method);
	for (size_t i = 0; i < rq->header_count; i++)
		add_header(r, rq->headers[i]);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "sextant/" PACKAGE_VERSION);
	if (rq->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, rq->ca_file);
	curl_easy_setopt(easy, CURLOPT_PROXY, rq->proxy != NULL ? rq->proxy : "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, rq->proxy != NULL ? "" : "*");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, rq->redirects_max != 0 ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)rq->redirects_max);
	/* what began in private does not go on in public */
	if (strncasecmp(rq->url, "https://", 8) == 0) {
#if LIBCURL_VERSION_NUM >= 0x075500
		curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
#else
		curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTPS);
#endif
	}
	/* libcurl takes 0 as "never" */
	curl_easy_setopt(
	    easy, CURLOPT_TIMEOUT_MS, rq->timeout_ms > 0 ? (long)rq->timeout_ms : 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, r);
}

/* Until it is over or cancelled; its deadline is libcurl's. */
static CURLcode
transfer(struct fetch *f, CURL *easy)
{
	CURLcode code = CURLE_ABORTED_BY_CALLBACK;
	struct CURLMsg *msg;
	int running = 1, left;

	if (curl_multi_add_handle(f->multi, easy) != CURLM_OK)
		return CURLE_OUT_OF_MEMORY;
	while (running != 0 && !atomic_load(&f->is_cancelled)) {
		if (curl_multi_perform(f->multi, &running) != CURLM_OK)
			break;
		if (running != 0 &&
		    curl_multi_poll(f->multi, NULL, 0, WAIT_MS, NULL) != CURLM_OK)
			break;
	}
	while ((msg = curl_multi_info_read(f->multi, &left)) != NULL)
		if (msg->msg == CURLMSG_DONE)
			code = msg->data.result;
	curl_multi_remove_handle(f->multi, easy);
	return code;
}

enum err
fetch_run(struct fetch *f, const struct fetch_request *rq, struct fetch_result *result)
{
	struct run r = {.rq = rq, .result = result, .easy = curl_easy_init()};
	enum err e;

	memset(result, 0, sizeof(*result));
	if (r.easy == NULL) {
		snprintf(result->reason, sizeof(result->reason), "no-memory");
		return ERR_IO;
	}
	set_protocol(r.easy);
	set_request(&r);
	e = judge(f, &r, transfer(f, r.easy), result);
	curl_easy_cleanup(r.easy);
	curl_slist_free_all(r.headers);
	return e;
}

enum err
fetch_new(struct fetch **out)
{
	struct fetch *f;
	CURLM *multi;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_IO;
	multi = curl_multi_init();
	if (multi == NULL) {
		curl_global_cleanup();
		return ERR_IO;
	}
	f = mem_new(sizeof(*f));
	f->multi = multi;
	atomic_init(&f->is_cancelled, false);
	*out = f;
	return OK;
}

void
fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	curl_multi_cleanup(f->multi);
	curl_global_cleanup();
	mem_free(f);
}

void
fetch_cancel(struct fetch *f)
{
	atomic_store(&f->is_cancelled, true);
	curl_multi_wakeup(f->multi);
}

/* The length of "http://" or "https://"; 0: neither. */
static size_t
scheme_len(const char *url)
{
	if (strncasecmp(url, "http://", 7) == 0)
		return 7;
	return strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
}

bool
fetch_is_url(const char *url)
{
	size_t len = scheme_len(url);

	if (len == 0 || strchr("/?#", url[len]) != NULL)
		return false;
	for (const char *p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			return false;
	return true;
}

void
fetch_origin(const char *url, char out[FETCH_ORIGIN_MAX])
{
	size_t scheme = scheme_len(url), len = strcspn(url + scheme, "/?#\\");
	const char *host = url + scheme;

	/* user and password, RFC 3986 3.2.1: what is behind the last "@" is the host */
	for (size_t i = len; i != 0; i--) {
		if (host[i - 1] != '@')
			continue;
		host += i;
		len -= i;
		break;
	}
	snprintf(out, FETCH_ORIGIN_MAX, "%.*s%.*s", (int)scheme, url,
	    len < FETCH_ORIGIN_MAX - 16 ? (int)len : FETCH_ORIGIN_MAX - 16, host);
}
