/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/db.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/db_inside.h"
#include "store/pack.h"

enum err
db_from_sqlite(struct db *db, int rc)
{
	snprintf(db->reason, sizeof(db->reason), "%s",
	    db->sql != NULL ? sqlite3_errmsg(db->sql) : sqlite3_errstr(rc));
	rc &= 0xff;
	/* what we ask is right, so an error in it tells of tables that are not */
	if (db->sql != NULL && (rc & 0xff) == SQLITE_IOERR &&
	    sqlite3_system_errno(db->sql) != 0) {
		errno = sqlite3_system_errno(db->sql);
		snprintf(
		    db->reason, sizeof(db->reason), "%s: %m", sqlite3_errmsg(db->sql));
	}
	if (db->sql != NULL && sqlite3_extended_errcode(db->sql) == SQLITE_IOERR_READ)
		return ERR_CORRUPT; /* a bad sector */
	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_ERROR
	           ? ERR_CORRUPT
	           : ERR_IO;
}

enum err
db_run(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : db_from_sqlite(db, rc);
}

/* Steps a statement that gives no row, and makes it ready for the next time. */
enum err
db_step(struct db *db, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);
	enum err e = rc == SQLITE_DONE ? OK : db_from_sqlite(db, rc);

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return e;
}

void
db_bind_key(sqlite3_stmt *st, const char *key, size_t len)
{
	sqlite3_bind_text(st, 1, key, (int)len, SQLITE_STATIC);
}

enum err
db_begin(struct db *db)
{
	return db_run(db, "BEGIN IMMEDIATE");
}

MUST_CHECK static enum err
write_tally(struct db *db)
{
	sqlite3_stmt *st = db->st[Q_ZONE_PUT];
	enum err e = OK;

	for (size_t i = 0; e == OK && i < db->tally.size; i++) {
		struct tally_zone *z = &db->tally.list[i];

		if (z->zone == NULL || !z->changed)
			continue;
		db_bind_key(st, z->zone, strlen(z->zone));
		sqlite3_bind_int64(st, 2, (int64_t)z->records);
		sqlite3_bind_int64(st, 3, (int64_t)z->sum);
		e = db_step(db, st);
		z->changed = false;
	}
	return e;
}

/* What is written to a file that was removed or moved away is not there at the next
 * start: it must not pass for durable. */
MUST_CHECK static enum err
check_place(struct db *db)
{
	int has_moved = 0;

	if (db->tide.fd < 0 ||
	    sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) !=
	        SQLITE_OK ||
	    has_moved == 0)
		return OK;
	snprintf(db->reason, sizeof(db->reason),
	    "the database was moved or removed: put it back, or export the "
	    "records and restart");
	return ERR_IO;
}

enum err
db_commit(struct db *db)
{
	enum err e = write_tally(db);
	char commits[24];

	if (e == OK)
		e = check_place(db);

	snprintf(commits, sizeof(commits), "%" PRIu64, db->commits + 1);
	if (e == OK && db->st[Q_META_PUT] != NULL) /* else it is a migration */
		e = db_meta_put(db, "commits", commits);
	if (e == OK)
		e = db_run(db, "COMMIT");
	if (e != OK)
		db_rollback(db);
	else if (db->st[Q_META_PUT] != NULL)
		tide_write(&db->tide, ++db->commits);
	return e;
}

void
db_rollback(struct db *db)
{
	char reason[sizeof(db->reason)];

	/* some errors have rolled back already: then there is nothing to say */
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	/* the tally goes back too; a file that can not even be read says so again */
	memcpy(reason, db->reason, sizeof(reason));
	tally_fini(&db->tally);
	if (db->st[Q_ZONE_EACH] != NULL && db_load_tally(db) != OK)
		memcpy(db->reason, reason, sizeof(reason));
}

/* The row that a statement stands at; ERR_CORRUPT when its sum is wrong. */
MUST_CHECK static enum err
read_row(sqlite3_stmt *st, const char **key, size_t *key_len, struct fields *out)
{
	const char *text = (const char *)sqlite3_column_text(st, 0);
	const char *packed = sqlite3_column_blob(st, 1);
	struct fields f = {0};

	*key = text == NULL ? "" : text;
	*key_len = (size_t)sqlite3_column_bytes(st, 0);
	if (packed == NULL || memchr(*key, '\0', *key_len) != NULL ||
	    pack_parse(packed, (size_t)sqlite3_column_bytes(st, 1), &f) != OK)
		return ERR_CORRUPT;
	if (fields_keep_sum(*key, *key_len, &f) !=
	    (uint64_t)sqlite3_column_int64(st, 2)) {
		fields_fini(&f);
		return ERR_CORRUPT;
	}
	*out = f;
	return OK;
}

