/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/feed.h"

struct reading {
	struct feed *feed;
	size_t count;
};

static void *
read_rows(void *ctx)
{
	const struct reading *r = ctx;

	for (size_t i = 0; i < r->count; i++) {
		struct fields f = {0};
		char key[32];

		snprintf(key, sizeof(key), "%zu and more", i);
		if (fields_set(&f, "values", key, strlen(key)) != OK)
			abort();
		feed_put(r->feed, key, (size_t)(strchr(key, ' ') - key), &f);
		if (f.list != NULL)
			abort();
	}
	feed_end(r->feed);
	return NULL;
}

/* All rows come, each once, in order, whatever the number. */
static void
order_is_kept(void **state)
{
	static const size_t counts[] = {0, 1, 127, 128, 129, 1023, 1024, 1025, 50000};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct reading r = {feed_new(), counts[i]};
		struct disk_row *rows;
		size_t count, seen = 0;
		pthread_t t;

		assert_int_equal(pthread_create(&t, NULL, read_rows, &r), 0);
		while (feed_take(r.feed, &rows, &count)) {
			assert_int_not_equal(count, 0);
			for (size_t n = 0; n < count; n++, seen++) {
				assert_int_equal(strtoul(rows[n].key, NULL, 10), seen);
				assert_null(strchr(rows[n].key, ' '));
				assert_int_equal(
				    strtoul(rows[n].fields.list[0].value, NULL, 10),
				    seen);
			}
		}
		assert_false(feed_take(r.feed, &rows, &count));
		pthread_join(t, NULL);
		assert_int_equal(seen, counts[i]);
		feed_free(r.feed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(order_is_kept)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
