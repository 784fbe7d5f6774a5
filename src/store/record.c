/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/record.h"

#include <string.h>

#include "base/mem.h"
#include "config/suggest.h"
#include "store/steered.h"
#include "store/values.h"
#include "zone/rdata.h"

/* A pool's default; a zone's own, if it is less. */
enum { STEERED_TTL = 60 };

/* Which fields a record of a kind can have. */
static const char *const rrset_fields[] = {"values", "ttl", "rescue", "check", "weights",
    "fallback", "blackhole", "max_answers", "min_healthy", "when_all_down", "sticky",
    "flatten", "state", "rev", "comment", NULL};
/* Of a pool of its own beside what steered_is_field() knows. */
static const char *const own_fields[] = {
    "values", "ttl", "state", "rev", "comment", NULL};
static const char *const pool_fields[] = {"pool", "ttl", "state", "rev", "comment", NULL};
static const char *const zone_fields[] = {"state", "ttl", "refresh", "retry", "expire",
    "minimum", "mname", "rname", "ns", "rev", "comment", NULL};
/* Words that are fixed already and wait for what is behind them. */
static const char *const later_fields[] = {"flatten", NULL};

static bool
is_in(const char *const *list, const char *word)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static const char *
nearest(const char *const *list, const char *word)
{
	const char *best = NULL;
	unsigned least = SUGGEST_NEAR + 1;

	for (; *list != NULL; list++) {
		unsigned d = suggest_distance(*list, word);

		if (d < least && suggest_is_near(word, d)) {
			least = d;
			best = *list;
		}
	}
	return best;
}

MUST_CHECK static enum err
check_names(const struct fields *fields, const char *const *known, bool may_steer,
    struct buf *why)
{
	for (size_t i = 0; i < fields->count; i++) {
		const char *name = fields->list[i].name;
		const char *meant;

		if (is_in(later_fields, name) && is_in(known, name)) {
			buf_printf(why, "field %s is not supported yet", name);
			return ERR_UNSUPPORTED;
		}
		if (is_in(known, name) || strncmp(name, "x-", 2) == 0 ||
		    (may_steer && steered_is_field(name)))
			continue;
		meant = nearest(known, name);
		if (meant != NULL)
			buf_printf(
			    why, "unknown field %.80s: did you mean %s?", name, meant);
		else
			buf_printf(why, "unknown field %.80s", name);
		return ERR_SYNTAX;
	}
	return OK;
}

/* A field in seconds; left alone when it is not there. */
MUST_CHECK static enum err
read_seconds(
    const struct fields *fields, const char *name, uint32_t *out, struct buf *why)
{
	const struct field *f = fields_find(fields, name);
	enum err e;

	if (f == NULL)
		return OK;
	e = rdata_ttl_parse(f->value, f->len, out);
	if (e != OK)
		buf_printf(
		    why, "field %s: seconds from 0 to 2147483647 are wanted", name);
	return e;
}

/* Names that are parted by blanks, as values are. */
static const char *
parted_by(uint16_t type)
{
	switch (type) {
	case TYPE_A:
	case TYPE_AAAA:
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
		return " \t";
	default:
		return "";
	}
}

MUST_CHECK static enum err
build_rrset(const struct record_key *key, uint32_t ttl, const struct values *texts,
    struct rrset **out, struct buf *why)
{
	struct rdata *list = mem_array(texts->count, sizeof(*list));
	uint8_t wire[DNS_MESSAGE_MAX]; /* from the heap it was a third of a start */
	struct buf reason = {0};
	size_t done = 0;
	enum err e = OK;

	for (; done < texts->count; done++) {
		const char *text = texts->list[done];
		uint16_t len;

		e = rdata_parse(
		    key->type, text, strlen(text), &key->zone, wire, &len, &reason);
		if (e != OK) {
			buf_printf(
			    why, "field values: %s: %.200s", buf_text(&reason), text);
			break;
		}
		list[done].data = mem_dup(wire, len);
		list[done].len = len;
	}
	if (e == OK) {
		e = rrset_new(key->type, ttl, list, texts->count, out);
		if (e != OK)
			buf_str(why, "field values: more than 65,535 octets");
		else
			(*out)->from_store = true;
	}
	while (done != 0)
		mem_free((void *)(uintptr_t)list[--done].data);
	mem_free(list);
	buf_fini(&reason);
	return e;
}

MUST_CHECK static enum err
compile_plain(struct record *r, const struct fields *fields, struct buf *why)
{
	const struct field *f = fields_find(fields, "values");
	struct values texts = {0};
	enum err e;

	for (size_t i = 0; i < fields->count; i++) {
		if (!steered_is_field(fields->list[i].name))
			continue;
		buf_printf(
		    why, "field %s needs values@REGION beside it", fields->list[i].name);
		return ERR_DENIED;
	}
	if (f == NULL)
		return OK;
	e = values_read(f, parted_by(r->key.type), &texts, why);
	if (e != OK)
		return e;
	if (r->key.type == TYPE_CNAME && texts.count > 1) {
		buf_str(why, "field values: a CNAME has one value"); /* RFC 2181 10.1 */
		e = ERR_DENIED;
	} else if (texts.count != 0) {
		e = build_rrset(&r->key, r->ttl, &texts, &r->rrset, why);
	}
	values_fini(&texts);
	return e;
}

