/* SPDX-License-Identifier: BSD-2-Clause */
#include "geo/mmdbrecord.h"

#include <maxminddb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A path in a record, as libmaxminddb wants it. */
struct field {
	const char *path[4];
};

/*
 * The vendors differ: MaxMind, DB-IP and IP2Location have country.iso_code;
 * ip-location-db and IPinfo country_code; older IPinfo files a plain country. The country
 * where the network is comes before the one it is registered in.
 */
static const struct field country_fields[] = {
    {{"country", "iso_code"}},
    {{"country_code"}},
    {{"country"}},
    {{"registered_country", "iso_code"}},
};

static const struct field continent_fields[] = {
    {{"continent", "code"}},
    {{"continent_code"}},
    {{"continent"}},
};

static const struct field subdivision_fields[] = {
    {{"subdivisions", "0", "iso_code"}},
    {{"region_code"}},
};

static const struct field asn_fields[] = {
    {{"autonomous_system_number"}},
    {{"asn"}},
    {{"traits", "autonomous_system_number"}},
};

static const struct field city_fields[] = {
    {{"city", "names", "en"}},
    {{"city"}},
};

static const struct field organisation_fields[] = {
    {{"autonomous_system_organization"}},
    {{"as_name"}},
    {{"traits", "autonomous_system_organization"}},
};

static enum err
corrupt(struct buf *why, const char *what)
{
	buf_printf(why, "damaged database: %s", what);
	return ERR_CORRUPT;
}

/* found says whether there is such a value; an error is damage, not absence. */
MUST_CHECK static enum err
read_field(MMDB_entry_s *entry, const struct field *f, bool *found,
    MMDB_entry_data_s *out, struct buf *why)
{
	int status = MMDB_aget_value(entry, out, f->path);

	*found = false;
	if (status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR ||
	    status == MMDB_INVALID_LOOKUP_PATH_ERROR)
		return OK;
	if (status != MMDB_SUCCESS)
		return corrupt(why, MMDB_strerror(status));
	*found = out->has_data;
	return OK;
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The first of the fields that is a text of two letters. */
MUST_CHECK static enum err
read_code(MMDB_entry_s *entry, const struct field *fields, size_t count, char out[3],
    struct buf *why)
{
	for (size_t i = 0; i < count; i++) {
		MMDB_entry_data_s d;
		bool found;
		enum err e = read_field(entry, &fields[i], &found, &d, why);

		if (e != OK)
			return e;
		if (found && d.type == MMDB_DATA_TYPE_UTF8_STRING && d.data_size == 2 &&
		    is_letter(d.utf8_string[0]) && is_letter(d.utf8_string[1])) {
			memcpy(out, d.utf8_string, 2);
			out[2] = '\0';
			return OK;
		}
	}
	return OK;
}

/* ISO 3166-2: the vendors write the part behind the country, or all of it. */
MUST_CHECK static enum err
read_subdivision(MMDB_entry_s *entry, struct mmdb_record *r, struct buf *why)
{
	for (size_t i = 0; i < sizeof(subdivision_fields) / sizeof(struct field); i++) {
		MMDB_entry_data_s d;
		bool found;
		enum err e = read_field(entry, &subdivision_fields[i], &found, &d, why);

		if (e != OK)
			return e;
		if (!found || d.type != MMDB_DATA_TYPE_UTF8_STRING || d.data_size == 0)
			continue;
		if (d.data_size <= 3)
			snprintf(r->subdivision, sizeof(r->subdivision), "%s-%.*s",
			    r->country, (int)d.data_size, d.utf8_string);
		else if (d.data_size <= 6 && d.utf8_string[2] == '-')
			snprintf(r->subdivision, sizeof(r->subdivision), "%.*s",
			    (int)d.data_size, d.utf8_string);
		else
			continue;
		return OK;
	}
	return OK;
}

/* "AS15169", "15169"; 0 for anything else. */
static uint32_t
parse_asn(const char *text, uint32_t len)
{
	uint64_t n = 0;

	if (len > 2 && (text[0] == 'A' || text[0] == 'a') &&
	    (text[1] == 'S' || text[1] == 's')) {
		text += 2;
		len -= 2;
	}
	if (len == 0 || len > 10)
		return 0;
	for (uint32_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	return n <= UINT32_MAX ? (uint32_t)n : 0;
}

static uint32_t
asn_of(const MMDB_entry_data_s *d)
{
	switch (d->type) {
	case MMDB_DATA_TYPE_UINT16:
		return d->uint16;
	case MMDB_DATA_TYPE_UINT32:
		return d->uint32;
	case MMDB_DATA_TYPE_UINT64:
		return d->uint64 <= UINT32_MAX ? (uint32_t)d->uint64 : 0;
	case MMDB_DATA_TYPE_UTF8_STRING:
		return parse_asn(d->utf8_string, d->data_size);
	default:
		return 0;
	}
}

enum err
mmdbrecord_read(struct MMDB_entry_s *entry, struct mmdb_record *r, struct buf *why)
{
	enum err e;

	e = read_code(entry, country_fields,
	    sizeof(country_fields) / sizeof(struct field), r->country, why);
	if (e != OK)
		return e;
	e = read_code(entry, continent_fields,
	    sizeof(continent_fields) / sizeof(struct field), r->continent, why);
	if (e != OK)
		return e;
	if (r->country[0] != '\0') {
		e = read_subdivision(entry, r, why);
		if (e != OK)
			return e;
	}
	for (size_t i = 0; r->asn == 0 && i < sizeof(asn_fields) / sizeof(struct field);
	     i++) {
		MMDB_entry_data_s d;
		bool found;

		e = read_field(entry, &asn_fields[i], &found, &d, why);
		if (e != OK)
			return e;
		if (found)
			r->asn = asn_of(&d);
	}
	return OK;
}

/* A text for people, cut where there is no room. */
static void
read_text(
    MMDB_entry_s *entry, const struct field *fields, size_t count, char *out, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		MMDB_entry_data_s d;

		if (MMDB_aget_value(entry, &d, fields[i].path) != MMDB_SUCCESS ||
		    !d.has_data || d.type != MMDB_DATA_TYPE_UTF8_STRING)
			continue;
		snprintf(out, size, "%.*s", (int)d.data_size, d.utf8_string);
		/* a control character must not reach a terminal */
		for (char *p = out; *p != '\0'; p++)
			if ((unsigned char)*p < ' ' || *p == 127)
				*p = '?';
		return;
	}
}

void
mmdbrecord_read_names(struct MMDB_entry_s *entry, struct mmdb_names *out)
{
	*out = (struct mmdb_names){0};
	read_text(entry, city_fields, sizeof(city_fields) / sizeof(struct field),
	    out->city, sizeof(out->city));
	read_text(entry, organisation_fields,
	    sizeof(organisation_fields) / sizeof(struct field), out->organisation,
	    sizeof(out->organisation));
}
