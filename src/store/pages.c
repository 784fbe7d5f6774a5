/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/pages.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	PAGE = 4096, /* SQLite's own choice, which we leave to it */
	INTERIOR = 0x02, /* of an index */
	LEAF = 0x0a,
	PAYLOAD_MAX = 16 << 20,
	COUNT_MAX = 1 << 26, /* pages: 256 GiB, more than any store */
	WAL_HEADER = 32,
	FRAME_HEADER = 24,
	WAL_MAGIC = 0x377f0682, /* the last bit: order of the octets in sums */
};

struct pages {
	int fd, wal;
	uint32_t count;
	uint32_t *frames; /* of each page its last in the log, from 1; 0: none */
	uint8_t page[PAGE];
	uint8_t more[PAGE]; /* of a row that does not fit */
	unsigned long_rows; /* of this page */
	char *row;
	size_t row_cap;
	pages_fn *fn;
	void *ctx;
};

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* ---- the log ---- */

static void
add_sum(uint32_t sum[2], const uint8_t *p, size_t len, bool big)
{
	for (size_t i = 0; i < len; i += 8) {
		uint32_t a = get32(p + i), b = get32(p + i + 4);

		sum[0] += (big ? a : __builtin_bswap32(a)) + sum[1];
		sum[1] += (big ? b : __builtin_bswap32(b)) + sum[0];
	}
}

static void
note_frame(struct pages *s, uint32_t page, uint32_t frame)
{
	if (page == 0 || page > s->count)
		return;
	s->frames[page - 1] = frame;
}

/* Frames count up to the last that ends a transaction, and to the first that is bad. */
static void
read_log(struct pages *s)
{
	uint8_t h[WAL_HEADER], frame[FRAME_HEADER];
	uint32_t sum[2] = {0, 0}, first = 1;
	uint32_t *pending = NULL;
	size_t pending_count = 0, cap = 0;
	bool big;

	if (s->wal < 0 || pread(s->wal, h, sizeof(h), 0) != WAL_HEADER ||
	    (get32(h) & ~1U) != WAL_MAGIC || get32(h + 8) != PAGE)
		return;
	big = get32(h) & 1;
	add_sum(sum, h, 24, big);
	if (sum[0] != get32(h + 24) || sum[1] != get32(h + 28))
		return;
	for (uint32_t n = 1;; n++) {
		off_t at = WAL_HEADER + (off_t)(n - 1) * (FRAME_HEADER + PAGE);

		if (pread(s->wal, frame, sizeof(frame), at) != FRAME_HEADER ||
		    pread(s->wal, s->page, PAGE, at + FRAME_HEADER) != PAGE ||
		    memcmp(frame + 8, h + 16, 8) != 0)
			break;
		add_sum(sum, frame, 8, big);
		add_sum(sum, s->page, PAGE, big);
		if (sum[0] != get32(frame + 16) || sum[1] != get32(frame + 20))
			break;
		pending = mem_grow(pending, pending_count, &cap, sizeof(*pending));
		pending[pending_count++] = get32(frame);
		if (get32(frame + 4) == 0)
			continue;
		if (get32(frame + 4) > COUNT_MAX)
			break;
		if (get32(frame + 4) > s->count) {
			uint32_t count = get32(frame + 4);

			s->frames = mem_resize(s->frames, count, sizeof(*s->frames));
			memset(s->frames + s->count, 0,
			    (count - s->count) * sizeof(*s->frames));
			s->count = count;
		}
		for (size_t i = 0; i < pending_count; i++)
			note_frame(s, pending[i], first + (uint32_t)i);
		first = n + 1;
		pending_count = 0;
	}
	mem_free(pending);
}

static bool
read_page(const struct pages *s, uint32_t page, uint8_t *out)
{
	uint32_t frame;

	if (page == 0 || page > s->count)
		return false;
	frame = s->frames[page - 1];
	if (frame != 0)
		return pread(s->wal, out, PAGE,
		           WAL_HEADER + (off_t)(frame - 1) * (FRAME_HEADER + PAGE) +
		               FRAME_HEADER) == PAGE;
	/* the last may be cut, and begin with good rows */
	memset(out, 0, PAGE);
	return pread(s->fd, out, PAGE, (off_t)(page - 1) * PAGE) > 0;
}

/* ---- rows ---- */

struct reader {
	const uint8_t *at, *end;
	bool is_bad;
};

static uint64_t
get_varint(struct reader *r)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 9; i++) {
		uint8_t c;

		if (r->at >= r->end)
			break;
		c = *r->at++;
		if (i == 8)
			return v << 8 | c;
		v = v << 7 | (c & 0x7f);
		if (!(c & 0x80))
			return v;
	}
	r->is_bad = true;
	return 0;
}

