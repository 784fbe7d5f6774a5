/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The man page and the sample follow the table of keys. `test_config_man --update`
 * rewrites the man page's part.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/schema.h"

static const char begin_mark[] = ".\\\" keys: begin";
static const char end_mark[] = ".\\\" keys: end";

static char *
source_path(const char *name)
{
	const char *dir = getenv("srcdir");

	return mem_printf("%s/%s", dir != NULL ? dir : ".", name);
}

static char *
read_source(const char *name)
{
	char *path = source_path(name), *text = NULL;
	struct buf why = {0};
	size_t len;

	if (file_read(path, 1 << 20, &text, &len, &why) != OK)
		fail_msg("%s", buf_text(&why));
	buf_fini(&why);
	mem_free(path);
	return text;
}

/* The text with its part between the marks replaced by what the table says. */
static char *
renew(const char *page)
{
	const char *begin = strstr(page, begin_mark), *end = strstr(page, end_mark);
	struct buf out = {0};

	assert_non_null(begin);
	assert_non_null(end);
	begin = strchr(begin, '\n') + 1;
	buf_add(&out, page, (size_t)(begin - page));
	config_schema_write_man(&out);
	buf_str(&out, end);
	return buf_take(&out);
}

static void
man_page_follows_the_table(void **state)
{
	char *page = read_source("conf/sextant.yaml.5"), *renewed = renew(page);

	(void)state;
	assert_string_equal(page, renewed);
	mem_free(renewed);
	mem_free(page);
}

static void
sample_loads(void **state)
{
	char *path = source_path("conf/sextant.yaml");
	struct complaints complaints = {0};
	struct config *c = NULL;
	struct buf text = {0};
	enum err e = config_load(path, &c, &complaints);

	(void)state;
	complaints_write(&complaints, &text);
	assert_string_equal(buf_text(&text), "");
	assert_int_equal(e, OK);
	buf_fini(&text);
	complaints_fini(&complaints);
	config_free(c);
	mem_free(path);
}

/* Each key stands in the sample, written out or behind a comment sign. */
static void
sample_has_every_key(void **state)
{
	char *sample = read_source("conf/sextant.yaml"), *word;
	const struct schema_key *k;
	const char *at;
	size_t i;

	(void)state;
	for (i = 0; schema_maps[i] != NULL; i++) {
		for (k = schema_maps[i]->keys; k->name != NULL; k++) {
			word = mem_printf("%s:", k->name);
			for (at = strstr(sample, word);
			     at != NULL && at != sample && strchr(" {\n", at[-1]) == NULL;
			     at = strstr(at + 1, word))
				;
			if (at == NULL)
				fail_msg("the sample lacks %s of %s", k->name,
				    schema_maps[i]->title);
			mem_free(word);
		}
	}
	mem_free(sample);
}

static int
update(void)
{
	char *path = source_path("conf/sextant.yaml.5");
	char *page = read_source("conf/sextant.yaml.5"), *renewed = renew(page);
	struct buf why = {0};
	enum err e = file_replace(path, renewed, strlen(renewed), &why);

	if (e != OK)
		fprintf(stderr, "%s\n", buf_text(&why));
	buf_fini(&why);
	mem_free(renewed);
	mem_free(page);
	mem_free(path);
	return e == OK ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(man_page_follows_the_table),
	    cmocka_unit_test(sample_loads),
	    cmocka_unit_test(sample_has_every_key),
	};

	if (argc > 1 && strcmp(argv[1], "--update") == 0)
		return update();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