/* What only the server itself makes. */
MUST_CHECK static enum err
check_type(const struct record_key *key, struct buf *why)
{
	bool is_apex = name_equal(key->owner.bytes, key->zone.bytes);

	switch (key->type) {
	case TYPE_SOA:
		buf_str(why, "the SOA is made from the zone's own record");
		return ERR_DENIED;
	case TYPE_RRSIG:
	case TYPE_NSEC:
	case TYPE_NSEC3:
		buf_str(why, "signatures and denials are made by the server");
		return ERR_DENIED;
	case TYPE_NS:
		if (!is_apex)
			return OK;
		buf_str(why, "the apex NS are field ns of the zone's own record");
		return ERR_DENIED;
	case TYPE_CNAME:
		if (!is_apex)
			return OK;
		buf_str(why, "no CNAME can stand at the apex"); /* RFC 2181 10.1 */
		return ERR_DENIED;
	default:
		return OK;
	}
}

MUST_CHECK static enum err
read_state(const struct fields *fields, bool *disabled, struct buf *why)
{
	const struct field *f = fields_find(fields, "state");

	*disabled = f != NULL && strcmp(f->value, "disabled") == 0;
	if (f == NULL || *disabled || strcmp(f->value, "active") == 0)
		return OK;
	buf_str(why, "field state: active or disabled is wanted");
	return ERR_SYNTAX;
}

MUST_CHECK static enum err
compile_rrset(struct record *r, const struct fields *fields,
    const struct record_rules *rules, struct buf *why)
{
	bool steered = false;
	enum err e = check_names(fields, rrset_fields, true, why);

	if (e == OK)
		e = check_type(&r->key, why);
	if (e == OK)
		e = read_state(fields, &r->disabled, why);
	r->ttl = rules->default_ttl;
	if (e == OK)
		e = read_seconds(fields, "ttl", &r->ttl, why);
	if (e != OK)
		return e;
	for (size_t i = 0; i < fields->count; i++)
		if (strncmp(fields->list[i].name, STEERED_PREFIX,
		        strlen(STEERED_PREFIX)) == 0)
			steered = true;
	/* what may have to change within a minute must not be kept for the zone's five */
	if (steered && fields_find(fields, "ttl") == NULL && r->ttl > STEERED_TTL)
		r->ttl = STEERED_TTL;
	return steered ? steered_compile(&r->key, fields, r->ttl, rules, &r->pool, why)
	               : compile_plain(r, fields, why);
}

MUST_CHECK static enum err
compile_pool(struct record *r, const struct fields *fields,
    const struct record_rules *rules, struct buf *why)
{
	const struct field *f = fields_find(fields, "pool");
	const struct config *c = rules->config;
	enum err e = check_names(fields, pool_fields, false, why);
	size_t i = 0;

	if (e == OK)
		e = read_state(fields, &r->disabled, why);
	r->ttl = 0; /* the pool's own */
	if (e == OK)
		e = read_seconds(fields, "ttl", &r->ttl, why);
	if (e != OK)
		return e;
	if (f == NULL || f->len == 0) {
		buf_str(why, "field pool is missing");
		return ERR_SYNTAX;
	}
	while (c != NULL && i < c->pool_count && strcmp(c->pools[i].name, f->value) != 0)
		i++;
	if (c != NULL && i == c->pool_count &&
	    (rules->has_pool == NULL || !rules->has_pool(rules->ctx, f->value))) {
		buf_printf(why,
		    "field pool: neither the configuration nor the store has a pool "
		    "%.80s",
		    f->value);
		return ERR_MISSING;
	}
	/* RFC 2181 10.1: the apex has SOA and NS, beside which no CNAME can stand */
	if (c != NULL && i < c->pool_count && config_pool_is_cname(&c->pools[i]) &&
	    name_equal(r->key.owner.bytes, r->key.zone.bytes)) {
		buf_printf(why,
		    "field pool: the pool %.80s can be a CNAME, and none can stand at "
		    "the "
		    "apex",
		    f->value);
		return ERR_DENIED;
	}
	r->pool_name = mem_str(f->value);
	return OK;
}

