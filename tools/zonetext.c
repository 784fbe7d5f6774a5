/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonetext.h"

#include <string.h>

#include "base/complaint.h"
#include "base/file.h"
#include "base/mem.h"
#include "dns/wire.h"
#include "store/exchange.h"
#include "store/values.h"
#include "zone/rdata.h"
#include "zone/zonefile.h"

enum { ZONE_TTL = 300 };
#define FILE_MAX ((size_t)1 << 30)

/* ---- zone text to records ---- */

struct reading {
	const char *path;
	struct name zone;
	struct buf text;
	bool has_soa;
	char **pools; /* number i is pools[i - 1] */
	size_t pool_count, pool_cap;
	FILE *out;
};

static uint32_t
pool_id(void *ctx, const char *name, uint32_t ttl)
{
	struct reading *r = ctx;

	(void)ttl;
	for (size_t i = 0; i < r->pool_count; i++)
		if (strcmp(r->pools[i], name) == 0)
			return (uint32_t)i + 1;
	r->pools = mem_grow(r->pools, r->pool_count, &r->pool_cap, sizeof(*r->pools));
	r->pools[r->pool_count++] = mem_str(name);
	return (uint32_t)r->pool_count;
}

/* The file that was asked for has what a zone must have behind it; others are read. */
static enum err
open_text(void *ctx, const char *path, char **text, size_t *len, struct buf *why)
{
	struct reading *r = ctx;

	if (strcmp(path, r->path) != 0)
		return file_read(path, FILE_MAX, text, len, why);
	*text = mem_strn(buf_text(&r->text), r->text.len);
	*len = r->text.len;
	return OK;
}

static void
set_text(struct fields *f, const char *name, const char *text)
{
	enum err e = fields_set(f, name, text, strlen(text));

	(void)e; /* our own texts hold no NUL */
}

static void
set_number(struct fields *f, const char *name, uint32_t n)
{
	char *text = mem_printf("%u", n);

	set_text(f, name, text);
	mem_free(text);
}

static void
emit(struct reading *r, const struct record_key *key, const struct fields *f)
{
	struct buf text = {0}, line = {0};

	record_key_write(key, &text);
	exchange_write(buf_text(&text), f, &line);
	fprintf(r->out, "%s\n", buf_text(&line));
	buf_fini(&text);
	buf_fini(&line);
}

static void
add_values(const struct rrset *s, struct fields *f, const char *field)
{
	struct buf values = {0};
	struct rdata rd;

	for (size_t pos = 0; rrset_next(s, &pos, &rd);) {
		if (values.len != 0)
			buf_char(&values, '\n');
		rdata_write(rrset_type(s), rd.data, rd.len, &values);
	}
	set_text(f, field, buf_text(&values));
	buf_fini(&values);
}

/* RFC 1035 3.3.13. What stands in for one that was not there is left out. */
static void
add_soa(struct reading *r, const struct rrset *s, struct fields *f)
{
	static const char *const names[] = {"refresh", "retry", "expire", "minimum"};
	char text[NAME_TEXT_MAX];
	const uint8_t *p = s->wire + 12;

	if (!r->has_soa)
		return;
	name_write(p, text);
	set_text(f, "mname", text);
	p += name_len(p);
	name_write(p, text);
	set_text(f, "rname", text);
	p += name_len(p) + 4;
	for (size_t i = 0; i < 4; i++, p += 4)
		set_number(f, names[i], wire_get32(p));
	set_number(f, "ttl", rrset_ttl(s));
}

