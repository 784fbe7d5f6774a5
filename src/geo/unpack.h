/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unpacks what was downloaded: gzip, xz, tar in either or bare, or nothing of these. The
 * only door to zlib and liblzma.
 *
 * Shape: known by its first octets, never by its name. Streams from file to file. Of a
 * tar file the first member whose name ends in ".mmdb", else the only file, is meant; its
 * name is never used as a path.
 * Owner: the caller's paths.
 * Threads: any; blocks.
 * Errors: ERR_CORRUPT, ERR_RANGE for more than max octets, ERR_IO; the reason in `why`.
 * What was written of `to` then is to be thrown away.
 * Source: RFC 1952; the .xz file format 1.1; POSIX pax, "ustar Interchange Format".
 */
#ifndef GEO_UNPACK_H
#define GEO_UNPACK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

MUST_CHECK enum err
unpack_file(const char *from, const char *to, uint64_t max, struct buf *why);

#endif
