/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP and HTTPS probes: with health/multi.h the fence around libcurl.
 *
 * Shape: a probe is one request over a new connection to the given address, whatever
 * the check's host; it ends when its result is decided (health/expect.h), the answer is
 * complete, or the deadline is over.
 * Owner: a probe in flight belongs to itself until on_done, or http_stop(); the check
 * must outlive it. http_free() comes after the last probe.
 * Threads: the loop's own. on_ready comes from within libcurl: it must not start or
 * stop a probe. The process ignores SIGPIPE.
 * Errors: become the result (health/probe.h).
 * Source: RFC 9110, RFC 9112; libcurl-easy(3), curl_easy_setopt(3).
 */
#ifndef HEALTH_HTTP_H
#define HEALTH_HTTP_H

#include "base/err.h"
#include "base/ip.h"
#include "base/loop.h"
#include "config/config.h"
#include "health/probe.h"

struct http;
struct http_probe;

MUST_CHECK enum err
http_new(struct loop *loop, struct http **out);

void
http_free(struct http *h);

/* NULL: libcurl has no memory for it. */
struct http_probe *
http_start(struct http *h, const struct config_check *check, const struct ip *ip,
    bool wants_certificate, const struct probe_hooks *hooks, void *ctx);

/* Ends it without a result. */
void
http_stop(struct http_probe *p);

#endif
