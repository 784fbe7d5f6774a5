/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/disk.h"
#include "store_make.h"

struct bench {
	char folder[64];
	struct loop *loop;
	struct disk *disk;
	struct buf why;
	enum err e;
	unsigned answered;
	struct buf seen;
};

static struct bench b;

static void
open_disk(enum disk_mode mode)
{
	buf_clear(&b.why);
	disk_open(b.folder, mode, b.loop, &b.disk, &b.why);
}

static int
setup(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	make_folder(b.folder);
	return loop_new(&b.loop) == OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	disk_close(b.disk);
	loop_free(b.loop);
	remove_folder(b.folder);
	buf_fini(&b.why);
	buf_fini(&b.seen);
	return 0;
}

static bool
is_answered(void *ctx)
{
	(void)ctx;
	return b.answered != 0;
}

static void
wait_for_answer(void)
{
	assert_true(turn_until(b.loop, is_answered, NULL));
	b.answered--;
}

static void
on_done(void *ctx, enum err e)
{
	(void)ctx;
	b.e = e;
	b.answered++;
}

/* value NULL: delete */
static void
set_row(struct disk_row *row, const char *key, const char *value)
{
	memset(row, 0, sizeof(*row));
	row->key = mem_str(key);
	if (value != NULL)
		assert_int_equal(
		    fields_set(&row->fields, "values", value, strlen(value)), OK);
}

static void
write_row(const char *key, const char *value)
{
	struct disk_row *row = mem_new(sizeof(*row));

	set_row(row, key, value);
	disk_write(b.disk, row, 1, on_done, NULL);
}

static void
on_got(void *ctx, enum err e, const char *key, const struct fields *fields)
{
	(void)ctx;
	(void)key;
	b.e = e;
	buf_clear(&b.seen);
	if (e == OK)
		buf_str(&b.seen, fields_find(fields, "values")->value);
	b.answered++;
}

static void
on_row(void *ctx, const char *key, size_t len, struct fields *fields)
{
	(void)ctx;
	buf_add(&b.seen, key, len);
	buf_printf(&b.seen, "=%s ", fields_find(fields, "values")->value);
}

static const char *
load(size_t *damaged)
{
	struct disk_health health;
	enum err e;

	buf_clear(&b.seen);
	e = disk_load(b.disk, on_row, NULL, &health);
	*damaged = health.damaged;
	assert_true(e == OK || e == ERR_CORRUPT);
	return buf_text(&b.seen);
}

static void
test_write(void **state)
{
	size_t damaged;
	char *text;

	(void)state;
	open_disk(DISK_EMBEDDED);
	assert_true(disk_is_on(b.disk));
	assert_string_equal(load(&damaged), "");
	write_row("b", "1");
	write_row("a", "2");
	write_row("c", "caf\xe9\n\"x\"");
	write_row("b", "3");
	write_row("a", NULL);
	disk_meta_put(b.disk, "contact", "12");
	disk_read(b.disk, "b", on_got, NULL);
	for (int i = 0; i < 6; i++) {
		wait_for_answer();
		assert_int_equal(b.e, OK);
	}
	assert_string_equal(buf_text(&b.seen), "3");
	disk_read(b.disk, "a", on_got, NULL);
	wait_for_answer();
	assert_int_equal(b.e, ERR_MISSING);
	disk_close(b.disk);
	open_disk(DISK_EMBEDDED);
	assert_string_equal(load(&damaged), "b=3 c=caf\xe9\n\"x\" ");
	assert_int_equal(damaged, 0);
	assert_int_equal(disk_meta_get(b.disk, "contact", &text), OK);
	assert_string_equal(text, "12");
	mem_free(text);
	assert_int_equal(disk_meta_get(b.disk, "nothing", &text), ERR_MISSING);
}

/* A replica's rows in one write, of which the last of a key counts. */
static void
test_batch(void **state)
{
	struct disk_row *rows = mem_array(3, sizeof(*rows));
	size_t damaged;

	(void)state;
	open_disk(DISK_REPLICA);
	set_row(&rows[0], "b", "1");
	set_row(&rows[1], "a", "2");
	set_row(&rows[2], "b", "3");
	disk_write(b.disk, rows, 3, NULL, NULL);
	/* closing writes what waits */
	disk_close(b.disk);
	open_disk(DISK_REPLICA);
	assert_string_equal(load(&damaged), "a=2 b=3 ");
	/* the two modes never take each other's records */
	disk_close(b.disk);
	open_disk(DISK_EMBEDDED);
	assert_string_equal(load(&damaged), "");
}

