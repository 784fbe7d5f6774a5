/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/unpack.h"

#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "geo/untar.h"

enum { CHUNK = 1 << 16 };
/* What a decoder of xz may take; the highest preset needs 65 MiB. */
#define LZMA_MEMORY_MAX ((uint64_t)256 << 20)

enum format { FORMAT_PLAIN, FORMAT_GZIP, FORMAT_XZ };

struct unpack {
	FILE *from, *to;
	uint64_t left; /* octets that may still come out */
	struct untar tar;
	struct buf *why;
	uint8_t in[CHUNK], out[CHUNK];
};

static enum err
corrupt(struct unpack *u, const char *what)
{
	buf_str(u->why, what);
	return ERR_CORRUPT;
}

/* Unpacked octets go through the reader of tar files, which passes other ones on. */
MUST_CHECK static enum err
put(struct unpack *u, const uint8_t *data, size_t len)
{
	if (len > u->left) {
		buf_str(u->why, "more comes out of it than max_size allows");
		return ERR_RANGE;
	}
	u->left -= len;
	return untar_add(&u->tar, data, len, u->to, u->why);
}

MUST_CHECK static enum err
read_more(struct unpack *u, size_t *len)
{
	*len = fread(u->in, 1, CHUNK, u->from);
	if (*len == 0 && ferror(u->from)) {
		buf_printf(u->why, "cannot read: %s", strerror(errno));
		return ERR_IO;
	}
	return OK;
}

MUST_CHECK static enum err
unpack_plain(struct unpack *u)
{
	size_t len;
	enum err e = read_more(u, &len);

	while (e == OK && len != 0) {
		e = put(u, u->in, len);
		if (e == OK)
			e = read_more(u, &len);
	}
	return e;
}

/* All that comes out of what is in the stream's input; *done: its end was seen. */
MUST_CHECK static enum err
inflate_input(struct unpack *u, z_stream *z, bool *done)
{
	do {
		int status;
		enum err e;

		z->next_out = u->out;
		z->avail_out = CHUNK;
		status = inflate(z, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return corrupt(u, "damaged gzip data");
		e = put(u, u->out, CHUNK - z->avail_out);
		if (e != OK)
			return e;
		*done = status == Z_STREAM_END;
		if (*done && z->avail_in != 0 && inflateReset(z) != Z_OK)
			return corrupt(u, "damaged gzip data");
	} while (z->avail_in != 0 || z->avail_out == 0);
	return OK;
}

MUST_CHECK static enum err
unpack_gzip(struct unpack *u)
{
	z_stream z = {0};
	bool done = false;
	enum err e = OK;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return corrupt(u, "zlib does not begin");
	for (;;) {
		size_t len;

		e = read_more(u, &len);
		if (e != OK || len == 0)
			break;
		/* RFC 1952 2.2: members may follow one another */
		if (done && inflateReset(&z) != Z_OK)
			e = corrupt(u, "damaged gzip data");
		if (e != OK)
			break;
		done = false;
		z.next_in = u->in;
		z.avail_in = (unsigned)len;
		e = inflate_input(u, &z, &done);
		if (e != OK)
			break;
	}
	inflateEnd(&z);
	if (e == OK && !done)
		return corrupt(u, "the gzip data is cut");
	return e;
}

static const char *
lzma_reason(lzma_ret status)
{
	switch (status) {
	case LZMA_MEMLIMIT_ERROR:
		return "the xz data needs too much memory";
	case LZMA_MEM_ERROR:
		return "out of memory";
	case LZMA_BUF_ERROR:
		return "the xz data is cut";
	default:
		return "damaged xz data";
	}
}

MUST_CHECK static enum err
unpack_xz(struct unpack *u)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret status = lzma_stream_decoder(&z, LZMA_MEMORY_MAX, LZMA_CONCATENATED);
	lzma_action action = LZMA_RUN;
	enum err e = OK;

	while (e == OK && status == LZMA_OK) {
		if (z.avail_in == 0 && action == LZMA_RUN) {
			size_t len;

			e = read_more(u, &len);
			z.next_in = u->in;
			z.avail_in = len;
			action = e == OK && len == 0 ? LZMA_FINISH : LZMA_RUN;
		}
		z.next_out = u->out;
		z.avail_out = CHUNK;
		if (e == OK)
			status = lzma_code(&z, action);
		if (e == OK)
			e = put(u, u->out, CHUNK - z.avail_out);
	}
	lzma_end(&z);
	if (e == OK && status != LZMA_STREAM_END)
		return corrupt(u, lzma_reason(status));
	return e;
}

static enum format
format_of(FILE *f)
{
	static const uint8_t xz[] = {0xfd, '7', 'z', 'X', 'Z', 0};
	uint8_t head[6] = {0};
	size_t len = fread(head, 1, sizeof(head), f);

	rewind(f);
	if (len >= 2 && head[0] == 0x1f && head[1] == 0x8b)
		return FORMAT_GZIP;
	if (len == sizeof(xz) && memcmp(head, xz, sizeof(xz)) == 0)
		return FORMAT_XZ;
	return FORMAT_PLAIN;
}

MUST_CHECK static enum err
unpack_open(struct unpack *u)
{
	enum err e;

	switch (format_of(u->from)) {
	case FORMAT_GZIP:
		e = unpack_gzip(u);
		break;
	case FORMAT_XZ:
		e = unpack_xz(u);
		break;
	default:
		e = unpack_plain(u);
	}
	return e == OK ? untar_end(&u->tar, u->to, u->why) : e;
}

enum err
unpack_file(const char *from, const char *to, uint64_t max, struct buf *why)
{
	struct unpack *u = mem_new(sizeof(*u));
	enum err e = ERR_IO;

	u->why = why;
	u->left = max;
	u->from = fopen(from, "rbe");
	u->to = fopen(to, "wbe");
	if (u->from == NULL || u->to == NULL)
		buf_printf(why, "cannot open: %s", strerror(errno));
	else
		e = unpack_open(u);
	if (u->from != NULL)
		fclose(u->from);
	if (u->to != NULL && fclose(u->to) != 0 && e == OK) {
		buf_printf(why, "cannot write: %s", strerror(errno));
		e = ERR_IO;
	}
	mem_free(u);
	return e;
}
