/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration file from anybody; what loads is copied and freed. */
#include "fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"

/* The loader reads files by name; this one lives in memory. */
static const char *
memory_file(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return path;
}

static void
check_config(const struct config *c)
{
	size_t i;

	assert(c->zone_count > 0 && c->server.listen_count > 0);
	assert(c->server.workers > 0 && c->server.identity != NULL);
	for (i = 0; i < c->pool_count; i++) {
		const struct config_pool *p = &c->pools[i];

		assert(p->name != NULL && p->ttl_min <= p->ttl && p->min_healthy >= 1);
		assert(p->region_count + p->dflt_count > 0);
		assert(p->check == NULL || config_find_check(c, p->check) != NULL);
		config_pool_free(config_pool_copy(p));
	}
	for (i = 0; i < c->check_count; i++) {
		struct config_check *copy = config_check_copy(&c->checks[i]);

		assert(copy->port != 0 && copy->interval_ms >= 50);
		assert(config_check_equal(copy, &c->checks[i]));
		config_check_free(copy);
	}
	for (i = 0; i < c->zone_count; i++) {
		assert(c->zones[i].domain.len > 0);
		assert(c->zones[i].file != NULL || c->zones[i].ns_count > 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaints complaints = {0};
	struct config *c = NULL;
	struct buf text = {0};
	enum err e;

	/* No other file of this machine is to be read. */
	if (size != 0 && (memmem(data, size, "include", 7) != NULL ||
	                     memmem(data, size, "password_file", 13) != NULL))
		return 0;
	e = config_load(memory_file(data, size), &c, &complaints);
	assert((e == OK) == (complaints.errors == 0) && (e == OK) == (c != NULL));
	complaints_write(&complaints, &text);
	if (c != NULL)
		check_config(c);
	config_free(c);
	buf_fini(&text);
	complaints_fini(&complaints);
	return 0;
}
