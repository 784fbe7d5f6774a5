/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/alertkeep.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#define FILE_MAX ((size_t)16 << 20)
/* An octet that is no UTF-8 is written as a character of three. */
enum { SUBJECT_MAX = 3 * EVENT_SUBJECT_MAX, TEXT_MAX = 3 * EVENT_TEXT_MAX };

char *
alertkeep_path(const char *state_dir)
{
	return mem_printf("%s/alerts.json", state_dir);
}

static struct json *
make_names(uint32_t bits, const struct config_hook *hooks, size_t count)
{
	struct json *j = json_array();

	for (size_t i = 0; i < count; i++)
		if ((bits >> i & 1) != 0)
			json_push_str(j, hooks[i].name);
	return j;
}

void
alertkeep_write(const struct alert_book *b, const struct config_hook *hooks, size_t count,
    struct buf *out)
{
	struct json *root = json_object(), *list = json_array();
	const struct alert *a = NULL;
	size_t kept = 0;

	while ((a = alert_book_next(b, a)) != NULL && kept < ALERTKEEP_MAX) {
		struct json *j;

		/* what is over is kept as long as somebody has to be told */
		if (!a->is_open && a->told == 0)
			continue;
		j = json_object();
		json_set_str(j, "kind", event_kind_text(a->kind));
		json_set_str(j, "subject", a->subject);
		json_set_str(j, "severity", event_severity_text(a->severity));
		json_set_str(j, "text", a->text);
		json_set_int(j, "since", a->since_wall_s);
		json_set(j, "told", make_names(a->told, hooks, count));
		json_set(j, "told_critical", make_names(a->told_critical, hooks, count));
		json_push(list, j);
		kept++;
	}
	json_set_int(root, "version", 1);
	json_set(root, "alerts", list);
	json_write(root, out);
	buf_char(out, '\n');
	json_free(root);
}

static uint32_t
read_names(const struct json *list, const struct config_hook *hooks, size_t count)
{
	uint32_t bits = 0;

	for (size_t n = 0; n < json_count(list); n++)
		for (size_t i = 0; i < count; i++) {
			const char *name = json_str(json_at(list, n));

			if (name != NULL && strcmp(name, hooks[i].name) == 0)
				bits |= (uint32_t)1 << i;
		}
	return bits;
}

/* False: it is none. */
static bool
read_alert(const struct json *j, struct alert_book *b, const struct config_hook *hooks,
    size_t count)
{
	const char *kind = json_str(json_get(j, "kind"));
	const char *subject = json_str(json_get(j, "subject"));
	const char *severity = json_str(json_get(j, "severity"));
	const char *text = json_str(json_get(j, "text"));
	int64_t since_s = json_int(json_get(j, "since")), now_s = wall_now_s();
	unsigned k = 0;

	if (kind == NULL || subject == NULL || severity == NULL || text == NULL ||
	    strlen(subject) >= SUBJECT_MAX || strlen(text) >= TEXT_MAX || since_s < 0)
		return false;
	while (k < EVENT_KINDS && strcmp(event_kind_text((enum event_kind)k), kind) != 0)
		k++;
	/* a newer version's */
	if (k == EVENT_KINDS)
		return false;
	alert_book_restore(b, (enum event_kind)k,
	    strcmp(severity, "critical") == 0 ? EVENT_CRITICAL : EVENT_WARNING, subject,
	    text, since_s < now_s ? since_s : now_s,
	    read_names(json_get(j, "told"), hooks, count),
	    read_names(json_get(j, "told_critical"), hooks, count), mono_now(), now_s);
	return true;
}

enum err
alertkeep_load(const char *path, struct alert_book *b, const struct config_hook *hooks,
    size_t count, struct buf *why)
{
	struct json *root = NULL;
	const struct json *list;
	size_t refused = 0;
	char *data;
	size_t len;
	enum err e;

	if (access(path, F_OK) != 0)
		return ERR_MISSING;
	e = file_read(path, FILE_MAX, &data, &len, why);
	if (e != OK)
		return e;
	e = json_parse(data, len, &root, why);
	mem_free(data);
	if (e != OK)
		return e;
	list = json_get(root, "alerts");
	for (size_t i = 0; i < json_count(list) && i < ALERTKEEP_MAX; i++)
		refused += !read_alert(json_at(list, i), b, hooks, count);
	if (!json_is_array(list) || refused != 0) {
		buf_printf(why, "%s: %zu of its alerts are no good, and are left out",
		    path, refused);
		e = ERR_SYNTAX;
	}
	json_free(root);
	return e;
}
