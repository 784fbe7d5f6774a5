/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/mmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/inhand.h"
#include "base/mem.h"
#include "geo/memo.h"
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
	bool useful;
};

/* A path in a record, as libmaxminddb wants it. */
struct field {
	const char *path[4];
};

/*
 * The vendors differ: MaxMind, DB-IP and IP2Location have country.iso_code;
 * ip-location-db and IPinfo country_code; older IPinfo files a plain country. The country
 * where the network is comes before the one it is registered in.
 */
static const struct field country_fields[] = {
    {{"country", "iso_code"}},
    {{"country_code"}},
    {{"country"}},
    {{"registered_country", "iso_code"}},
};

static const struct field continent_fields[] = {
    {{"continent", "code"}},
    {{"continent_code"}},
    {{"continent"}},
};

static const struct field subdivision_fields[] = {
    {{"subdivisions", "0", "iso_code"}},
    {{"region_code"}},
};

static const struct field asn_fields[] = {
    {{"autonomous_system_number"}},
    {{"asn"}},
    {{"traits", "autonomous_system_number"}},
};

static enum err
corrupt(struct walk *w, const char *what)
{
	buf_printf(w->why, "damaged database: %s", what);
	return ERR_CORRUPT;
}

/* found says whether there is such a value; an error is damage, not absence. */
MUST_CHECK static enum err
read_field(struct walk *w, MMDB_entry_s *entry, const struct field *f, bool *found,
    MMDB_entry_data_s *out)
{
	int status = MMDB_aget_value(entry, out, f->path);

	*found = false;
	if (status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR ||
	    status == MMDB_INVALID_LOOKUP_PATH_ERROR)
		return OK;
	if (status != MMDB_SUCCESS)
		return corrupt(w, MMDB_strerror(status));
	*found = out->has_data;
	return OK;
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The first of the fields that is a text of two letters. */
MUST_CHECK static enum err
read_code(struct walk *w, MMDB_entry_s *entry, const struct field *fields, size_t count,
    char out[3])
{
	for (size_t i = 0; i < count; i++) {
		MMDB_entry_data_s d;
		bool found;
		enum err e = read_field(w, entry, &fields[i], &found, &d);

		if (e != OK)
			return e;
		if (found && d.type == MMDB_DATA_TYPE_UTF8_STRING && d.data_size == 2 &&
		    is_letter(d.utf8_string[0]) && is_letter(d.utf8_string[1])) {
			memcpy(out, d.utf8_string, 2);
			out[2] = '\0';
			return OK;
		}
	}
	return OK;
}

/* ISO 3166-2: the vendors write the part behind the country, or all of it. */
MUST_CHECK static enum err
read_subdivision(struct walk *w, MMDB_entry_s *entry, struct mmdb_record *r)
{
	for (size_t i = 0; i < sizeof(subdivision_fields) / sizeof(struct field); i++) {
		MMDB_entry_data_s d;
		bool found;
		enum err e = read_field(w, entry, &subdivision_fields[i], &found, &d);

		if (e != OK)
			return e;
		if (!found || d.type != MMDB_DATA_TYPE_UTF8_STRING || d.data_size == 0)
			continue;
		if (d.data_size <= 3)
			snprintf(r->subdivision, sizeof(r->subdivision), "%s-%.*s",
			    r->country, (int)d.data_size, d.utf8_string);
		else if (d.data_size <= 6 && d.utf8_string[2] == '-')
			snprintf(r->subdivision, sizeof(r->subdivision), "%.*s",
			    (int)d.data_size, d.utf8_string);
		else
			continue;
		return OK;
	}
	return OK;
}

/* "AS15169", "15169"; 0 for anything else. */
static uint32_t
parse_asn(const char *text, uint32_t len)
{
	uint64_t n = 0;

	if (len > 2 && (text[0] == 'A' || text[0] == 'a') &&
	    (text[1] == 'S' || text[1] == 's')) {
		text += 2;
		len -= 2;
	}
	if (len == 0 || len > 10)
		return 0;
	for (uint32_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	return n <= UINT32_MAX ? (uint32_t)n : 0;
}

static uint32_t
asn_of(const MMDB_entry_data_s *d)
{
	switch (d->type) {
	case MMDB_DATA_TYPE_UINT16:
		return d->uint16;
	case MMDB_DATA_TYPE_UINT32:
		return d->uint32;
	case MMDB_DATA_TYPE_UINT64:
		return d->uint64 <= UINT32_MAX ? (uint32_t)d->uint64 : 0;
	case MMDB_DATA_TYPE_UTF8_STRING:
		return parse_asn(d->utf8_string, d->data_size);
	default:
		return 0;
	}
}

MUST_CHECK static enum err
read_record(struct walk *w, MMDB_entry_s *entry, struct mmdb_record *r)
{
	enum err e;

	e = read_code(w, entry, country_fields,
	    sizeof(country_fields) / sizeof(struct field), r->country);
	if (e != OK)
		return e;
	e = read_code(w, entry, continent_fields,
	    sizeof(continent_fields) / sizeof(struct field), r->continent);
	if (e != OK)
		return e;
	if (r->country[0] != '\0') {
		e = read_subdivision(w, entry, r);
		if (e != OK)
			return e;
	}
	for (size_t i = 0; r->asn == 0 && i < sizeof(asn_fields) / sizeof(struct field);
	     i++) {
		MMDB_entry_data_s d;
		bool found;

		e = read_field(w, entry, &asn_fields[i], &found, &d);
		if (e != OK)
			return e;
		if (found)
			r->asn = asn_of(&d);
	}
	return OK;
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
	e = read_record(w, &entry, &r);
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

/* Copies a file into anonymous memory that nobody else can change. */
MUST_CHECK static enum err
copy_file(int from, int to, struct buf *why)
{
	static const size_t chunk = 1 << 18;
	char *data = mem_array(1, chunk);
	enum err e = OK;

	for (;;) {
		ssize_t n = read(from, data, chunk);
		ssize_t at = 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n < 0) {
				buf_printf(why, "cannot read: %s", strerror(errno));
				e = ERR_IO;
			}
			break;
		}
		while (e == OK && at < n) {
			ssize_t put = write(to, data + at, (size_t)(n - at));

			if (put > 0) {
				at += put;
			} else if (errno != EINTR) {
				buf_printf(
				    why, "cannot keep a copy: %s", strerror(errno));
				e = ERR_IO;
			}
		}
		if (e != OK)
			break;
	}
	mem_free(data);
	return e;
}

/* *out: a descriptor of the copy. */
MUST_CHECK static enum err
load_copy(const char *path, int *out, struct buf *why)
{
	struct stat st;
	int from, to;
	enum err e;

	from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (from < 0) {
		buf_printf(why, "cannot open: %s", strerror(errno));
		return ERR_IO;
	}
	if (fstat(from, &st) != 0 || !S_ISREG(st.st_mode)) {
		buf_printf(why, "cannot open: not a regular file");
		close(from);
		return ERR_IO;
	}
	to = memfd_create("sextant-geo", MFD_CLOEXEC);
	if (to < 0) {
		buf_printf(why, "cannot keep a copy: %s", strerror(errno));
		close(from);
		return ERR_IO;
	}
	e = copy_file(from, to, why);
	close(from);
	if (e != OK) {
		close(to);
		return e;
	}
	*out = to;
	return OK;
}

MUST_CHECK static enum err
open_database(const char *path, MMDB_s *db, struct buf *why)
{
	char copy[32];
	int fd, status;
	enum err e;

	e = load_copy(path, &fd, why);
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

enum err
mmdb_walk(const char *path, mmdb_record_fn *fn, void *ctx, struct spans *v4,
    struct spans *v6, struct buf *why)
{
	MMDB_s db;
	struct walk w = {
	    .db = &db, .fn = fn, .ctx = ctx, .why = why, .v4_node = UINT64_MAX};
	uint64_t sum = inhand_file_sum(path);
	enum err e;

	if (inhand_is_quarantined(INHAND_GEO, path, strlen(path), sum)) {
		buf_str(why,
		    "the server died while it read this file, which is left alone "
		    "until it changes");
		return ERR_DENIED;
	}
	inhand_take(INHAND_GEO, path, strlen(path), sum);
	e = open_database(path, &db, why);
	if (e != OK) {
		inhand_drop(INHAND_GEO);
		return e;
	}
	nesting_init(&w.nesting, db.data_section, db.data_section_size);
	if (db.metadata.ip_version != 4 && db.metadata.ip_version != 6)
		e = corrupt(&w, "neither IPv4 nor IPv6");
	else
		e = visit_all(&w, v4, v6);
	if (e == OK && !w.useful) {
		buf_printf(why, "no country, continent or AS number in it (type %s)",
		    db.metadata.database_type);
		e = ERR_UNSUPPORTED;
	}
	nesting_fini(&w.nesting);
	memo_fini(&w.values);
	MMDB_close(&db);
	inhand_drop(INHAND_GEO);
	return e;
}