static int64_t
get_number(const uint8_t *p, size_t len)
{
	uint64_t v = len != 0 && (p[0] & 0x80) ? UINT64_MAX : 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

/* One that is no good is 0: what is in the others may be. */
static void
get_value(uint64_t type, struct reader *body, struct pages_value *out)
{
	static const uint8_t lengths[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
	uint64_t len;

	*out = (struct pages_value){0};
	len = type < 12 ? lengths[type] : (type - 12) / 2;
	if (len > (uint64_t)(body->end - body->at)) {
		body->at = body->end;
		return;
	}
	if (type >= 12) {
		out->text = (const char *)body->at;
		out->len = (size_t)len;
	} else {
		out->number =
		    type >= 8 ? (int64_t)type - 8 : get_number(body->at, (size_t)len);
	}
	body->at += len;
}

static void
read_row(struct pages *s, const uint8_t *data, size_t len)
{
	struct reader types = {.at = data, .end = data + len};
	uint64_t header = get_varint(&types);
	struct reader body;
	struct pages_row row = {0};

	if (types.is_bad || header > len)
		return;
	types.end = data + header;
	body = (struct reader){.at = types.end, .end = data + len};
	while (types.at < types.end) {
		uint64_t type = get_varint(&types);

		if (row.count == PAGES_COLUMNS)
			return;
		if (types.is_bad)
			type = 0;
		get_value(type, &body, &row.values[row.count++]);
	}
	if (row.count != 0)
		s->fn(s->ctx, &row);
}

/* A row that goes on in other pages. */
static void
read_long_row(
    struct pages *s, const uint8_t *local, size_t local_len, size_t len, uint32_t page)
{
	size_t have = local_len;

	if (s->row_cap < len) {
		s->row = mem_resize(s->row, len, 1);
		s->row_cap = len;
	}
	memcpy(s->row, local, local_len);
	while (have < len) {
		size_t part = len - have < PAGE - 4 ? len - have : PAGE - 4;

		if (!read_page(s, page, s->more))
			return;
		memcpy(s->row + have, s->more + 4, part);
		have += part;
		page = get32(s->more);
	}
	read_row(s, (const uint8_t *)s->row, len);
}

static void
read_cell(struct pages *s, size_t at)
{
	const size_t most = (PAGE - 12) * 64 / 255 - 23;
	const size_t least = (PAGE - 12) * 32 / 255 - 23;
	struct reader r = {.at = s->page + at, .end = s->page + PAGE};
	uint64_t len;
	size_t local;

	if (s->page[0] == INTERIOR) {
		if (at + 4 > PAGE)
			return;
		r.at += 4;
	}
	len = get_varint(&r);
	if (r.is_bad || len > PAYLOAD_MAX)
		return;
	local = (size_t)len;
	if (len > most) {
		local = least + ((size_t)len - least) % (PAGE - 4);
		if (local > most)
			local = least;
	}
	if (local + (len > most ? 4 : 0) > (size_t)(r.end - r.at))
		return;
	if (len <= most)
		read_row(s, r.at, local);
	/* a page of noise would have thousands, each of thousands of pages */
	else if (s->long_rows++ < PAGE / least)
		read_long_row(s, r.at, local, (size_t)len, get32(r.at + local));
}

static void
read_cells(struct pages *s)
{
	size_t header = s->page[0] == LEAF ? 8 : 12, count;

	if (s->page[0] != LEAF && s->page[0] != INTERIOR)
		return;
	s->long_rows = 0;
	count = get16(s->page + 3);
	for (size_t i = 0; i < count && header + 2 * i + 2 <= PAGE; i++) {
		size_t at = get16(s->page + header + 2 * i);

		if (at >= header && at < PAGE)
			read_cell(s, at);
	}
}

static int
open_with(const char *path, const char *suffix)
{
	char *name = mem_printf("%s%s", path, suffix);
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	mem_free(name);
	return fd;
}

void
pages_scan(const char *path, pages_fn *fn, void *ctx)
{
	struct pages *s = mem_new(sizeof(*s));
	struct stat st;

	s->fn = fn;
	s->ctx = ctx;
	s->fd = open_with(path, "");
	s->wal = open_with(path, "-wal");
	if (s->fd >= 0 && fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode)) {
		off_t count = (st.st_size + PAGE - 1) / PAGE;

		s->count = count < COUNT_MAX ? (uint32_t)count : COUNT_MAX;
		s->frames = mem_array((size_t)s->count + 1, sizeof(*s->frames));
		read_log(s);
		/* the first has the schema */
		for (uint32_t page = 2; page <= s->count; page++)
			if (read_page(s, page, s->page))
				read_cells(s);
	}
	if (s->fd >= 0)
		close(s->fd);
	if (s->wal >= 0)
		close(s->wal);
	mem_free(s->frames);
	mem_free(s->row);
	mem_free(s);
}
