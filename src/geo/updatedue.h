/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a file is fetched next.
 *
 * Shape: each sets due and due_s of the job.
 * Owner: the job's.
 * Threads: under the updater's lock.
 * Errors: none.
 * Source: none.
 */
#ifndef GEO_UPDATEDUE_H
#define GEO_UPDATEDUE_H

#include "geo/updatejob.h"

void
updatedue_set(struct updatejob *j, double ms);

/* At a start: a missing file at once, else its time after it was asked for last. */
void
updatedue_first(struct updatejob *j);

/* After a success, 10 % sooner or later than it says. */
void
updatedue_again(struct updatejob *j);

/* Full jitter: many nodes that failed together do not come back together. j->failures
 * counts this one. */
void
updatedue_after_failure(struct updatejob *j, int64_t retry_after_s);

#endif
