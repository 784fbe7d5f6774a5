/* SPDX-License-Identifier: BSD-2-Clause */
#include "resp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/tls.h"

enum { WAIT_S = 5, PORT = 6379, LIST_MAX = 1 << 20 };

struct text {
	char *data; /* NULL: nil */
	size_t len;
};

/* One reply: a word, or a list of words (the SCAN reply is read as its two parts). */
struct reply {
	char kind; /* '+', '-', ':', '$', '*' */
	struct text text;
	long count; /* of '*' */
};

struct link {
	int fd;
	struct tls_stream *tls; /* NULL: plain */
	char in[65536];
	size_t at, end;
	struct buf out;
};

static bool
fail(const char *what, const char *why)
{
	fprintf(stderr, "sextantctl: redis: %s: %s\n", what, why);
	return false;
}

/* ---- the connection ---- */

static int
dial_unix(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
dial_tcp(const char *address)
{
	struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct timeval wait = {.tv_sec = WAIT_S};
	struct addrinfo *found = NULL;
	char *host = mem_str(address);
	char *port = strchr(host, '@');
	char number[16];
	int fd = -1;

	snprintf(number, sizeof(number), "%d", PORT);
	if (port != NULL)
		*port++ = '\0';
	errno = EINVAL;
	if (getaddrinfo(host, port != NULL ? port : number, &hints, &found) == 0) {
		fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0) {
			setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
			if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
				close(fd);
				fd = -1;
			}
		}
		freeaddrinfo(found);
	}
	mem_free(host);
	return fd;
}

static void
say(struct link *l, int count, const struct text *words)
{
	buf_printf(&l->out, "*%d\r\n", count);
	for (int i = 0; i < count; i++) {
		buf_printf(&l->out, "$%zu\r\n", words[i].len);
		buf_add(&l->out, words[i].data, words[i].len);
		buf_str(&l->out, "\r\n");
	}
}

static struct text
word(const char *text)
{
	return (struct text){(char *)(uintptr_t)text, strlen(text)};
}

