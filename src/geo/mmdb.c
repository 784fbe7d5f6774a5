/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/mmdb.h"

#include <maxminddb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/inhand.h"
#include "base/sockaddr.h"
#include "geo/memo.h"
#include "geo/mmdbrecord.h"
#include "geo/nesting.h"
#include "geo/prefixes.h"

struct walk {
	MMDB_s *db;
	mmdb_record_fn *fn;
	void *ctx;
	struct memo values; /* of data records, by offset */
	struct nesting nesting;
	struct buf *why;
	uint64_t budget; /* nodes that may still be visited */
	unsigned bits; /* of the family that is walked */
	struct spans *out;
	uint64_t v4_node; /* aliases point here; UINT64_MAX: there is none */
	uint64_t networks;
	bool useful;
};

static enum err
corrupt(struct walk *w, const char *what)
{
	buf_printf(w->why, "damaged database: %s", what);
	return ERR_CORRUPT;
}

/* Many networks share a record: a country database has some hundred of them. */
MUST_CHECK static enum err
record_value(struct walk *w, MMDB_entry_s entry, uint64_t *value)
{
	struct mmdb_record r = {0};
	enum err e;

	if (memo_find(&w->values, entry.offset, value))
		return OK;
	if (!nesting_is_sane(&w->nesting, entry.offset))
		return corrupt(w, "a record is nested too deep, or cut");
	e = mmdbrecord_read(&entry, &r, w->why);
	if (e != OK)
		return e;
	if (r.country[0] != '\0' || r.continent[0] != '\0' || r.asn != 0)
		w->useful = true;
	*value = w->fn(w->ctx, &r);
	memo_set(&w->values, entry.offset, *value);
	return OK;
}

/*
 * Is this part of an IPv6 tree looked at elsewhere, or never? The IPv4 tree, the ranges
 * that stand for IPv4 addresses, and whatever else points to the IPv4 tree.
 */
static bool
is_elsewhere(const struct walk *w, uint64_t node, span_at start, unsigned depth)
{
	return (start == 0 && depth == 96) || prefixes_is_wrapped(start, depth) ||
	       node == w->v4_node;
}

MUST_CHECK static enum err
visit_node(struct walk *w, uint64_t node, span_at start, unsigned depth);

MUST_CHECK static enum err
visit_record(struct walk *w, uint64_t record, uint8_t type, const MMDB_entry_s *entry,
    span_at start, unsigned depth)
{
	uint64_t value = 0;
	enum err e = OK;

	switch (type) {
	case MMDB_RECORD_TYPE_SEARCH_NODE:
		if (w->bits == 32 || !is_elsewhere(w, record, start, depth))
			return visit_node(w, record, start, depth);
		break;
	case MMDB_RECORD_TYPE_DATA:
		e = record_value(w, *entry, &value);
		w->networks++;
		break;
	case MMDB_RECORD_TYPE_EMPTY:
		break;
	default:
		return corrupt(w, "a node points outside the file");
	}
	if (e == OK)
		spans_add(w->out, start, value);
	return e;
}

/* Recursive, but never deeper than an address is long. */
MUST_CHECK static enum err
visit_node(struct walk *w, uint64_t node, span_at start, unsigned depth)
{
	MMDB_search_node_s n;
	span_at bit;
	enum err e;

	if (depth >= w->bits)
		return corrupt(w, "the search tree is deeper than an address");
	/* In a tree every node is seen once; more than that is a cycle or a knot. */
	if (w->budget == 0)
		return corrupt(w, "the search tree runs in circles");
	w->budget--;
	if (MMDB_read_node(w->db, (uint32_t)node, &n) != MMDB_SUCCESS)
		return corrupt(w, "a node can not be read");
	e = visit_record(
	    w, n.left_record, n.left_record_type, &n.left_record_entry, start, depth + 1);
	if (e != OK)
		return e;
	bit = (span_at)1 << (w->bits - 1 - depth);
	return visit_record(w, n.right_record, n.right_record_type, &n.right_record_entry,
	    start | bit, depth + 1);
}

/*
 * The IPv4 addresses of an IPv6 tree are below ::/96. A record above that, which covers
 * more, is what all of them have.
 */
MUST_CHECK static enum err
visit_v4_in_v6(struct walk *w)
{
	MMDB_search_node_s n = {0};
	uint64_t node = 0;

	for (unsigned depth = 0; depth < 96; depth++) {
		if (MMDB_read_node(w->db, (uint32_t)node, &n) != MMDB_SUCCESS)
			return corrupt(w, "a node can not be read");
		if (n.left_record_type != MMDB_RECORD_TYPE_SEARCH_NODE)
			return visit_record(w, n.left_record, n.left_record_type,
			    &n.left_record_entry, 0, 0);
		node = n.left_record;
	}
	w->v4_node = node;
	return visit_node(w, node, 0, 0);
}

