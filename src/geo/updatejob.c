/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/updatejob.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/mem.h"
#include "geo/unpack.h"

enum { KEY_MAX = 4096, SUM_ANSWER_MAX = 64 << 10, REDIRECTS_MAX = 5 };

static char *
copy(const char *text)
{
	return text != NULL ? mem_str(text) : NULL;
}

struct updatejob *
updatejob_new(const struct config_geo_update *cfg)
{
	struct updatejob *j = mem_new(sizeof(*j));

	j->cfg = *cfg;
	j->cfg.url = mem_str(cfg->url);
	j->cfg.file = mem_str(cfg->file);
	j->cfg.licence_key_file = copy(cfg->licence_key_file);
	j->cfg.account = copy(cfg->account);
	j->cfg.sha256 = copy(cfg->sha256);
	j->cfg.sha256_url = copy(cfg->sha256_url);
	j->cfg.ca_file = copy(cfg->ca_file);
	return j;
}

void
updatejob_free(struct updatejob *j)
{
	mem_free(j->cfg.url);
	mem_free(j->cfg.file);
	mem_free(j->cfg.licence_key_file);
	mem_free(j->cfg.account);
	mem_free(j->cfg.sha256);
	mem_free(j->cfg.sha256_url);
	mem_free(j->cfg.ca_file);
	mem_free(j->why);
	mem_free(j);
}

char *
updatejob_path(const struct updatejob *j, const char *ending)
{
	return mem_printf("%s%s", j->cfg.file, ending);
}

/* ---- requests ---- */

/* What one download needs: the key is wiped at its end. */
struct login {
	char *key; /* NULL: none */
	char *header; /* NULL: none */
};

static void
wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	mem_free(text);
}

MUST_CHECK static enum err
login_read(const struct updatejob *j, struct login *l, struct buf *why)
{
	struct buf code = {0};
	char *both;
	size_t len;

	*l = (struct login){0};
	if (j->cfg.licence_key_file == NULL)
		return OK;
	if (file_read(j->cfg.licence_key_file, KEY_MAX, &l->key, &len, why) != OK) {
		l->key = NULL;
		return ERR_IO;
	}
	while (len != 0 && isspace((unsigned char)l->key[len - 1]))
		l->key[--len] = '\0';
	if (len == 0 || strlen(l->key) != len || strpbrk(l->key, " \t\r\n") != NULL) {
		buf_str(why, "the licence key file holds no key, or more than that");
		wipe(l->key);
		l->key = NULL;
		return ERR_SYNTAX;
	}
	if (j->cfg.account == NULL)
		return OK;
	both = mem_printf("%s:%s", j->cfg.account, l->key);
	encoding_base64_write((const uint8_t *)both, strlen(both), &code);
	l->header = mem_printf("Authorization: Basic %s", buf_text(&code));
	wipe(both);
	explicit_bzero(code.data, code.len);
	buf_fini(&code);
	return OK;
}

static void
login_fini(struct login *l)
{
	wipe(l->key);
	wipe(l->header);
}

/* The URL with the key in it, RFC 3986 2.1 where need be. */
static char *
fill_in(const char *url, const char *key)
{
	struct buf out = {0};
	const char *at;

	while ((at = strstr(url, "{key}")) != NULL && key != NULL) {
		buf_add(&out, url, (size_t)(at - url));
		for (const char *p = key; *p != '\0'; p++) {
			if (isalnum((unsigned char)*p) || strchr("-._~", *p) != NULL)
				buf_char(&out, *p);
			else
				buf_printf(&out, "%%%02X", (unsigned char)*p);
		}
		url = at + 5;
	}
	buf_str(&out, url);
	return buf_take(&out);
}

