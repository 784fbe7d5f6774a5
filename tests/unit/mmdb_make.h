/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes MaxMind DB files of any layout for tests. Records are given as JSON-like text
 * ({"country":{"iso_code":"US"}}): maps, arrays, strings and numbers (uint32).
 */
#ifndef MMDB_MAKE_H
#define MMDB_MAKE_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/ip.h"
#include "geo/spans.h"

enum { MAKE_NODES = 4096, MAKE_DATA = 1 << 24, MAKE_EMPTY = -1 };

struct mmdb_make {
	unsigned record_size; /* 24, 28, 32 */
	unsigned ip_version; /* 4, 6 */
	int nodes[MAKE_NODES][2]; /* a node, MAKE_EMPTY, or MAKE_DATA + offset */
	int count;
	struct buf data;
};

static inline void
make_init(struct mmdb_make *m, unsigned record_size, unsigned ip_version)
{
	*m = (struct mmdb_make){
	    .record_size = record_size, .ip_version = ip_version, .count = 1};
	m->nodes[0][0] = m->nodes[0][1] = MAKE_EMPTY;
}

static inline void
make_head(struct buf *b, unsigned type, size_t size)
{
	assert(size < 285);
	buf_char(b, (char)((type > 7 ? 0 : type) << 5 | (size < 29 ? size : 29)));
	if (type > 7)
		buf_char(b, (char)(type - 7));
	if (size >= 29)
		buf_char(b, (char)(size - 29));
}

static inline void
make_text(struct buf *b, const char *text, size_t len)
{
	make_head(b, 2, len);
	buf_add(b, text, len);
}

static inline void
make_uint(struct buf *b, unsigned type, unsigned octets, uint64_t v)
{
	make_head(b, type, octets);
	while (octets-- > 0)
		buf_char(b, (char)(v >> (8 * octets)));
}

/* Returns where it stopped. */
static inline const char *
make_value(struct buf *b, const char *p)
{
	if (*p == '"') {
		const char *end = strchr(p + 1, '"');

		make_text(b, p + 1, (size_t)(end - p - 1));
		return end + 1;
	}
	if (*p == '{' || *p == '[') {
		bool map = *p == '{';
		struct buf inner = {0};
		size_t count = 0;

		for (p++; *p != '}' && *p != ']'; count++) {
			if (map)
				p = make_value(&inner, p) + 1;
			p = make_value(&inner, p);
			p += *p == ',';
		}
		make_head(b, map ? 7 : 11, count);
		buf_add(b, inner.data, inner.len);
		buf_fini(&inner);
		return p + 1;
	}
	make_uint(b, 6, 4, strtoul(p, (char **)(uintptr_t)&p, 10));
	return p;
}

/* The slot of a prefix; inner nodes are made as needed. */
static inline int *
make_slot(struct mmdb_make *m, const char *prefix)
{
	struct ip_prefix p;
	span_at at;
	unsigned len, bits = m->ip_version == 4 ? 32 : 128;
	int node = 0;

	assert(ip_prefix_parse(prefix, strlen(prefix), &p) == OK);
	at = span_at_ip(&p.ip);
	len = p.len + (p.ip.family == 4 ? bits - 32 : 0);
	for (unsigned i = 0;; i++) {
		int *slot = &m->nodes[node][at >> (bits - 1 - i) & 1];

		if (i + 1 == len)
			return slot;
		if (*slot == MAKE_EMPTY) {
			assert(m->count < MAKE_NODES);
			m->nodes[m->count][0] = m->nodes[m->count][1] = MAKE_EMPTY;
			*slot = m->count++;
		}
		assert(*slot < MAKE_DATA);
		node = *slot;
	}
}

static inline void
make_add(struct mmdb_make *m, const char *prefix, const char *record)
{
	int *slot = make_slot(m, prefix);

	*slot = MAKE_DATA + (int)m->data.len;
	make_value(&m->data, record);
}

/* Makes `prefix` point to the IPv4 tree, as MaxMind's files do. */
static inline void
make_alias(struct mmdb_make *m, const char *prefix)
{
	int v4 = 0;

	for (int i = 0; i < 96; i++)
		v4 = m->nodes[v4][0];
	*make_slot(m, prefix) = v4;
}

static inline void
make_node(struct buf *b, const struct mmdb_make *m, const int *node)
{
	uint32_t v[2];

	for (int i = 0; i < 2; i++) {
		v[i] = (uint32_t)node[i];
		if (node[i] == MAKE_EMPTY)
			v[i] = (uint32_t)m->count;
		else if (node[i] >= MAKE_DATA)
			v[i] = (uint32_t)(node[i] - MAKE_DATA + m->count + 16);
	}
	for (int i = 0; i < 2; i++) {
		if (m->record_size == 32)
			buf_char(b, (char)(v[i] >> 24));
		/* 28 bits: both high halves stand in the middle octet. */
		if (m->record_size == 28 && i == 1)
			buf_char(b, (char)((v[0] >> 24) << 4 | v[1] >> 24));
		buf_char(b, (char)(v[i] >> 16));
		buf_char(b, (char)(v[i] >> 8));
		buf_char(b, (char)v[i]);
	}
}

/* The file's contents; m is done with. */
static inline void
make_finish(struct mmdb_make *m, struct buf *out)
{
	static const char zero[16];

	for (int i = 0; i < m->count; i++) {
		size_t at = out->len;

		make_node(out, m, m->nodes[i]);
		assert(out->len - at == m->record_size / 4);
	}
	buf_add(out, zero, 16);
	buf_add(out, m->data.data, m->data.len);
	buf_add(out, "\xab\xcd\xefMaxMind.com", 14);
	make_head(out, 7, 9);
	make_text(out, "node_count", 10);
	make_uint(out, 6, 4, (uint64_t)m->count);
	make_text(out, "record_size", 11);
	make_uint(out, 5, 2, m->record_size);
	make_text(out, "ip_version", 10);
	make_uint(out, 5, 2, m->ip_version);
	make_text(out, "database_type", 13);
	make_text(out, "test", 4);
	make_text(out, "languages", 9);
	make_head(out, 11, 0);
	make_text(out, "binary_format_major_version", 27);
	make_uint(out, 5, 2, 2);
	make_text(out, "binary_format_minor_version", 27);
	make_uint(out, 5, 2, 0);
	make_text(out, "build_epoch", 11);
	make_uint(out, 9, 8, 1700000000);
	make_text(out, "description", 11);
	make_head(out, 7, 0);
	buf_fini(&m->data);
}

/* To a file of its own; the path is unlinked and freed by the caller. */
static inline char *
make_file(const void *data, size_t len)
{
	char *path = strdup("/tmp/test_geo.XXXXXX");
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	assert(f != NULL && fwrite(data, 1, len, f) == len && fclose(f) == 0);
	return path;
}

#endif
