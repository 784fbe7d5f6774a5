/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sextantctl records export`, `import` and `check`: records from and to files, in many
 * small requests, so that neither the daemon nor we hold them all.
 *
 * Shape: an export asks for page after page; an import first has everything checked, then
 * sends batches, each of which is written as one.
 * Owner: nothing is kept.
 * Threads: one; calls block.
 * Errors: exit codes of sextantctl(8), said on standard error.
 * Source: sextant-records(7).
 */
#ifndef TOOLS_RECORDS_H
#define TOOLS_RECORDS_H

#include <stdbool.h>

/* Are these words, NULL behind the last, for records_run()? */
bool
records_is_ours(char *const *args);

int
records_run(const char *socket, char **args);

#endif
