/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rounds with a quick_answer() of this test's own. A request is an id of two octets and
 * a kind; the response is the id, 'l': in 60,000 octets; 's': a stream instead.
 */
#include "unit.h"

#include "serve/quick.h"
#include "serve/round.h"
#include "serve_make.h"

enum { LARGE = 60000, OWNERS = 200, REQUEST = 2 + 3 };

/* Sends so many requests, whose ids begin at `first`. */
struct owner {
	unsigned first, count;
	uint8_t *in;
	size_t len;
	/* as finish() found it */
	unsigned finished, answered;
	size_t used;
	bool has_stream, is_full;
	struct owner *drops; /* in its finish() */
};

static struct maker maker;
static struct round all;
static struct counters counters;
static struct owner owners[OWNERS];
static struct stream a_stream;
static unsigned prepared, warmed, answered;

void
answer_prepare(const struct world *world, const uint8_t *packet, size_t len,
    const struct answer_ahead *like, struct answer_ahead *out)
{
	assert_non_null(world);
	assert_int_equal(len, 3);
	out->query.id = wire_get16(packet); /* reads it: it must be there */
	out->zone = like != NULL ? like->zone : NULL;
	out->is_warm = false;
	prepared++;
}

void
answer_warm(struct answer_ahead *ahead, size_t count)
{
	assert_true(count <= ANSWER_WARM_MOST);
	for (size_t i = 0; i < count; i++)
		ahead[i].is_warm = true;
	warmed += (unsigned)count;
}

size_t
quick_answer(struct answerer *a, const uint8_t *packet, size_t len,
    struct answer_ahead *ahead, const struct ip *source, enum answer_over over,
    uint8_t *out)
{
	size_t n = packet[2] == 'l' ? LARGE : 2;

	assert_int_equal(len, 3);
	assert_int_equal(over, OVER_TCP);
	assert_int_equal(source->family, 4);
	assert_int_equal(ahead->query.id, wire_get16(packet));
	assert_int_equal(a->now.ms, 77);
	answered++;
	if (packet[2] == 's') {
		a->stream = &a_stream;
		return 0;
	}
	memset(out, 0, n);
	memcpy(out, packet, 2);
	return n;
}

static void
lose(struct owner *o)
{
	mem_free(o->in);
	o->in = NULL;
}

static void
on_finish(void *owner, const struct round_part *part)
{
	struct owner *o = owner;
	size_t at = 0;

	o->finished++;
	o->used = part->used;
	o->has_stream = part->stream != NULL;
	o->is_full = part->is_full;
	assert_ptr_equal(part->in, o->in);
	while (at < all.out_len) {
		assert_int_equal(
		    wire_get16(all.out + at + 2), (o->first + o->answered) & 0xffff);
		at += 2 + wire_get16(all.out + at);
		o->answered++;
	}
	assert_int_equal(at, all.out_len);
	lose(o);
	if (o->drops != NULL) {
		round_drop(&all, o->drops);
		lose(o->drops);
	}
}

static struct owner *
add(struct owner *o, unsigned first, unsigned count, char kind)
{
	static const struct ip source = {4, {127, 0, 0, 1}};

	*o = (struct owner){.first = first, .count = count, .drops = o->drops};
	o->len = (size_t)count * REQUEST;
	o->in = mem_array(1, o->len + 1);
	for (unsigned i = 0; i < count; i++) {
		wire_put16(o->in + (size_t)i * REQUEST, 3);
		wire_put16(o->in + (size_t)i * REQUEST + 2, (uint16_t)(first + i));
		o->in[i * REQUEST + 4] = (uint8_t)kind;
	}
	round_add(&all, o, &source, o->in, o->len);
	return o;
}

static void
check_answered(const struct owner *o)
{
	assert_int_equal(o->finished, 1);
	assert_int_equal(o->answered, o->count);
	assert_int_equal(o->used, o->len);
	assert_false(o->has_stream);
}

static int
begin(void **state)
{
	(void)state;
	memset(owners, 0, sizeof(owners));
	prepared = warmed = answered = 0;
	return 0;
}

