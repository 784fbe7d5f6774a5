/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a Redis server sends, sieved: in pieces it comes out as in one go, it is
 * well-formed, no larger than allowed, and what keeps to the limits is untouched. The
 * first octet says how large the pieces are.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/sieve.h"

/* Why it ended, or NULL. */
static const char *
sift(const uint8_t *data, size_t size, size_t piece, struct sieve *s, struct buf *out)
{
	char *room = mem_array(1, piece + SIEVE_MORE);
	bool good = true;

	for (size_t i = 0, n; good && i < size; i += n) {
		size_t got;

		n = size - i < piece ? size - i : piece;
		good = sieve_feed(s, (const char *)data + i, n, room, &got);
		assert(got <= n + SIEVE_MORE);
		assert(good == (s->why == NULL));
		assert(s->depth <= SIEVE_DEPTH_MAX && s->drop_depth <= s->depth);
		buf_add(out, room, got);
	}
	mem_free(room);
	return s->why;
}

/* What came out goes through once more and is as it was: nothing in it is too large. */
static void
check_again(const struct buf *once)
{
	struct sieve s = {0};
	struct buf twice = {0};
	const char *why = sift((const uint8_t *)once->data, once->len, 4096, &s, &twice);

	assert(why == NULL);
	assert(once->len == twice.len);
	assert(once->len == 0 || memcmp(once->data, twice.data, once->len) == 0);
	buf_fini(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sieve whole = {0}, parts = {0};
	struct buf one = {0}, many = {0};
	const char *why, *why_parts;
	size_t least;

	if (size < 2)
		return 0;
	why = sift(data + 1, size - 1, size - 1, &whole, &one);
	why_parts = sift(data + 1, size - 1, 1 + data[0] % 64U, &parts, &many);
	assert((why == NULL) == (why_parts == NULL));
	assert(why == NULL || strcmp(why, why_parts) == 0);
	/* before an error it may be cut off anywhere */
	assert(why != NULL || one.len == many.len);
	least = one.len < many.len ? one.len : many.len;
	assert(least == 0 || memcmp(one.data, many.data, least) == 0);
	if (why == NULL)
		check_again(&one);
	buf_fini(&one);
	buf_fini(&many);
	return 0;
}
