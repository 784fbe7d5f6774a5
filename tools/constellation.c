/* SPDX-License-Identifier: BSD-2-Clause */
#include "constellation.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "farm.h"
#include "store/exchange.h"
#include "zone/rdata.h"

enum { CHUNK = 255 }; /* octets of one string of a TXT */

static const char *
get(const struct fields *f, const char *name)
{
	const struct field *found = fields_find(f, name);

	return found != NULL ? found->value : "";
}

static void
set(struct fields *f, const char *name, const char *value)
{
	enum err e = fields_set(f, name, value, strlen(value));

	(void)e; /* C strings hold no NUL */
}

/* The zone whose fingerprint the key has; NULL: none that is wanted. */
static const char *
find_zone(const struct source *s, const char *key)
{
	uint32_t wanted = (uint32_t)strtoul(key + 3, NULL, 16);

	for (unsigned i = 0; i < s->zone_count; i++)
		if (farm_fingerprint(s->zones[i], strlen(s->zones[i])) == wanted)
			return s->zones[i];
	return NULL;
}

/* "www.@" is www in the zone, "@" its apex. */
static bool
write_key(const char *zone, const char *name, const char *type, struct buf *out)
{
	struct record_key key = {.kind = RECORD_RRSET};
	size_t len = strlen(name);
	struct name owner;

	if (len == 0 || name[len - 1] != '@' || (len > 1 && name[len - 2] != '.') ||
	    name_parse(zone, strlen(zone), &name_root, &key.zone) != OK ||
	    rdata_type_parse(type, strlen(type), &key.type) != OK)
		return false;
	name_lower(key.zone.bytes, key.zone.bytes, key.zone.len);
	if (len == 1)
		owner = key.zone;
	else if (name_parse(name, len - 2, &key.zone, &owner) != OK)
		return false;
	key.owner.len = owner.len;
	name_lower(key.owner.bytes, owner.bytes, owner.len);
	record_key_write(&key, out);
	return true;
}

/* Names are absolute there, with or without their last dot. */
static void
write_value(const char *type, const char *text, struct buf *out)
{
	size_t len = strlen(text);

	if (strcmp(type, "txt") == 0) {
		for (size_t i = 0; i < len; i++) {
			unsigned char c = (unsigned char)text[i];

			if (i % CHUNK == 0)
				buf_str(out, i == 0 ? "\"" : "\" \"");
			if (c == '"' || c == '\\')
				buf_printf(out, "\\%c", c);
			else if (c >= ' ' && c < 127)
				buf_char(out, (char)c);
			else
				buf_printf(out, "\\%03u", c);
		}
		buf_str(out, len == 0 ? "\"\"" : "\"");
		return;
	}
	buf_str(out, text);
	if ((strcmp(type, "mx") == 0 || strcmp(type, "cname") == 0 ||
	        strcmp(type, "ptr") == 0) &&
	    len != 0 && text[len - 1] != '.')
		buf_char(out, '.');
}

/* A list of texts as the values of a field; false: it is none. */
static bool
set_list(struct fields *f, const char *field, const char *type, const struct json *list)
{
	struct buf out = {0};
	bool good = json_is_array(list);

	for (size_t i = 0; good && i < json_count(list); i++) {
		const char *text = json_str(json_at(list, i));

		good = text != NULL;
		if (i != 0)
			buf_char(&out, '\n');
		if (good)
			write_value(type, text, &out);
	}
	if (good && out.len != 0)
		set(f, field, buf_text(&out));
	buf_fini(&out);
	return good;
}

static struct json *
parse(const char *text)
{
	struct json *j = NULL;
	struct buf why = {0};

	if (json_parse(text, strlen(text), &j, &why) != OK)
		j = NULL;
	buf_fini(&why);
	return j;
}

static bool
set_regions(struct fields *f, const char *type, const char *text)
{
	struct json *regions = parse(text);
	const struct json *value;
	const char *name;
	bool good = json_is_object(regions);

	for (const void *at = NULL;
	     good && (at = json_next(regions, at, &name, &value)) != NULL;) {
		char *field = mem_printf("values@%s", name);

		/* null: nothing for this region */
		if (json_is_array(value))
			good = set_list(f, field, type, value);
		mem_free(field);
	}
	json_free(regions);
	return good;
}

static const char *
convert(const struct fields *from, struct fields *to)
{
	const char *type = get(from, "t"), *ttl = get(from, "e");
	struct json *list = parse(get(from, "v"));
	bool good = set_list(to, "values", type, list);

	json_free(list);
	if (!good)
		return "field v is no JSON list of texts";
	if (strcmp(ttl, "") != 0 && strcmp(ttl, "0") != 0)
		set(to, "ttl", ttl);
	if (strcmp(get(from, "m"), "1") == 0)
		return "flattening of CNAMEs (field m) cannot be carried over";
	if (get(from, "b")[0] != '\0')
		return "a blackhole (field b) cannot be carried over";
	if (get(from, "r")[0] != '\0' && !set_regions(to, type, get(from, "r")))
		return "field r is no JSON object of regions";
	if (get(from, "f")[0] == '\0')
		return NULL;
	if (get(from, "r")[0] == '\0')
		return "rescue addresses (field f) of a record without regions cannot be "
		       "carried over";
	list = parse(get(from, "f"));
	good = set_list(to, "rescue", type, list);
	json_free(list);
	return good ? NULL : "field f is no JSON list of texts";
}

void
constellation_record(struct source *s, const char *key, const struct fields *f)
{
	const char *zone = find_zone(s, key), *name = get(f, "n"), *why;
	struct buf written = {0}, line = {0};
	struct fields to = {0};
	const char *second = strchr(key + 3, ':');

	if (zone == NULL)
		return;
	why = convert(f, &to);
	if (second == NULL ||
	    strtoul(second + 1, NULL, 16) != farm_fingerprint(name, strlen(name)))
		why = "the key is not the one of its name";
	else if (!write_key(zone, name, get(f, "t"), &written))
		why = "its name or type is not understood";
	if (why != NULL) {
		char *what = mem_printf("%s (%s %s in %s)", key, name, get(f, "t"), zone);

		source_bad(s, what, why);
		mem_free(what);
	} else {
		exchange_write(buf_text(&written), &to, &line);
		fprintf(s->file, "%s\n", buf_text(&line));
	}
	fields_fini(&to);
	buf_fini(&written);
	buf_fini(&line);
}
