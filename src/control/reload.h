/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reload: reading everything anew beside what is served, and then serving it, or nothing
 * of it.
 *
 * Shape: one at a time. A thread reads (steer/parts.h); the store thread installs.
 * Owner: the reload frees itself at its end.
 * Threads: begun and ended in the control thread.
 * Errors: all complaints go into the reply and the log; what was served goes on.
 * Source: DESIGN "Bad data".
 */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include "control/control.h"

/* Waits until the reading thread has ended, if there is one. */
void
reload_wait(struct control *c);

#endif