static void
on_page(void *ctx, enum err e, const struct disk_row *rows, size_t count)
{
	(void)ctx;
	assert_int_equal(e, OK);
	buf_clear(&b.seen);
	for (size_t i = 0; i < count; i++)
		buf_str(&b.seen, rows[i].key);
	b.answered++;
}

static void
test_scan(void **state)
{
	static const char *const pages[][2] = {
	    {"", "ab"}, {"b", "cd"}, {"d", "e"}, {"e", ""}};

	(void)state;
	open_disk(DISK_REPLICA);
	for (const char *key = "edcba"; *key != '\0'; key++)
		write_row((char[]){*key, '\0'}, "1");
	for (size_t i = 0; i < COUNT(pages); i++) {
		b.answered = 0;
		disk_scan(b.disk, pages[i][0], 2, on_page, NULL);
		do
			wait_for_answer();
		while (i == 0 && b.seen.len == 0);
		assert_string_equal(buf_text(&b.seen), pages[i][1]);
	}
}

/* Writes one octet in place of another wherever the text stands in the database. */
static void
damage(const char *name, const char *text)
{
	char path[128];
	struct stat st;
	bool found = false;
	char *data;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", b.folder, name);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = mem_array(1, (size_t)st.st_size);
	assert_int_equal(pread(fd, data, (size_t)st.st_size, 0), st.st_size);
	for (off_t i = 0; i + (off_t)strlen(text) <= st.st_size; i++) {
		if (memcmp(data + i, text, strlen(text)) != 0)
			continue;
		assert_int_equal(pwrite(fd, "#", 1, i), 1);
		found = true;
	}
	assert_true(found);
	mem_free(data);
	close(fd);
}

static void
test_damaged_row(void **state)
{
	size_t damaged;

	(void)state;
	open_disk(DISK_EMBEDDED);
	write_row("a", "first-value");
	write_row("b", "second-value");
	disk_close(b.disk);
	damage("records.db", "first-value");
	open_disk(DISK_EMBEDDED);
	assert_string_equal(load(&damaged), "b=second-value ");
	assert_int_equal(damaged, 1);
	/* set aside: not complained of again */
	assert_string_equal(load(&damaged), "b=second-value ");
	assert_int_equal(damaged, 0);
	disk_read(b.disk, "a", on_got, NULL);
	b.answered = 0;
	wait_for_answer();
	assert_int_equal(b.e, ERR_MISSING);
}

static unsigned
count_files(const char *part)
{
	DIR *dir = opendir(b.folder);
	unsigned count = 0;
	struct dirent *d;

	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL)
		if (strstr(d->d_name, part) != NULL && strstr(d->d_name, "-mark") == NULL)
			count++;
	closedir(dir);
	return count;
}

static void
test_not_a_database(void **state)
{
	char path[128];
	size_t damaged;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/records.db", b.folder);
	f = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fprintf(f, "this is not a database\n");
	fclose(f);
	open_disk(DISK_EMBEDDED);
	assert_true(disk_is_on(b.disk));
	assert_non_null(strstr(buf_text(&b.why), "set aside"));
	assert_int_equal(count_files("records.db.damaged-"), 1);
	assert_string_equal(load(&damaged), "");
	write_row("a", "1");
	wait_for_answer();
	assert_int_equal(b.e, OK);
}

/* A page in the middle is overwritten: the rest is saved, the file set aside. */
static void
test_damaged_page(void **state)
{
	struct disk_row *rows = mem_array(5000, sizeof(*rows));
	char path[128], key[16], page[4096];
	size_t damaged, kept = 0;
	int fd;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "k%05d", i);
		set_row(&rows[i], key, "0123456789012345678901234567890123456789");
	}
	open_disk(DISK_EMBEDDED);
	disk_write(b.disk, rows, 5000, NULL, NULL);
	disk_close(b.disk);
	snprintf(path, sizeof(path), "%s/records.db", b.folder);
	fd = open(path, O_RDWR);
	memset(page, 0xee, sizeof(page));
	assert_int_equal(pwrite(fd, page, sizeof(page), 60 * 4096), sizeof(page));
	close(fd);
	open_disk(DISK_EMBEDDED);
	(void)load(&damaged);
	assert_true(disk_is_on(b.disk));
	assert_int_equal(count_files("records.db.damaged-"), 1);
	(void)load(&damaged);
	for (const char *at = buf_text(&b.seen); (at = strchr(at, '=')) != NULL; at++)
		kept++;
	assert_in_range(kept, 1, 4999);
	write_row("a", "1");
	b.answered = 0;
	wait_for_answer();
	assert_int_equal(b.e, OK);
}