/* The row that is about to be replaced is no longer counted. */
MUST_CHECK static enum err
uncount(struct db *db, struct tally_zone *z, const char *key, size_t key_len)
{
	sqlite3_stmt *st = db->st[Q_SUM];
	enum err e = OK;
	int rc;

	db_bind_key(st, key, key_len);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		z->records--;
		z->sum -= (uint64_t)sqlite3_column_int64(st, 0);
	} else if (rc != SQLITE_DONE) {
		e = db_from_sqlite(db, rc);
	}
	sqlite3_reset(st);
	return e;
}

enum err
db_put(struct db *db, const char *key, const struct fields *fields)
{
	sqlite3_stmt *st = db->st[fields->count == 0 ? Q_DELETE : Q_PUT];
	size_t key_len = strlen(key);
	struct tally_zone *z = tally_of_key(&db->tally, key, key_len);
	struct buf packed = {0};
	enum err e = uncount(db, z, key, key_len);

	if (e != OK)
		return e;
	db_bind_key(st, key, key_len);
	z->changed = true;
	if (fields->count != 0) {
		uint64_t sum = fields_sum(key, key_len, fields);

		pack_write(fields, &packed);
		sqlite3_bind_text(st, 2, packed.data, (int)packed.len, SQLITE_STATIC);
		sqlite3_bind_int64(st, 3, (int64_t)sum);
		sqlite3_bind_int64(st, 4, wall_now_s());
		z->records++;
		z->sum += sum;
	}
	e = db_step(db, st);
	buf_fini(&packed);
	return e;
}

enum err
db_copy(struct db *db, const char *key, const struct fields *fields, int64_t changed)
{
	sqlite3_stmt *st = db->st[Q_COPY];
	size_t key_len = strlen(key);
	struct buf packed = {0};
	enum err e;

	pack_write(fields, &packed);
	db_bind_key(st, key, key_len);
	sqlite3_bind_text(st, 2, packed.data, (int)packed.len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, (int64_t)fields_sum(key, key_len, fields));
	sqlite3_bind_int64(st, 4, changed);
	e = db_step(db, st);
	buf_fini(&packed);
	return e;
}

enum err
db_get(struct db *db, const char *key, struct fields *out)
{
	sqlite3_stmt *st = db->st[Q_GET];
	const char *found;
	size_t len;
	enum err e;
	int rc;

	db_bind_key(st, key, strlen(key));
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		e = read_row(st, &found, &len, out);
		if (e != OK)
			snprintf(db->reason, sizeof(db->reason), "the row is damaged");
	} else {
		e = rc == SQLITE_DONE ? ERR_MISSING : db_from_sqlite(db, rc);
	}
	sqlite3_reset(st);
	return e;
}

struct tally *
db_tally(struct db *db)
{
	return &db->tally;
}

enum err
db_each(struct db *db, const struct db_range *range, db_row *fn, void *ctx)
{
	sqlite3_stmt *st = db->st[range->down ? Q_DOWN : Q_UP];
	enum err e = OK;
	int rc;

	db_bind_key(st, range->after, strlen(range->after));
	/* a bound that is always there keeps SQLite off the pages beyond it */
	sqlite3_bind_text(
	    st, 2, range->before != NULL ? range->before : "\xff\xff", -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, range->max == 0 ? -1 : (int64_t)range->max);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct fields f = {0};
		const char *key;
		size_t len;
		bool good = read_row(st, &key, &len, &f) == OK;

		fn(ctx, key, len, good ? &f : NULL);
		fields_fini(&f);
	}
	if (rc != SQLITE_DONE)
		e = db_from_sqlite(db, rc);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return e;
}

enum err
db_set_aside(struct db *db, const char *key, size_t key_len)
{
	sqlite3_stmt *st = db->st[Q_ASIDE];
	enum err e;

	db_bind_key(st, key, key_len);
	e = db_step(db, st);
	if (e != OK)
		return e;
	st = db->st[Q_DELETE];
	db_bind_key(st, key, key_len);
	e = db_step(db, st);
	return e == OK && sqlite3_changes(db->sql) != 1 ? ERR_MISSING : e;
}
