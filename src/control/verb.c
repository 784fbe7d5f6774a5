/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/verb.h"

#include <limits.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/suggest.h"

/* How many of the request's words from `from` on are the verb's name; 0: they are not. */
static int
match_name(const struct request *rq, int from, const char *name)
{
	const char *blank = strchr(name, ' ');
	size_t len = blank != NULL ? (size_t)(blank - name) : strlen(name);

	if (rq->argc <= from || strlen(rq->argv[from]) != len ||
	    memcmp(rq->argv[from], name, len) != 0)
		return 0;
	if (blank == NULL)
		return 1;
	return rq->argc > from + 1 && strcmp(rq->argv[from + 1], blank + 1) == 0 ? 2 : 0;
}

static const struct verb *
find_verb(const struct verb *table, const struct request *rq, int from, int *words)
{
	const struct verb *best = NULL;

	*words = 0;
	for (const struct verb *v = table; v->name != NULL; v++) {
		int n = match_name(rq, from, v->name);

		if (n > *words) {
			*words = n;
			best = v;
		}
	}
	return best;
}

/* The verb that was probably meant, NULL when none is near: a third of it may be wrong.
 */
static const char *
nearest(const struct verb *table, const char *typed)
{
	const char *best = NULL;
	unsigned best_distance = UINT_MAX;

	for (const struct verb *v = table; v->name != NULL; v++) {
		unsigned d = suggest_distance(typed, v->name);

		if (d < best_distance) {
			best_distance = d;
			best = v->name;
		}
	}
	if (best == NULL || best_distance > 1 + strlen(best) / 3)
		return NULL;
	return best;
}

/* "records" alone, where only "records get" and "records set" are verbs. */
static bool
list_second_words(const struct verb *table, const char *first, struct buf *out)
{
	size_t len = strlen(first);

	for (const struct verb *v = table; v->name != NULL; v++)
		if (strncmp(v->name, first, len) == 0 && v->name[len] == ' ')
			buf_printf(out, "%s%s", out->len != 0 ? ", " : "", v->name);
	return out->len != 0;
}

static void
unknown(const struct verb *table, struct request *rq, int from)
{
	struct buf typed = {0};
	struct buf list = {0};
	const char *near;

	buf_str(&typed, rq->argv[from]);
	/* the first word alone is right: a near miss of another verb helps nobody */
	near = list_second_words(table, rq->argv[from], &list)
	           ? NULL
	           : nearest(table, buf_text(&typed));
	if (rq->argc > from + 1) {
		const char *of_two;

		buf_printf(&typed, " %s", rq->argv[from + 1]);
		of_two = nearest(table, buf_text(&typed));
		near = of_two != NULL ? of_two : near;
	}
	if (list.len != 0 && near == NULL)
		reply_error(
		    rq, "unknown", "%s is one of: %s", rq->argv[from], buf_text(&list));
	else if (near != NULL)
		reply_error(
		    rq, "unknown", "no verb %s; did you mean %s?", rq->argv[from], near);
	else
		reply_error(
		    rq, "unknown", "no verb %s; `help` lists them", rq->argv[from]);
	buf_fini(&typed);
	buf_fini(&list);
}

static void
help_line(struct request *rq, const struct verb *v, int width)
{
	struct json *entry = json_object();

	json_set_str(entry, "name", v->name);
	json_set_str(entry, "args", v->args);
	json_set_str(entry, "help", v->help);
	json_set_bool(entry, "writes", v->writes);
	json_push(request_array(rq), entry);
	buf_printf(request_text(rq), "%-*s  %s\n", width, v->name, v->help);
}

static void
help_all(const struct verb *table, struct request *rq)
{
	int width = 4;

	for (const struct verb *v = table; v->name != NULL; v++)
		if ((int)strlen(v->name) > width)
			width = (int)strlen(v->name);
	help_line(rq,
	    &(struct verb){.name = "help",
	        .args = "[VERB]",
	        .help = "list the verbs, or tell about one"},
	    width);
	for (const struct verb *v = table; v->name != NULL; v++)
		help_line(rq, v, width);
	reply_ok(rq);
}

static void
help(const struct verb *table, struct request *rq)
{
	struct json *data;
	const struct verb *v;
	int words;

	if (rq->argc == 1 || (rq->argc == 2 && strcmp(rq->argv[1], "help") == 0)) {
		help_all(table, rq);
		return;
	}
	v = find_verb(table, rq, 1, &words);
	if (v == NULL) {
		unknown(table, rq, 1);
		return;
	}
	data = request_data(rq);
	json_set_str(data, "name", v->name);
	json_set_str(data, "args", v->args);
	json_set_str(data, "help", v->help);
	json_set_bool(data, "writes", v->writes);
	buf_printf(request_text(rq), "%s %s\n    %s%s\n", v->name, v->args, v->help,
	    v->writes ? " (needs the socket's owner or the admin_group)" : "");
	reply_ok(rq);
}

void
verb_run(const struct verb *table, void *ctx, struct request *rq)
{
	int words;

	if (strcmp(rq->argv[0], "help") == 0) {
		help(table, rq);
		return;
	}
	rq->verb = find_verb(table, rq, 0, &words);
	if (rq->verb == NULL) {
		unknown(table, rq, 0);
		return;
	}
	if (words == 2) {
		/* one word with a blank in place of two; the first copy is freed now */
		mem_free(rq->words[0]);
		rq->words[0] = mem_str(rq->verb->name);
		rq->argv[0] = rq->words[0];
		rq->argc--;
		/* with the NULL behind the last */
		memmove(rq->argv + 1, rq->argv + 2, sizeof(*rq->argv) * (size_t)rq->argc);
	}
	if (rq->verb->writes && !rq->may_write) {
		reply_error(rq, "denied",
		    "%s needs the socket's owner or a member of admin_group",
		    rq->verb->name);
		return;
	}
	if (rq->verb->writes)
		log_notice(
		    "control change verb=\"%s\" who=\"%s\"", rq->verb->name, rq->who);
	rq->verb->run(ctx, rq);
}
