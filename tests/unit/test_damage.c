/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A database that is damaged at random: flipped octets, pages of zeros or of noise, files
 * cut short, of the database and of its log; pages that changed places; files that are
 * gone, or are another's or older ones. DAMAGE_COUNT and DAMAGE_SEED ask for more than
 * the usual run, or for one again.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/disk.h"
#include "store_make.h"

enum { ROWS = 4000, ZONES = 3, COUNT_DEFAULT = 40, PAGE = 4096, FILE_MAX = 64 << 20 };

enum { FILES = 3 };

static uint64_t dice_state;

static uint32_t
dice(uint32_t sides)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice_state >> 33) % sides;
}

struct image {
	char *data[FILES]; /* database, its log, its mark */
	size_t len[FILES];
};

static const char *const suffixes[] = {"", "-wal", "-mark"};

struct bench {
	char folder[64];
	struct loop *loop;
	struct image closed, killed, early;
	struct mono begun;
	unsigned answered;
	enum err e;
	/* of one load */
	uint8_t seen[ROWS]; /* 0 not, else the version */
	size_t count, wrong;
	bool may_be_old; /* what was true before is no wrong answer, when it is told */
};

static struct bench b;

static char *
path_of(unsigned i)
{
	return mem_printf("%s/records.db%s", b.folder, suffixes[i]);
}

static void
write_key(unsigned i, char out[64])
{
	snprintf(out, 64, "dns:{zone%u.example}:host%05u:TXT", i % ZONES, i);
}

static void
write_value(unsigned i, unsigned version, char out[128])
{
	int pad = (int)(i % 60);

	snprintf(out, 128, "value %u of %u %.*s", version, i, pad,
	    "----------------------------------------------------------------");
}

static void
on_done(void *ctx, enum err e)
{
	(void)ctx;
	b.e = e;
	b.answered++;
}

static bool
is_answered(void *ctx)
{
	(void)ctx;
	return b.answered != 0;
}

static void
put(struct disk *d, unsigned from, unsigned to, unsigned step, unsigned version)
{
	struct disk_row *rows = mem_array(ROWS, sizeof(*rows));
	size_t n = 0;

	for (unsigned i = from; i < to; i += step) {
		char key[64], value[128];

		write_key(i, key);
		write_value(i, version, value);
		rows[n].key = mem_str(key);
		assert_int_equal(
		    fields_set(&rows[n++].fields, "values", value, strlen(value)), OK);
	}
	b.answered = 0;
	disk_write(d, rows, n, on_done, NULL);
	assert_true(turn_until(b.loop, is_answered, NULL));
}

static void
take_image(struct image *im)
{
	for (unsigned i = 0; i < FILES; i++) {
		char *path = path_of(i);
		struct buf why = {0};

		if (file_read(path, FILE_MAX, &im->data[i], &im->len[i], &why) != OK)
			im->len[i] = 0;
		buf_fini(&why);
		mem_free(path);
	}
}

static void
empty_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'/*", b.folder);
	assert_int_equal(system(command), 0);
}

static void
lay_out(const struct image *im)
{
	empty_folder();
	for (unsigned i = 0; i < FILES; i++) {
		char *path = path_of(i);
		FILE *f = im->len[i] == 0 ? NULL : fopen(path, "w");

		if (f != NULL) {
			assert_int_equal(
			    fwrite(im->data[i], 1, im->len[i], f), im->len[i]);
			fclose(f);
		}
		mem_free(path);
	}
}

static struct disk *
open_disk(struct buf *why)
{
	struct disk *d;

	disk_open(b.folder, DISK_EMBEDDED, b.loop, &d, why);
	return d;
}

/* Every third row is in its second version; that is in the log of the killed one. */
static int
setup(void **state)
{
	struct buf why = {0};
	struct disk *d;

	(void)state;
	make_folder(b.folder);
	assert_int_equal(loop_new(&b.loop), OK);
	d = open_disk(&why);
	put(d, 0, ROWS, 1, 1);
	take_image(&b.early);
	disk_close(d);
	d = open_disk(&why);
	put(d, 0, ROWS, 3, 2);
	take_image(&b.killed);
	disk_close(d);
	take_image(&b.closed);
	assert_int_not_equal(b.killed.len[1], 0);
	buf_fini(&why);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FILES; i++) {
		mem_free(b.closed.data[i]);
		mem_free(b.killed.data[i]);
		mem_free(b.early.data[i]);
	}
	loop_free(b.loop);
	remove_folder(b.folder);
	return 0;
}

