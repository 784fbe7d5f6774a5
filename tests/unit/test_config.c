/* SPDX-License-Identifier: BSD-2-Clause */
/* What a good configuration becomes: values, defaults, includes, copies. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/config.h"

static const char *const files[] = {
    "t.yaml", "secret", "conf.d/a.yaml", "conf.d/b.yaml", "conf.d/loop.yaml"};

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct config *
load(const char *yaml)
{
	struct complaints complaints = {0};
	struct config *c = NULL;
	struct buf text = {0};
	enum err e;

	write_file("t.yaml", yaml);
	e = config_load("t.yaml", &c, &complaints);
	complaints_write(&complaints, &text);
	assert_string_equal(buf_text(&text), "");
	assert_int_equal(e, OK);
	buf_fini(&text);
	complaints_fini(&complaints);
	return c;
}

static void
file_fails(const char *said)
{
	struct complaints complaints = {0};
	struct config *c = NULL;
	struct buf text = {0};

	assert_int_equal(config_load("t.yaml", &c, &complaints), ERR_SYNTAX);
	complaints_write(&complaints, &text);
	assert_string_equal(buf_text(&text), said);
	buf_fini(&text);
	complaints_fini(&complaints);
}

static void
load_fails(const char *yaml, const char *said)
{
	write_file("t.yaml", yaml);
	file_fails(said);
}

static void
assert_port(const struct ip_port *p, const char *text)
{
	char got[ENDPOINT_TEXT_MAX];

	ip_port_write(p, got);
	assert_string_equal(got, text);
}

static void
assert_ip(const struct ip *ip, const char *text)
{
	char got[IP_TEXT_MAX];

	ip_write(ip, got);
	assert_string_equal(got, text);
}

static void
assert_name(const struct name *n, const char *text)
{
	char got[NAME_TEXT_MAX];

	name_write_plain(n->bytes, got);
	assert_string_equal(got, text);
}

static void
defaults(void **state)
{
	struct config *c = load("zones: [{domain: a.b, file: x}]\n");
	char host[256];

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_int_equal(c->server.listen_count, 2);
	assert_port(&c->server.listen[0], "127.0.0.1@5300");
	assert_port(&c->server.listen[1], "::1@5300");
	assert_true(c->server.workers >= 1);
	assert_int_equal(c->server.tcp_workers, 1);
	assert_string_equal(c->server.identity, host);
	assert_string_equal(c->server.version, "");
	assert_int_equal(c->server.state_dir[0], '/');
	assert_non_null(strstr(c->server.control, "/control.sock"));
	assert_null(c->server.admin_group);
	assert_true(c->geo.ecs);
	assert_int_equal(c->store.kind, STORE_EMBEDDED);
	assert_true(c->store.fresh_for_ms == 60000);
	assert_int_equal(c->store.stale_ttl, 300);
	assert_int_equal(c->zone_count, 1);
	assert_name(&c->zones[0].domain, "a.b");
	assert_string_equal(c->zones[0].file, "x");
	assert_false(c->zones[0].store);
	assert_true(c->zones[0].ecs);
	assert_int_equal(c->zones[0].where.line, 1);
	assert_int_equal(c->zones[0].where.column, 9);
	assert_string_equal(c->zones[0].where.file, "t.yaml");
	config_free(c);
}

static void
check_defaults(void **state)
{
	struct config *c =
	    load("checks:\n- {name: a, http: }\n- {name: b, http: {tls: on}}\n"
	         "- {name: c, tcp: {port: 25}}\nzones: [{domain: a, file: x}]\n");
	const struct config_check *a = config_find_check(c, "a");

	(void)state;
	assert_non_null(a);
	assert_int_equal(a->kind, CHECK_HTTP);
	assert_int_equal(a->port, 80);
	assert_true(a->verify);
	assert_false(a->follow);
	assert_null(a->host);
	assert_string_equal(a->path, "/");
	assert_string_equal(a->method, "GET");
	assert_int_equal(a->status_count, 1);
	assert_int_equal(a->status[0].first, 200);
	assert_true(
	    a->interval_ms == 5000 && a->timeout_ms == 2000 && a->confirm_ms == 500);
	assert_true(a->fall == 3 && a->rise == 2);
	assert_int_equal(config_find_check(c, "b")->port, 443);
	assert_int_equal(config_find_check(c, "c")->kind, CHECK_TCP);
	assert_int_equal(config_find_check(c, "c")->port, 25);
	assert_null(config_find_check(c, "d"));
	config_free(c);
}

/* NO is Norway, not "off". */
static void
geo_values(void **state)
{
	struct config *c =
	    load("geo:\n  databases: /x.mmdb\n  ecs: off\n  regions:\n"
	         "  - {name: nordics, match: [NO, SE], centroid: [60, -15.5]}\n"
	         "  - {name: weu, match: de}\n"
	         "  prefixes: [{prefix: 10.0.0.0/8, region: nordics}]\n"
	         "zones: [{domain: a, file: x}, {domain: b, file: y, ecs: on}]\n");

	(void)state;
	assert_int_equal(c->geo.database_count, 1);
	assert_string_equal(c->geo.databases[0], "/x.mmdb");
	assert_int_equal(c->geo.database_wheres[0].line, 2);
	assert_int_equal(c->geo.region_count, 2);
	assert_int_equal(c->geo.regions[0].matches[0].kind, MATCH_COUNTRY);
	assert_string_equal(c->geo.regions[0].matches[0].code, "NO");
	assert_true(c->geo.regions[0].has_centroid);
	assert_true(c->geo.regions[0].lat == 60 && c->geo.regions[0].lon == -15.5);
	assert_string_equal(c->geo.regions[1].matches[0].code, "DE");
	assert_int_equal(c->geo.prefixes[0].prefix.len, 8);
	assert_string_equal(c->geo.prefixes[0].region, "nordics");
	assert_false(c->zones[0].ecs);
	assert_true(c->zones[1].ecs);
	config_free(c);
}