static int
emit_node(const struct node *n, void *ctx)
{
	struct reading *r = ctx;
	struct record_key key = {.kind = RECORD_RRSET, .zone = r->zone};
	struct fields own = {0};
	bool is_apex;

	key.owner.len = n->leaf.name_len;
	memcpy(key.owner.bytes, node_name(n), key.owner.len);
	is_apex = name_equal(key.owner.bytes, r->zone.bytes);
	for (const struct rrset *s = node_first(n); s != NULL; s = node_next(s)) {
		struct fields f = {0};

		if (is_apex && rrset_type(s) == TYPE_SOA) {
			add_soa(r, s, &own);
			continue;
		}
		if (is_apex && rrset_type(s) == TYPE_NS) {
			if (r->has_soa)
				add_values(s, &own, "ns");
			continue;
		}
		key.type = rrset_type(s);
		if (rrset_type(s) == TYPE_POOL)
			set_text(&f, "pool", r->pools[rrset_pool(s) - 1]);
		else
			add_values(s, &f, "values");
		if (rrset_type(s) != TYPE_POOL || rrset_ttl(s) != 0)
			set_number(&f, "ttl", rrset_ttl(s));
		emit(r, &key, &f);
		fields_fini(&f);
	}
	if (own.count != 0) {
		key.kind = RECORD_ZONE;
		emit(r, &key, &own);
	}
	fields_fini(&own);
	return 0;
}

/* An export of a zone that has only defaults has no SOA; one is put behind the text, so
 * that lines keep their numbers. */
static void
complete(struct reading *r)
{
	char zone[NAME_TEXT_MAX];
	struct buf rest = {0};

	r->has_soa = strcasestr(buf_text(&r->text), "SOA") != NULL;
	if (r->has_soa)
		return;
	name_write(r->zone.bytes, zone);
	buf_printf(&rest, "\n%s 0 IN SOA . . 0 0 0 0 0\n%s 0 IN NS .\n", zone, zone);
	buf_add(&r->text, rest.data, rest.len);
	buf_fini(&rest);
}

bool
zonetext_read(const char *path, const char *shown, const char *zone, FILE *out)
{
	struct reading r = {.path = shown, .out = out};
	struct zonefile_options options = {
	    .pool_id = pool_id, .open = open_text, .ctx = &r};
	struct complaints complaints = {0};
	struct buf why = {0};
	struct table *t = NULL;
	char *text = NULL;
	size_t len;
	enum err e;

	if (name_parse(zone, strlen(zone), &name_root, &r.zone) != OK) {
		fprintf(stderr, "sextantctl: %s is no domain name\n", zone);
		return false;
	}
	name_lower(r.zone.bytes, r.zone.bytes, r.zone.len);
	options.origin = r.zone;
	e = file_read(path, FILE_MAX, &text, &len, &why);
	if (e == OK) {
		buf_add(&r.text, text, len);
		complete(&r);
		e = zonefile_load(shown, &options, &t, &complaints);
		complaints_write(&complaints, &why);
	}
	fputs(buf_text(&why), stderr);
	if (e == OK)
		table_each(t, emit_node, &r);
	table_free(t);
	for (size_t i = 0; i < r.pool_count; i++)
		mem_free(r.pools[i]);
	mem_free(r.pools);
	mem_free(text);
	buf_fini(&r.text);
	buf_fini(&why);
	complaints_fini(&complaints);
	return e == OK;
}

/* ---- records to zone text ---- */

static const char *
get(const struct fields *f, const char *name)
{
	const struct field *found = fields_find(f, name);

	return found != NULL && found->len != 0 ? found->value : NULL;
}

static void
write_comment(
    struct zonetext *z, const char *key, const struct fields *f, struct buf *out)
{
	buf_str(out, "; ");
	exchange_write(key, f, out);
	buf_char(out, '\n');
	z->left_out++;
}

/* Only fields that zone text has. */
static bool
is_plain(const struct fields *f)
{
	static const char *const known[] = {
	    "values", "ttl", "pool", "state", "comment", "rev"};

	for (size_t i = 0; i < f->count; i++) {
		bool found = strncmp(f->list[i].name, "x-", 2) == 0;

		for (size_t j = 0; j < sizeof(known) / sizeof(known[0]); j++)
			found = found || strcmp(f->list[i].name, known[j]) == 0;
		if (!found)
			return false;
	}
	return get(f, "state") == NULL || strcmp(get(f, "state"), "active") == 0;
}

