/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One file that is fetched: what it is, what is known of its versions, and one download.
 *
 * Shape: beside FILE, a download is FILE.download, what came out of it FILE.unpacked.
 * Owner: updatejob_free().
 * Threads: the updater's while it runs; else under the updater's lock.
 * Errors: the reason in `why`; never the URL or the key.
 * Source: RFC 9110 8.8, 13.1 (validators, conditional requests).
 */
#ifndef GEO_UPDATEJOB_H
#define GEO_UPDATEJOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fetch.h"
#include "base/json.h"
#include "base/sha256.h"
#include "config/config.h"

struct updatejob {
	struct config_geo_update cfg; /* own copies */
	/* of the version that came last, taken or refused */
	char etag[FETCH_VALIDATOR_MAX];
	char last_modified[FETCH_VALIDATOR_MAX];
	char sum[SHA256_TEXT_MAX];
	int64_t asked_s, taken_s; /* since the epoch; 0: never */
	struct mono due;
	int64_t due_s;
	unsigned failures;
	uint64_t runs; /* that have ended */
	char *why; /* of the last failure or refusal; NULL: none */
	bool is_running, is_gone;
};

enum updatejob_result { UPDATEJOB_SAME, UPDATEJOB_NEW, UPDATEJOB_FAILED };

struct updatejob *
updatejob_new(const struct config_geo_update *cfg);

void
updatejob_free(struct updatejob *j);

/* FILE.download and the like; caller frees. */
char *
updatejob_path(const struct updatejob *j, const char *ending);

/* UPDATEJOB_NEW: it stands in FILE.unpacked. Else nothing is left there. */
enum updatejob_result
updatejob_run(
    struct updatejob *j, struct fetch *f, int64_t *retry_after_s, struct buf *why);

/* As if the version that came last had not come. */
void
updatejob_forget(struct updatejob *j);

/* For the next process: what was learnt, if it is of the same URL. */
struct json *
updatejob_save(const struct updatejob *j);

void
updatejob_load(struct updatejob *j, const struct json *from);

#endif
