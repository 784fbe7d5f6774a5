/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one data record of a MaxMind DB file says, wherever its vendor puts it.
 *
 * Shape: each fact has a list of places, tried in order.
 * Owner: values.
 * Threads: any.
 * Errors: ERR_CORRUPT with the reason in `why`; what is not there is none.
 * Source: the layouts of MaxMind, DB-IP, IP2Location, ip-location-db and IPinfo.
 */
#ifndef GEO_MMDBRECORD_H
#define GEO_MMDBRECORD_H

#include "geo/mmdb.h"

struct MMDB_entry_s; /* of libmaxminddb */

/* *r is all zero before. */
MUST_CHECK enum err
mmdbrecord_read(struct MMDB_entry_s *entry, struct mmdb_record *r, struct buf *why);

void
mmdbrecord_read_names(struct MMDB_entry_s *entry, struct mmdb_names *out);

#endif
