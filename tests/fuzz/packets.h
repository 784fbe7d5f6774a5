/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets to send to a server: good queries with everything that EDNS has, transfers,
 * updates, signed ones, what the corpora hold; and all of these spoilt.
 *
 * Shape: a packet at a time, from a generator of random numbers.
 * Owner: the seeds read from files stay until the program ends.
 * Threads: one.
 * Errors: a file that can not be read ends the program.
 * Source: none.
 */
#ifndef FUZZ_PACKETS_H
#define FUZZ_PACKETS_H

#include "rng.h"

enum { PACKET_MAX = 4096 };

struct packet {
	uint8_t data[PACKET_MAX];
	size_t len;
	bool is_good; /* a query that has to be answered */
	bool is_to_be_signed; /* by packets_sign(), when it has its ID */
};

/* Takes all files of a folder as seeds. */
void
packets_load(const char *folder);

/* Signs with a key that the server knows: key.example, HMAC-SHA256. */
void
packets_sign(struct packet *p);

/* Makes the next one; the ID is for the caller to set. */
void
packets_make(struct rng *r, struct packet *p);

#endif
