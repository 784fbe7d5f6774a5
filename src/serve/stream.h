/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A response of many messages (a zone transfer), made bit by bit while the client takes
 * it.
 *
 * Shape: two functions at the beginning of the maker's own struct. answer() leaves one in
 * the answerer (serve/answer.h) instead of a response; the connection then asks it for
 * message after message, never for more than the client is reading, and reads no request
 * of that client meanwhile. What can not be made at once is waited for. A turn of the
 * loop makes about 256 KiB of one stream, so that the other connections get theirs.
 * Owner: the connection, from the moment that answer() returns; it calls free() once, at
 * the end or when the client is gone.
 * Threads: all calls come from the TCP worker that called answer().
 * Errors: what goes wrong on the way ends the stream with a message that says so, or
 * with `broken`: then the connection is closed.
 * Source: RFC 5936 2.2 (several messages), RFC 7766 6.2.1.1.
 */
#ifndef SERVE_STREAM_H
#define SERVE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream {
	/*
	 * Writes the next message, without the length before it, and sets *len; room is
	 * DNS_MESSAGE_MAX at least. False: there was none left, and nothing was written.
	 * The worker's reader need not be pinned, and the request is gone: what it reads
	 * it has to hold by itself.
	 */
	bool (*next)(struct stream *s, uint8_t *out, size_t room, size_t *len);
	void (*free)(struct stream *s);
	bool broken; /* set by next(): what was sent is not all, and no more will come */
	bool
	    is_waiting; /* set by each next(): there is none yet, wake() will be called */
	/*
	 * Set by the connection: goes on with the stream. To be called in the worker's
	 * loop (from a mail), never within next().
	 */
	void (*wake)(void *ctx);
	void *wake_ctx;
};

#endif