static void
geo_files(void **state)
{
	struct config *c = load(
	    "geo:\n  databases: [/x.mmdb]\n  prefix_files:\n  - /p.txt\n  tests:\n"
	    "  - {address: 192.0.2.1, country: NO}\n  - {address: \"::1\", region: weu}\n"
	    "  update:\n  - {url: \"https://h/{x}\", file: /p.txt, every: 2h, account: "
	    "a,\n"
	    "     licence_key_file: /dev/null, max_size: 7, sha256_url: "
	    "\"http://h/{key}\"}\n"
	    "zones: [{domain: a, file: x}]\n");
	const struct config_geo_update *u = &c->geo.updates[0];

	(void)state;
	assert_int_equal(c->geo.prefix_file_count, 1);
	assert_string_equal(c->geo.prefix_files[0], "/p.txt");
	assert_int_equal(c->geo.prefix_file_wheres[0].line, 4);
	assert_int_equal(c->geo.test_count, 2);
	assert_string_equal(c->geo.tests[0].country, "NO");
	assert_null(c->geo.tests[0].region);
	assert_int_equal(c->geo.tests[1].address.family, 6);
	assert_string_equal(c->geo.tests[1].region, "weu");
	assert_int_equal(c->geo.update_count, 1);
	assert_string_equal(u->url, "https://h/{x}");
	assert_string_equal(u->sha256_url, "http://h/{key}");
	assert_int_equal(u->every_ms, 7200000);
	assert_int_equal(u->retry_ms, 60000);
	assert_int_equal(u->timeout_ms, 600000);
	assert_int_equal(u->max_mib, 7);
	assert_null(u->sha256);
	assert_null(u->ca_file);
	config_free(c);
}

static const char pool_yaml[] =
    "checks: [{name: web, http: {headers: \"A: b\", body: ok}}]\n"
    "pools:\n"
    "- name: edge\n"
    "  check: web\n"
    "  ttl: 5\n"
    "  regions:\n"
    "    weu: [203.0.113.1, \"2001:db8::1\"]\n"
    "    snam: {address: 198.51.100.1, weight: 0}\n"
    "  default: 203.0.113.9\n"
    "  fallback: {snam: weu}\n"
    "  rescue: [203.0.113.99]\n"
    "  min_healthy: 50%\n"
    "  spread: all\n"
    "  lost_family: nodata\n"
    "  fallback_only: yes\n"
    "  max_answers: 3\n"
    "  when_all_down: cname Down.example.com\n"
    "- name: names\n"
    "  default: {address: www.example.net, probe: [203.0.113.1, 203.0.113.2]}\n"
    "zones: [{domain: a, file: x}]\n";