MUST_CHECK static enum err
request(const struct updatejob *j, struct fetch *f, const char *url,
    const struct login *l, struct fetch_request *rq, struct fetch_result *result)
{
	char *headers[4], *full = fill_in(url, l->key);
	enum err e;

	for (size_t i = 0; i < rq->header_count; i++)
		headers[i] = rq->headers[i];
	if (l->header != NULL)
		headers[rq->header_count++] = l->header;
	rq->headers = headers;
	rq->url = full;
	rq->ca_file = j->cfg.ca_file;
	rq->timeout_ms = j->cfg.timeout_ms;
	rq->redirects_max = REDIRECTS_MAX;
	e = fetch_run(f, rq, result);
	wipe(full);
	return e;
}

/* ---- the sum ---- */

static bool
on_sum(void *ctx, const void *data, size_t len)
{
	buf_add(ctx, data, len);
	return true;
}

static bool
take_sum(const char *text, size_t len, char out[SHA256_TEXT_MAX])
{
	if (len < 64 || (len > 64 && !isspace((unsigned char)text[64])))
		return false;
	for (size_t i = 0; i < 64; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
		out[i] = (char)tolower((unsigned char)text[i]);
	}
	out[64] = '\0';
	return true;
}

/* Of what is to come; "" when nobody tells. */
MUST_CHECK static enum err
find_sum(const struct updatejob *j, struct fetch *f, const struct login *l,
    char out[SHA256_TEXT_MAX], int64_t *retry_after_s, struct buf *why)
{
	struct buf text = {0};
	struct fetch_request rq = {
	    .answer_max = SUM_ANSWER_MAX, .on_body = on_sum, .ctx = &text};
	struct fetch_result result;
	enum err e = OK;

	out[0] = '\0';
	if (j->cfg.sha256 != NULL && !take_sum(j->cfg.sha256, 64, out))
		out[0] = '\0';
	if (j->cfg.sha256_url == NULL)
		return OK;
	e = request(j, f, j->cfg.sha256_url, l, &rq, &result);
	*retry_after_s = result.retry_after_s;
	if (e != OK) {
		buf_printf(why, "its sum can not be fetched: %s", result.reason);
	} else if (!take_sum(buf_text(&text), text.len, out)) {
		buf_str(why, "sha256_url gives no sum");
		e = ERR_SYNTAX;
	}
	buf_fini(&text);
	return e;
}

/* ---- the download ---- */

static bool
on_body(void *ctx, const void *data, size_t len)
{
	return fwrite(data, 1, len, ctx) == len;
}

/* UPDATEJOB_NEW: the file `to` holds it. */
static enum updatejob_result
download(struct updatejob *j, struct fetch *f, const struct login *l, const char *to,
    struct fetch_result *result, struct buf *why)
{
	char *headers[4] = {NULL};
	struct fetch_request rq = {
	    .headers = headers,
	    .answer_max = (uint64_t)j->cfg.max_mib << 20,
	    .on_body = on_body,
	    .ctx = fopen(to, "wbe"),
	};
	bool is_there = access(j->cfg.file, F_OK) == 0;
	enum err e;

	if (rq.ctx == NULL) {
		buf_printf(why, "cannot create %s: %s", to, strerror(errno));
		return UPDATEJOB_FAILED;
	}
	if (is_there && j->etag[0] != '\0')
		headers[rq.header_count++] = mem_printf("If-None-Match: %s", j->etag);
	if (is_there && j->last_modified[0] != '\0')
		headers[rq.header_count++] =
		    mem_printf("If-Modified-Since: %s", j->last_modified);
	e = request(j, f, j->cfg.url, l, &rq, result);
	mem_free(headers[0]);
	mem_free(headers[1]);
	if (fclose(rq.ctx) != 0 && e == OK) {
		buf_printf(why, "cannot write %s: %s", to, strerror(errno));
		return UPDATEJOB_FAILED;
	}
	if (result->status == 304 && is_there)
		return UPDATEJOB_SAME;
	if (e != OK) {
		buf_str(why, result->reason);
		return UPDATEJOB_FAILED;
	}
	return UPDATEJOB_NEW;
}

