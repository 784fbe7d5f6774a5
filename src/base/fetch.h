/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTP or HTTPS request to a server by its name, from a thread that may wait: for
 * webhooks and downloads. Probes are another matter (health/http.h).
 *
 * Shape: fetch_run() resolves, connects, sends and receives; one deadline for all of it.
 * Certificates are always verified. Without a proxy unless the request names one,
 * whatever the environment says; nothing is kept between requests. Owner: the request's
 * fields are the caller's, and are needed until fetch_run() returns. Threads: fetch_new()
 * and fetch_free() in any one, fetch_run() in a thread of the caller's, one at a time per
 * fetch; fetch_cancel() from any. Errors: everything but a status of 2xx is a failure
 * with a named reason, which never holds the URL: it may be a secret. Source: RFC 9110;
 * libcurl-easy(3), libcurl-multi(3).
 */
#ifndef BASE_FETCH_H
#define BASE_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FETCH_REASON_MAX 64
#define FETCH_VALIDATOR_MAX 160
/* "https://hooks.example.com": all of a URL that may be logged. */
#define FETCH_ORIGIN_MAX 280

struct fetch;

struct fetch_request {
	const char *url;
	const char *method; /* NULL: GET, or POST with a body */
	char *const *headers; /* "Name: value" */
	size_t header_count;
	const void *body; /* NULL: none */
	size_t body_len;
	const char *ca_file; /* NULL: the system's */
	const char *proxy; /* NULL: none */
	int64_t timeout_ms;
	unsigned redirects_max; /* 0: a redirect is a failure */
	uint64_t answer_max; /* octets of the answer's body; more is a failure */
	/* Gets the body of a 2xx answer piece by piece, in the thread of fetch_run();
	 * false ends it. NULL: it is thrown away. */
	bool (*on_body)(void *ctx, const void *data, size_t len);
	void *ctx;
};

struct fetch_result {
	unsigned status; /* 0: no answer */
	int64_t retry_after_s; /* as the answer asks; 0: it does not */
	char reason[FETCH_REASON_MAX]; /* "" when it was done */
	/* fields of the answer, also of "status 304"; "" when it has none */
	char etag[FETCH_VALIDATOR_MAX];
	char last_modified[FETCH_VALIDATOR_MAX];
};

MUST_CHECK enum err
fetch_new(struct fetch **out);

/* NULL is allowed. */
void
fetch_free(struct fetch *f);

/* OK with a 2xx; ERR_CLOSED when it was cancelled; else ERR_IO. The result is written
 * always. */
MUST_CHECK enum err
fetch_run(struct fetch *f, const struct fetch_request *rq, struct fetch_result *result);

/* Ends what runs, and whatever would begin later. */
void
fetch_cancel(struct fetch *f);

/* "http://" or "https://", a host and no blanks? */
bool
fetch_is_url(const char *url);

/* What may be told of a URL: scheme, host and port. */
void
fetch_origin(const char *url, char out[FETCH_ORIGIN_MAX]);

#endif