/* However requests are spread over clients, each gets its own, in order. */
static void
parts_of_all_sizes(void **state)
{
	static const unsigned sizes[][6] = {
	    {1, 1, 1, 1, 1, 1},
	    {ANSWER_WARM_MOST, 1, 1, ANSWER_WARM_MOST - 1, 1, 2},
	    {1, ANSWER_WARM_MOST, ANSWER_WARM_MOST + 1, 3, 2, 1},
	    {ANSWER_WARM_MOST - 1, 2, 1000, 1, 5 * ANSWER_WARM_MOST, 1},
	};

	(void)state;
	for (size_t row = 0; row < COUNT(sizes); row++) {
		unsigned total = 0;

		begin(NULL);
		for (unsigned i = 0; i < OWNERS; i++) {
			add(&owners[i], i * 300, sizes[row][i % 6], 'r');
			total += owners[i].count;
		}
		round_finish(&all);
		for (unsigned i = 0; i < OWNERS; i++)
			check_answered(&owners[i]);
		assert_int_equal(answered, total);
		assert_int_equal(prepared, total);
		assert_true(warmed >= total / 2);
		assert_int_equal(all.part_count, 0);
	}
	assert_int_equal(counter_get(&counters, COUNT_TCP_QUERIES) != 0, 1);
}

static void
what_can_wait_waits(void **state)
{
	(void)state;
	add(&owners[0], 0, 1, 'r');
	add(&owners[1], 10, 0, 'r');
	assert_int_equal(owners[0].finished, 0);
	/* nothing to answer: at once, and none of it was used */
	assert_int_equal(owners[1].finished, 1);
	assert_int_equal(owners[1].used, 0);
	round_finish(&all);
	check_answered(&owners[0]);
	assert_int_equal(warmed, 1);
	round_finish(&all);
	assert_int_equal(owners[0].finished, 1);
}

static void
who_is_gone_is_not_answered(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		add(&owners[i], i * 10, 2, 'r');
	round_drop(&all, &owners[1]);
	lose(&owners[1]);
	/* the last goes while the round is under way */
	owners[2].drops = &owners[4];
	round_finish(&all);
	check_answered(&owners[0]);
	assert_int_equal(owners[1].finished, 0);
	check_answered(&owners[2]);
	check_answered(&owners[3]);
	assert_int_equal(owners[4].finished, 0);
	assert_int_equal(answered, 6);
}

/* He goes because others were finished, to make room for the rest of his. */
static void
who_goes_in_the_middle_of_being_added(void **state)
{
	(void)state;
	add(&owners[0], 0, ANSWER_WARM_MOST, 'r');
	owners[0].drops = &owners[1];
	add(&owners[1], 1000, 100, 'r');
	round_finish(&all);
	check_answered(&owners[0]);
	assert_int_equal(owners[1].finished, 0);
	add(&owners[2], 0, 1, 'r');
	round_finish(&all);
	check_answered(&owners[2]);
}

static void
a_stream_is_the_last_for_now(void **state)
{
	(void)state;
	add(&owners[0], 0, 3, 's');
	add(&owners[1], 10, 2, 'r');
	round_finish(&all);
	assert_true(owners[0].has_stream);
	assert_int_equal(owners[0].used, REQUEST);
	assert_int_equal(owners[0].answered, 0);
	check_answered(&owners[1]);
}

static void
as_much_as_fits_one_write(void **state)
{
	(void)state;
	add(&owners[0], 0, 1, 'r');
	add(&owners[1], 10, 500, 'l');
	add(&owners[2], 20, 1, 'r');
	round_finish(&all);
	check_answered(&owners[0]);
	check_answered(&owners[2]);
	assert_true(owners[1].is_full);
	assert_int_equal(owners[1].finished, 1);
	assert_int_equal(owners[1].answered, ROUND_OUT_MAX / (LARGE + 2));
	assert_int_equal(owners[1].used, owners[1].answered * REQUEST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(parts_of_all_sizes, begin),
	    cmocka_unit_test_setup(what_can_wait_waits, begin),
	    cmocka_unit_test_setup(who_is_gone_is_not_answered, begin),
	    cmocka_unit_test_setup(who_goes_in_the_middle_of_being_added, begin),
	    cmocka_unit_test_setup(a_stream_is_the_last_for_now, begin),
	    cmocka_unit_test_setup(as_much_as_fits_one_write, begin),
	};
	int failed;

	serve_world(&maker);
	all.shared = &maker_shared;
	all.counters = all.answerer.counters = &counters;
	all.finish = on_finish;
	all.now = (struct mono){77};
	if (publish_join(&maker_shared.domain, &all.reader) != OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	maker_close(&maker);
	return failed;
}
