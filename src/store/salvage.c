/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/salvage.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/rebuild.h"

enum { ROWS_LOGGED = 20, HEADER_LEN = 100 };

void
salvage_set_aside(const char *path, struct buf *why)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-mark", ""};
	int64_t now = wall_now_s();

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		char *from = mem_printf("%s%s", path, suffixes[i]);
		char *to =
		    mem_printf("%s.damaged-%lld%s", path, (long long)now, suffixes[i]);

		if (rename(from, to) == 0 && suffixes[i][0] == '\0')
			buf_printf(why, "; it was set aside as %s", to);
		mem_free(from);
		mem_free(to);
	}
}

/*
 * SQLite does not open a file that is shorter than its header says, not even to read
 * what is left. Zeros in place of what is gone make it one with damaged pages. True when
 * that was done.
 */
static bool
lengthen(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t h[HEADER_LEN];
	uint64_t page, pages;
	struct stat st;
	bool done = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && pread(fd, h, sizeof(h), 0) == HEADER_LEN) {
		page = (uint64_t)h[16] << 8 | h[17];
		pages = (uint64_t)h[28] << 24 | (uint64_t)h[29] << 16 |
		        (uint64_t)h[30] << 8 | h[31];
		/* a page count that was hit itself must not make a file of terabytes */
		done = page >= 512 && (uint64_t)st.st_size < page * pages &&
		       page * pages <= (uint64_t)st.st_size * 1024 &&
		       ftruncate(fd, (off_t)(page * pages)) == 0;
	}
	close(fd);
	return done;
}

/* One that was begun has a header; what is empty has lost it. */
static const char *
no_database(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return NULL;
	if (!S_ISREG(st.st_mode))
		return "it is not a file";
	return st.st_size == 0 ? "the file is empty" : NULL;
}

/*
 * What is good of it goes into a new file, and the old one is set aside. Without room for
 * that the old one stays for another try, and *db is one in memory.
 */
static void
replace(const char *path, enum db_mode mode, struct db **db, bool *read_only,
    struct rebuilt *r, struct buf *why)
{
	char *fresh = mem_printf("%s.new", path);
	enum err e = ERR_IO;

	log_error("store database is damaged path=%s reason=\"%s\"", path, buf_text(why));
	*read_only = false;
	unlink(fresh);
	if (mode != DB_READ)
		e = rebuild(path, fresh, db, r);
	if (e == OK) {
		db_close(*db);
		salvage_set_aside(path, why);
		if (rename(fresh, path) != 0)
			buf_str(why, "; no new one could be put in its place");
		e = db_open(path, mode, db, why);
		buf_printf(why, "; %zu good records were found in it", r->records);
	} else {
		unlink(fresh);
		e = rebuild(path, NULL, db, r);
		*read_only = true;
		buf_printf(why,
		    "; %zu good records were found in it, which cannot be copied",
		    r->records);
	}
	if (e != OK)
		*db = NULL;
	mem_free(fresh);
}

void
salvage_open(
    const char *path, enum db_mode mode, struct db **db, bool *read_only, struct buf *why)
{
	struct buf reason = {0};
	enum err e;

	const char *instead = no_database(path);
	struct rebuilt r;

	*read_only = false;
	if (instead != NULL) {
		buf_printf(why, "%s: %s", path, instead);
		salvage_set_aside(path, why);
	}
	e = db_open(path, mode, db, &reason);
	if (e == ERR_CORRUPT && lengthen(path)) {
		buf_clear(&reason);
		e = db_open(path, mode, db, &reason);
	}
	if (e == ERR_CORRUPT) {
		replace(path, mode, db, read_only, &r, &reason);
		e = *db == NULL ? ERR_IO : OK;
	} else if (e == ERR_IO && db_open(path, DB_READ, db, why) == OK) {
		*read_only = true;
		buf_clear(why);
		e = OK;
	}
	buf_str(why, buf_text(&reason));
	buf_fini(&reason);
	if (e != OK)
		*db = NULL;
}

struct loading {
	struct salvage *s;
	struct tally seen;
	char **bad;
	size_t bad_count, bad_cap;
	struct buf at; /* the key of the last row */
	bool disordered;
};

static void
note_bad(struct loading *l, const char *key, size_t key_len)
{
	if (l->bad_count < ROWS_LOGGED)
		log_error("store row is damaged key=%.200s", key);
	else if (l->bad_count == ROWS_LOGGED)
		log_error("store more damaged rows are not logged");
	l->bad = mem_grow(l->bad, l->bad_count, &l->bad_cap, sizeof(*l->bad));
	l->bad[l->bad_count++] = mem_strn(key, key_len);
	tally_of_key(&l->seen, key, key_len)->damaged++;
}

/* A key out of order has come over a pointer that leads astray: it may be an old row. */
static bool
is_in_order(struct loading *l, const char *key, size_t key_len)
{
	size_t least = l->at.len < key_len ? l->at.len : key_len;
	int d = least == 0 ? 0 : memcmp(key, l->at.data, least);

	if (d == 0)
		d = (key_len > l->at.len) - (key_len < l->at.len);
	return l->at.len == 0 || d > 0;
}

