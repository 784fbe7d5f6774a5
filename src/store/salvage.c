/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/salvage.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* Renames the database and what belongs to it; a leftover of the name is replaced. */
static void
rename_damaged(const char *path, struct buf *why)
{
	static const char *const suffixes[] = {"-wal", "-shm", ""};
	int64_t now = wall_now_s();

	for (size_t i = 0; i < 3; i++) {
		char *from = mem_printf("%s%s", path, suffixes[i]);
		char *to =
		    mem_printf("%s.damaged-%lld%s", path, (long long)now, suffixes[i]);

		if (rename(from, to) == 0 && suffixes[i][0] == '\0')
			buf_printf(why, "; it was set aside as %s", to);
		mem_free(from);
		mem_free(to);
	}
}

void
salvage_open(const char *path, bool sync_full, struct db **db, struct buf *why)
{
	enum err e = db_open(path, sync_full, db, why);

	if (e == ERR_CORRUPT) {
		rename_damaged(path, why);
		e = db_open(path, sync_full, db, why);
	}
	if (e != OK)
		*db = NULL;
}

struct loading {
	db_row *fn; /* NULL: nobody */
	void *ctx;
	char **bad;
	size_t bad_count, bad_cap;
	struct db *copy_to; /* salvage: good rows go here too */
	enum err copy_err;
};

static void
load_row(void *ctx, const char *key, size_t key_len, struct fields *fields)
{
	struct loading *l = ctx;

	if (fields == NULL) {
		log_error("store row is damaged key=%.200s", key);
		l->bad = mem_grow(l->bad, l->bad_count, &l->bad_cap, sizeof(*l->bad));
		l->bad[l->bad_count++] = mem_strn(key, key_len);
		return;
	}
	if (l->copy_to != NULL && l->copy_err == OK)
		l->copy_err = db_put(l->copy_to, key, fields);
	if (l->fn != NULL)
		l->fn(l->ctx, key, key_len, fields);
}

/*
 * A page in the middle of the file can not be read. What is readable before it was
 * handed over already; now it is copied into a new file, and the old one set aside.
 */
static void
replace(
    const char *path, bool sync_full, struct db **db, struct loading *l, struct buf *why)
{
	char *fresh = mem_printf("%s.new", path);
	struct loading copy = {0};

	log_error(
	    "store database is damaged path=%s reason=\"%s\"", path, db_reason(*db));
	buf_str(why, "the database is damaged");
	unlink(fresh);
	if (db_open(fresh, true, &copy.copy_to, why) == OK &&
	    db_begin(copy.copy_to) == OK) {
		if (db_each(*db, "", SIZE_MAX, load_row, &copy) == OK)
			log_notice("store database could be read at the second try");
		if (copy.copy_err != OK || db_commit(copy.copy_to) != OK)
			buf_str(why, "; what could be read could not be copied");
	}
	l->bad_count = 0; /* they are in the file that is set aside */
	db_close(copy.copy_to);
	db_close(*db);
	*db = NULL;
	rename_damaged(path, why);
	if (rename(fresh, path) != 0)
		buf_str(why, "; no new one could be put in its place");
	salvage_open(path, sync_full, db, why);
	for (size_t i = 0; i < copy.bad_count; i++)
		mem_free(copy.bad[i]);
	mem_free(copy.bad);
	mem_free(fresh);
}

enum err
salvage_load(const char *path, bool sync_full, struct db **db, db_row *fn, void *ctx,
    size_t *damaged, struct buf *why)
{
	struct loading l = {.fn = fn, .ctx = ctx};
	size_t bad_count;
	enum err e;

	e = db_each(*db, "", SIZE_MAX, load_row, &l);
	bad_count = l.bad_count;
	if (e == ERR_CORRUPT)
		replace(path, sync_full, db, &l, why);
	for (size_t i = 0; i < bad_count; i++) {
		if (i < l.bad_count && *db != NULL &&
		    db_set_aside(*db, l.bad[i], strlen(l.bad[i])) != OK)
			log_error(
			    "store row cannot be set aside key=%.200s reason=\"%s\"",
			    l.bad[i], db_reason(*db));
		mem_free(l.bad[i]);
	}
	mem_free(l.bad);
	*damaged = bad_count;
	return e;
}
