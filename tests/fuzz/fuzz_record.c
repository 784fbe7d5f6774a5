/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record from anybody: a key, and fields, parted by '|', each NAME=VALUE. A key that
 * is taken has one spelling, and what compiles compiles again to the same.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "store/record.h"

static void
read_fields(const char *text, const char *end, struct fields *out)
{
	while (text < end) {
		const char *stop = memchr(text, '|', (size_t)(end - text));
		const char *equals;
		char *name;
		enum err e;

		if (stop == NULL)
			stop = end;
		equals = memchr(text, '=', (size_t)(stop - text));
		if (equals != NULL) {
			name = mem_strn(text, (size_t)(equals - text));
			e = fields_set(
			    out, name, equals + 1, (size_t)(stop - equals - 1));
			assert(e == OK || e == ERR_SYNTAX);
			mem_free(name);
		}
		text = stop + 1;
	}
}

static void
compile(const struct record_key *key, const struct fields *fields)
{
	const struct record_rules rules = {.default_ttl = 300};
	struct record *a = NULL, *b = NULL;
	struct buf why = {0};
	enum err e = record_compile(key, fields, &rules, &a, &why);

	assert((e == OK) == (a != NULL));
	assert(e == OK || why.len != 0);
	assert(record_compile(key, fields, &rules, &b, &why) == e);
	if (e == OK && a->rrset != NULL) {
		assert(a->rrset->wire_len == b->rrset->wire_len);
		assert(memcmp(a->rrset->wire, b->rrset->wire, a->rrset->wire_len) == 0);
	}
	record_free(a);
	record_free(b);
	buf_fini(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;
	const char *stop = size == 0 ? end : memchr(text, '|', size);
	struct fields fields = {0};
	struct record_key key;
	struct buf why = {0};
	enum err e;

	if (stop == NULL)
		stop = end;
	e = record_key_parse(text, (size_t)(stop - text), &key, &why);
	assert(e == OK || why.len != 0);
	if (e == OK) {
		struct buf right = {0};

		record_key_write(&key, &right);
		assert(right.len == (size_t)(stop - text));
		assert(memcmp(right.data, text, right.len) == 0);
		buf_fini(&right);
		if (stop < end)
			read_fields(stop + 1, end, &fields);
		(void)fields_sum(text, (size_t)(stop - text), &fields);
		compile(&key, &fields);
	}
	fields_fini(&fields);
	buf_fini(&why);
	return 0;
}
