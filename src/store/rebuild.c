/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/rebuild.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/pack.h"
#include "store/pages.h"

enum { ROWS_LOGGED = 20 };

struct rebuilding {
	struct db *db;
	struct rebuilt *r;
	enum err e;
};

static bool
has_shape(const struct pages_row *row, const char *shape)
{
	if (row->count != strlen(shape))
		return false;
	/* when it was changed is under no sum */
	for (unsigned i = 0; i < row->count; i++)
		if (shape[i] != '?' && (row->values[i].text != NULL) != (shape[i] == 't'))
			return false;
	return true;
}

static void
take_record(struct rebuilding *b, const struct pages_row *row)
{
	const struct pages_value *v = row->values;
	struct fields f = {0};
	char *key = mem_strn(v[0].text, v[0].len);
	bool good = strlen(key) == v[0].len &&
	            pack_parse(v[1].text, v[1].len, &f) == OK && f.count != 0 &&
	            fields_sum(key, v[0].len, &f) == (uint64_t)v[2].number;

	if (good && b->e == OK)
		b->e = db_copy(b->db, key, &f, v[3].number);
	if (good)
		b->r->records++;
	else if (b->r->damaged++ < ROWS_LOGGED)
		log_error("store row is damaged key=%.200s", key);
	fields_fini(&f);
	mem_free(key);
}

static void
take_state(struct rebuilding *b, const struct pages_row *row)
{
	char *text[3];

	for (unsigned i = 0; i < 3; i++)
		text[i] = mem_strn(row->values[i].text, row->values[i].len);
	if (db_state_sum(text[0], text[1], text[2]) == (uint64_t)row->values[3].number)
		b->e = db_state_put(b->db, text[0], text[1], text[2]);
	else
		log_error(
		    "store state is damaged kind=%.40s key=%.200s", text[0], text[1]);
	for (unsigned i = 0; i < 3; i++)
		mem_free(text[i]);
}

/* Table meta has no sums: only what has a name that is known. */
static void
take_meta(struct rebuilding *b, const struct pages_row *row)
{
	static const char *const names[] = {"contact", "held ", "rejected ", "size "};
	char *name = mem_strn(row->values[0].text, row->values[0].len);
	char *value = mem_strn(row->values[1].text, row->values[1].len);

	for (size_t i = 0; b->e == OK && i < sizeof(names) / sizeof(*names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			b->e = db_meta_put(b->db, name, value);
	mem_free(name);
	mem_free(value);
}

static void
take(void *ctx, const struct pages_row *row)
{
	struct rebuilding *b = ctx;

	if (has_shape(row, "ttn?"))
		take_record(b, row);
	else if (b->e == OK && has_shape(row, "tttn?"))
		take_state(b, row);
	else if (b->e == OK && has_shape(row, "tt"))
		take_meta(b, row);
}

enum err
rebuild(const char *from, const char *to, struct db **out, struct rebuilt *r)
{
	struct rebuilding b = {.r = r};
	struct buf why = {0};

	memset(r, 0, sizeof(*r));
	b.e = db_open(to == NULL ? ":memory:" : to, DB_COPY, &b.db, &why);
	buf_fini(&why);
	if (b.e != OK)
		return ERR_IO;
	b.e = db_begin(b.db);
	if (b.e == OK)
		b.e = db_meta_put(b.db, "uncounted", "yes");
	if (b.e == OK)
		pages_scan(from, take, &b);
	if (b.e == OK)
		b.e = db_commit(b.db);
	if (b.e != OK) {
		db_close(b.db);
		return ERR_IO;
	}
	*out = b.db;
	return OK;
}