static void
on_row(void *ctx, const char *key, size_t len, struct fields *fields)
{
	char wanted[64], value[128];
	unsigned i = ROWS, zone;

	(void)ctx;
	(void)len;
	if (sscanf(key, "dns:{zone%u.example}:host%u:TXT", &zone, &i) != 2 || i >= ROWS) {
		b.wrong++;
		return;
	}
	write_key(i, wanted);
	for (unsigned version = 1; version <= 2; version++) {
		write_value(i, version, value);
		if (strcmp(key, wanted) != 0 || fields->count != 1 ||
		    strcmp(fields->list[0].value, value) != 0)
			continue;
		if (version == 2 ? i % 3 != 0 : i % 3 == 0 && !b.may_be_old)
			break;
		b.count += b.seen[i] == 0;
		b.seen[i] = (uint8_t)version;
		return;
	}
	b.wrong++;
}

static void
load(struct disk *d, struct disk_health *health)
{
	memset(b.seen, 0, sizeof(b.seen));
	b.count = b.wrong = 0;
	if (disk_load(d, on_row, NULL, health) == ERR_IO)
		assert_false(disk_is_on(d));
	assert_int_equal(b.wrong, 0);
}

static void
flip(int fd, off_t len)
{
	for (unsigned n = 1 + dice(4); n != 0; n--) {
		off_t at = dice(4) == 0 ? dice(PAGE) : dice((uint32_t)len);
		uint8_t octet;

		if (pread(fd, &octet, 1, at) != 1)
			continue;
		octet ^= (uint8_t)(1 + dice(255));
		assert_int_equal(pwrite(fd, &octet, 1, at), 1);
	}
}

static void
overwrite(int fd, off_t len, bool noise)
{
	off_t pages = len / PAGE, at;
	char page[PAGE] = {0};

	if (pages == 0)
		return;
	for (size_t i = 0; noise && i < PAGE; i++)
		page[i] = (char)dice(256);
	at = (off_t)dice((uint32_t)pages) * PAGE;
	assert_int_equal(pwrite(fd, page, PAGE, at), PAGE);
}

static const char *
damage(unsigned which)
{
	static const char *const texts[] = {"flip", "zeros", "noise", "cut"};
	unsigned how = dice(4);
	char *path = path_of(which);
	int fd = open(path, O_RDWR);
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	if (how == 0)
		flip(fd, st.st_size);
	else if (how < 3)
		overwrite(fd, st.st_size, how == 2);
	else
		assert_int_equal(ftruncate(fd, dice((uint32_t)st.st_size)), 0);
	close(fd);
	mem_free(path);
	return texts[how];
}

static void
write_file(unsigned which, const char *data, size_t len)
{
	char *path = path_of(which);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
	mem_free(path);
}

static void
swap_pages(void)
{
	size_t pages = b.closed.len[0] / PAGE;
	char *data = mem_dup(b.closed.data[0], b.closed.len[0]), page[PAGE];
	char *one = data + dice((uint32_t)pages) * PAGE;
	char *other = data + dice((uint32_t)pages) * PAGE;

	memcpy(page, one, PAGE);
	memcpy(one, other, PAGE);
	memcpy(other, page, PAGE);
	lay_out(&b.closed);
	write_file(0, data, b.closed.len[0]);
	mem_free(data);
}

/* A whole file that should not be there, or is not. */
static const char *
replace_file(void)
{
	static const char *const texts[] = {"swapped pages", "old log", "no log",
	    "another file", "a folder", "old copy", "no database"};
	unsigned how = dice(COUNT(texts));
	char *path = path_of(0), *command;

	b.may_be_old = how != 0;
	if (how != 0)
		lay_out(how < 2 ? &b.closed : &b.killed);
	if (how == 0) {
		swap_pages();
	} else if (how == 1) {
		write_file(1, b.early.data[1], b.early.len[1]);
	} else if (how == 5) {
		empty_folder();
		write_file(0, b.killed.data[0], b.killed.len[0]);
		write_file(2, b.closed.data[2], b.closed.len[2]);
	} else {
		command = mem_printf(
		    how == 2   ? "rm '%s'-wal"
		    : how == 3 ? "rm '%s'*; head -c 5000 /dev/zero | tr '\\0' 'x' > '%s'"
		    : how == 4 ? "rm '%s'*; mkdir '%s'"
		               : "rm '%s'",
		    path, path);
		assert_int_equal(system(command), 0);
		mem_free(command);
	}
	mem_free(path);
	return texts[how];
}

