/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/index.h"
#include "store/replica.h"

/*
 * A script of what happens, letter by letter, and the steps that are wanted of it:
 *   a-d 1-9  the name is called out     n  ask for the next step
 *   r    the round was read         s  the sign has come
 *   e    the batch was emitted      F  the database was flushed
 *   +    40 ms pass                .  that was all of a message
 * Steps: - wait, R(names) read, S sign, E emit, X resync.
 */
struct story {
	const char *events, *steps;
};

static void
take_step(struct replica *r, struct mono now, struct buf *out)
{
	struct replica_names names;

	switch (replica_next(r, now)) {
	case REPLICA_WAIT:
		buf_char(out, '-');
		break;
	case REPLICA_READ:
		replica_take(r, &names);
		buf_str(out, "R(");
		for (size_t i = 0; i < names.count; i++)
			buf_add(out, names.list[i].text, names.list[i].len);
		buf_char(out, ')');
		replica_names_fini(&names);
		break;
	case REPLICA_SIGN:
		buf_char(out, 'S');
		break;
	case REPLICA_EMIT:
		buf_char(out, 'E');
		break;
	case REPLICA_RESYNC:
		buf_char(out, 'X');
		break;
	}
}

static void
play(const char *events, struct buf *out)
{
	struct mono now = {1000};
	struct replica r = {0};

	for (const char *at = events; *at != '\0'; at++) {
		if ((*at >= 'a' && *at <= 'd') || (*at >= '1' && *at <= '9'))
			replica_named(&r, at, 1);
		else if (*at == 'n')
			take_step(&r, now, out);
		else if (*at == 'r')
			replica_was_read(&r);
		else if (*at == 's')
			replica_got_sign(&r, now);
		else if (*at == 'e')
			replica_was_emitted(&r);
		else if (*at == '.')
			replica_called(&r);
		else if (*at == 'F')
			replica_flushed(&r);
		else
			now = mono_add_ms(now, 40);
	}
	replica_fini(&r);
}

static void
test_stories(void **state)
{
	static const struct story stories[] = {
	    {"nn", "--"},
	    /* one change, from end to end */
	    {"annrnnsnnen", "R(a)-S-E--"},
	    /* a name that is called twice is read once */
	    {"aban", "R(ab)"},
	    /* called in one message with what was read: the whole is read anew */
	    {"a.nrnab.snrnsn", "R(a)SR(ab)SE"},
	    {"a.nab.rnsnrnsn", "R(a)SR(ab)SE"},
	    /* in a message of its own: the next batch */
	    {"a.nrna.b.snen", "R(a)SER(ab)"},
	    /* the batch alone: it was one state, and the next comes */
	    {"ab.nrnba.snen", "R(ab)SER(ba)"},
	    /* called behind the sign: the next batch */
	    {"a.nrnsab.nen", "R(a)SER(ab)"},
	    /* a hundred milliseconds are enough of it */
	    {"a.nrnab.+++snen", "R(a)SER(ab)"},
	    /* and so are eight rounds */
	    {"1.nrn12.snrn23.snrn34.snrn45.snrn56.snrn67.snrn78.snrn89.sn",
	        "R(1)SR(12)SR(123)SR(1234)SR(12345)SR(123456)SR(1234567)SR(12345678)SE"},
	    /* a flush goes before all else */
	    {"aFn", "X"},
	    {"anFn", "R(a)X"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(stories); i++) {
		struct buf out = {0};

		play(stories[i].events, &out);
		if (strcmp(buf_text(&out), stories[i].steps) != 0)
			fail_msg("%s: %s", stories[i].events, buf_text(&out));
		buf_fini(&out);
	}
}

/* More names than one round takes: all are read, each once, in order. */
static void
test_many(void **state)
{
	enum { NAMES = REPLICA_ROUND_NAMES + 2500 };
	struct mono now = {1};
	struct replica r = {0};
	struct replica_names names;
	char text[16];

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		for (int i = 0; i < NAMES; i++) {
			snprintf(text, sizeof(text), "n%d", i);
			replica_named(&r, text, strlen(text));
		}
	}
	assert_int_equal(replica_next(&r, now), REPLICA_READ);
	replica_take(&r, &names);
	assert_int_equal(names.count, REPLICA_ROUND_NAMES);
	replica_names_fini(&names);
	replica_named(&r, "n12000", 6); /* waits already */
	replica_named(&r, "n0", 2); /* has been read, and changed since */
	replica_was_read(&r);
	assert_int_equal(replica_next(&r, now), REPLICA_SIGN);
	replica_got_sign(&r, now);
	assert_int_equal(replica_next(&r, now), REPLICA_READ);
	replica_take(&r, &names);
	assert_int_equal(names.count, 2501);
	assert_string_equal(names.list[0].text, "n10000");
	assert_string_equal(names.list[2500].text, "n0");
	replica_names_fini(&names);
	replica_fini(&r);
}

static void
test_index(void **state)
{
	enum { OWNERS = 3000 };
	struct index x = {0};
	struct entry *e = NULL;
	size_t seen = 0, siblings = 0;
	char key[64];

	(void)state;
	for (int i = 0; i < OWNERS; i++) {
		snprintf(key, sizeof(key), "dns:{example.com}:n%d:A", i);
		index_get(&x, key, strlen(key));
		snprintf(key, sizeof(key), "dns:{example.com}:n%d:AAAA", i);
		index_get(&x, key, strlen(key));
	}
	index_get(&x, key, strlen(key));
	assert_int_equal(x.count, 2 * OWNERS);
	for (size_t at = 0; (e = index_next(&x, &at, e)) != NULL;)
		seen++;
	assert_int_equal(seen, 2 * OWNERS);
	e = index_find(&x, "dns:{example.com}:n7:A", 22);
	assert_non_null(e);
	for (e = index_sibling(&x, e, true); e != NULL; e = index_sibling(&x, e, false))
		siblings++;
	assert_int_equal(siblings, 2);
	e = index_find(&x, "dns:{example.com}:n7:A", 22);
	index_reject(&x, e, 1, "why");
	index_reject(&x, e, 2, "why not");
	assert_int_equal(x.reject_count, 1);
	index_remove(&x, e);
	assert_int_equal(x.reject_count, 0);
	assert_null(index_find(&x, "dns:{example.com}:n7:A", 22));
	assert_non_null(index_find(&x, "dns:{example.com}:n7:AAAA", 25));
	index_fini(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stories),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
