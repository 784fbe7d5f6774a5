/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/fault.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PAUSE_MS = 5000, PAUSE_SOON_MS = 1000 };

static const char *const names[] = {
    [FAULT_NONE] = "none",
    [FAULT_UNREACHABLE] = "unreachable",
    [FAULT_LOST] = "lost",
    [FAULT_SILENT] = "silent",
    [FAULT_TLS] = "tls",
    [FAULT_DENIED] = "denied",
    [FAULT_LOADING] = "loading",
    [FAULT_MASTER_DOWN] = "master-down",
    [FAULT_READ_ONLY] = "read-only",
    [FAULT_FULL] = "full",
    [FAULT_DISK] = "disk",
    [FAULT_UNKNOWN] = "unknown-command",
    [FAULT_NO_TRACKING] = "no-tracking",
    [FAULT_CLUSTER] = "cluster",
    [FAULT_ROLE] = "role",
    [FAULT_SENTINEL] = "sentinel",
    [FAULT_PROTOCOL] = "protocol",
    [FAULT_ERROR] = "error",
    [FAULT_CHANGED] = "changed",
};

static const struct {
	const char *start;
	enum fault fault;
	const char *meaning;
} known[] = {
    {"NOAUTH ", FAULT_DENIED, "the server wants a password: set its password_file"},
    {"WRONGPASS ", FAULT_DENIED, "the server refused user or password"},
    {"ERR invalid password", FAULT_DENIED, "the server refused the password"},
    {"ERR AUTH ", FAULT_DENIED, "the server has no password, and one was given"},
    {"ERR Client sent AUTH", FAULT_DENIED,
        "the server has no password, and one was given"},
    {"NOPERM ", FAULT_DENIED, "the user lacks a permission"},
    {"LOADING ", FAULT_LOADING, "the server is still loading its data"},
    {"MASTERDOWN ", FAULT_MASTER_DOWN, "the server is a replica whose master is gone"},
    {"READONLY ", FAULT_READ_ONLY, "the server is a replica, which takes no writes"},
    {"OOM ", FAULT_FULL, "the server's memory is full, it takes no writes"},
    {"MISCONF ", FAULT_DISK, "the server can not save its data, it takes no writes"},
    {"NOREPLICAS ", FAULT_READ_ONLY,
        "the server has too few replicas, it takes no writes"},
    {"MOVED ", FAULT_CLUSTER, "the server is a Redis Cluster, which is not supported"},
    {"ASK ", FAULT_CLUSTER, "the server is a Redis Cluster, which is not supported"},
    {"CROSSSLOT ", FAULT_CLUSTER,
        "the server is a Redis Cluster, which is not supported"},
    {"CLUSTERDOWN ", FAULT_CLUSTER,
        "the server is a Redis Cluster, which is not supported"},
    {"ERR unknown command", FAULT_UNKNOWN,
        "the server does not know a command: Redis 6.2 or newer is needed"},
    {"ERR Unknown subcommand", FAULT_UNKNOWN,
        "the server does not know a command: Redis 6.2 or newer is needed"},
    {"ERR max number of clients", FAULT_FULL, "the server has too many clients"},
};

const char *
fault_name(enum fault f)
{
	return names[f];
}

enum fault
fault_of_error(const char *error, char *out, size_t size)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strncasecmp(error, known[i].start, strlen(known[i].start)) != 0)
			continue;
		snprintf(out, size, "%s (%s)", known[i].meaning, error);
		return known[i].fault;
	}
	snprintf(out, size, "the server says: %s", error);
	return FAULT_ERROR;
}

int64_t
fault_pause_max_ms(enum fault f)
{
	/* these end by themselves, and the server is there and has time for us */
	return f == FAULT_LOADING || f == FAULT_MASTER_DOWN ? PAUSE_SOON_MS : PAUSE_MS;
}
