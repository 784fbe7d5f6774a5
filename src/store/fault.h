/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes wrong with a Redis server, by name, and what that means for the operator.
 *
 * Shape: a name for machines and for the choice of what to do, a text for people.
 * Owner: names are static.
 * Threads: any; pure.
 * Errors: none.
 * Source: the first words of Redis' errors.
 */
#ifndef STORE_FAULT_H
#define STORE_FAULT_H

#include <stddef.h>
#include <stdint.h>

enum fault {
	FAULT_NONE,
	FAULT_UNREACHABLE, /* no connection could be made */
	FAULT_LOST, /* the connection ended */
	FAULT_SILENT, /* it is open and nothing comes */
	FAULT_TLS,
	FAULT_DENIED, /* NOAUTH, WRONGPASS, NOPERM */
	FAULT_LOADING, /* it reads its data still */
	FAULT_MASTER_DOWN, /* a replica that will not serve without its master */
	FAULT_READ_ONLY, /* a replica is asked to write */
	FAULT_FULL, /* OOM: it takes nothing more */
	FAULT_DISK, /* MISCONF: it can not save, and so takes nothing more */
	FAULT_UNKNOWN, /* it does not know a command */
	FAULT_NO_TRACKING, /* it will not call out changes */
	FAULT_CLUSTER,
	FAULT_ROLE, /* it is not what it should be: a Sentinel, a replica */
	FAULT_SENTINEL, /* the Sentinels know no server */
	FAULT_PROTOCOL, /* what it says is no Redis, or out of order */
	FAULT_ERROR, /* any other error of the server's */
	FAULT_CHANGED, /* not a fault: the configuration is another */
};

/* A word such as "loading". */
const char *
fault_name(enum fault f);

/* What an error's text is, and in words for people. */
enum fault
fault_of_error(const char *error, char *out, size_t size);

/* The longest pause before another try. */
int64_t
fault_pause_max_ms(enum fault f);

#endif