/* From the download to the file that is offered. */
MUST_CHECK static enum err
open_up(struct updatejob *j, const char *from, const char *to, const char *expected,
    char sum[SHA256_TEXT_MAX], struct buf *why)
{
	enum err e = sha256_file(from, sum, why);

	if (e != OK)
		return e;
	if (expected[0] != '\0' && strcmp(expected, sum) != 0) {
		buf_printf(why, "its SHA-256 sum is %s, not %s", sum, expected);
		return ERR_CORRUPT;
	}
	e = unpack_file(from, to, (uint64_t)j->cfg.max_mib << 20, why);
	if (e != OK)
		unlink(to);
	return e;
}

static enum updatejob_result
run(struct updatejob *j, struct fetch *f, const struct login *l, int64_t *retry_after_s,
    struct buf *why)
{
	char *raw = updatejob_path(j, ".download"), *to = updatejob_path(j, ".unpacked");
	char expected[SHA256_TEXT_MAX], sum[SHA256_TEXT_MAX];
	enum updatejob_result got = UPDATEJOB_FAILED;
	struct fetch_result result = {0};

	if (find_sum(j, f, l, expected, retry_after_s, why) != OK)
		goto end;
	if (expected[0] != '\0' && strcmp(expected, j->sum) == 0 &&
	    access(j->cfg.file, F_OK) == 0) {
		got = UPDATEJOB_SAME;
		goto end;
	}
	got = download(j, f, l, raw, &result, why);
	if (got == UPDATEJOB_FAILED)
		*retry_after_s = result.retry_after_s;
	if (got == UPDATEJOB_NEW && open_up(j, raw, to, expected, sum, why) != OK)
		got = UPDATEJOB_FAILED;
	if (got == UPDATEJOB_NEW) {
		memcpy(j->sum, sum, sizeof(j->sum));
		memcpy(j->etag, result.etag, sizeof(j->etag));
		memcpy(j->last_modified, result.last_modified, sizeof(j->last_modified));
	}
	unlink(raw);
end:
	mem_free(raw);
	mem_free(to);
	return got;
}

enum updatejob_result
updatejob_run(
    struct updatejob *j, struct fetch *f, int64_t *retry_after_s, struct buf *why)
{
	enum updatejob_result got;
	struct login l;

	*retry_after_s = 0;
	if (login_read(j, &l, why) != OK)
		return UPDATEJOB_FAILED;
	got = run(j, f, &l, retry_after_s, why);
	login_fini(&l);
	return got;
}

void
updatejob_forget(struct updatejob *j)
{
	j->sum[0] = j->etag[0] = j->last_modified[0] = '\0';
}

/* ---- what is kept ---- */

struct json *
updatejob_save(const struct updatejob *j)
{
	struct json *o = json_object();

	json_set_str(o, "url", j->cfg.url);
	json_set_str(o, "etag", j->etag);
	json_set_str(o, "last_modified", j->last_modified);
	json_set_str(o, "sha256", j->sum);
	json_set_int(o, "asked_s", j->asked_s);
	json_set_int(o, "taken_s", j->taken_s);
	return o;
}

static void
load_text(const struct json *from, const char *key, char *out, size_t size)
{
	const struct json *j = json_get(from, key);
	const char *text = j != NULL ? json_str(j) : NULL;

	if (text != NULL && strlen(text) < size && strpbrk(text, "\r\n") == NULL)
		snprintf(out, size, "%s", text);
}

static int64_t
load_time(const struct json *from, const char *key)
{
	const struct json *j = json_get(from, key);
	int64_t v = j != NULL ? json_int(j) : 0;

	return v > 0 && v <= wall_now_s() ? v : 0;
}

void
updatejob_load(struct updatejob *j, const struct json *from)
{
	const struct json *url = json_get(from, "url");

	if (url == NULL || json_str(url) == NULL ||
	    strcmp(json_str(url), j->cfg.url) != 0)
		return;
	load_text(from, "etag", j->etag, sizeof(j->etag));
	load_text(from, "last_modified", j->last_modified, sizeof(j->last_modified));
	load_text(from, "sha256", j->sum, sizeof(j->sum));
	j->asked_s = load_time(from, "asked_s");
	j->taken_s = load_time(from, "taken_s");
}