static void
assert_edge(const struct config_pool *p)
{
	assert_string_equal(p->name, "edge");
	assert_string_equal(p->check, "web");
	assert_true(p->ttl == 5 && p->ttl_min == 5);
	assert_int_equal(p->region_count, 2);
	assert_string_equal(p->regions[0].region, "weu");
	assert_int_equal(p->regions[0].endpoint_count, 2);
	assert_ip(&p->regions[0].endpoints[1].ip, "2001:db8::1");
	assert_int_equal(p->regions[0].endpoints[1].weight, 1);
	assert_int_equal(p->regions[1].endpoints[0].weight, 0);
	assert_ip(&p->dflt[0].ip, "203.0.113.9");
	assert_string_equal(p->fallbacks[0].region, "snam");
	assert_string_equal(p->fallbacks[0].to[0], "weu");
	assert_ip(&p->rescue[0].ip, "203.0.113.99");
	assert_true(p->min_healthy == 50 && p->min_healthy_percent);
	assert_true(p->spread_all && p->lost_family_nodata && p->fallback_only);
	assert_int_equal(p->max_answers, 3);
	assert_int_equal(p->when_all_down, ALL_DOWN_CNAME);
	assert_name(&p->all_down_name, "Down.example.com");
}

/* The copies are looked at when the original is gone. */
static void
pools_and_copies(void **state)
{
	struct config *c = load(pool_yaml);
	struct config_pool *edge, *names;
	struct config_check *check, *same;

	(void)state;
	assert_int_equal(c->pool_count, 2);
	assert_edge(&c->pools[0]);
	edge = config_pool_copy(&c->pools[0]);
	names = config_pool_copy(&c->pools[1]);
	check = config_check_copy(&c->checks[0]);
	same = config_check_copy(&c->checks[0]);
	config_free(c);
	assert_edge(edge);
	assert_true(names->dflt[0].is_name);
	assert_name(&names->dflt[0].name, "www.example.net");
	assert_int_equal(names->dflt[0].probe_count, 2);
	assert_ip(&names->dflt[0].probe[1], "203.0.113.2");
	assert_true(names->max_answers == 0 && names->min_healthy == 1);
	assert_true(names->ttl == 60 && names->ttl_min == 10);
	assert_null(names->check);

	same->name[0] = 'x';
	assert_true(config_check_equal(check, same));
	same->headers[0][0] = 'x';
	assert_false(config_check_equal(check, same));
	same->headers[0][0] = check->headers[0][0];
	same->body[0] = 'x';
	assert_false(config_check_equal(check, same));
	same->body[0] = check->body[0];
	same->rise++;
	assert_false(config_check_equal(check, same));
	config_check_free(check);
	config_check_free(same);
	config_pool_free(edge);
	config_pool_free(names);
}

static void
redis_store(void **state)
{
	struct config *c;

	(void)state;
	write_file("secret", "pass word\n");
	c = load("store:\n  kind: redis\n  address: 127.0.0.1\n  user: u\n"
	         "  password_file: secret\n"
	         "  stale_ttl: 1m\n  fresh_for: 2s\n  probe_allow: 10.0.0.0/8\n"
	         "zones: [{domain: a, store: on, ns: [ns1.b, ns2.b]}]\n");
	assert_int_equal(c->store.kind, STORE_REDIS);
	assert_port(&c->store.address, "127.0.0.1@6379");
	assert_null(c->store.unix_path);
	assert_string_equal(c->store.login.user, "u");
	assert_string_equal(c->store.login.password, "pass word");
	assert_true(c->store.stale_ttl == 60 && c->store.fresh_for_ms == 2000);
	assert_int_equal(c->store.probe_allow[0].len, 8);
	assert_null(c->zones[0].file);
	assert_int_equal(c->zones[0].ns_count, 2);
	assert_name(&c->zones[0].ns[1], "ns2.b");
	config_free(c);
	c = load("store: {kind: redis, address: \"unix:/r.sock\"}\n"
	         "zones: [{domain: a, file: x}]\n");
	assert_string_equal(c->store.unix_path, "/r.sock");
	assert_int_equal(c->store.address.ip.family, 0);
	config_free(c);
}

/* Lists are appended where the include stands; paths are those of the included file. */
static void
includes(void **state)
{
	struct config *c;

	(void)state;
	write_file("conf.d/a.yaml", "zones: [{domain: a, file: a.zone}]\n");
	write_file("conf.d/b.yaml", "zones: [{domain: b, file: b.zone}]\n"
	                            "server: {tcp_workers: 3}\n");
	c = load("include: conf.d/*.yaml\nserver: {workers: 2}\n"
	         "zones: [{domain: c, file: c.zone}]\n");
	assert_int_equal(c->file_count, 3);
	assert_int_equal(c->zone_count, 3);
	assert_string_equal(c->zones[0].file, "conf.d/a.zone");
	assert_string_equal(c->zones[1].file, "conf.d/b.zone");
	assert_string_equal(c->zones[1].where.file, "conf.d/b.yaml");
	assert_string_equal(c->zones[2].file, "c.zone");
	assert_true(c->server.workers == 2 && c->server.tcp_workers == 3);
	config_free(c);
}

