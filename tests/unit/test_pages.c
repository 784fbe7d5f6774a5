/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that look like databases and are none: what is read of them stays within them,
 * and ends. PAGES_ROUNDS asks for more than the usual run, PAGES_SEED for one again.
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/pages.h"

enum { PAGE = 4096, MOST = 6, ROUNDS = 400, FRAME = 24 + PAGE };

static uint64_t dice_state;

static uint32_t
dice(uint32_t sides)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice_state >> 33) % sides;
}

static void
put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Numbers at the edges, which a damaged file has more often than chance. */
static uint8_t
octet(void)
{
	static const uint8_t edges[] = {0, 1, 0x0d, 0x7f, 0x80, 0x81, 0xff};

	return dice(3) != 0 ? edges[dice(sizeof(edges))] : (uint8_t)dice(256);
}

static void
make_page(uint8_t *page)
{
	for (size_t i = 0; i < PAGE; i++)
		page[i] = octet();
	page[0] = dice(2) != 0 ? 0x0a : 0x02;
	for (size_t i = 8; i < 200; i += 2) {
		page[i] = (uint8_t)dice(16);
		page[i + 1] = dice(4) != 0 ? (uint8_t)dice(256) : 0xff;
	}
	/* rows that go on in pages which are there, perhaps in this one */
	for (unsigned n = dice(40); n != 0; n--) {
		size_t at = 300 + dice(3000);

		memcpy(page + at, (const uint8_t[]){0x82, (uint8_t)dice(128)}, 2);
		put32(page + at + 489 + 2, dice(MOST + 2));
	}
}

static void
add_sum(uint32_t sum[2], const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		uint32_t a = (uint32_t)p[i] << 24 | (uint32_t)p[i + 1] << 16 |
		             (uint32_t)p[i + 2] << 8 | p[i + 3];
		uint32_t b = (uint32_t)p[i + 4] << 24 | (uint32_t)p[i + 5] << 16 |
		             (uint32_t)p[i + 6] << 8 | p[i + 7];

		sum[0] += a + sum[1];
		sum[1] += b + sum[0];
	}
}

/* A log whose sums are right; pages and the size of the whole are anything. */
static size_t
make_log(uint8_t *out, unsigned frames, uint32_t size)
{
	uint32_t sum[2] = {0, 0};

	memset(out, 0, 32);
	put32(out, 0x377f0683);
	put32(out + 8, PAGE);
	add_sum(sum, out, 24);
	put32(out + 24, sum[0]);
	put32(out + 28, sum[1]);
	for (unsigned n = 0; n < frames; n++) {
		uint8_t *f = out + 32 + n * FRAME;

		memset(f, 0, 24);
		put32(f, dice(10) != 0 ? dice(MOST + 4) : UINT32_MAX);
		put32(f + 4, n + 1 == frames ? size : dice(3));
		make_page(f + 24);
		add_sum(sum, f, 8);
		add_sum(sum, f + 24, PAGE);
		put32(f + 16, sum[0]);
		put32(f + 20, sum[1]);
	}
	return 32 + frames * (size_t)FRAME;
}

struct seen {
	size_t rows;
	uint64_t sum;
};

static void
on_row(void *ctx, const struct pages_row *row)
{
	struct seen *s = ctx;

	assert_in_range(row->count, 1, PAGES_COLUMNS);
	s->rows++;
	for (unsigned i = 0; i < row->count; i++) {
		const struct pages_value *v = &row->values[i];

		for (size_t k = 0; v->text != NULL && k < v->len; k++)
			s->sum += (uint8_t)v->text[k];
	}
}

static void
put_file(const char *path, const void *data, size_t len)
{
	struct buf why = {0};

	assert_int_equal(file_replace(path, data, len, &why), OK);
	buf_fini(&why);
}

static void
scan(const uint8_t *db, size_t len, const uint8_t *log, size_t log_len, struct seen *s)
{
	char folder[] = "/tmp/sextant-pages-XXXXXX", *path, *wal;

	assert_non_null(mkdtemp(folder));
	path = mem_printf("%s/db", folder);
	wal = mem_printf("%s/db-wal", folder);
	put_file(path, db, len);
	if (log_len != 0)
		put_file(wal, log, log_len);
	*s = (struct seen){0};
	pages_scan(path, on_row, s);
	unlink(path);
	unlink(wal);
	rmdir(folder);
	mem_free(path);
	mem_free(wal);
}

static unsigned long
number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoul(text, NULL, 10) : otherwise;
}

static void
noise_is_read_to_its_end(void **state)
{
	uint8_t *db = mem_array(MOST, PAGE), *log = mem_array(MOST + 1, FRAME);
	unsigned long rounds = number("PAGES_ROUNDS", ROUNDS);
	size_t rows = 0;

	(void)state;
	dice_state = number("PAGES_SEED", 1);
	for (unsigned long n = 0; n < rounds; n++) {
		size_t len = (1 + dice(MOST)) * (size_t)PAGE - dice(2) * dice(PAGE);
		size_t log_len = 0;
		struct seen s;

		for (unsigned i = 0; i < MOST; i++)
			make_page(db + (size_t)i * PAGE);
		if (dice(2) != 0)
			log_len = make_log(log, 1 + dice(3), dice(2 * MOST));
		scan(db, len, log, log_len, &s);
		rows += s.rows;
	}
	/* else nothing was tried */
	assert_in_range(rows, rounds, SIZE_MAX);
	mem_free(db);
	mem_free(log);
}

/* A row is of a page of 16 MiB that leads to itself, again and again. */
static void
a_circle_ends(void **state)
{
	uint8_t *db = mem_array(2, PAGE);
	struct seen s;

	(void)state;
	db[PAGE] = 0x0a;
	db[PAGE + 3] = 0x07; /* 2,000 cells, all of them the same */
	db[PAGE + 4] = 0xd0;
	for (size_t i = 0; i < 200; i++)
		memcpy(db + PAGE + 8 + 2 * i, (const uint8_t[]){0x02, 0x00}, 2);
	memcpy(db + PAGE + 0x200, (const uint8_t[]){0x87, 0xff, 0xff, 0x7f, 2, 0}, 6);
	for (size_t i = 0x200 + 489; i < 0x200 + 1200; i++)
		db[PAGE + i] = i % 4 == 3 ? 2 : 0;
	scan(db, 2 * PAGE, NULL, 0, &s);
	assert_in_range(s.rows, 0, PAGE / 400);
	mem_free(db);
}

/* What a log says of the size of the whole claims no memory. */
static void
a_huge_size_is_not_believed(void **state)
{
	uint8_t *db = mem_array(1, PAGE), *log = mem_array(2, FRAME);
	size_t len = make_log(log, 1, UINT32_MAX);
	struct seen s;

	(void)state;
	scan(db, PAGE, log, len, &s);
	assert_int_equal(s.rows, 0);
	mem_free(db);
	mem_free(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(noise_is_read_to_its_end),
	    cmocka_unit_test(a_circle_ends),
	    cmocka_unit_test(a_huge_size_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
