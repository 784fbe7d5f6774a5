/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/words.h"
#include "client.h"
#include "control/line.h"
#include "source.h"
#include "store/exchange.h"
#include "zonetext.h"

/* Requests under way at once; each is answered in its turn. */
enum { AHEAD = 3, SHOW_MS = 200, POOLS_OCTETS = 16384 };
#define PAGE_TEXT "1000"

struct options {
	const char *format, *what;
	bool check, skip_bad, force;
	struct source source;
};

static const char usage_text[] =
    "usage: sextantctl records export [ZONE | PATTERN] [--format json|zone]\n"
    "       sextantctl records import FILE|- [--zone ZONE] [--check] [--skip-bad]\n"
    "           [--force]\n"
    "       sextantctl records import constellation redis:ADDRESS[@PORT] --zone ZONE "
    "...\n"
    "       sextantctl records check FILE|-|redis:ADDRESS[@PORT] [--zone ZONE]\n"
    "           [--user NAME] [--password-file FILE] [--database N] [--tls]\n"
    "           [--tls-name NAME] [--ca-file FILE] [--cert-file FILE --key-file FILE]\n";

/* ---- progress, on a terminal ---- */

struct progress {
	bool shown;
	struct mono last;
	unsigned long count;
};

static void
progress_add(struct progress *p, const char *what, unsigned long count)
{
	struct mono now = mono_now();

	p->count += count;
	if (!isatty(STDERR_FILENO) || mono_diff_ms(now, p->last) < SHOW_MS)
		return;
	p->last = now;
	p->shown = true;
	fprintf(stderr, "\r%s %lu records", what, p->count);
}

static void
progress_end(const struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}

/* ---- export ---- */

struct export
{
	bool as_zone;
	struct zonetext zone;
	struct buf text;
	char *after; /* where the next page begins; NULL: there is none */
	unsigned long count;
	bool damaged;
};

static void
take_line(struct export *x, const char *line)
{
	struct fields f = {0};
	struct buf why = {0};
	char *key = NULL;

	if (strncmp(line, "{\"after\":", 9) == 0) {
		struct json *mark;

		if (json_parse(line, strlen(line), &mark, &why) == OK) {
			x->after = mem_str(json_str(json_get(mark, "after")));
			json_free(mark);
		}
	} else if (!x->as_zone) {
		puts(line);
		x->count++;
	} else if (exchange_read(line, strlen(line), &key, &f, &why) == OK) {
		zonetext_write(&x->zone, key, &f, &x->text);
		fputs(buf_text(&x->text), stdout);
		buf_clear(&x->text);
		x->count++;
	} else {
		x->damaged = true;
	}
	mem_free(key);
	fields_fini(&f);
	buf_fini(&why);
}

/* One page; DONE or FAILED. */
static int
export_page(struct client *c, struct export *x, const char *what)
{
	struct buf rq = {0};
	const char *line;
	bool failed;

	buf_str(&rq, "records list --lines --limit " PAGE_TEXT);
	if (x->after != NULL) {
		buf_str(&rq, " --after ");
		words_write(&rq, x->after);
	}
	if (what != NULL) {
		buf_str(&rq, " -- ");
		words_write(&rq, what);
	}
	buf_char(&rq, '\n');
	mem_free(x->after);
	x->after = NULL;
	client_send(c, rq.data, rq.len);
	buf_fini(&rq);
	while ((line = client_line(c)) != NULL) {
		if (client_is_end(&line, &failed))
			return failed || ferror(stdout) ? FAILED : DONE;
		take_line(x, line);
	}
	return FAILED;
}

static int export(struct client *c, const struct options *o)
{
	struct export x = {.as_zone = strcmp(o->format, "zone") == 0};
	struct progress p = {0};
	int status;

	do {
		unsigned long before = x.count;

		status = export_page(c, &x, o->what);
		progress_add(&p, "exported", x.count - before);
	} while (status == DONE && x.after != NULL);
	progress_end(&p);
	mem_free(x.after);
	buf_fini(&x.text);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("sextantctl: standard output");
		status = FAILED;
	}
	fprintf(stderr, "%s %lu records", status == DONE ? "exported" : "stopped after",
	    x.count);
	if (x.zone.left_out != 0)
		fprintf(stderr, ", %zu of them as comments: zone text cannot say them",
		    x.zone.left_out);
	fputc('\n', stderr);
	return x.damaged ? FAILED : status;
}

/* ---- import ---- */

struct sent {
	unsigned long *lines; /* of each of its records */
	size_t count, cap;
	size_t pools; /* the first so many are there only for others to name */
};

struct import {
	struct client *c;
	const struct options *o;
	bool check;
	struct buf rq;
	struct sent sent[AHEAD]; /* the last is what rq has */
	size_t ahead;
	struct buf pools; /* while checking: those of earlier batches */
	size_t pool_count;
	unsigned long good, bad;
	bool stopped;
	struct progress progress;
};

