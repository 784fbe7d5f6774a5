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
#include "store/gap.h"

enum { ROWS_LOGGED = 20, HEADER_LEN = 100 };

void
salvage_set_aside(const char *path, struct buf *why)
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
static bool
is_emptied(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size == 0;
}

void
salvage_open(
    const char *path, enum db_mode mode, struct db **db, bool *read_only, struct buf *why)
{
	struct buf reason = {0};
	enum err e;

	*read_only = false;
	if (is_emptied(path)) {
		buf_printf(why, "%s: the file is empty", path);
		salvage_set_aside(path, why);
	}
	e = db_open(path, mode, db, &reason);
	if (e == ERR_CORRUPT && lengthen(path)) {
		buf_clear(&reason);
		e = db_open(path, mode, db, &reason);
	}
	if (e == ERR_CORRUPT) {
		salvage_set_aside(path, &reason);
		e = db_open(path, mode, db, &reason);
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
	bool down; /* rows come from the last */
	bool disordered;
	struct db *copy_to; /* good rows go here too */
	enum err copy_err;
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
	return l->at.len == 0 || (l->down ? d < 0 : d > 0);
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
	if (l->copy_to != NULL && l->copy_err == OK)
		l->copy_err = db_put(l->copy_to, buf_text(&l->at), fields);
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

/* From both ends up to what can not be read, and again within what lies between. */
static void
read_gap(struct db *from, struct loading *l, const char *after, const char *before,
    unsigned depth)
{
	struct db_range up = {.after = after, .before = before};
	char *low, *high, *middle;

	l->down = false;
	buf_clear(&l->at);
	if (db_each(from, &up, load_row, l) == OK)
		return;
	low = mem_str(l->at.len != 0 ? buf_text(&l->at) : after);
	l->down = true;
	buf_clear(&l->at);
	if (db_each(from,
	        &(struct db_range){.after = low, .before = before, .down = true},
	        load_row, l) == OK) {
		mem_free(low);
		return;
	}
	high = mem_str(l->at.len != 0 ? buf_text(&l->at) : before);
	middle = depth == 0 ? NULL : gap_middle(low, high);
	if (middle != NULL) {
		read_gap(from, l, low, middle, depth - 1);
		read_gap(from, l, middle, high, depth - 1);
	}
	mem_free(low);
	mem_free(high);
	mem_free(middle);
}

static void
copy_meta(void *ctx, const char *name, const char *value)
{
	struct loading *l = ctx;

	if (l->copy_err == OK)
		l->copy_err = db_meta_put(l->copy_to, name, value);
}

static void
copy_state(void *ctx, const char *kind, const char *key, const char *value)
{
	struct loading *l = ctx;

	if (l->copy_err == OK)
		l->copy_err = db_state_put(l->copy_to, kind, key, value);
}

/* What is small, as far as it can be read. */
static void
copy_rest(struct db *from, struct loading *l)
{
	if (db_meta_each(from, "", copy_meta, l) != OK)
		log_warning(
		    "store meta data cannot be read reason=\"%s\"", db_reason(from));
	if (db_state_each(from, NULL, copy_state, l) != OK)
		log_warning("store state cannot be read reason=\"%s\"", db_reason(from));
	if (l->copy_err == OK)
		l->copy_err = db_meta_put(l->copy_to, "uncounted", NULL);
}

/*
 * The file is damaged: what can be read is handed over, and copied into a new file; the
 * old one is set aside. Without room for the copy the old one stays for another try.
 */
static void
replace(struct salvage *s, struct db **db, size_t had, struct buf *why)
{
	char *fresh = mem_printf("%s.new", s->path);
	struct loading l = {.s = s};
	struct buf reason = {0};
	bool read_only;

	log_error(
	    "store database is damaged path=%s reason=\"%s\"", s->path, buf_text(why));
	unlink(fresh);
	l.copy_err = db_open(fresh, DB_SYNC_NORMAL, &l.copy_to, &reason);
	if (l.copy_err == OK)
		l.copy_err = db_begin(l.copy_to);
	read_gap(*db, &l, "", "\xff\xff", GAP_DEPTH);
	s->damaged = l.bad_count;
	s->lost = 0;
	for (size_t i = 0; i < l.seen.size; i++)
		had -= had < l.seen.list[i].records ? had : l.seen.list[i].records;
	s->lost = had > l.bad_count ? had - l.bad_count : 0;
	if (l.copy_to != NULL)
		copy_rest(*db, &l);
	if (l.copy_err == OK)
		l.copy_err = db_commit(l.copy_to);
	db_close(l.copy_to);
	db_close(*db);
	*db = NULL;
	if (l.copy_err == OK) {
		salvage_set_aside(s->path, why);
		if (rename(fresh, s->path) != 0)
			buf_str(why, "; no new one could be put in its place");
		salvage_open(s->path, s->mode, db, &read_only, why);
	} else {
		unlink(fresh);
		buf_str(why, "; what could be read could not be copied");
	}
	buf_fini(&reason);
	forget(&l);
	mem_free(fresh);
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

enum err
salvage_load(struct salvage *s, struct db **db, struct buf *why)
{
	struct loading l = {.s = s};
	size_t had = count_all(db_tally(*db));
	char *uncounted = NULL;
	enum err e;

	e = db_each(*db, &(struct db_range){.after = ""}, load_row, &l);
	s->damaged = l.bad_count;
	s->lost = 0;
	if (e == OK)
		e = db_meta_get(*db, "uncounted", &uncounted);
	if (e == ERR_MISSING)
		e = is_complete(db_tally(*db), &l.seen, &s->lost, why) && !l.disordered
		        ? OK
		        : ERR_CORRUPT;
	else if (e != OK)
		buf_printf(why, "the database is damaged: %s", db_reason(*db));
	if (e == OK && s->mode != DB_READ && (l.bad_count != 0 || uncounted != NULL)) {
		enum err settled = settle(*db, &l);

		if (settled == ERR_MISSING || settled == ERR_CORRUPT) {
			buf_str(why, "the database is damaged: rows are out of order");
			e = ERR_CORRUPT;
		} else if (settled != OK) {
			log_error("store rows cannot be set aside reason=\"%s\"",
			    db_reason(*db));
		}
	}
	if (e == ERR_CORRUPT && s->mode != DB_READ)
		replace(s, db, had, why);
	mem_free(uncounted);
	forget(&l);
	return e;
}
