/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a function can say when it did not do what it was asked.
 *
 * Shape: one small enum for all of Sextant; foreign codes (errno, curl,
 * Redis, SQLite) become one of these in the file that made the foreign call.
 * Owner: texts are static.
 * Threads: any.
 * Errors: a fallible function returns enum err, must-check, and writes its
 * results only on OK. People get complaints (base/complaint.h), not these.
 * Source: none.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
	OK = 0,
	ERR_IO, /* the system refused: file, socket, database */
	ERR_SYNTAX, /* does not parse */
	ERR_RANGE, /* parses, but the value is out of range */
	ERR_SPACE, /* the room that the caller gave is too small */
	ERR_EXISTS, /* is there already */
	ERR_MISSING, /* is not there */
	ERR_DENIED, /* a rule forbids it */
	ERR_BUSY, /* not now; ask again */
	ERR_CORRUPT, /* damaged: checksum, structure */
	ERR_UNSUPPORTED, /* well-formed, but not something we do */
	ERR_CLOSED, /* the other side is gone */
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* A short lower-case text such as "out of range". */
const char *
err_text(enum err e);

#endif