static bool
write_values(struct zonetext *z, const struct record_key *key, const struct fields *f,
    struct buf *out)
{
	const struct field *field = fields_find(f, "values");
	bool is_parted = key->type == TYPE_A || key->type == TYPE_AAAA ||
	                 key->type == TYPE_NS || key->type == TYPE_CNAME ||
	                 key->type == TYPE_PTR;
	char owner[NAME_TEXT_MAX], type[RDATA_TYPE_TEXT_MAX];
	static uint8_t wire[DNS_MESSAGE_MAX];
	uint32_t ttl = z->ttl;
	struct values v = {0};
	struct buf why = {0};
	enum err e = OK;

	if (field == NULL)
		return false;
	if (get(f, "ttl") != NULL)
		e = rdata_ttl_parse(get(f, "ttl"), strlen(get(f, "ttl")), &ttl);
	if (e == OK)
		e = values_read(field, is_parted ? " \t" : "", &v, &why);
	name_write(key->owner.bytes, owner);
	rdata_type_write(key->type, type);
	for (size_t i = 0; e == OK && i < v.count; i++) {
		uint16_t len;

		e = rdata_parse(key->type, v.list[i], strlen(v.list[i]), &key->zone, wire,
		    &len, &why);
		if (e != OK)
			break;
		buf_printf(out, "%s %u IN %s ", owner, ttl, type);
		rdata_write(key->type, wire, len, out);
		buf_char(out, '\n');
	}
	values_fini(&v);
	buf_fini(&why);
	return e == OK;
}

static uint32_t
number(const struct fields *f, const char *name, uint32_t dflt)
{
	const char *text = get(f, name);
	uint32_t n;

	return text != NULL && rdata_period_parse(text, strlen(text), &n) == OK ? n
	                                                                        : dflt;
}

static bool
write_zone(struct zonetext *z, const struct record_key *key, const struct fields *f,
    struct buf *out)
{
	struct fields ns = {0};
	struct record_key at = *key;

	z->ttl = number(f, "ttl", ZONE_TTL);
	if (get(f, "mname") == NULL || get(f, "rname") == NULL || get(f, "ns") == NULL ||
	    (get(f, "state") != NULL && strcmp(get(f, "state"), "active") != 0))
		return false;
	buf_printf(out, "@ %u IN SOA %s %s 1 %u %u %u %u\n", z->ttl, get(f, "mname"),
	    get(f, "rname"), number(f, "refresh", 3600), number(f, "retry", 600),
	    number(f, "expire", 1209600), number(f, "minimum", 60));
	set_text(&ns, "values", get(f, "ns"));
	at.kind = RECORD_RRSET;
	at.type = TYPE_NS;
	if (!write_values(z, &at, &ns, out))
		buf_str(out, "; the NS records could not be written\n");
	fields_fini(&ns);
	return true;
}

void
zonetext_write(
    struct zonetext *z, const char *text, const struct fields *f, struct buf *out)
{
	char name[NAME_TEXT_MAX];
	struct record_key key;
	struct buf why = {0};
	size_t before;
	bool done = false;
	enum err e = record_key_parse(text, strlen(text), &key, &why);

	buf_fini(&why);
	if (e == OK && key.kind != RECORD_POOL &&
	    (z->zone.len == 0 || !name_equal(z->zone.bytes, key.zone.bytes))) {
		z->zone = key.zone;
		z->ttl = ZONE_TTL;
		name_write(key.zone.bytes, name);
		buf_printf(out, "$ORIGIN %s\n", name);
	}
	before = out->len;
	if (e == OK && key.kind == RECORD_ZONE) {
		done = write_zone(z, &key, f, out);
	} else if (e == OK && key.kind == RECORD_RRSET && is_plain(f)) {
		if (key.type == TYPE_POOL && get(f, "pool") != NULL) {
			name_write(key.owner.bytes, name);
			buf_str(out, name);
			if (get(f, "ttl") != NULL)
				buf_printf(out, " %u", number(f, "ttl", 0));
			buf_printf(out, " IN POOL %s\n", get(f, "pool"));
			done = true;
		} else {
			done = write_values(z, &key, f, out);
		}
	}
	if (done)
		return;
	out->len = before;
	write_comment(z, text, f, out);
}