static void
bad_includes(void **state)
{
	(void)state;
	load_fails("include: conf.d/b.yaml\nserver: {tcp_workers: 2}\n"
	           "zones: [{domain: B., file: x}]\n",
	    "t.yaml:2:10: error: \"tcp_workers\" is set already, at conf.d/b.yaml:2:10\n"
	    "t.yaml:3:18: error: zone \"b\" is there already, at conf.d/b.yaml:1:18\n");
	load_fails("include: nowhere.yaml\n",
	    "t.yaml:1:10: error: cannot open nowhere.yaml: No such file or directory\n");
	write_file("conf.d/loop.yaml", "include: ../t.yaml\n");
	load_fails("include: [conf.d/loop.yaml]\n",
	    "conf.d/loop.yaml:1:10: error: include \"conf.d/../t.yaml\": this file was "
	    "read "
	    "already\n");
	load_fails("include: [[a]]\nzones: [{domain: a, file: x}]\n",
	    "t.yaml:1:11: error: include: expected a file name\n");
	unlink("conf.d/loop.yaml");
}

static void
warnings_do_not_fail(void **state)
{
	struct complaints complaints = {0};
	struct config *c = NULL;
	struct buf text = {0};

	(void)state;
	write_file("t.yaml", "include: none/*.yaml\n"
	                     "checks: [{name: a, tcp: {port: 1}, interval: 1s}]\n"
	                     "zones: [{domain: a, file: x}]\n");
	assert_int_equal(config_load("t.yaml", &c, &complaints), OK);
	complaints_write(&complaints, &text);
	assert_string_equal(buf_text(&text),
	    "t.yaml:1:10: warning: include \"none/*.yaml\": no such file\n"
	    "t.yaml:2:10: warning: timeout 2000ms is longer than interval 1000ms\n");
	buf_fini(&text);
	complaints_fini(&complaints);
	config_free(c);
}

static void
limits(void **state)
{
	struct buf yaml = {0};
	int i;

	(void)state;
	for (i = 0; i < 1100; i++)
		buf_printf(&yaml, "k%d: 1\n", i);
	load_fails(
	    buf_text(&yaml), "t.yaml:1025:1: error: more than 1024 keys in one map\n");
	buf_fini(&yaml);
	write_file("t.yaml", "");
	assert_int_equal(truncate("t.yaml", (64 << 20) + 1), 0);
	file_fails("t.yaml: error: \"t.yaml\" is larger than 64 MiB\n");
}

static void
missing_file(void **state)
{
	struct complaints complaints = {0};
	struct config *c = NULL;

	(void)state;
	assert_int_equal(config_load("no.yaml", &c, &complaints), ERR_SYNTAX);
	assert_int_equal(complaints.count, 1);
	assert_string_equal(
	    complaints.list[0].text, "cannot open no.yaml: No such file or directory");
	complaints_fini(&complaints);
}

static void
builtin_regions(void **state)
{
	static const char *const codes[] = {"nnam", "snam", "nsam", "ssam", "weu", "ceu",
	    "eeu", "ru", "me", "naf", "maf", "saf", "in", "seas", "neas", "oc"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(codes); i++)
		assert_true(config_is_builtin_region(codes[i]));
	assert_false(config_is_builtin_region("eu"));
}

static int
enter(void **state)
{
	static char dir[] = "/tmp/sextant-test-XXXXXX";

	*state = dir;
	return mkdtemp(dir) == NULL || chdir(dir) != 0 || mkdir("conf.d", 0700) != 0 ? -1
	                                                                             : 0;
}

static int
leave(void **state)
{
	size_t i;

	for (i = 0; i < COUNT(files); i++)
		unlink(files[i]);
	rmdir("conf.d");
	return rmdir(*state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(check_defaults),
	    cmocka_unit_test(geo_values),
	    cmocka_unit_test(geo_files),
	    cmocka_unit_test(pools_and_copies),
	    cmocka_unit_test(redis_store),
	    cmocka_unit_test(includes),
	    cmocka_unit_test(bad_includes),
	    cmocka_unit_test(warnings_do_not_fail),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(missing_file),
	    cmocka_unit_test(builtin_regions),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
