/* SPDX-License-Identifier: BSD-2-Clause */
#include "health/expect.h"

#include <string.h>

void
expect_init(struct expect *x, const struct config_check *check)
{
	*x = (struct expect){.check = check};
}

void
expect_fini(struct expect *x)
{
	buf_fini(&x->body);
}

static bool
is_status_wanted(const struct config_check *c, long status)
{
	if (c->status_count == 0)
		return status == 200;
	for (size_t i = 0; i < c->status_count; i++)
		if (status >= c->status[i].first && status <= c->status[i].last)
			return true;
	return false;
}

static bool
is_body_wanted(const struct config_check *c)
{
	return c->body != NULL && c->body[0] != '\0';
}

static bool
is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 ||
	       status == 308;
}

static bool
is_section_end(const char *line, size_t len)
{
	return len <= 2 && (line[0] == '\r' || line[0] == '\n');
}

/* Decides at the end of each header section, so that a wrong status needs no body. */
bool
expect_is_decided_by_header(
    struct expect *x, const char *line, size_t len, long status, struct probe_result *out)
{
	x->header_len += len;
	if (x->header_len > EXPECT_HEADER_MAX) {
		probe_fail(out, "protocol");
		return true;
	}
	if (!is_section_end(line, len) || status < 200 ||
	    is_status_wanted(x->check, status) ||
	    (x->check->follow && is_redirect(status)))
		return false;
	probe_fail(out, "status %ld", status);
	return true;
}

/* Text may come in pieces: what is searched begins where it could not have been whole. */
static bool
has_wanted_text(struct expect *x, const char *data, size_t len)
{
	size_t wanted_len = strlen(x->check->body);
	size_t seen = x->body.len < wanted_len ? 0 : x->body.len - wanted_len + 1;

	buf_add(&x->body, data, len);
	return memmem(x->body.data + seen, x->body.len - seen, x->check->body,
	           wanted_len) != NULL;
}

bool
expect_is_decided_by_body(
    struct expect *x, const char *data, size_t len, long status, struct probe_result *out)
{
	size_t room = EXPECT_BODY_MAX - x->body_len;
	size_t taken = len < room ? len : room;

	x->body_len += taken;
	if (taken > 0 && is_body_wanted(x->check) && has_wanted_text(x, data, taken)) {
		probe_succeed(out);
		return true;
	}
	if (x->body_len < EXPECT_BODY_MAX)
		return false;
	expect_judge(x, status, out);
	return true;
}

void
expect_judge(const struct expect *x, long status, struct probe_result *out)
{
	if (!is_status_wanted(x->check, status))
		probe_fail(out, "status %ld", status);
	else if (is_body_wanted(x->check))
		probe_fail(out, "body");
	else
		probe_succeed(out);
}
