/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/filesum.h"
#include "base/mem.h"

static char folder[] = "/tmp/sextant-file-XXXXXX";
static struct buf why;

static int
setup(void **state)
{
	*state = folder;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	buf_fini(&why);
	return rmdir(folder);
}

#define PIECES(a, a_len, b, b_len) \
	((const struct file_piece[]){{(a), (a_len)}, {(b), (b_len)}})

/* A path in the test's folder; caller frees. */
static char *
in_folder(const char *name)
{
	return mem_printf("%s/%s", folder, name);
}

static void
test_replace_and_read(void **state)
{
	char *path = in_folder("f"), *temp = in_folder("f.new"), *data = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(file_replace(path, "old", 3, &why), OK);
	assert_int_equal(file_replace(path, "a\0b", 3, &why), OK);
	assert_int_equal(file_read(path, 3, &data, &len, &why), OK);
	assert_int_equal(len, 3);
	assert_memory_equal(data, "a\0b\0", 4);
	mem_free(data);
	assert_int_equal(why.len, 0);
	assert_int_equal(access(temp, F_OK), -1);

	data = NULL;
	assert_int_equal(file_read(path, 2, &data, &len, &why), ERR_RANGE);
	assert_null(data);
	assert_non_null(strstr(buf_text(&why), "larger than 2 octets"));
	buf_clear(&why);

	assert_int_equal(file_replace(path, "", 0, &why), OK);
	assert_int_equal(file_read(path, 0, &data, &len, &why), OK);
	assert_int_equal(len, 0);
	assert_string_equal(data, "");
	mem_free(data);
	unlink(path);
	mem_free(path);
	mem_free(temp);
}

/* Nothing is in its place before the end; what can not be written harms no other. */
static void
test_batch(void **state)
{
	struct file_batch batch = {0};
	char *a = in_folder("a"), *b = in_folder("b"), *temp = in_folder("b.new");
	char *away = in_folder("nosuch/c"), *data = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(file_batch_finish(&batch, &why), OK);
	assert_int_equal(file_replace(a, "old", 3, &why), OK);
	assert_int_equal(file_batch_add(&batch, a, PIECES("n", 1, "ew", 2), 2, &why), OK);
	assert_int_equal(file_batch_add(&batch, b, NULL, 0, &why), OK);
	assert_int_equal(
	    file_batch_add(&batch, away, PIECES("x", 1, "", 0), 2, &why), ERR_IO);
	assert_non_null(strstr(buf_text(&why), "nosuch/c.new"));
	buf_clear(&why);
	assert_int_equal(file_read(a, 3, &data, &len, &why), OK);
	assert_memory_equal(data, "old", 3);
	mem_free(data);
	assert_int_equal(access(b, F_OK), -1);
	assert_int_equal(file_batch_finish(&batch, &why), OK);
	assert_int_equal(batch.count, 0);
	assert_int_equal(file_read(a, 3, &data, &len, &why), OK);
	assert_memory_equal(data, "new", 3);
	mem_free(data);
	assert_int_equal(access(b, F_OK), 0);
	assert_int_equal(access(temp, F_OK), -1);
	unlink(a);
	unlink(b);
	mem_free(a);
	mem_free(b);
	mem_free(temp);
	mem_free(away);
}

/* More than one chunk of reading. */
static void
test_large(void **state)
{
	enum { LEN = 200001 };
	char *path = in_folder("large"), *in = mem_new(LEN), *out = NULL;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < LEN; i++)
		in[i] = (char)(i * 7);
	assert_int_equal(file_replace(path, in, LEN, &why), OK);
	assert_int_equal(file_read(path, LEN - 1, &out, &len, &why), ERR_RANGE);
	assert_int_equal(file_read(path, LEN, &out, &len, &why), OK);
	assert_int_equal(len, LEN);
	assert_memory_equal(in, out, LEN);
	assert_true(file_holds(path, PIECES(in, LEN, "", 0), 2));
	assert_true(file_holds(path, PIECES(in, 65536, in + 65536, LEN - 65536), 2));
	assert_true(file_holds(path, PIECES(in, 7, in + 7, LEN - 7), 2));
	assert_false(file_holds(path, PIECES(in, 7, in + 7, LEN - 8), 2));
	assert_false(file_holds(path, PIECES(in, LEN, "x", 1), 2));
	assert_false(file_holds(path, PIECES(in, 65536, in + 1, LEN - 65536), 2));
	in[LEN - 1]++;
	assert_false(file_holds(path, PIECES("", 0, in, LEN), 2));
	assert_false(file_holds(folder, NULL, 0));
	buf_clear(&why);
	unlink(path);
	assert_false(file_holds(path, NULL, 0));
	mem_free(in);
	mem_free(out);
	mem_free(path);
}