static void
test_off(void **state)
{
	char path[128];
	struct disk_health health;
	char *text;

	(void)state;
	snprintf(path, sizeof(path), "%s/file", b.folder);
	fclose(fopen(path, "w"));
	disk_open(path, DISK_EMBEDDED, b.loop, &b.disk, &b.why);
	assert_false(disk_is_on(b.disk));
	assert_int_not_equal(b.why.len, 0);
	assert_int_equal(disk_load(b.disk, on_row, NULL, &health), ERR_IO);
	assert_int_equal(disk_meta_get(b.disk, "contact", &text), ERR_MISSING);
	write_row("a", "1");
	assert_int_equal(b.answered, 0); /* never from within the call */
	wait_for_answer();
	assert_int_equal(b.e, ERR_IO);
}

static void
on_state(void *ctx, const char *kind, const char *key, const char *value)
{
	(void)ctx;
	buf_printf(&b.seen, "%s/%s=%s ", kind, key, value);
}

static const char *
states(const char *kind)
{
	buf_clear(&b.seen);
	assert_int_equal(disk_state_each(b.disk, kind, on_state, NULL), OK);
	return buf_text(&b.seen);
}

/* Small values of other parts: by kind, the newest counts, a damaged one is left out. */
static void
test_state(void **state)
{
	(void)state;
	open_disk(DISK_EMBEDDED);
	disk_state_put(b.disk, "pet", "dog", "first-value", NULL, NULL);
	disk_state_put(b.disk, "pet", "cat", "1", NULL, NULL);
	disk_state_put(b.disk, "pet", "cat", "2 \xe9", NULL, NULL);
	disk_state_put(b.disk, "car", "cat", "3", NULL, NULL);
	disk_state_put(b.disk, "pet", "cow", "4", NULL, NULL);
	disk_state_put(b.disk, "pet", "cow", NULL, NULL, NULL);
	disk_close(b.disk);
	open_disk(DISK_EMBEDDED);
	assert_string_equal(states("pet"), "pet/cat=2 \xe9 pet/dog=first-value ");
	assert_string_equal(
	    states(NULL), "car/cat=3 pet/cat=2 \xe9 pet/dog=first-value ");
	disk_close(b.disk);
	damage("records.db", "first-value");
	log_set_level(LOG_LEVEL_ERROR + 1);
	open_disk(DISK_EMBEDDED);
	assert_string_equal(states("pet"), "pet/cat=2 \xe9 ");
}

/* What was refused is written when there is a disk again, and of each the newest. */
static void
test_state_is_written_later(void **state)
{
	struct disk_health health;
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/later", b.folder);
	fclose(fopen(path, "w"));
	log_set_level(LOG_LEVEL_ERROR + 1);
	disk_open(path, DISK_EMBEDDED, b.loop, &b.disk, &b.why);
	disk_state_put(b.disk, "pet", "cat", "1", NULL, NULL);
	disk_meta_put(b.disk, "contact", "12");
	loop_drain(b.loop);
	disk_state_put(b.disk, "pet", "cat", "2", NULL, NULL);
	disk_state_put(b.disk, "pet", "dog", "3", NULL, NULL);
	loop_drain(b.loop);
	disk_retry(b.disk);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(disk_reopen(b.disk, on_row, NULL, &health), OK);
	disk_retry(b.disk);
	disk_state_put(b.disk, "pet", "dog", "4", NULL, NULL);
	disk_close(b.disk);
	disk_open(path, DISK_EMBEDDED, b.loop, &b.disk, &b.why);
	assert_string_equal(states("pet"), "pet/cat=2 pet/dog=4 ");
}

/* What was answered is there after the process was killed. */
static void
test_kill(void **state)
{
	size_t damaged;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		open_disk(DISK_REPLICA);
		write_row("a", "1");
		if (turn_until(b.loop, is_answered, NULL))
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	open_disk(DISK_REPLICA);
	assert_string_equal(load(&damaged), "a=1 ");
}

int
main(void)
{
#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    WITH(test_write),
	    WITH(test_batch),
	    WITH(test_scan),
	    WITH(test_damaged_row),
	    WITH(test_not_a_database),
	    WITH(test_damaged_page),
	    WITH(test_off),
	    WITH(test_state),
	    WITH(test_state_is_written_later),
	    WITH(test_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