static void
complain_line(const struct import *m, unsigned long line, const char *text)
{
	if (m->progress.shown)
		fputs("\r\033[K", stderr);
	if (m->o->source.has_lines)
		fprintf(stderr, "%s:%lu: %s\n", m->o->source.path, line, text);
	else
		fprintf(stderr, "%s: %s\n", m->o->source.path, text);
}

/* Reads the reply to the oldest request. */
static void
receive(struct import *m)
{
	struct sent *s = &m->sent[0];
	unsigned long bad = 0;
	const char *line;
	bool failed = true;

	while ((line = client_line(m->c)) != NULL) {
		unsigned long n;
		char *rest;

		/* that it was refused as a whole is said by its records */
		if (strncmp(line, "ERR refused", 11) == 0 && bad != 0)
			break;
		if (client_is_end(&line, &failed))
			break;
		n = strtoul(line, &rest, 10);
		if (n <= s->pools || n > s->count || *rest != ' ')
			continue;
		complain_line(m, s->lines[n - 1], rest + (rest[1] == ':' ? 3 : 1));
		bad++;
	}
	m->bad += bad;
	if (!failed || m->check)
		m->good += s->count - s->pools - bad;
	m->stopped = m->stopped || (failed && !(m->check && bad != 0));
	progress_add(
	    &m->progress, m->check ? "checked" : "imported", s->count - s->pools);
	mem_free(s->lines);
	m->ahead--;
	memmove(m->sent, m->sent + 1, sizeof(m->sent) - sizeof(m->sent[0]));
	memset(&m->sent[AHEAD - 1], 0, sizeof(m->sent[0]));
}

static void
send_batch(struct import *m)
{
	if (m->sent[m->ahead].count == m->sent[m->ahead].pools)
		return;
	buf_char(&m->rq, '\n');
	client_send(m->c, m->rq.data, m->rq.len);
	buf_clear(&m->rq);
	m->ahead++;
	while (m->ahead == AHEAD || (m->stopped && m->ahead != 0))
		receive(m);
}

static void
begin_batch(struct import *m)
{
	struct sent *s = &m->sent[m->ahead];

	buf_str(&m->rq, m->check ? "records batch --check" : "records batch");
	if (m->o->skip_bad && !m->check)
		buf_str(&m->rq, " --skip");
	if (m->o->force && !m->check)
		buf_str(&m->rq, " --force");
	buf_str(&m->rq, " --");
	if (!m->check || m->pools.len == 0)
		return;
	/* what is only checked is not there for the next batch to name */
	s->lines = mem_array(m->pool_count, sizeof(*s->lines));
	s->cap = s->count = s->pools = m->pool_count;
	buf_add(&m->rq, m->pools.data, m->pools.len);
}

static void
keep_pool(struct import *m, const char *text, const struct buf *word)
{
	if (!m->check || strstr(text, "\"" RECORD_KEY_POOL) == NULL ||
	    m->pools.len + word->len > POOLS_OCTETS)
		return;
	buf_char(&m->pools, ' ');
	buf_add(&m->pools, word->data, word->len);
	m->pool_count++;
}

static void
add_record(struct import *m, unsigned long number, const char *text)
{
	struct sent *s = &m->sent[m->ahead];
	struct buf word = {0};

	words_write(&word, text);
	if (word.len + m->pools.len + 64 > LINE_MAX_LEN) {
		complain_line(
		    m, number, "the record is too large for a request of 64 KiB");
		m->bad++;
		buf_fini(&word);
		return;
	}
	if (m->rq.len != 0 && m->rq.len + word.len + 2 > LINE_MAX_LEN) {
		send_batch(m);
		s = &m->sent[m->ahead];
	}
	if (m->rq.len == 0)
		begin_batch(m);
	keep_pool(m, text, &word);
	s->lines = mem_grow(s->lines, s->count, &s->cap, sizeof(*s->lines));
	s->lines[s->count++] = number;
	buf_char(&m->rq, ' ');
	buf_add(&m->rq, word.data, word.len);
	buf_fini(&word);
}

