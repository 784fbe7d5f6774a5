/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "store/record.h"
#include "store/values.h"
#include "zone/rdata.h"

struct key_case {
	const char *key;
	enum err e;
	const char *why; /* a part of it; NULL: not looked at */
};

static void
test_keys(void **state)
{
	static const struct key_case cases[] = {
	    {"dns:{example.com}", OK, NULL},
	    {"dns:{.}", OK, NULL},
	    {"dns:{example.com}:www:A", OK, NULL},
	    {"dns:{example.com}:@:MX", OK, NULL},
	    {"dns:{example.com}:*.dev:TXT", OK, NULL},
	    {"dns:{example.com}:*:A", OK, NULL},
	    {"dns:{example.com}:a.\\042.b:A", OK, NULL},
	    {"dns:{example.com}:_acme-challenge:TXT", OK, NULL},
	    {"dns:{example.com}:a\\046b.c:A", OK, NULL},
	    {"dns:{example.com}:a\\255b:A", OK, NULL},
	    {"dns:{example.com}:a\\058b:TYPE65281", OK, NULL},
	    {"dns:{example.com}:api:POOL", OK, NULL},
	    {"dns:{.}:com:A", OK, NULL},
	    {"dns:{example.com}:WWW:A", ERR_DENIED, "dns:{example.com}:www:A"},
	    {"dns:{Example.com}:www:A", ERR_DENIED, "dns:{example.com}:www:A"},
	    {"dns:{example.com.}:www:A", ERR_DENIED, "dns:{example.com}:www:A"},
	    {"dns:{example.com}:www:a", ERR_DENIED, "dns:{example.com}:www:A"},
	    {"dns:{example.com}:www:TYPE1", ERR_DENIED, "dns:{example.com}:www:A"},
	    {"dns:{example.com}:www.example.com.:A", ERR_DENIED,
	        "dns:{example.com}:www:A"},
	    {"dns:{example.com}:\\119ww:A", ERR_DENIED, "dns:{example.com}:www:A"},
	    {"dns:{example.com}:a:b:A", ERR_DENIED, "dns:{example.com}:a\\058b:A"},
	    {"dns:{example.com}:a.*.b:A", ERR_DENIED, "dns:{example.com}:a.\\042.b:A"},
	    {"dns:{example.com}:example.com.:A", ERR_DENIED, "dns:{example.com}:@:A"},
	    {"dns:{example.com}:www.example.net.:A", ERR_DENIED, "not in the zone"},
	    {"dns:{example.com}:www", ERR_SYNTAX, NULL},
	    {"dns:{example.com}:www:NOSUCH", ERR_SYNTAX, "NOSUCH"},
	    {"dns:{example.com}:www:ANY", ERR_UNSUPPORTED, "ANY"},
	    {"dns:{example.com}:a..b:A", ERR_SYNTAX, "owner"},
	    {"dns:{example.com}x", ERR_SYNTAX, NULL},
	    {"dns:{example.com", ERR_SYNTAX, NULL},
	    {"dns:{}", ERR_SYNTAX, "zone"},
	    {"dns:example.com:www:A", ERR_SYNTAX, NULL},
	    {"dns:!pool:edge", OK, NULL},
	    {"dns:!pool:e.d-g_e9", OK, NULL},
	    {"dns:!pool:Edge", ERR_SYNTAX, "a-z"},
	    {"dns:!pool:", ERR_SYNTAX, "pool's name"},
	    {"dns:!pool:a:b", ERR_SYNTAX, "pool's name"},
	    {"dns:!pool:-a", ERR_SYNTAX, "begin with"},
	    {"dns:!pools:a", ERR_SYNTAX, "a key begins with"},
	    {"", ERR_SYNTAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct key_case *c = &cases[i];
		struct buf why = {0}, back = {0};
		struct record_key key;
		enum err e = record_key_parse(c->key, strlen(c->key), &key, &why);

		if (e != c->e ||
		    (c->why != NULL && strstr(buf_text(&why), c->why) == NULL))
			fail_msg("%s: %s \"%s\"", c->key, err_text(e), buf_text(&why));
		if (e == OK) {
			record_key_write(&key, &back);
			assert_string_equal(buf_text(&back), c->key);
		}
		buf_fini(&why);
		buf_fini(&back);
	}
}

static void
test_key_parts(void **state)
{
	static const char text[] = "dns:{example.com}:*.dev:AAAA";
	char owner[NAME_TEXT_MAX];
	struct record_key key;
	struct buf why = {0};

	(void)state;
	assert_int_equal(record_key_parse(text, sizeof(text) - 1, &key, &why), OK);
	assert_int_equal(key.kind, RECORD_RRSET);
	assert_int_equal(key.type, TYPE_AAAA);
	name_write(key.owner.bytes, owner);
	assert_string_equal(owner, "*.dev.example.com.");
	assert_int_equal(record_key_parse("dns:{example.com}", 17, &key, &why), OK);
	assert_int_equal(key.kind, RECORD_ZONE);
	assert_int_equal(key.type, 0);
	assert_true(name_equal(key.owner.bytes, key.zone.bytes));
	buf_fini(&why);
}

static void
test_fields(void **state)
{
	struct fields f = {0}, copy;

	(void)state;
	assert_int_equal(fields_set(&f, "values", "1", 1), OK);
	assert_int_equal(fields_set(&f, "ttl", "60", 2), OK);
	assert_int_equal(fields_set(&f, "values", "2", 1), OK);
	assert_int_equal(f.count, 2);
	assert_string_equal(f.list[0].name, "ttl");
	assert_string_equal(fields_find(&f, "values")->value, "2");
	assert_null(fields_find(&f, "value"));
	assert_int_equal(fields_set(&f, "x-a", "a\0b", 3), ERR_SYNTAX);
	/* fixed: rows on disk carry it */
	assert_true(fields_sum("k", 1, &f) == UINT64_C(0x0ff11cbd1e271f94));
	fields_copy(&copy, &f);
	assert_int_equal(fields_sum("k", 1, &f), fields_sum("k", 1, &copy));
	/* what moves from one field to the next is another record */
	assert_int_not_equal(fields_sum("k", 1, &f), fields_sum("l", 1, &f));
	fields_fini(&copy);
	assert_int_equal(fields_set(&copy, "ttl", "602", 3), OK);
	assert_int_equal(fields_set(&copy, "values", "", 0), OK);
	assert_int_not_equal(fields_sum("k", 1, &f), fields_sum("k", 1, &copy));
	/* what is remembered goes with a change, and does not go into a copy */
	assert_true(fields_keep_sum("k", 1, &f) == UINT64_C(0x0ff11cbd1e271f94));
	assert_true(fields_sum("k", 1, &f) == UINT64_C(0x0ff11cbd1e271f94));
	fields_fini(&copy);
	fields_copy(&copy, &f);
	assert_int_not_equal(fields_sum("l", 1, &copy), fields_sum("k", 1, &f));
	assert_int_equal(fields_set(&f, "ttl", "61", 2), OK);
	assert_int_not_equal(fields_sum("k", 1, &f), fields_sum("k", 1, &copy));
	fields_fini(&copy);
	fields_fini(&f);
}

struct values_case {
	const char *text, *also;
	enum err e;
	const char *out; /* parted by | */
};

static void
test_values(void **state)
{
	static const struct values_case cases[] = {
	    {"", "", OK, ""},
	    {" \n\t\n", "", OK, ""},
	    {"a b", "", OK, "a b"},
	    {"a b", " \t", OK, "a|b"},
	    {"a\r\n  b  \n\nc", "", OK, "a|b|c"},
	    {"[\"a b\", \"c\"]", " ", OK, "a b|c"},
	    {" [ ]", "", OK, ""},
	    {"[\"a\\nb\"]", "", ERR_SYNTAX, NULL},
	    {"[1]", "", ERR_SYNTAX, NULL},
	    {"[\"a\"", "", ERR_SYNTAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct values_case *c = &cases[i];
		struct buf why = {0}, all = {0};
		struct values v = {0};
		enum err e = values_parse(c->text, strlen(c->text), c->also, &v, &why);

		if (e != c->e)
			fail_msg("%s: %s", c->text, err_text(e));
		for (size_t j = 0; j < v.count; j++)
			buf_printf(&all, "%s%s", j == 0 ? "" : "|", v.list[j]);
		if (e == OK)
			assert_string_equal(buf_text(&all), c->out);
		values_fini(&v);
		buf_fini(&why);
		buf_fini(&all);
	}
}

/* "name=value" with fields parted by ';;' */
static void
set_fields(struct fields *f, const char *text)
{
	while (*text != '\0') {
		const char *end = strstr(text, ";;");
		size_t len = end == NULL ? strlen(text) : (size_t)(end - text);
		const char *eq = memchr(text, '=', len);
		char *name;

		assert_non_null(eq);
		name = mem_strn(text, (size_t)(eq - text));
		assert_int_equal(
		    fields_set(f, name, eq + 1, len - (size_t)(eq + 1 - text)), OK);
		mem_free(name);
		text += len + (end == NULL ? 0 : 2);
	}
}

static void
write_endpoints(
    struct buf *out, const char *name, const struct config_endpoint *list, size_t count)
{
	buf_printf(out, " %s:", name);
	for (size_t i = 0; i < count; i++) {
		char ip[IP_TEXT_MAX];

		ip_write(&list[i].ip, ip);
		buf_printf(out, "%s%s", i == 0 ? "" : ",", ip);
		if (list[i].weight != 1)
			buf_printf(out, "*%u", list[i].weight);
	}
}

static void
write_pool(const struct config_pool *p, struct buf *out)
{
	buf_printf(out, "pool ttl=%u..%u check=%s", p->ttl_min, p->ttl,
	    p->check == NULL ? "-" : p->check);
	for (size_t i = 0; i < p->region_count; i++)
		write_endpoints(out, p->regions[i].region, p->regions[i].endpoints,
		    p->regions[i].endpoint_count);
	write_endpoints(out, "default", p->dflt, p->dflt_count);
	write_endpoints(out, "rescue", p->rescue, p->rescue_count);
	for (size_t i = 0; i < p->fallback_count; i++) {
		buf_printf(out, " %s>", p->fallbacks[i].region);
		for (size_t j = 0; j < p->fallbacks[i].to_count; j++)
			buf_printf(out,
			    p->fallbacks[i].shares != NULL ? "%s%s=%u" : "%s%s",
			    j == 0 ? "" : ",", p->fallbacks[i].to[j],
			    p->fallbacks[i].shares != NULL ? p->fallbacks[i].shares[j]
			                                   : 0);
	}
	if (p->sticky)
		buf_str(out, " sticky");
	for (size_t i = 0; i < p->blackhole_count; i++)
		buf_printf(out, "%s%s", i == 0 ? " black=" : ",", p->blackhole[i].code);
	buf_printf(out, " max=%u min=%u%s down=%d", p->max_answers, p->min_healthy,
	    p->min_healthy_percent ? "%" : "", (int)p->when_all_down);
}

static void
write_zone(const struct record_zone *z, struct buf *out)
{
	char name[NAME_TEXT_MAX];

	buf_printf(out, "zone state=%d %u %u %u %u %u", (int)z->state, z->ttl, z->refresh,
	    z->retry, z->expire, z->minimum);
	if (z->mname.len != 0) {
		name_write(z->mname.bytes, name);
		buf_printf(out, " mname=%s", name);
	}
	for (size_t i = 0; i < z->ns_count; i++) {
		name_write(z->ns[i].bytes, name);
		buf_printf(out, " ns=%s", name);
	}
}

/* What a record has become, as one line. */
static void
write_record(const struct record *r, struct buf *out)
{
	struct rdata rd;

	if (r->disabled)
		buf_str(out, "disabled ");
	if (r->rrset != NULL) {
		buf_printf(
		    out, "rrset %u %u:", rrset_type(r->rrset), rrset_ttl(r->rrset));
		assert_true(r->rrset->from_store);
		for (size_t pos = 0; rrset_next(r->rrset, &pos, &rd);) {
			buf_char(out, ' ');
			rdata_write(rrset_type(r->rrset), rd.data, rd.len, out);
		}
	} else if (r->pool != NULL) {
		write_pool(r->pool, out);
	} else if (r->pool_name != NULL) {
		buf_printf(out, "use %s %u", r->pool_name, r->ttl);
	} else if (r->zone != NULL) {
		write_zone(r->zone, out);
	} else {
		buf_str(out, "nothing");
	}
}

struct record_case {
	const char *key; /* behind "dns:{example.com}" */
	const char *fields;
	enum err e;
	const char *out; /* what it becomes, or a part of why not */
};

static const struct record_case records[] = {
    {":www:A", "values=192.0.2.2 192.0.2.1;;ttl=60", OK,
        "rrset 1 60: 192.0.2.1 192.0.2.2"},
    {":www:A", "values=192.0.2.1", OK, "rrset 1 300: 192.0.2.1"},
    {":www:A", "values=192.0.2.1;;ttl=1h;;rev=7;;comment=x;;x-me=y", OK,
        "rrset 1 3600: 192.0.2.1"},
    {":www:A", "values=", OK, "nothing"},
    {":www:A", "rev=1", OK, "nothing"},
    {":www:A", "values=192.0.2.1;;state=disabled", OK, "disabled nothing"},
    {":www:A", "values=[\"192.0.2.1\"]", OK, "rrset 1 300: 192.0.2.1"},
    {":mail:MX", "values=10 mx1\n20 mx2.example.net.", OK,
        "rrset 15 300: 10 mx1.example.com. 20 mx2.example.net."},
    {":@:TXT", "values=\"v=spf1 -all\"", OK, "rrset 16 300: \"v=spf1 -all\""},
    {":a:CNAME", "values=b", OK, "rrset 5 300: b.example.com."},
    {":sub:NS", "values=ns1 ns2.example.net.", OK,
        "rrset 2 300: ns1.example.com. ns2.example.net."},
    {":www:A", "values=192.0.2.1;;state=off", ERR_SYNTAX, "field state"},
    {":www:A", "values=192.0.2.256", ERR_SYNTAX, "field values"},
    {":www:A", "values=2001:db8::1", ERR_SYNTAX, "field values"},
    {":www:A", "values=192.0.2.1;;ttl=-1", ERR_SYNTAX, "field ttl"},
    {":www:A", "value=192.0.2.1", ERR_SYNTAX,
        "unknown field value: did you mean values?"},
    {":www:A", "values=192.0.2.1;;geo=eu", ERR_SYNTAX, "unknown field geo"},
    {":www:A", "values=192.0.2.1;;sticky=true", ERR_DENIED,
        "field sticky needs values@REGION"},
    {":www:A", "values=192.0.2.1;;check=web", ERR_DENIED, "field check needs values@"},
    {":a:CNAME", "values=b c", ERR_DENIED, "one value"},
    {":@:CNAME", "values=b", ERR_DENIED, "apex"},
    {":@:SOA", "values=a. b. 1 2 3 4 5", ERR_DENIED, "SOA"},
    {":@:NS", "values=ns1", ERR_DENIED, "field ns"},
    {":www:RRSIG", "values=x", ERR_DENIED, "signatures"},
    {":www:MX", "values@weu=10 a", ERR_UNSUPPORTED, "only A and AAAA"},
    {":www:A", "values@weu=192.0.2.1 192.0.2.2 192.0.2.1;;ttl=30;;check=web", OK,
        "pool ttl=10..30 check=web weu:192.0.2.1,192.0.2.2 default: rescue: max=0 min=1 "
        "down=0"},
    {":www:AAAA",
        "values=2001:db8::9;;values@weu=2001:db8::1;;values@ceu=2001:db8::2;;"
        "rescue=2001:db8::3;;fallback=weu: ceu eeu; ceu: weu;;max_answers=2;;"
        "min_healthy=50%;;when_all_down=empty;;ttl=5",
        OK,
        "pool ttl=5..5 check=- ceu:2001:db8::2 weu:2001:db8::1 default:2001:db8::9 "
        "rescue:2001:db8::3 weu>ceu,eeu ceu>weu max=2 min=50% down=2"},
    {":www:A", "values@weu=192.0.2.1 192.0.2.2;;weights@weu=3 0;;when_all_down=cname b",
        OK,
        "pool ttl=10..60 check=- weu:192.0.2.1*3,192.0.2.2*0 default: rescue: max=0 "
        "min=1 down=1"},
    {":www:A", "values@weu=192.0.2.1;;values=192.0.2.2;;weights=7", OK,
        "pool ttl=10..60 check=- weu:192.0.2.1 default:192.0.2.2*7 rescue: max=0 min=1 "
        "down=0"},
    {":www:A", "values@weu=;;values@ceu=", OK, "nothing"},
    {":www:A", "values@weu=192.0.2.1;;values@ceu=", OK,
        "pool ttl=10..60 check=- weu:192.0.2.1 default: rescue: max=0 min=1 down=0"},
    {":www:A", "values@nowhere=192.0.2.1", ERR_DENIED, "no region nowhere"},
    {":www:A", "values@=192.0.2.1", ERR_DENIED, "no region"},
    {":www:A", "values@weu=192.0.2.1;;check=nosuch", ERR_DENIED, "no check nosuch"},
    {":www:A", "values@weu=2001:db8::1", ERR_SYNTAX, "not an IPv4 address"},
    {":www:A", "values@weu=192.0.2.1;;weights@weu=1 2", ERR_RANGE, "2 weights for 1"},
    {":www:A", "values@weu=192.0.2.1;;weights@weu=65536", ERR_RANGE, "weight"},
    {":www:A", "values@weu=192.0.2.1;;weights=1", ERR_DENIED, "no field values"},
    {":www:A",
        "values@weu=192.0.2.1;;fallback=weu: ceu=70 eeu=30; ceu: weu=1;;sticky=true;;"
        "blackhole=KP ir,KP",
        OK,
        "pool ttl=10..60 check=- weu:192.0.2.1 default: rescue: weu>ceu=70,eeu=30 "
        "ceu>weu=1 sticky black=KP,IR max=0 min=1 down=0"},
    {":www:A", "values@weu=192.0.2.1;;sticky=false;;blackhole=", OK,
        "pool ttl=10..60 check=- weu:192.0.2.1 default: rescue: max=0 min=1 down=0"},
    {":www:A", "values@weu=192.0.2.1;;fallback=weu", ERR_SYNTAX, "field fallback"},
    {":www:A", "values@weu=192.0.2.1;;fallback=weu: xx", ERR_DENIED, "no region xx"},
    {":www:A", "values@weu=192.0.2.1;;fallback=weu:ceu;weu:eeu", ERR_SYNTAX, "twice"},
    {":www:A", "values@weu=192.0.2.1;;max_answers=0", ERR_RANGE, "max_answers"},
    {":www:A", "values@weu=192.0.2.1;;min_healthy=101%", ERR_RANGE, "min_healthy"},
    {":www:A", "values@weu=192.0.2.1;;when_all_down=up", ERR_SYNTAX, "when_all_down"},
    {":@:A", "values@weu=192.0.2.1;;when_all_down=cname b", ERR_DENIED, "apex"},
    {":api:POOL", "pool=edge;;ttl=30", OK, "use edge 30"},
    {":api:POOL", "pool=edge", OK, "use edge 0"},
    {":api:POOL", "pool=edge;;state=disabled", OK, "disabled nothing"},
    {":api:POOL", "pool=nosuch", ERR_MISSING,
        "neither the configuration nor the store has a pool nosuch"},
    {":api:POOL", "pool=stored", OK, "use stored 0"},
    {":api:POOL", "ttl=30", ERR_SYNTAX, "field pool"},
    {":api:POOL", "pool=edge;;values=192.0.2.1", ERR_SYNTAX, "unknown field values"},
    {"", "ttl=60", OK, "zone state=0 60 3600 600 1209600 60"},
    {"!pool:edge", "values@weu=192.0.2.1 2001:db8::1;;values=192.0.2.9;;check=web", OK,
        "pool ttl=10..60 check=web weu:192.0.2.1,2001:db8::1 default:192.0.2.9 rescue: "
        "max=0 min=1 down=0"},
    {"!pool:edge", "values=192.0.2.1 192.0.2.2;;weights=1 3;;ttl=5", OK,
        "pool ttl=5..5 check=- default:192.0.2.1,192.0.2.2*3 rescue: max=0 min=1 down=0"},
    {"!pool:edge", "values=192.0.2.1;;state=disabled", OK, "disabled nothing"},
    {"", "state=deleted;;ns=ns1 ns2.example.net.;;mname=ns1;;minimum=10", OK,
        "zone state=2 300 3600 600 1209600 10 mname=ns1.example.com. "
        "ns=ns1.example.com. ns=ns2.example.net."},
    {"", "state=gone", ERR_SYNTAX, "field state"},
    {"", "mname=a..b", ERR_SYNTAX, "field mname"},
    {"", "minimun=10", ERR_SYNTAX, "did you mean minimum?"},
    {"", "values=1", ERR_SYNTAX, "unknown field"},
};

/* The store has one pool. */
static bool
has_pool(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "stored") == 0;
}

static void
test_compile(void **state)
{
	struct config_check check = {.name = (char *)(uintptr_t) "web"};
	struct config_pool pool = {.name = (char *)(uintptr_t) "edge"};
	struct config cfg = {
	    .checks = &check, .check_count = 1, .pools = &pool, .pool_count = 1};
	struct record_rules rules = {
	    .default_ttl = 300, .config = &cfg, .has_pool = has_pool};

	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		const struct record_case *c = &records[i];
		struct buf why = {0}, out = {0};
		struct fields f = {0};
		struct record *r = NULL;
		struct record_key key;
		char text[100];
		enum err e;

		snprintf(text, sizeof(text), "dns:%s%s",
		    c->key[0] == '!' ? "" : "{example.com}", c->key);
		assert_int_equal(record_key_parse(text, strlen(text), &key, &why), OK);
		set_fields(&f, c->fields);
		e = record_compile(&key, &f, &rules, &r, &why);
		if (e == OK)
			write_record(r, &out);
		if (e != c->e || (e == OK && strcmp(buf_text(&out), c->out) != 0) ||
		    (e != OK && strstr(buf_text(&why), c->out) == NULL))
			fail_msg("%s %s:\n%s \"%s\" \"%s\"", c->key, c->fields,
			    err_text(e), buf_text(&out), buf_text(&why));
		record_free(r);
		fields_fini(&f);
		buf_fini(&why);
		buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_key_parts),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_compile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
