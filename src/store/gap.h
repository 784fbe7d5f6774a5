/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where to go on within a range of keys whose ends can not be read any further.
 *
 * Shape: a key between two others. Owner: the result is the caller's. Threads: any; pure
 * but for memory. Errors: NULL: there is nothing between. Source: none.
 */
#ifndef STORE_GAP_H
#define STORE_GAP_H

/* How often a gap is halved: so many pages of a damaged file are tried at most. */
enum { GAP_DEPTH = 9 };

char *
gap_middle(const char *low, const char *high);

#endif
