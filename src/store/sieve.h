/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a Redis server sends, sieved before it is decoded: whatever is too large is taken
 * out and a nil stands in its place, so that one monstrous record costs itself alone and
 * never memory.
 *
 * Shape: RESP2 in, well-formed RESP2 out, in pieces of any size. Limits: a text of
 * SIEVE_TEXT_MAX, all texts of one array SIEVE_ARRAY_MAX, SIEVE_ELEMENTS_MAX in one
 * array. What breaks these is a nil; what breaks those of a whole reply is an error.
 * Owner: plain data, all zero at first.
 * Threads: one at a time; pure.
 * Errors: false with a reason for people: what came is no RESP2, or a whole reply is too
 * large. Nothing more can be made of that stream.
 * Source: the Redis serialization protocol, version 2.
 */
#ifndef STORE_SIEVE_H
#define STORE_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SIEVE_TEXT_MAX = 1 << 20,
	SIEVE_ARRAY_MAX = 16 << 20,
	SIEVE_ELEMENTS_MAX = 1 << 18,
	SIEVE_REPLY_MAX = 64 << 20,
	SIEVE_REPLY_ELEMENTS_MAX = 1 << 20,
	SIEVE_LINE_MAX = 16 << 10,
	SIEVE_DEPTH_MAX = 5,
	SIEVE_MORE = 64, /* the most by which more comes out than went in */
};

enum sieve_state { SIEVE_START, SIEVE_HEAD, SIEVE_LINE, SIEVE_TEXT };

struct sieve {
	enum sieve_state state;
	char head[32]; /* "$12\r" so far */
	size_t head_len;
	size_t line_len;
	bool line_cr;
	uint64_t left; /* octets of a text, its end among them */
	bool drop; /* this text is taken out */
	unsigned depth; /* arrays that are open */
	unsigned drop_depth; /* the array that is taken out; 0: none */
	struct {
		uint64_t left; /* elements */
		uint64_t octets;
	} arrays[SIEVE_DEPTH_MAX];
	uint64_t octets, elements; /* of this reply, as handed on */
	const char *why;
};

/* out has room for len + SIEVE_MORE octets. */
bool
sieve_feed(struct sieve *s, const char *in, size_t len, char *out, size_t *out_len);

#endif
