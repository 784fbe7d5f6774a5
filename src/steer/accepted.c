/* SPDX-License-Identifier: BSD-2-Clause */
#include "steer/accepted.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum { COPY_MAX = 1 << 30 };

void
accepted_zone_take(struct accepted_zone *z, const char *path, char *text, size_t len)
{
	z->files = mem_grow(z->files, z->count, &z->cap, sizeof(*z->files));
	z->files[z->count++] =
	    (struct accepted_file){.path = mem_str(path), .text = text, .len = len};
}

void
accepted_zone_add(struct accepted_zone *z, const char *path, const char *text, size_t len)
{
	accepted_zone_take(z, path, mem_strn(text, len), len);
}

void
accepted_zone_fini(struct accepted_zone *z)
{
	for (size_t i = 0; i < z->count; i++) {
		mem_free(z->files[i].path);
		mem_free(z->files[i].text);
	}
	mem_free(z->files);
	*z = (struct accepted_zone){0};
}

uint32_t
accepted_zone_sum(const struct accepted_zone *z)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < z->count; i++)
		for (size_t n = 0; n < z->files[i].len; n++)
			sum = (sum ^ (uint8_t)z->files[i].text[n]) * 16777619u;
	return sum;
}

const struct accepted_file *
accepted_zone_find(const struct accepted_zone *z, const char *path)
{
	for (size_t i = 0; i < z->count; i++)
		if (strcmp(z->files[i].path, path) == 0)
			return &z->files[i];
	return NULL;
}

/* A file name from any text: what is not a plain letter, digit, dot, - or _ becomes %XX.
 */
static void
write_safe(struct buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (isalnum(*p) || *p == '-' || *p == '_' || (*p == '.' && p[1] != '\0'))
			buf_char(out, (char)*p);
		else
			buf_printf(out, "%%%02X", *p);
	}
}

static char *
path_of(const char *state_dir, const char *name, const char *ending)
{
	struct buf path = {0};

	buf_printf(&path, "%s/accepted/", state_dir);
	write_safe(&path, name);
	buf_str(&path, ending);
	return buf_take(&path);
}

static char *
zone_path(const char *state_dir, const struct name *apex)
{
	char text[NAME_TEXT_MAX];

	name_write_plain(apex->bytes, text);
	return path_of(state_dir, text, ".zone");
}

static enum err
make_folder(const char *state_dir, struct buf *why)
{
	char *folder = mem_printf("%s/accepted", state_dir);
	enum err e = file_make_dir(folder, why);

	mem_free(folder);
	return e;
}

/* Replaces a file unless it holds just this already. */
static enum err
replace(const char *state_dir, const char *path, const char *data, size_t len,
    struct buf *why)
{
	const struct file_piece whole = {data, len};
	enum err e;

	if (file_holds(path, &whole, 1))
		return OK;
	e = make_folder(state_dir, why);
	return e == OK ? file_replace(path, data, len, why) : e;
}

/* Three pieces for each file: its line is in `heads`. */
static struct file_piece *
list_pieces(const struct accepted_zone *z, struct buf *heads)
{
	struct file_piece *pieces = mem_array(3 * z->count, sizeof(*pieces));
	size_t at = 0;

	for (size_t i = 0; i < z->count; i++) {
		size_t before = heads->len;

		buf_printf(heads, "FILE %zu %s\n", z->files[i].len, z->files[i].path);
		pieces[3 * i].len = heads->len - before;
		pieces[3 * i + 1] =
		    (struct file_piece){z->files[i].text, z->files[i].len};
		pieces[3 * i + 2] = (struct file_piece){"\n", 1};
	}
	for (size_t i = 0; i < z->count; at += pieces[3 * i++].len)
		pieces[3 * i].data = buf_text(heads) + at;
	return pieces;
}

