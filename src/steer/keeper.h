/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keeper: the one place where worlds are made. It joins parts (files) and changes
 * (the store) into the next world, has the board fill the choices of new pools, and
 * publishes.
 *
 * Shape: a queue of steps, taken one by one; what came while a step waited for the board
 * goes together into the next.
 * Owner: parts are held; the changes' records are taken over.
 * Threads: everything in the store thread's loop; it exchanges mail with the probe
 * thread. Errors: none: what arrives here has been checked. Source: HACKING.md,
 * "Threads".
 */
#ifndef STEER_KEEPER_H
#define STEER_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"
#include "steer/board.h"
#include "steer/parts.h"
#include "steer/shared.h"
#include "steer/world.h"
#include "store/store.h"

struct keeper;
struct serials;

/* board is used in board_loop's thread only. */
struct keeper *
keeper_new(struct loop *loop, struct loop *board_loop, struct board *board,
    struct shared *shared);

/*
 * When no reader is left and both loops have ended: frees the last world. The caller is
 * alone.
 */
void
keeper_free(struct keeper *k);

typedef void
keeper_done(void *ctx);

/* Serves these parts from now on; done (in the loop) once they are published. */
void
keeper_install(struct keeper *k, struct parts *parts, keeper_done *done, void *ctx);

/* False while a step waits for the board, or for what must come before it. */
bool
keeper_is_idle(const struct keeper *k);

/* For the start and the end, which say when they are read and written. */
struct serials *
keeper_serials(struct keeper *k);

/* Takes over the array and the records in it. */
void
keeper_change(struct keeper *k, struct store_change *changes, size_t count);

/*
 * Between the two, changes gather in one world that is published at the end: filling it
 * copies nothing. The keeper is idle before, and nothing is installed in between.
 */
void
keeper_begin_bulk(struct keeper *k);

void
keeper_end_bulk(struct keeper *k);

#endif