static bool
flush(struct link *l)
{
	const char *at = l->out.data;
	size_t left = l->out.len;

	while (left != 0) {
		ssize_t n = l->tls != NULL ? tls_stream_write(l->tls, at, left)
		                           : send(l->fd, at, left, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail("sending", strerror(errno));
		at += n;
		left -= (size_t)n;
	}
	buf_clear(&l->out);
	return true;
}

static int
next_octet(struct link *l)
{
	ssize_t n;

	if (l->at == l->end) {
		do
			n = l->tls != NULL ? tls_stream_read(l->tls, l->in, sizeof(l->in))
			                   : recv(l->fd, l->in, sizeof(l->in), 0);
		while (n < 0 && errno == EINTR);
		if (n <= 0) {
			fail("reading",
			    n == 0 || l->tls != NULL ? "it hung up" : strerror(errno));
			return -1;
		}
		l->at = 0;
		l->end = (size_t)n;
	}
	return (unsigned char)l->in[l->at++];
}

/* address: as it was dialled. */
static bool
begin_tls(struct link *l, const struct source *s, const char *address)
{
	struct tls *tls = NULL;
	struct buf why = {0};
	struct ip ip = {0};
	bool good;

	if (address[0] == '/')
		return fail(address, "there is no TLS over a unix socket");
	/* TLS writes without MSG_NOSIGNAL */
	signal(SIGPIPE, SIG_IGN);
	good = ip_parse(address, strcspn(address, "@"), &ip) == OK &&
	       tls_new(s->ca_file, s->cert_file, s->key_file, &tls, &why) == OK &&
	       tls_stream_open(tls, l->fd, s->tls_name, &ip, &l->tls, &why) == OK;
	if (!good)
		fail(address, buf_text(&why));
	tls_free(tls);
	buf_fini(&why);
	return good;
}

/* ---- replies ---- */

static bool
read_line(struct link *l, struct buf *line)
{
	int c;

	buf_clear(line);
	while ((c = next_octet(l)) >= 0 && c != '\n')
		if (c != '\r')
			buf_char(line, (char)c);
	return c >= 0;
}

static bool
read_bulk(struct link *l, long len, struct text *out)
{
	struct buf data = {0};
	int c = 0;

	for (long i = 0; c >= 0 && i < len + 2; i++) {
		c = next_octet(l);
		if (c >= 0 && i < len)
			buf_char(&data, (char)c);
	}
	out->len = (size_t)len;
	buf_text(&data);
	out->data = data.data == NULL ? mem_str("") : buf_take(&data);
	return c >= 0;
}

static bool
read_reply(struct link *l, struct reply *r)
{
	struct buf line = {0};
	bool good = read_line(l, &line) && line.len != 0;
	long n;

	memset(r, 0, sizeof(*r));
	if (good) {
		r->kind = line.data[0];
		n = strtol(line.data + 1, NULL, 10);
		if (r->kind == '$' && n >= 0 && n <= 512L << 20)
			good = read_bulk(l, n, &r->text);
		else if (r->kind == '*')
			r->count = n;
		else if (r->kind != '$')
			r->text = (struct text){mem_str(line.data + 1), line.len - 1};
	}
	buf_fini(&line);
	return good;
}

static void
free_reply(struct reply *r)
{
	mem_free(r->text.data);
	r->text.data = NULL;
}

/* A command whose reply is just good or not. */
static bool
order(struct link *l, int count, const struct text *words)
{
	struct reply r;
	bool good;

	say(l, count, words);
	if (!flush(l) || !read_reply(l, &r))
		return false;
	good = r.kind == '+';
	if (!good)
		fail(words[0].data, r.text.data != NULL ? r.text.data : "no answer");
	free_reply(&r);
	return good;
}

static bool
log_in(struct link *l, const struct source *s)
{
	struct text words[3] = {word("AUTH")};
	char password[512] = "", number[16];
	int count = 1;

	if (s->password_file != NULL) {
		FILE *f = fopen(s->password_file, "re");

		if (f == NULL || fgets(password, sizeof(password), f) == NULL) {
			if (f != NULL)
				fclose(f);
			return fail(s->password_file, "no password can be read");
		}
		fclose(f);
		password[strcspn(password, "\r\n")] = '\0';
		if (s->user != NULL)
			words[count++] = word(s->user);
		words[count++] = word(password);
		if (!order(l, count, words))
			return false;
	}
	if (s->database == 0)
		return true;
	snprintf(number, sizeof(number), "%u", s->database);
	words[0] = word("SELECT");
	words[1] = word(number);
	return order(l, 2, words);
}

/* ---- records ---- */

static bool
read_record(struct link *l, struct source *s, const struct text *key, resp_record *fn)
{
	struct fields f = {0};
	struct reply r, value;
	bool good = read_reply(l, &r), whole = true;

	if (!good)
		return false;
	if (r.kind != '*')
		source_bad(s, key->data, "it is not a hash");
	for (long i = 0; good && r.kind == '*' && i + 1 < r.count; i += 2) {
		struct reply name;

		good = read_reply(l, &name) && read_reply(l, &value);
		if (good && (strlen(name.text.data) != name.text.len ||
		                fields_set(&f, name.text.data, value.text.data,
		                    value.text.len) != OK))
			whole = false;
		free_reply(&name);
		if (good)
			free_reply(&value);
	}
	if (good && r.kind == '*' && (!whole || strlen(key->data) != key->len))
		source_bad(s, key->data, "an octet 0 in a key, field or value");
	else if (good && f.count != 0)
		fn(s, key->data, &f);
	free_reply(&r);
	fields_fini(&f);
	return good;
}

static bool
read_keys(struct link *l, struct source *s, long count, resp_record *fn)
{
	struct text *keys = mem_array((size_t)count + 1, sizeof(*keys));
	bool good = true;
	long n = 0;

	for (; good && n < count; n++) {
		struct reply r;

		good = read_reply(l, &r) && r.kind == '$' && r.text.data != NULL;
		if (!good)
			break;
		keys[n] = r.text;
		say(l, 2, (struct text[]){word("HGETALL"), r.text});
	}
	good = good && flush(l);
	for (long i = 0; good && i < count; i++)
		good = read_record(l, s, &keys[i], fn);
	for (long i = 0; i < n; i++)
		mem_free(keys[i].data);
	mem_free(keys);
	return good;
}

static bool
scan(struct link *l, struct source *s, const char *match, resp_record *fn)
{
	char cursor[32] = "0";

	do {
		struct reply r, next, list;
		bool good;

		say(l, 6,
		    (struct text[]){word("SCAN"), word(cursor), word("MATCH"),
		        word(match), word("COUNT"), word("1000")});
		if (!flush(l) || !read_reply(l, &r))
			return false;
		good = r.kind == '*' && r.count == 2;
		if (!good)
			fail(
			    "SCAN", r.text.data != NULL ? r.text.data : "not understood");
		free_reply(&r);
		if (!good || !read_reply(l, &next))
			return false;
		snprintf(cursor, sizeof(cursor), "%s", next.text.data);
		free_reply(&next);
		if (!read_reply(l, &list) || list.kind != '*' || list.count < 0 ||
		    list.count > LIST_MAX || !read_keys(l, s, list.count, fn))
			return false;
	} while (strcmp(cursor, "0") != 0);
	return true;
}

bool
resp_each(struct source *s, const char *address, const char *match, resp_record *fn)
{
	struct timeval wait = {.tv_sec = WAIT_S};
	struct link *l = mem_new(sizeof(*l));
	bool good;

	l->fd = address[0] == '/' ? dial_unix(address) : dial_tcp(address);
	good = l->fd >= 0;
	if (!good)
		fail(address, strerror(errno));
	if (good)
		setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	good = good && (!s->tls || begin_tls(l, s, address)) && log_in(l, s) &&
	       scan(l, s, match, fn);
	tls_stream_close(l->tls);
	if (l->fd >= 0)
		close(l->fd);
	buf_fini(&l->out);
	mem_free(l);
	return good;
}