/* A zone file may be large, so the copy is not put together in memory. */
enum err
accepted_zone_save(const char *state_dir, const struct name *apex,
    const struct accepted_zone *z, struct file_batch *batch, struct buf *why)
{
	char *path = zone_path(state_dir, apex);
	struct buf heads = {0};
	struct file_piece *pieces = list_pieces(z, &heads);
	enum err e = OK;

	if (!file_holds(path, pieces, 3 * z->count)) {
		e = make_folder(state_dir, why);
		if (e == OK)
			e = file_batch_add(batch, path, pieces, 3 * z->count, why);
	}
	mem_free(pieces);
	buf_fini(&heads);
	mem_free(path);
	return e;
}

enum err
accepted_config_save(
    const char *state_dir, const struct accepted_zone *files, struct buf *why)
{
	char *path = path_of(state_dir, "configuration", "");
	struct buf heads = {0}, all = {0};
	struct file_piece *pieces = list_pieces(files, &heads);
	enum err e;

	for (size_t i = 0; i < 3 * files->count; i++)
		buf_add(&all, pieces[i].data, pieces[i].len);
	e = replace(state_dir, path, all.data, all.len, why);
	mem_free(pieces);
	buf_fini(&heads);
	buf_fini(&all);
	mem_free(path);
	return e;
}

/* One "FILE octets path" section at *p; false when the copy is damaged. */
static bool
read_section(const char **p, const char *end, struct accepted_zone *out)
{
	const char *line_end = memchr(*p, '\n', (size_t)(end - *p));
	unsigned long len;
	char *rest, *path;

	if (line_end == NULL || strncmp(*p, "FILE ", 5) != 0)
		return false;
	len = strtoul(*p + 5, &rest, 10);
	if (*rest != ' ' || rest >= line_end || len >= (size_t)(end - line_end - 1))
		return false;
	path = mem_strn(rest + 1, (size_t)(line_end - rest - 1));
	accepted_zone_add(out, path, line_end + 1, len);
	mem_free(path);
	*p = line_end + 1 + len + 1;
	return true;
}

/* Frees the path. */
static enum err
load_sections(char *path, struct accepted_zone *out, struct buf *why)
{
	const char *p, *end;
	enum err e = OK;
	size_t len;
	char *data;

	if (access(path, F_OK) != 0)
		e = ERR_MISSING;
	else
		e = file_read(path, COPY_MAX, &data, &len, why);
	if (e != OK) {
		mem_free(path);
		return e;
	}
	p = data;
	end = data + len;
	while (p < end && read_section(&p, end, out))
		continue;
	if (p != end || out->count == 0) {
		buf_printf(why, "%s is damaged", path);
		accepted_zone_fini(out);
		e = ERR_CORRUPT;
	}
	mem_free(data);
	mem_free(path);
	return e;
}

size_t
accepted_zone_size(const struct accepted_zone *z)
{
	struct buf heads = {0};
	struct file_piece *pieces = list_pieces(z, &heads);
	size_t size = 0;

	for (size_t i = 0; i < 3 * z->count; i++)
		size += pieces[i].len;
	mem_free(pieces);
	buf_fini(&heads);
	return size;
}

bool
accepted_zone_is_there(const char *state_dir, const struct name *apex, size_t size)
{
	char *path = zone_path(state_dir, apex);
	struct stat st;
	bool is_there =
	    stat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;

	mem_free(path);
	return is_there;
}

enum err
accepted_zone_load(const char *state_dir, const struct name *apex,
    struct accepted_zone *out, struct buf *why)
{
	return load_sections(zone_path(state_dir, apex), out, why);
}

enum err
accepted_config_load(const char *state_dir, struct accepted_zone *out, struct buf *why)
{
	return load_sections(path_of(state_dir, "configuration", ""), out, why);
}

char *
accepted_geo_path(const char *state_dir, const char *database)
{
	return path_of(state_dir, database, ".mmdb");
}

enum err
accepted_geo_save(const char *state_dir, const char *database, struct buf *why)
{
	char *path, *data;
	size_t len;
	enum err e;

	e = file_read(database, COPY_MAX, &data, &len, why);
	if (e != OK)
		return e;
	path = accepted_geo_path(state_dir, database);
	e = replace(state_dir, path, data, len, why);
	mem_free(path);
	mem_free(data);
	return e;
}
