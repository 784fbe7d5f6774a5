/* SPDX-License-Identifier: BSD-2-Clause */
#include "source.h"

#include <errno.h>
#include <string.h>

#include "client.h"
#include "constellation.h"
#include "resp.h"
#include "store/exchange.h"
#include "zonetext.h"

static FILE *
temporary(void)
{
	FILE *f = tmpfile();

	if (f == NULL)
		perror("sextantctl: temporary file");
	return f;
}

static FILE *
copy_of_input(void)
{
	FILE *f = temporary();
	char chunk[65536];
	size_t n;

	while (f != NULL && (n = fread(chunk, 1, sizeof(chunk), stdin)) != 0)
		fwrite(chunk, 1, n, f);
	if (f != NULL && (ferror(stdin) || fflush(f) != 0)) {
		perror("sextantctl: standard input");
		fclose(f);
		return NULL;
	}
	return f;
}

static int
open_zone(struct source *s)
{
	char path[64];
	FILE *input = NULL;
	bool good;

	if (strcmp(s->path, "-") == 0) {
		input = copy_of_input();
		if (input == NULL)
			return FAILED;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(input));
	}
	s->file = temporary();
	good = s->file != NULL &&
	       zonetext_read(input != NULL ? path : s->path, s->path, s->zone, s->file);
	if (input != NULL)
		fclose(input);
	return good ? DONE : FAILED;
}

void
source_bad(struct source *s, const char *key, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", s->path, key, why);
	s->bad++;
}

static void
write_record(struct source *s, const char *key, const struct fields *f)
{
	struct buf line = {0};

	exchange_write(key, f, &line);
	fprintf(s->file, "%s\n", buf_text(&line));
	buf_fini(&line);
}

static int
open_redis(struct source *s)
{
	const char *address = s->path + strlen("redis:");
	bool good;

	s->file = temporary();
	if (s->file == NULL)
		return FAILED;
	if (s->is_constellation)
		good = resp_each(s, address, CONSTELLATION_KEYS, constellation_record);
	else
		good = resp_each(s, address, RECORD_KEY_PREFIX "*", write_record);
	return good ? DONE : FAILED;
}

int
source_open(struct source *s)
{
	if (strncmp(s->path, "redis:", 6) == 0)
		return open_redis(s);
	if (s->is_constellation) {
		fprintf(stderr, "sextantctl: a Constellation's records are in a Redis: "
		                "redis:ADDRESS\n");
		return USAGE;
	}
	if (s->zone != NULL)
		return open_zone(s);
	s->has_lines = true;
	s->file = strcmp(s->path, "-") == 0 ? copy_of_input() : fopen(s->path, "re");
	if (s->file != NULL)
		return DONE;
	if (strcmp(s->path, "-") != 0)
		fprintf(stderr, "sextantctl: %s: %s\n", s->path, strerror(errno));
	return FAILED;
}
