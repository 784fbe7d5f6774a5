/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where transfers run: libcurl's multi handles, with their sockets and timers.
 *
 * Shape: packs of sixteen handles, one pack for each file of CA certificates; a transfer
 * goes into a handle of its pack, in turn.
 * Owner: multi_free() comes after the last transfer was removed. An easy handle stays
 * its maker's.
 * Threads: the loop's own. done comes from the loop alone, never from multi_add(); it may
 * add and remove transfers, its own one too.
 * Errors: ERR_IO when libcurl cannot begin; what a transfer ends with is for its maker to
 * judge.
 * Source: libcurl-multi(3), curl_multi_socket_action(3).
 */
#ifndef HEALTH_MULTI_H
#define HEALTH_MULTI_H

#include "base/err.h"
#include "base/loop.h"

struct multi;
struct multi_handle;

/* A transfer is over: ctx is its CURLOPT_PRIVATE, code the CURLcode. */
typedef void
multi_done(void *ctx, int code);

MUST_CHECK enum err
multi_new(struct loop *loop, multi_done *done, struct multi **out);

void
multi_free(struct multi *m);

/* Begins the transfer of a CURL. ca_file: what it checks certificates with, NULL: the
 * system's. NULL: libcurl has no memory for it. */
struct multi_handle *
multi_add(struct multi *m, const char *ca_file, void *easy);

void
multi_remove(struct multi_handle *handle, void *easy);

#endif
