/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS for connections that we make: what we trust, what we show, whom we expect.
 *
 * Shape: OpenSSL behind libevent's bufferevents, or over a socket; TLS 1.2 and newer. The
 * other side's certificate is always verified, and that it is for the name or address.
 * Owner: tls_free() frees; connections that were made may outlive it.
 * Threads: one at a time.
 * Errors: a line for people in `why`.
 * Source: RFC 8446, 5280, 6125; libevent's bufferevent_ssl.h.
 */
#ifndef BASE_TLS_H
#define BASE_TLS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/loop.h"

struct tls;

/* Files in PEM form, or NULL: ca_file the system's, the others none. */
MUST_CHECK enum err
tls_new(const char *ca_file, const char *cert_file, const char *key_file,
    struct tls **out, struct buf *why);

/* NULL is allowed. */
void
tls_free(struct tls *t);

/*
 * A struct bufferevent * that is to be connected, its callbacks deferred; the
 * certificate has to be for `name`, or, when that is NULL, for the address.
 */
void *
tls_bufferevent(
    struct tls *t, struct loop *loop, const char *name, const struct ip *address);

/* Why it failed, if TLS knows; else "". */
void
tls_explain(void *bufferevent, char *out, size_t size);

/* A connection over a socket that blocks, for programs that wait. */
struct tls_stream;

/* The socket stays the caller's. ERR_CLOSED; name and address as above. */
MUST_CHECK enum err
tls_stream_open(struct tls *t, int fd, const char *name, const struct ip *address,
    struct tls_stream **out, struct buf *why);

/* NULL is allowed. */
void
tls_stream_close(struct tls_stream *s);

/* As send(2) and recv(2); less than 0: it failed, or the other side is silent. */
int
tls_stream_write(struct tls_stream *s, const char *data, size_t len);

int
tls_stream_read(struct tls_stream *s, char *data, size_t size);

#endif
