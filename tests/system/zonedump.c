/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads master files as sextantd does and prints what they hold: the records of each,
 * RDATA as octets, so that test_zonetext.py can compare them with those of BIND.
 *
 *     zonedump [-q] ORIGIN FILE [ORIGIN FILE ...]
 *
 * For each file: "zone ORIGIN", "said COMPLAINT" lines, "rr OWNER TYPE TTL RDATA" lines
 * (in hexadecimal; not with -q), and "loaded N" with the number of records, or "refused".
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/complaint.h"
#include "base/encoding.h"
#include "zone/zonefile.h"

static uint32_t
pool_id(void *ctx, const char *name, uint32_t ttl)
{
	(void)ttl;
	(void)ctx;
	return strcmp(name, "edge") == 0 ? 1 : 0;
}

static int
print_node(const struct node *n, void *ctx)
{
	struct buf line = {0};
	struct rdata r;

	(void)ctx;
	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s)) {
		for (size_t pos = 0; rrset_next(s, &pos, &r);) {
			buf_clear(&line);
			buf_str(&line, "rr ");
			encoding_hex_write(node_name(n), n->leaf.name_len, &line);
			buf_printf(&line, " %u %u ", rrset_type(s), rrset_ttl(s));
			encoding_hex_write(r.data, r.len, &line);
			puts(buf_text(&line));
		}
	}
	buf_fini(&line);
	return 0;
}

static void
dump(const char *origin, const char *path, bool quiet)
{
	struct zonefile_options options = {.pool_id = pool_id};
	struct complaints complaints = {0};
	struct table *t;
	enum err e = name_parse(origin, strlen(origin), NULL, &options.origin);

	printf("zone %s\n", origin);
	if (e == OK)
		e = zonefile_load(path, &options, &t, &complaints);
	for (size_t i = 0; i < complaints.count; i++) {
		struct buf line = {0};

		complaint_write(&complaints.list[i], &line);
		printf("said %s\n", buf_text(&line));
		buf_fini(&line);
	}
	complaints_fini(&complaints);
	if (e != OK) {
		puts("refused");
		return;
	}
	if (!quiet)
		table_each(t, print_node, NULL);
	printf("loaded %zu\n", t->rr_count);
	table_free(t);
}

int
main(int argc, char **argv)
{
	bool quiet = argc > 1 && strcmp(argv[1], "-q") == 0;

	for (int i = quiet ? 2 : 1; i + 1 < argc; i += 2)
		dump(argv[i], argv[i + 1], quiet);
	return 0;
}
