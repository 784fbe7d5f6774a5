/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sieve.h"

#include <string.h>

struct out {
	char *data;
	size_t len;
};

static bool
fail(struct sieve *s, const char *why)
{
	s->why = why;
	return false;
}

static void
emit(struct sieve *s, struct out *out, const char *data, size_t len)
{
	if (s->drop_depth != 0)
		return;
	memcpy(out->data + out->len, data, len);
	out->len += len;
	s->octets += len;
}

/* One element is through, and with it perhaps the arrays that it ends. */
static void
end_element(struct sieve *s)
{
	s->state = SIEVE_START;
	while (s->depth != 0 && --s->arrays[s->depth - 1].left == 0) {
		s->depth--;
		if (s->drop_depth > s->depth)
			s->drop_depth = 0;
	}
	if (s->depth == 0)
		s->octets = s->elements = 0;
}

/* The number of a head such as "*12\r\n"; -1 is a nil. */
static bool
read_number(const struct sieve *s, int64_t *out)
{
	const char *p = s->head + 1, *end = s->head + s->head_len - 2;
	bool negative = *p == '-';
	int64_t n = 0;

	p += negative;
	if (p == end || end - p > 18)
		return false;
	for (; p != end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		n = n * 10 + (*p - '0');
	}
	*out = negative ? -n : n;
	return true;
}

static bool
begin_array(struct sieve *s, struct out *out, int64_t count)
{
	if (count <= 0) {
		emit(s, out, s->head, s->head_len);
		end_element(s);
		return true;
	}
	if (s->depth == SIEVE_DEPTH_MAX)
		return fail(s, "arrays within arrays within arrays");
	if (count > SIEVE_ELEMENTS_MAX && s->drop_depth == 0) {
		emit(s, out, "*-1\r\n", 5);
		s->drop_depth = s->depth + 1;
	} else {
		emit(s, out, s->head, s->head_len);
	}
	s->arrays[s->depth].left = (uint64_t)count;
	s->arrays[s->depth].octets = 0;
	s->depth++;
	s->state = SIEVE_START;
	return true;
}

static bool
begin_text(struct sieve *s, struct out *out, int64_t len)
{
	if (len < 0) {
		emit(s, out, s->head, s->head_len);
		end_element(s);
		return true;
	}
	s->left = (uint64_t)len + 2;
	s->drop = len > SIEVE_TEXT_MAX;
	if (s->depth != 0) {
		uint64_t *octets = &s->arrays[s->depth - 1].octets;

		s->drop = s->drop || *octets + (uint64_t)len > SIEVE_ARRAY_MAX;
		if (!s->drop)
			*octets += (uint64_t)len;
	}
	if (s->drop)
		emit(s, out, "$-1\r\n", 5);
	else
		emit(s, out, s->head, s->head_len);
	s->state = SIEVE_TEXT;
	return true;
}

static bool
end_head(struct sieve *s, struct out *out)
{
	int64_t n;

	if (s->head[s->head_len - 2] != '\r' || !read_number(s, &n))
		return fail(s, "a length or number is not one");
	if (s->drop_depth == 0 && ++s->elements > SIEVE_REPLY_ELEMENTS_MAX)
		return fail(s, "a reply of more than 1,048,576 elements");
	if (s->head[0] == ':') {
		emit(s, out, s->head, s->head_len);
		end_element(s);
		return true;
	}
	if (n < -1)
		return fail(s, "a length below zero");
	return s->head[0] == '*' ? begin_array(s, out, n) : begin_text(s, out, n);
}

static bool
take_start(struct sieve *s, struct out *out, char c)
{
	switch (c) {
	case '+':
	case '-':
		emit(s, out, &c, 1);
		s->line_len = 0;
		s->line_cr = false;
		s->state = SIEVE_LINE;
		if (s->drop_depth == 0 && ++s->elements > SIEVE_REPLY_ELEMENTS_MAX)
			return fail(s, "a reply of more than 1,048,576 elements");
		return true;
	case '$':
	case '*':
	case ':':
		s->head[0] = c;
		s->head_len = 1;
		s->state = SIEVE_HEAD;
		return true;
	default:
		return fail(s, "it begins with no sign of a reply");
	}
}

static bool
take_head(struct sieve *s, struct out *out, char c)
{
	if (s->head_len == sizeof(s->head))
		return fail(s, "a length or number is not one");
	s->head[s->head_len++] = c;
	return c != '\n' || end_head(s, out);
}

static bool
take_line(struct sieve *s, struct out *out, char c)
{
	if (++s->line_len > SIEVE_LINE_MAX)
		return fail(s, "a line of more than 16 KiB");
	emit(s, out, &c, 1);
	if (c == '\n' && s->line_cr)
		end_element(s);
	s->line_cr = c == '\r';
	return true;
}

/* How much of a text was taken. */
static size_t
take_text(struct sieve *s, struct out *out, const char *in, size_t len)
{
	size_t n = len < s->left ? len : (size_t)s->left;
	static const char ends[] = "\n\r";

	/* the last two octets are its end */
	for (size_t i = n < 2 ? 0 : n - 2; i < n; i++)
		if (s->left - i <= 2 && in[i] != ends[s->left - i - 1]) {
			s->why = "a text does not end where it should";
			return 0;
		}
	if (!s->drop)
		emit(s, out, in, n);
	s->left -= n;
	if (s->left == 0)
		end_element(s);
	return n;
}

bool
sieve_feed(struct sieve *s, const char *in, size_t len, char *out, size_t *out_len)
{
	struct out to = {out, 0};
	bool good = s->why == NULL;

	for (size_t i = 0; good && i < len;) {
		switch (s->state) {
		case SIEVE_START:
			good = take_start(s, &to, in[i++]);
			break;
		case SIEVE_HEAD:
			good = take_head(s, &to, in[i++]);
			break;
		case SIEVE_LINE:
			good = take_line(s, &to, in[i++]);
			break;
		case SIEVE_TEXT:
			i += take_text(s, &to, in + i, len - i);
			good = s->why == NULL;
			break;
		}
		if (good && s->octets > SIEVE_REPLY_MAX)
			good = fail(s, "a reply of more than 64 MiB");
	}
	*out_len = to.len;
	return good;
}
