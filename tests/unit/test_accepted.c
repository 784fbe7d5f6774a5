/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "steer/accepted.h"

static char dir[64];

static struct name
name_of(const char *text)
{
	struct name n;

	assert_int_equal(name_parse(text, strlen(text), &name_root, &n), OK);
	return n;
}

static void
put(const char *path, const char *text, size_t len)
{
	struct buf why = {0};

	assert_int_equal(file_replace(path, text, len, &why), OK);
	buf_fini(&why);
}

static enum err
save(const struct name *apex, const struct accepted_zone *z, struct buf *why)
{
	struct file_batch batch = {0};
	enum err e = accepted_zone_save(dir, apex, z, &batch, why);

	return e == OK ? file_batch_finish(&batch, why) : e;
}

static void
a_zone_comes_back(void **state)
{
	struct name apex = name_of("Example.COM");
	struct accepted_zone z = {0}, back = {0};
	struct buf why = {0};

	(void)state;
	assert_int_equal(accepted_zone_load(dir, &apex, &back, &why), ERR_MISSING);
	accepted_zone_add(&z, "/etc/zones/a b.zone", "one\nFILE 3 x\n\ntwo", 17);
	accepted_zone_add(&z, "inc.zone", "", 0);
	accepted_zone_add(&z, "bin.zone", "a\0b\n", 4);
	assert_int_equal(save(&apex, &z, &why), OK);
	assert_int_equal(accepted_zone_load(dir, &apex, &back, &why), OK);
	assert_int_equal(back.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(back.files[i].path, z.files[i].path);
		assert_int_equal(back.files[i].len, z.files[i].len);
		assert_memory_equal(back.files[i].text, z.files[i].text, z.files[i].len);
	}
	assert_ptr_equal(accepted_zone_find(&back, "inc.zone"), &back.files[1]);
	assert_null(accepted_zone_find(&back, "inc"));
	accepted_zone_fini(&back);
	accepted_zone_fini(&z);
	assert_int_equal(z.count, 0);
	buf_fini(&why);
}

static void
what_is_the_same_is_not_written_again(void **state)
{
	struct name apex = name_of("same.example");
	struct accepted_zone z = {0};
	struct stat before, after;
	struct buf why = {0};
	char *path = mem_printf("%s/accepted/same.example.zone", dir);

	(void)state;
	accepted_zone_add(&z, "f", "text", 4);
	assert_int_equal(save(&apex, &z, &why), OK);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(save(&apex, &z, &why), OK);
	assert_int_equal(stat(path, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	accepted_zone_add(&z, "g", "more", 4);
	assert_int_equal(save(&apex, &z, &why), OK);
	assert_int_equal(stat(path, &after), 0);
	assert_true(before.st_size != after.st_size);
	accepted_zone_fini(&z);
	mem_free(path);
	buf_fini(&why);
}

static void
damage_is_seen(void **state)
{
	static const char *const damaged[] = {
	    "",
	    "FILE",
	    "FILE 3 f\nab\n", /* one octet short */
	    "FILE 3 f\nabc", /* no end of line */
	    "FILE 3\nabc\n",
	    "FILE x f\nabc\n",
	    "FILE -1 f\nabc\n",
	    "FILE 18446744073709551615 f\nabc\n",
	    "FILE 3 f\nabc\nFILE 3 f\n",
	    "LIFE 3 f\nabc\n",
	};
	struct name apex = name_of("bad.example");
	char *path = mem_printf("%s/accepted/bad.example.zone", dir);

	(void)state;
	for (size_t i = 0; i < COUNT(damaged); i++) {
		struct accepted_zone back = {0};
		struct buf why = {0};

		put(path, damaged[i], strlen(damaged[i]));
		assert_int_equal(
		    accepted_zone_load(dir, &apex, &back, &why), ERR_CORRUPT);
		assert_int_equal(back.count, 0);
		assert_true(why.len != 0);
		buf_fini(&why);
	}
	mem_free(path);
}

static void
names_of_files_are_harmless(void **state)
{
	static const struct {
		const char *zone, *file;
	} cases[] = {
	    {".", "%2E"},
	    {"a\\.b.example", "a%5C.b.example"},
	    {"x/\\.\\./y.example", "x%2F%5C.%5C.%2Fy.example"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct accepted_zone z = {0};
		struct buf why = {0};
		struct name apex;
		char *path;

		apex = name_of(cases[i].zone);
		accepted_zone_add(&z, "f", "text", 4);
		assert_int_equal(save(&apex, &z, &why), OK);
		path = mem_printf("%s/accepted/%s.zone", dir, cases[i].file);
		assert_int_equal(access(path, R_OK), 0);
		mem_free(path);
		accepted_zone_fini(&z);
		buf_fini(&why);
	}
}

static void
a_database_is_copied(void **state)
{
	char *from = mem_printf("%s/GeoLite2.mmdb", dir), *to, *data = NULL;
	struct buf why = {0};
	size_t len;

	(void)state;
	put(from, "bin\0ary", 7);
	assert_int_equal(accepted_geo_save(dir, from, &why), OK);
	to = accepted_geo_path(dir, from);
	assert_int_equal(file_read(to, 100, &data, &len, &why), OK);
	assert_int_equal(len, 7);
	assert_memory_equal(data, "bin\0ary", 7);
	mem_free(data);
	mem_free(from);
	from = mem_printf("%s/none.mmdb", dir);
	assert_int_not_equal(accepted_geo_save(dir, from, &why), OK);
	assert_true(why.len != 0);
	mem_free(from);
	mem_free(to);
	buf_fini(&why);
}

static int
begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_accepted.XXXXXX");
	return mkdtemp(dir) == NULL;
}

static int
end(void **state)
{
	char *command = mem_printf("rm -rf '%s'", dir);
	int rc = system(command);

	(void)state;
	mem_free(command);
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_zone_comes_back),
	    cmocka_unit_test(what_is_the_same_is_not_written_again),
	    cmocka_unit_test(damage_is_seen),
	    cmocka_unit_test(names_of_files_are_harmless),
	    cmocka_unit_test(a_database_is_copied),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