/* All of it once: checked, or written. */
static void
pass(struct import *m, FILE *f)
{
	unsigned long number = 0;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	rewind(f);
	while (!m->stopped && (len = getline(&line, &cap, f)) >= 0) {
		number++;
		while (len != 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		if (len == 0)
			continue;
		if (strlen(line) != (size_t)len) {
			complain_line(m, number, "an octet 0");
			m->bad++;
			continue;
		}
		add_record(m, number, line);
	}
	free(line);
	if (!m->stopped)
		send_batch(m);
	while (m->ahead != 0)
		receive(m);
	mem_free(m->sent[0].lines);
	buf_clear(&m->rq);
	memset(m->sent, 0, sizeof(m->sent));
	progress_end(&m->progress);
	m->progress = (struct progress){0};
}

static int
import(struct client *c, struct options *o)
{
	struct import m = {.c = c, .o = o};
	int status = source_open(&o->source);

	if (status == DONE && (o->check || !o->skip_bad)) {
		m.check = true;
		pass(&m, o->source.file);
		m.bad += o->source.bad;
	}
	if (status == DONE && m.check && (m.bad != 0 || o->check || m.stopped)) {
		fprintf(stderr, "checked %lu records: %lu good, %lu bad%s\n",
		    m.good + m.bad, m.good, m.bad,
		    o->check ? "" : "; nothing was imported");
		status = m.bad != 0 || m.stopped ? FAILED : DONE;
	} else if (status == DONE) {
		m.check = false;
		m.good = 0;
		m.bad = o->source.bad;
		pass(&m, o->source.file);
		fprintf(stderr, "imported %lu records, %lu bad ones left out%s\n", m.good,
		    m.bad, m.stopped ? "; stopped before the end" : "");
		status = m.bad != 0 || m.stopped ? FAILED : DONE;
	}
	if (o->source.file != NULL)
		fclose(o->source.file);
	buf_fini(&m.rq);
	buf_fini(&m.pools);
	return status;
}

/* ---- the command line ---- */

bool
records_is_ours(char *const *args)
{
	return args[0] != NULL && strcmp(args[0], "records") == 0 && args[1] != NULL &&
	       (strcmp(args[1], "export") == 0 || strcmp(args[1], "import") == 0 ||
	           strcmp(args[1], "check") == 0);
}

static void
read_tls_option(int c, const char *value, struct source *s)
{
	s->tls = true;
	if (c == 'N')
		s->tls_name = value;
	else if (c == 'A')
		s->ca_file = value;
	else if (c == 'C')
		s->cert_file = value;
	else if (c == 'K')
		s->key_file = value;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {{"format", required_argument, NULL, 'f'},
	    {"zone", required_argument, NULL, 'z'}, {"check", no_argument, NULL, 'c'},
	    {"skip-bad", no_argument, NULL, 'b'}, {"force", no_argument, NULL, 'F'},
	    {"user", required_argument, NULL, 'u'},
	    {"password-file", required_argument, NULL, 'p'},
	    {"database", required_argument, NULL, 'd'}, {"tls", no_argument, NULL, 't'},
	    {"tls-name", required_argument, NULL, 'N'},
	    {"ca-file", required_argument, NULL, 'A'},
	    {"cert-file", required_argument, NULL, 'C'},
	    {"key-file", required_argument, NULL, 'K'}, {NULL, 0, NULL, 0}};
	bool is_export = strcmp(argv[0], "export") == 0;
	char *end = NULL;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == '?' || is_export != (c == 'f'))
			return false;
		if (c == 'f')
			o->format = optarg;
		else if (c == 'z' && o->source.zone_count < SOURCE_ZONES)
			o->source.zones[o->source.zone_count++] = optarg;
		else if (c == 'c')
			o->check = true;
		else if (c == 'b')
			o->skip_bad = true;
		else if (c == 'F')
			o->force = true;
		else if (c == 'u')
			o->source.user = optarg;
		else if (c == 'p')
			o->source.password_file = optarg;
		else if (c == 'd')
			o->source.database = (unsigned)strtoul(optarg, &end, 10);
		else
			read_tls_option(c, optarg, &o->source);
	}
	if ((o->source.cert_file == NULL) != (o->source.key_file == NULL))
		return false;
	if ((end != NULL && *end != '\0') ||
	    (strcmp(o->format, "json") != 0 && strcmp(o->format, "zone") != 0))
		return false;
	o->source.is_constellation =
	    strcmp(argv[0], "import") == 0 && argc - optind == 2 &&
	    strcmp(argv[optind], "constellation") == 0 && o->source.zone_count != 0;
	if (o->source.is_constellation)
		optind++;
	else if (o->source.zone_count > 1)
		return false;
	o->source.zone = o->source.zones[0];
	o->what = argv[optind];
	o->source.path = o->what;
	return argc - optind == 1 || (is_export && argc == optind);
}

int
records_run(const char *socket, char **args)
{
	struct options o = {.format = "json"};
	struct client c;
	int argc = 0, status;

	args++;
	while (args[argc] != NULL)
		argc++;
	if (!read_options(argc, args, &o)) {
		fputs(usage_text, stderr);
		return USAGE;
	}
	o.check = o.check || strcmp(args[0], "check") == 0;
	status = client_open(&c, socket);
	if (status != DONE)
		return status;
	status = strcmp(args[0], "export") == 0 ? export(&c, &o) : import(&c, &o);
	client_close(&c);
	return status;
}