MUST_CHECK static enum err
visit_all(struct walk *w, struct spans *v4, struct spans *v6)
{
	enum err e;

	/* Each node once for each family, at most. */
	w->budget = 2 * (uint64_t)w->db->metadata.node_count + 256;
	w->out = v4;
	w->bits = 32;
	if (w->db->metadata.ip_version == 4)
		return visit_node(w, 0, 0, 0);
	e = visit_v4_in_v6(w);
	if (e != OK)
		return e;
	w->out = v6;
	w->bits = 128;
	return visit_node(w, 0, 0, 0);
}

MUST_CHECK static enum err
open_database(const char *path, MMDB_s *db, struct filestamp *stamp, struct buf *why)
{
	char copy[32];
	int fd, status;
	enum err e;

	e = filecopy_open(path, stamp, &fd, why);
	if (e != OK)
		return e;
	/* libmaxminddb opens by name only. */
	snprintf(copy, sizeof(copy), "/proc/self/fd/%d", fd);
	status = MMDB_open(copy, MMDB_MODE_MMAP, db);
	close(fd);
	if (status == MMDB_SUCCESS)
		return OK;
	if (status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR) {
		buf_printf(why, "cannot map it: %s", MMDB_strerror(status));
		return ERR_IO;
	}
	buf_printf(why, "not a MaxMind DB file, or damaged: %s", MMDB_strerror(status));
	return ERR_CORRUPT;
}

static void
describe(const MMDB_s *db, struct mmdb_info *info)
{
	const MMDB_metadata_s *m = &db->metadata;

	snprintf(info->type, sizeof(info->type), "%s",
	    m->database_type != NULL ? m->database_type : "");
	for (char *p = info->type; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	info->built_s = m->build_epoch <= INT64_MAX / 2 ? (int64_t)m->build_epoch : 0;
	info->nodes = m->node_count;
	info->ip_version = m->ip_version;
}

MUST_CHECK static enum err
walk_open(struct walk *w, struct spans *v4, struct spans *v6)
{
	enum err e;

	if (w->db->metadata.ip_version != 4 && w->db->metadata.ip_version != 6)
		return corrupt(w, "neither IPv4 nor IPv6");
	nesting_init(&w->nesting, w->db->data_section, w->db->data_section_size);
	e = visit_all(w, v4, v6);
	if (e == OK && !w->useful) {
		buf_printf(w->why, "no country, continent or AS number in it (type %s)",
		    w->db->metadata.database_type);
		e = ERR_UNSUPPORTED;
	}
	nesting_fini(&w->nesting);
	memo_fini(&w->values);
	return e;
}

enum err
mmdb_walk(const char *path, mmdb_record_fn *fn, void *ctx, struct spans *v4,
    struct spans *v6, struct mmdb_info *info, struct buf *why)
{
	MMDB_s db;
	struct walk w = {
	    .db = &db, .fn = fn, .ctx = ctx, .why = why, .v4_node = UINT64_MAX};
	uint64_t sum = inhand_file_sum(path);
	enum err e;

	*info = (struct mmdb_info){0};
	if (inhand_is_quarantined(INHAND_GEO, path, strlen(path), sum)) {
		buf_str(why,
		    "the server died while it read this file, which is left alone "
		    "until it changes");
		return ERR_DENIED;
	}
	inhand_take(INHAND_GEO, path, strlen(path), sum);
	e = open_database(path, &db, &info->stamp, why);
	if (e == OK) {
		e = walk_open(&w, v4, v6);
		info->networks = w.networks;
		describe(&db, info);
		MMDB_close(&db);
	}
	inhand_drop(INHAND_GEO);
	return e;
}

enum err
mmdb_look_up(
    const char *path, const struct ip *ip, struct mmdb_answer *out, struct buf *why)
{
	struct sockaddr_storage to = {0};
	struct ip_port at = {.ip = *ip};
	struct filestamp stamp;
	MMDB_lookup_result_s got;
	int status;
	MMDB_s db;
	enum err e;

	*out = (struct mmdb_answer){0};
	(void)sockaddr_write(&at, &to);
	e = open_database(path, &db, &stamp, why);
	if (e != OK)
		return e;
	got = MMDB_lookup_sockaddr(&db, (const struct sockaddr *)&to, &status);
	if (status == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR) {
		MMDB_close(&db);
		return OK;
	}
	if (status != MMDB_SUCCESS) {
		buf_printf(why, "damaged database: %s", MMDB_strerror(status));
		MMDB_close(&db);
		return ERR_CORRUPT;
	}
	out->len = (uint8_t)got.netmask;
	if (ip->family == 4 && db.metadata.ip_version == 6)
		out->len = got.netmask > 96 ? (uint8_t)(got.netmask - 96) : 0;
	out->found = got.found_entry;
	if (out->found) {
		e = mmdbrecord_read(&got.entry, &out->record, why);
		mmdbrecord_read_names(&got.entry, &out->names);
	}
	MMDB_close(&db);
	return e;
}