/* dns:!pool:NAME */
MUST_CHECK static enum err
compile_own_pool(struct record *r, const struct fields *fields,
    const struct record_rules *rules, struct buf *why)
{
	enum err e = check_names(fields, own_fields, true, why);

	if (e == OK)
		e = read_state(fields, &r->disabled, why);
	r->ttl = STEERED_TTL;
	if (e == OK)
		e = read_seconds(fields, "ttl", &r->ttl, why);
	if (e == OK)
		e = steered_compile(&r->key, fields, r->ttl, rules, &r->pool, why);
	if (e == OK && r->pool == NULL) {
		buf_str(why, "a pool needs values or values@REGION");
		return ERR_SYNTAX;
	}
	return e;
}

MUST_CHECK static enum err
read_zone_name(const struct record *r, const struct fields *fields, const char *name,
    struct name *out, struct buf *why)
{
	const struct field *f = fields_find(fields, name);

	if (f == NULL || f->len == 0)
		return OK;
	if (name_parse(f->value, f->len, &r->key.zone, out) == OK)
		return OK;
	buf_printf(why, "field %s: %.200s is not a name", name, f->value);
	return ERR_SYNTAX;
}

MUST_CHECK static enum err
read_zone_ns(struct record *r, const struct fields *fields, struct buf *why)
{
	const struct field *f = fields_find(fields, "ns");
	struct record_zone *z = r->zone;
	struct values texts = {0};
	enum err e;

	if (f == NULL)
		return OK;
	e = values_read(f, " \t,", &texts, why);
	if (e != OK || texts.count == 0)
		return e;
	z->ns = mem_array(texts.count, sizeof(*z->ns));
	for (size_t i = 0; e == OK && i < texts.count; i++) {
		e = name_parse(
		    texts.list[i], strlen(texts.list[i]), &r->key.zone, &z->ns[i]);
		if (e != OK)
			buf_printf(why, "field ns: %.200s is not a name", texts.list[i]);
		else
			z->ns_count++;
	}
	values_fini(&texts);
	return e;
}

MUST_CHECK static enum err
read_zone_state(struct record_zone *z, const struct fields *fields, struct buf *why)
{
	static const char *const words[] = {[ZONE_ACTIVE] = "active",
	    [ZONE_FROZEN] = "frozen",
	    [ZONE_DELETED] = "deleted"};
	const struct field *f = fields_find(fields, "state");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (f != NULL && strcmp(f->value, words[i]) != 0)
			continue;
		z->state = (enum zone_state)i;
		return OK;
	}
	buf_str(why, "field state: active, frozen or deleted is wanted");
	return ERR_SYNTAX;
}

MUST_CHECK static enum err
compile_zone(struct record *r, const struct fields *fields,
    const struct record_rules *rules, struct buf *why)
{
	struct record_zone *z = mem_new(sizeof(*z));
	const struct {
		const char *name;
		uint32_t *at;
	} times[] = {{"ttl", &z->ttl}, {"refresh", &z->refresh}, {"retry", &z->retry},
	    {"expire", &z->expire}, {"minimum", &z->minimum}};
	enum err e;

	r->zone = z;
	z->ttl = rules->default_ttl;
	z->refresh = 3600;
	z->retry = 600;
	z->expire = 1209600;
	z->minimum = 60;
	e = check_names(fields, zone_fields, false, why);
	if (e == OK)
		e = read_zone_state(z, fields, why);
	for (size_t i = 0; e == OK && i < sizeof(times) / sizeof(times[0]); i++)
		e = read_seconds(fields, times[i].name, times[i].at, why);
	if (e == OK)
		e = read_zone_name(r, fields, "mname", &z->mname, why);
	if (e == OK)
		e = read_zone_name(r, fields, "rname", &z->rname, why);
	if (e == OK)
		e = read_zone_ns(r, fields, why);
	r->ttl = z->ttl;
	return e;
}

/* A disabled record is checked like any other, and then gives nothing. */
static void
disable(struct record *r)
{
	rrset_free(r->rrset);
	config_pool_free(r->pool);
	mem_free(r->pool_name);
	r->rrset = NULL;
	r->pool = NULL;
	r->pool_name = NULL;
}

enum err
record_compile(const struct record_key *key, const struct fields *fields,
    const struct record_rules *rules, struct record **out, struct buf *why)
{
	struct record *r = mem_new(sizeof(*r));
	enum err e;

	r->key = *key;
	if (key->kind == RECORD_ZONE)
		e = compile_zone(r, fields, rules, why);
	else if (key->kind == RECORD_POOL)
		e = compile_own_pool(r, fields, rules, why);
	else if (key->type == TYPE_POOL)
		e = compile_pool(r, fields, rules, why);
	else
		e = compile_rrset(r, fields, rules, why);
	if (e != OK) {
		record_free(r);
		return e;
	}
	if (r->disabled)
		disable(r);
	*out = r;
	return OK;
}

void
record_free(struct record *r)
{
	if (r == NULL)
		return;
	rrset_free(r->rrset);
	config_pool_free(r->pool);
	mem_free(r->pool_name);
	if (r->zone != NULL) {
		mem_free(r->zone->ns);
		mem_free(r->zone);
	}
	mem_free(r);
}