static void
load_row(void *ctx, const char *key, size_t key_len, struct fields *fields)
{
	struct loading *l = ctx;
	struct tally_zone *z;

	key_len = strnlen(key, key_len);
	if (!is_in_order(l, key, key_len)) {
		l->disordered = true;
		return;
	}
	buf_clear(&l->at);
	buf_add(&l->at, key, key_len);
	if (fields == NULL) {
		note_bad(l, key, key_len);
		return;
	}
	z = tally_of_key(&l->seen, key, key_len);
	z->records++;
	z->sum += fields_sum(key, key_len, fields);
	l->s->fn(l->s->ctx, key, key_len, fields);
}

static void
forget(struct loading *l)
{
	for (size_t i = 0; i < l->bad_count; i++)
		mem_free(l->bad[i]);
	mem_free(l->bad);
	tally_fini(&l->seen);
	buf_fini(&l->at);
	memset(l, 0, sizeof(*l));
}

/* What the database should have and what came out of it. */
static bool
is_complete(struct tally *should, struct tally *seen, size_t *lost, struct buf *why)
{
	bool complete = true;

	*lost = 0;
	for (size_t i = 0; i < should->size; i++) {
		const struct tally_zone *a = &should->list[i], *b;
		struct tally_zone none = {0};

		if (a->zone == NULL)
			continue;
		b = tally_find(seen, a->zone, strlen(a->zone));
		b = b == NULL ? &none : b;
		if (a->records > b->records + b->damaged)
			*lost += a->records - b->records - b->damaged;
		if (a->records == b->records + b->damaged &&
		    (b->damaged != 0 || a->sum == b->sum))
			continue;
		if (complete)
			buf_printf(why,
			    "the database is damaged: of zone %s it should have %llu "
			    "records and has %llu",
			    a->zone, (unsigned long long)a->records,
			    (unsigned long long)b->records);
		complete = false;
	}
	return complete;
}

/* Rows that are no good leave the table, and the tally is what is there. */
MUST_CHECK static enum err
settle(struct db *db, struct loading *l)
{
	struct tally *t = db_tally(db);
	enum err e = db_begin(db);

	if (e != OK)
		return e;
	for (size_t i = 0; e == OK && i < l->bad_count; i++)
		e = db_set_aside(db, l->bad[i], strlen(l->bad[i]));
	for (size_t i = 0; i < l->seen.size; i++) {
		const struct tally_zone *seen = &l->seen.list[i];
		struct tally_zone *z;

		if (seen->zone == NULL)
			continue;
		z = tally_get(t, seen->zone, strlen(seen->zone));
		z->changed = true;
		z->records = seen->records;
		z->sum = seen->sum;
	}
	if (e == OK)
		e = db_meta_put(db, "uncounted", NULL);
	if (e == OK)
		return db_commit(db);
	db_rollback(db);
	return e;
}

static size_t
count_all(const struct tally *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->size; i++)
		n += t->list[i].records;
	return n;
}

/* One pass over a database; ERR_CORRUPT: it can not stay. */
MUST_CHECK static enum err
load(struct salvage *s, struct db *db, bool may_write, struct buf *why)
{
	struct loading l = {.s = s};
	char *uncounted = NULL;
	enum err e = db_each(db, &(struct db_range){.after = ""}, load_row, &l);

	s->damaged = l.bad_count;
	s->lost = 0;
	s->good = count_all(&l.seen);
	if (e == OK)
		e = db_meta_get(db, "uncounted", &uncounted);
	if (e == ERR_MISSING)
		e = is_complete(db_tally(db), &l.seen, &s->lost, why) && !l.disordered
		        ? OK
		        : ERR_CORRUPT;
	else if (e != OK)
		buf_printf(why, "the database is damaged: %s", db_reason(db));
	if (e == OK && may_write && (l.bad_count != 0 || uncounted != NULL)) {
		enum err settled = settle(db, &l);

		if (settled == ERR_MISSING || settled == ERR_CORRUPT) {
			buf_str(why, "the database is damaged: rows are out of order");
			e = ERR_CORRUPT;
		} else if (settled != OK) {
			log_error("store rows cannot be set aside reason=\"%s\"",
			    db_reason(db));
		}
	}
	mem_free(uncounted);
	forget(&l);
	return e;
}

/* A replica lacks what was written since, and reads it again; the embedded store has lost
 * it. */
static void
tell_missing(struct db *db, struct buf *why)
{
	uint64_t missing = db_take_missing(db);

	if (missing != 0)
		buf_printf(why,
		    "%sthe last %llu transactions are not in it: its log (-wal) was lost "
		    "or cut, or it is an older copy",
		    why->len != 0 ? "; " : "", (unsigned long long)missing);
}

enum err
salvage_load(struct salvage *s, struct db **db, struct buf *why)
{
	size_t had = count_all(db_tally(*db));
	struct rebuilt r = {0};
	enum err e;

	tell_missing(*db, why);
	e = load(s, *db, s->mode != DB_READ, why);
	if (e != ERR_CORRUPT)
		return e;
	db_close(*db); /* what is in its log goes into the file, if that can be */
	replace(s->path, s->mode, db, &s->read_only, &r, why);
	if (*db != NULL && load(s, *db, !s->read_only, why) == OK) {
		s->damaged = r.damaged;
		s->lost = had > s->good + r.damaged ? had - s->good - r.damaged : 0;
	}
	return ERR_CORRUPT;
}
