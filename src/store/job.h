/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the disk thread is asked, and how it does it: batches of writes, rows, pages.
 *
 * Shape: a job is a mail that goes to the disk thread in a list, and back to the loop,
 * where it tells who asked. Writes that follow each other are one transaction.
 * Owner: a job owns its rows and texts; it frees itself when it has told.
 * Threads: made and told in the loop's own, run in the disk thread.
 * Errors: in the job, for who asked.
 * Source: none.
 */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/loop.h"
#include "store/db.h"
#include "store/disk.h"

enum job_kind { JOB_WRITE, JOB_META, JOB_STATE, JOB_READ, JOB_SCAN };

struct job {
	struct mail mail; /* first: the way back */
	struct job *next;
	enum job_kind kind;
	enum err e;
	struct disk_row *rows; /* written, or the page that was read */
	size_t count;
	size_t cap;
	char *state_kind; /* of STATE */
	char *key; /* of READ, META and STATE; of SCAN, where to go on */
	char *value;
	struct fields fields;
	size_t max;
	bool urgent; /* not to wait for company */
	disk_done *done;
	disk_got *got;
	disk_page *page;
	void *ctx;
};

/* ctx is for whichever of done, got and page is set. */
struct job *
job_new(enum job_kind kind, void *ctx);

/* Somebody waits for what it reads. */
bool
job_is_read(const struct job *j);

/* A transaction is over; db_reason() says more. */
typedef void
job_written(void *ctx, enum err e);

/* Does them in order, all up to the first that reads in one transaction, and posts each
 * to the loop. */
void
job_run_all(
    struct job *first, struct db *db, struct loop *loop, job_written *written, void *ctx);

#endif
