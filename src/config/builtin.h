/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of the built-in regions; geo/ knows their countries and centroids.
 *
 * Shape: 16 codes, NULL-terminated.
 * Owner: static.
 * Threads: immutable.
 * Errors: none.
 * Source: DESIGN "Steering".
 */
#ifndef CONFIG_BUILTIN_H
#define CONFIG_BUILTIN_H

extern const char *const builtin_regions[];

#endif
