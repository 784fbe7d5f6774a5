/* SPDX-License-Identifier: BSD-2-Clause */
/* Small zones for tests, from a list of records of the file and of the store. */
#ifndef ZONE_BUILD_H
#define ZONE_BUILD_H

#include <stdbool.h>

#include "zone/zone.h"

enum source { FROM_FILE, FROM_STORE };

static inline struct name
name_of(const char *text)
{
	struct name n;

	assert_int_equal(name_parse(text, strlen(text), NULL, &n), OK);
	return n;
}

static inline struct rrset *
rrset_of(uint16_t type, enum source source)
{
	const struct rdata r = {(const uint8_t *)"\0\0\0\0", 4};
	struct rrset *s = NULL;

	assert_int_equal(rrset_new(type, 1, &r, 1, &s), OK);
	s->from_store = source == FROM_STORE;
	return s;
}

/* One record of a test's zone. */
struct record {
	struct name owner;
	uint16_t type;
	enum source source;
};

static inline struct table *
table_of(const struct name *apex, const struct record *records, size_t count,
    enum source source)
{
	struct table *empty = table_new(apex);
	struct table_edit *e = table_edit_begin(empty);
	struct table_garbage *garbage = NULL;
	struct table *t;

	for (size_t i = 0; i < count; i++)
		if (records[i].source == source)
			table_edit_set(
			    e, &records[i].owner, rrset_of(records[i].type, source));
	t = table_edit_finish(e, &garbage);
	table_garbage_free(garbage);
	return t;
}

static inline void
zone_make(struct zone *z, const char *apex, const struct record *records, size_t count,
    bool has_file, bool has_store)
{
	*z = (struct zone){.apex = name_of(apex)};
	z->apex_depth = name_label_count(z->apex.bytes);
	trie_leaf_set(&z->leaf, z->apex.bytes, z->apex.len);
	if (has_file)
		z->file = zone_file_new(table_of(&z->apex, records, count, FROM_FILE));
	if (has_store)
		z->store = table_of(&z->apex, records, count, FROM_STORE);
}

static inline void
zone_end(struct zone *z)
{
	zone_file_release(z->file);
	table_free((struct table *)z->store);
}

#endif