/* The sum of a text is that of a file that holds it, and of no other. */
static void
test_sum(void **state)
{
	static const size_t lens[] = {0, 1, 65535, 65536, 65537, 131072, 200001};
	char *path = in_folder("sum"), *text = mem_new(200002);
	struct filesum sum = {77, {0}}, of;

	(void)state;
	for (size_t i = 0; i < COUNT(lens); i++) {
		assert_int_equal(file_replace(path, text, lens[i], &why), OK);
		assert_int_equal(filesum_read(path, &sum), OK);
		of = filesum_of(text, lens[i]);
		assert_true(filesum_equal(&sum, &of));
		of = filesum_of(text, lens[i] + 1);
		assert_false(filesum_equal(&sum, &of));
		if (lens[i] == 0)
			continue;
		text[lens[i] - 1]++;
		of = filesum_of(text, lens[i]);
		assert_false(filesum_equal(&sum, &of));
	}
	unlink(path);
	assert_int_equal(filesum_read(path, &sum), ERR_IO);
	assert_int_equal(filesum_read(folder, &sum), ERR_IO);
	mem_free(text);
	mem_free(path);
}

static void
test_failures(void **state)
{
	char *none = in_folder("none"), *below = in_folder("none/f"), *data = NULL;
	size_t len = 77;

	(void)state;
	assert_int_equal(file_read(none, 10, &data, &len, &why), ERR_IO);
	assert_non_null(strstr(buf_text(&why), "cannot open /"));
	assert_non_null(strstr(buf_text(&why), "none: No such file or directory"));
	buf_clear(&why);
	assert_int_equal(file_read(folder, 10, &data, &len, &why), ERR_IO);
	assert_non_null(strstr(buf_text(&why), "Is a directory"));
	buf_clear(&why);
	assert_null(data);
	assert_int_equal(len, 77);
	assert_int_equal(file_replace(below, "x", 1, &why), ERR_IO);
	assert_non_null(strstr(buf_text(&why), "cannot create"));
	buf_clear(&why);
	/* a folder stands where the file should go: nothing is left behind */
	assert_int_equal(mkdir(none, 0700), 0);
	assert_int_equal(file_replace(none, "x", 1, &why), ERR_IO);
	assert_non_null(strstr(buf_text(&why), "cannot rename to"));
	buf_clear(&why);
	assert_int_equal(rmdir(none), 0);
	mem_free(none);
	mem_free(below);
}

static void
test_make_dir(void **state)
{
	char *a = in_folder("a"), *deep = in_folder("a/b//c/"), *c = in_folder("a/b/c");
	char *b = in_folder("a/b"), *file = in_folder("a/f"), *under = in_folder("a/f/g");
	struct stat st;

	(void)state;
	assert_int_equal(file_make_dir(deep, &why), OK);
	assert_int_equal(stat(c, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07027, 0);
	assert_int_equal(file_make_dir(c, &why), OK);
	assert_int_equal(file_make_dir("/", &why), OK);
	assert_int_equal(why.len, 0);
	assert_int_equal(file_replace(file, "x", 1, &why), OK);
	assert_int_equal(file_make_dir(file, &why), ERR_IO);
	assert_non_null(strstr(buf_text(&why), "a/f: Not a directory"));
	assert_int_equal(file_make_dir(under, &why), ERR_IO);
	assert_int_equal(file_make_dir("", &why), ERR_IO);
	buf_clear(&why);
	unlink(file);
	assert_int_equal(rmdir(c) | rmdir(b) | rmdir(a), 0);
	mem_free(a);
	mem_free(b);
	mem_free(c);
	mem_free(deep);
	mem_free(file);
	mem_free(under);
}

static void
test_beside(void **state)
{
	static const struct {
		const char *from;
		const char *path;
		const char *result;
	} rows[] = {
	    {"/etc/s/a.yaml", "b", "/etc/s/b"},
	    {"/etc/s/a.yaml", "../b", "/etc/s/../b"},
	    {"/etc/s/a.yaml", "/b", "/b"},
	    {"a.yaml", "b", "b"},
	    {"x/a.yaml", "b", "x/b"},
	    {"/a.yaml", "b", "/b"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *result = file_beside(rows[i].from, rows[i].path);

		assert_string_equal(result, rows[i].result);
		mem_free(result);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replace_and_read),
	    cmocka_unit_test(test_batch),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_sum),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_make_dir),
	    cmocka_unit_test(test_beside),
	};

	return cmocka_run_group_tests_name("file", tests, setup, teardown);
}
