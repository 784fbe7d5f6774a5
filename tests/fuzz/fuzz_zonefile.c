/* SPDX-License-Identifier: BSD-2-Clause */
/* A master file from anybody: what loads must read back from its own text. */
#include "fuzz.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "zone/rdata.h"
#include "zone/zonefile.h"

/* The same text under ever new names includes itself more often than time allows. */
enum { FILES_MAX = 50 };

struct input {
	const uint8_t *data;
	size_t size;
	unsigned files;
};

static uint32_t
pool_id(void *ctx, const char *name, uint32_t ttl)
{
	(void)ttl;
	(void)ctx;
	return strcmp(name, "edge") == 0 ? 1 : 0;
}

/* The input stands for every file, so that $INCLUDE is reached; nothing is opened. */
static enum err
open_input(void *ctx, const char *path, char **text, size_t *len, struct buf *why)
{
	struct input *in = ctx;

	(void)path;
	if (in->files++ == FILES_MAX) {
		buf_str(why, "too many files");
		in->files--;
		return ERR_IO;
	}
	*text = mem_dup(in->data, in->size);
	*len = in->size;
	return OK;
}

static int
check_node(const struct node *n, void *ctx)
{
	uint8_t *wire = ctx;

	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s)) {
		struct rdata r;

		for (size_t pos = 0; rrset_next(s, &pos, &r);) {
			struct buf text = {0};
			struct buf why = {0};
			uint16_t len;

			rdata_write(rrset_type(s), r.data, r.len, &text);
			/* Octets given as \# may have a text that is too long to read. */
			if (text.len <= 65536) {
				assert(rdata_parse(rrset_type(s), buf_text(&text),
				           text.len, NULL, wire, &len, &why) == OK);
				assert(len == r.len && memcmp(wire, r.data, len) == 0);
			}
			buf_fini(&text);
			buf_fini(&why);
		}
	}
	return 0;
}

/* Numbers of $GENERATE multiply: nothing new is found by the large ones. */
static bool
is_long(const uint8_t *data, size_t size)
{
	unsigned digits = 0;
	bool has_long = false;

	for (size_t i = 0; i < size; i++) {
		digits = data[i] >= '0' && data[i] <= '9' ? digits + 1 : 0;
		has_long = has_long || digits > 4;
	}
	for (size_t i = 0; has_long && i + 9 < size; i++)
		if (strncasecmp((const char *)data + i, "$GENERATE", 9) == 0)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {.data = data, .size = size};
	struct zonefile_options options = {
	    .pool_id = pool_id, .open = open_input, .ctx = &in};
	struct complaints complaints = {0};
	struct table *table;

	if (size > 16384 || is_long(data, size))
		return 0;
	assert(name_parse("example.com.", 12, NULL, &options.origin) == OK);
	if (zonefile_load("zone", &options, &table, &complaints) == OK) {
		uint8_t *wire = mem_array(65535, 1);

		table_each(table, check_node, wire);
		mem_free(wire);
		table_free(table);
	} else {
		assert(complaints.errors != 0);
	}
	complaints_fini(&complaints);
	return 0;
}
