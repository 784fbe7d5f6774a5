/* SPDX-License-Identifier: BSD-2-Clause */
#include "control/recordkey.h"

#include <string.h>

#include "store/record.h"
#include "zone/rdata.h"

enum err
recordkey_find(const struct world *w, const char *text, const char *type, char **out,
    struct buf *why)
{
	const struct config *c = w->parts->config;
	struct record_key key = {.kind = RECORD_RRSET};
	struct name name;
	struct buf written = {0};
	enum err e;

	e = name_parse(text, strlen(text), &name_root, &name);
	if (e != OK) {
		buf_printf(why, "\"%s\" is no domain name", text);
		return e;
	}
	e = rdata_type_parse(type, strlen(type), &key.type);
	if (e != OK) {
		buf_printf(why, "\"%s\" is no record type", type);
		return e;
	}
	key.owner.len = name.len;
	name_lower(key.owner.bytes, name.bytes, name.len);
	for (size_t i = 0; i < c->zone_count; i++) {
		const struct config_zone *z = &c->zones[i];

		if (z->store && z->domain.len > key.zone.len &&
		    name_is_under(name.bytes, z->domain.bytes)) {
			key.zone.len = z->domain.len;
			name_lower(key.zone.bytes, z->domain.bytes, z->domain.len);
		}
	}
	if (key.zone.len == 0) {
		buf_printf(why, "no zone with `store: on` holds %s", text);
		return ERR_MISSING;
	}
	record_key_write(&key, &written);
	*out = buf_take(&written);
	return OK;
}

const char *
recordkey_hidden(const struct world *w, const char *text)
{
	const struct config *c = w->parts->config;
	const char *hidden = NULL;
	struct record_key key;
	struct buf why = {0};

	if (record_key_parse(text, strlen(text), &key, &why) == OK &&
	    key.kind == RECORD_RRSET)
		for (size_t i = 0; i < c->zone_count; i++)
			if (w->parts->zone_files[i] != NULL &&
			    name_equal(c->zones[i].domain.bytes, key.zone.bytes))
				hidden = zone_file_hides(
				    w->parts->zone_files[i], &key.owner, key.type);
	buf_fini(&why);
	return hidden;
}