/* All is there, as it was last; otherwise it is to be said that it is not. */
static bool
is_whole(void)
{
	size_t second = 0;

	for (unsigned i = 0; i < ROWS; i++)
		second += b.seen[i] == 2;
	return b.count == ROWS && second == (ROWS + 2) / 3;
}

static void
check_writable(size_t sound)
{
	struct disk_health health;
	struct buf why = {0};
	struct disk *d = open_disk(&why);

	/* the second start finds nothing to complain of, and the same rows */
	assert_string_equal(buf_text(&why), "");
	load(d, &health);
	assert_string_equal(health.reason, "");
	assert_int_equal(health.damaged + health.lost, 0);
	assert_int_equal(b.count, sound);
	put(d, 3, 4, 1, 1);
	assert_int_equal(b.e, OK);
	disk_close(d);
	buf_fini(&why);
}

struct result {
	size_t whole, some, none, rows;
};

static void
try_once(struct result *r)
{
	struct disk_health health = {0};
	struct buf why = {0};
	struct disk *d;
	const char *how;
	size_t sound;

	b.may_be_old = dice(2) == 0;
	lay_out(b.may_be_old ? &b.killed : &b.closed);
	if (dice(3) == 0)
		how = replace_file();
	else
		how = damage(b.may_be_old && dice(2) == 0);
	d = open_disk(&why);
	assert_true(disk_is_on(d));
	load(d, &health);
	sound = b.count;
	if (!is_whole() && why.len == 0 && health.damaged + health.lost == 0 &&
	    health.reason[0] == '\0')
		fail_msg("%s: %zu rows of %d, and nobody noticed", how, b.count, ROWS);
	*(sound == ROWS ? &r->whole : sound != 0 ? &r->some : &r->none) += 1;
	r->rows += sound;
	disk_close(d);
	check_writable(sound);
	buf_fini(&why);
}

static void
test_damage(void **state)
{
	const char *count = getenv("DAMAGE_COUNT"), *seed = getenv("DAMAGE_SEED");
	unsigned long todo = count == NULL ? COUNT_DEFAULT : strtoul(count, NULL, 10);
	struct result r = {0};
	uint64_t from = seed == NULL ? (uint64_t)mono_now().ms : strtoull(seed, NULL, 10);

	(void)state;
	log_set_level(LOG_LEVEL_ERROR + 1);
	for (unsigned long i = 0; i < todo; i++) {
		dice_state = from + i;
		(void)dice(2);
		/* what is said last is what failed */
		if (count != NULL || i == 0)
			print_message("DAMAGE_COUNT=1 DAMAGE_SEED=%llu\n",
			    (unsigned long long)(from + i));
		try_once(&r);
	}
	print_message("%lu damages: %zu times all rows, %zu times some, %zu times none; "
	              "%.2f %% of all rows\n",
	    todo, r.whole, r.some, r.none,
	    100.0 * (double)r.rows / ((double)todo * ROWS));
}

/* No single page takes more with it than the rows that stand in it. */
static void
test_each_page(void **state)
{
	size_t pages = b.closed.len[0] / PAGE, least = ROWS, step = 1 + pages / 24;
	char zeros[PAGE] = {0};

	(void)state;
	log_set_level(LOG_LEVEL_ERROR + 1);
	b.may_be_old = false;
	for (size_t i = 0; i < pages; i += i < 8 ? 1 : step) {
		struct disk_health health = {0};
		char *path = path_of(0);
		struct buf why = {0};
		struct disk *d;
		FILE *f;

		lay_out(&b.closed);
		f = fopen(path, "r+");
		assert_non_null(f);
		assert_int_equal(fseek(f, (long)(i * PAGE), SEEK_SET), 0);
		assert_int_equal(fwrite(zeros, 1, PAGE, f), PAGE);
		fclose(f);
		d = open_disk(&why);
		assert_true(disk_is_on(d));
		load(d, &health);
		least = b.count < least ? b.count : least;
		disk_close(d);
		buf_fini(&why);
		mem_free(path);
	}
	print_message(
	    "of %zu pages, one lost at a time: at least %zu of %d rows are left\n", pages,
	    least, ROWS);
	assert_in_range(least, ROWS - 100, ROWS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_damage), cmocka_unit_test(test_each_page)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
