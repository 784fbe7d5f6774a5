/* SPDX-License-Identifier: BSD-2-Clause */
/* Every mistake has its text and its place; all of them come in one run. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/config.h"

static const char file_name[] = "t.yaml";

/* 107 of these, and the "/" before them is one more than a socket's path may have */
#define TEN "ssssssssss"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG_PATH FIFTY FIFTY "sssssss"

#define SECRET "e5e973e5a6b2a43f48e7dc849e37bfcf\n"

/* What stands in the file, and what is said of it without "t.yaml:". */
static const struct {
	const char *yaml, *said;
} table[] = {
    {"server:\n"
     "  listen: [::1]\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:12: error: not valid YAML: did not find expected node content; an IPv6 "
        "address inside [] or {} has to be quoted, as in \"::1\"\n"},
    {"server:\n"
     "  listen: [1.2.3.4, 2001:db8::]\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:30: error: not valid YAML: found unexpected ':'; an IPv6 address inside [] or "
        "{} has to be quoted, as in \"::1\"\n"},
    {"server:\n"
     "  listen: [\"::1\", 1\r.2, a\n",
        "4:1: error: not valid YAML: did not find expected ',' or ']'; a list in [] has "
        "commas between its values and a ] at its end\n"},
    {"server:\n"
     "  identity: *.example\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:14: error: not valid YAML: did not find expected alphabetic or numeric "
        "character; a value that begins with * has to be quoted, as in "
        "\"*.example.com\"\n"},
    {"server:\n"
     "  listen: *x\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:11: error: aliases are not allowed here; quote a value that begins with *\n"},
    {"server:\n"
     "  identity: @\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:13: error: not valid YAML: found character that cannot start any token; a "
        "value that begins with @ has to be quoted, as in \"@\"\n"},
    {"server:\n"
     "  identity: %a\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:13: error: not valid YAML: found character that cannot start any token; a "
        "value that begins with % has to be quoted\n"},
    {"server:\n"
     "  identity: `a`\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:13: error: not valid YAML: found character that cannot start any token; a "
        "value that begins with ` has to be quoted\n"},
    {"server:\n"
     "\tworkers: 1\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:1: error: not valid YAML: found character that cannot start any token; "
        "blanks, not tabs, are what YAML is indented with\n"},
    {"server: {workers:1}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:10: error: \"workers:1\" has no value; write a blank behind the colon, as in "
        "\"workers: 1\"\n"},
    {"server:\n"
     "  identity: \"a\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:13: error: not valid YAML: found unexpected end of stream; a quote is opened "
        "and not closed\n"},
    {"server:\n"
     "  workers:1\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:3: error: server: expected a map, as in \"key: value\" with a blank behind "
        "the colon\n"},
    {"server:\n"
     "  identity: &x a\n"
     "  version: !t a\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:13: error: anchors are not allowed here; quote a value that begins with &\n"
        "3:12: error: tags are not allowed here; quote a value that begins with !\n"},
    {"server: {workers: 1, workers: 2}\n"
     "<<: {a: 1}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:22: error: duplicate key \"workers\"; the first is in line 1\n"
        "2:1: error: merge keys are not allowed here\n"},
    {"zones: [{domain: a.b, file: x}]\n"
     "---\n"
     "a: 1\n",
        "2:1: error: a second document begins here; one file holds one document\n"},
    {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n",
        "1:17: error: lists and maps are nested more than 16 levels deep\n"},
    {"server:\n"
     "  identity: \"a\\0b\"\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:13: error: a value may not contain the character NUL\n"},
    {"? [a]\n"
     ": 1\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:3: error: a key has to be a plain word, not a list or map\n"},
    {"", "1:1: error: \"zones\" is missing in the top level\n"},
    {"zones:\n", "1:7: error: zones: expected at least one zone\n"},
    {"- a\n", "1:1: error: expected sections, as in \"zones:\"\n"},
    {"server: {lisen: 1, ttl: 5, frobnicate: 1}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:10: error: unknown key \"lisen\" in server; did you mean \"listen\"?\n"
        "1:20: error: unknown key \"ttl\" in server; it belongs in pools[]\n"
        "1:28: error: unknown key \"frobnicate\" in server\n"},
    {"server: {http: 127.0.0.1@80}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:10: error: \"http\" is not supported by this version yet\n"},
    {"alerts:\n"
     "  hooks:\n"
     "    - {name: a, url: hooks.example.com/secret}\n"
     "    - {name: a, url: \"https:///secret\"}\n"
     "    - {name: b, url: \"http://h/\", exec: /bin/true}\n"
     "    - {name: c}\n"
     "    - {url: \"http://h/a b\", form: xml}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "3:22: error: url: expected a URL, as in "
        "\"https://hooks.example.com/...\", without blanks and of at most "
        "4096 characters\n"
        "4:14: error: hook \"a\" is there already, at 3:14\n"
        "4:22: error: url: expected a URL, as in "
        "\"https://hooks.example.com/...\", without blanks and of at most "
        "4096 characters\n"
        "5:7: error: a hook needs one of url, url_file and exec\n"
        "6:7: error: a hook needs one of url, url_file and exec\n"
        "7:7: error: \"name\" is missing in alerts.hooks[]\n"
        "7:13: error: url: expected a URL, as in "
        "\"https://hooks.example.com/...\", without blanks and of at most "
        "4096 characters\n"
        "7:35: error: form \"xml\": expected \"json\" or \"slack\"\n"},
    {"alerts:\n"
     "  group: 1ms\n"
     "  escalate_after: soon\n"
     "  hooks:\n"
     "    - {name: a, exec: [bin/page, x], form: slack, ca_file: x, on: [pools]}\n"
     "    - {name: b, exec: [/does/not/exist], proxy: x, severity: bad, critical: 2}\n"
     "    - {name: c, url: \"http://h\", headers: [none], timeout: 1h}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:10: error: group \"1ms\": expected a duration from 10ms to 5m\n"
        "3:19: error: escalate_after \"soon\": expected a duration such as "
        "\"500ms\", \"5s\", \"2m\" or \"1h\"\n"
        "5:24: error: exec \"bin/page\": expected an absolute path\n"
        "5:38: error: form is only for url\n"
        "5:51: error: ca_file is only for url\n"
        "5:68: error: on \"pools\": expected \"target\", \"pool\", "
        "\"region\", \"prober\", \"certificate\", \"fleet\", \"store\", "
        "\"guard\", \"reload\", \"geo\", \"state\" or \"all\"\n"
        "6:23: warning: exec: \"/does/not/exist\" can not be run now\n"
        "6:42: error: proxy is only for url\n"
        "6:62: error: severity \"bad\": expected \"warning\" or "
        "\"critical\"\n"
        "6:77: error: critical \"2\": expected \"on\" or \"off\"\n"
        "7:44: error: headers \"none\": expected \"Name: value\"\n"
        "7:60: error: timeout \"1h\": expected a duration from 100ms to 5m\n"},
    {"alerts: {hooks: [{name: a, url_file: nowhere}, {name: b, url_file: five},\n"
     "    {name: c, url: \"http://h\", headers_file: five}]}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:38: error: url_file \"nowhere\": cannot open nowhere: No such "
        "file or directory\n"
        "1:68: error: url_file: expected a URL, as in "
        "\"https://hooks.example.com/...\", without blanks and of at most "
        "4096 characters\n"
        "2:46: error: headers_file \"five\": expected lines \"Name: "
        "value\" in the file, 64 at most\n"},
    {"geo:\n"
     "  databases: [a.mmdb]\n"
     "  prefix_files: [a.mmdb]\n"
     "  tests:\n"
     "    - {address: 192.0.2.1}\n"
     "    - {address: 192.0.2, country: no, region: nix}\n"
     "  update:\n"
     "    - {url: \"ftp://h/x\", file: a.mmdb, sha256: 12, every: 10ms}\n"
     "    - {url: \"https://h/{key}\", file: b.mmdb, account: a}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "3:18: error: database \"a.mmdb\" is there already, at 2:15\n"
        "5:7: error: a test needs \"country\" or \"region\"\n"
        "6:17: error: address \"192.0.2\": expected an address, such as \"192.0.2.1\" or "
        "\"2001:db8::1\"\n"
        "6:35: error: country \"no\": expected two capital letters, as in NO\n"
        "6:47: error: there is no region \"nix\"\n"
        "8:13: error: url \"ftp://h/x\": expected https://... or http://...\n"
        "8:48: error: sha256 \"12\": expected 64 to 64 characters\n"
        "8:59: error: every \"10ms\": expected a duration from 1s to 400d\n"
        "9:13: error: url \"https://h/{key}\": {key} needs a \"licence_key_file\"\n"
        "9:38: error: file \"b.mmdb\": it is none of geo.databases and geo.prefix_files\n"
        "9:55: error: \"account\" needs a \"licence_key_file\"\n"},
    {"server: {workers: 0, tcp_workers: x, identity: [a], state_dir: }\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:19: error: workers \"0\": expected a whole number from 1 to 128\n"
        "1:35: error: tcp_workers \"x\": expected a whole number from 1 to 64\n"
        "1:48: error: identity: expected a single value, not a list\n"
        "1:64: error: state_dir has no value\n"},
    {"server: {listen: [1.2.3.4, \"1.2.3.4@53\", \"1.2.3.4:53\", \"[::1]@53\", "
     "1.2.3.4@0, x]}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:28: error: address \"1.2.3.4@53\" is there already, at 1:19\n"
        "1:42: error: listen \"1.2.3.4:53\": expected the port behind an @, as in "
        "\"192.0.2.1@53\" or \"2001:db8::1@53\"\n"
        "1:56: error: listen \"[::1]@53\": expected the port behind an @, as in "
        "\"192.0.2.1@53\" or \"2001:db8::1@53\"\n"
        "1:68: error: listen \"1.2.3.4@0\": expected an address with a port from 1 to "
        "65535, such as \"192.0.2.1@53\" or \"2001:db8::1@53\"\n"
        "1:79: error: listen \"x\": expected an address with a port from 1 to 65535, "
        "such as \"192.0.2.1@53\" or \"2001:db8::1@53\"\n"},
    {"health: {canaries: [1.2.3.4, x, 1.2.3.4@0], canary: 1}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:30: error: canaries \"x\": expected an address with a port from 1 to 65535, "
        "such as \"192.0.2.1@53\" or \"2001:db8::1@53\"\n"
        "1:33: error: canaries \"1.2.3.4@0\": expected an address with a port from 1 to "
        "65535, such as \"192.0.2.1@53\" or \"2001:db8::1@53\"\n"
        "1:45: error: unknown key \"canary\" in health\n"},
    {"server: {listen: []}\n"
     "geo: 5\n"
     "checks: {name: web}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:18: error: listen: expected at least one value\n"
        "2:6: error: geo: expected a map, as in \"key: value\" with a blank behind the "
        "colon\n"
        "3:9: error: checks: expected a list, each element with a \"-\" before it\n"},
    {"geo: {ecs: maybe, databases: [a, a]}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:12: error: ecs \"maybe\": expected \"on\" or \"off\"\n"
        "1:34: error: database \"a\" is there already, at 1:31\n"},
    {"geo:\n"
     "  regions:\n"
     "  - {name: default, match: XX}\n"
     "  - {name: weu, match: [DE, AS1], centroid: [1, 2]}\n"
     "  - {name: a, match: XXX, centroid: [91, x]}\n"
     "  - {name: a, match: NO, centroid: 5}\n"
     "  - {match: [10.0.0.1/8]}\n"
     "  prefixes:\n"
     "  - {prefix: 10.0.0.0/8, region: wue}\n"
     "  - {prefix: 10.0.0.0/8, region: weu}\n"
     "  - {prefix: 10.0.0.0/33, region: zzz}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "3:12: error: name \"default\": expected another one; pools use this word "
        "themselves\n"
        "4:29: error: region \"weu\" is built in; only countries can be moved to it\n"
        "4:45: error: region \"weu\" is built in and keeps its centroid; only countries "
        "can be moved to it\n"
        "5:22: error: match \"XXX\": expected a country (\"NO\"), \"continent:EU\", a "
        "subdivision (\"US-CA\"), \"AS64500\" or a prefix\n"
        "5:38: error: latitude \"91\": expected a number of degrees from -90 to 90\n"
        "5:42: error: longitude \"x\": expected a number of degrees from -180 to 180\n"
        "6:12: error: region \"a\" is there already, at 5:12\n"
        "6:36: error: centroid: expected [latitude, longitude]\n"
        "7:5: error: \"name\" is missing in geo.regions[]\n"
        "7:14: error: match \"10.0.0.1/8\": has bits set behind the prefix; expected "
        "\"10.0.0.0/8\"\n"
        "9:34: error: there is no region \"wue\"; did you mean \"weu\"?\n"
        "10:14: error: prefix \"10.0.0.0/8\" is there already, at 9:14\n"
        "11:14: error: prefix \"10.0.0.0/33\": expected a prefix length from 0 to 32\n"
        "11:35: error: there is no region \"zzz\"\n"},
    {"checks:\n"
     "- {name: a}\n"
     "- {name: a, tcp: {port: 1}, http: {}}\n"
     "- {name: B, tcp: {port: 0}, interval: 5, timeout: 10ms, confirm_interval: 49ms}\n"
     "- {name: c, tcp: {}}\n"
     "- {name: d, tcp: {port: 1, send: x}, interval: 1s}\n"
     "- {name: e, tcp: }\n"
     "zones: [{domain: a.b, file: x}]\n",
        "2:3: error: a check needs either \"http\" or \"tcp\"\n"
        "3:3: error: a check needs either \"http\" or \"tcp\"\n"
        "3:10: error: check \"a\" is there already, at 2:10\n"
        "4:10: error: name \"B\": expected a name of a-z, 0-9, \"-\", \"_\" and \".\" "
        "that begins with a letter or digit\n"
        "4:25: error: port \"0\": expected a whole number from 1 to 65535\n"
        "4:39: error: interval \"5\": expected a duration with its unit, as in \"5s\" or "
        "\"5ms\"\n"
        "4:75: error: confirm_interval \"49ms\": expected a duration from 50ms to 1h\n"
        "5:18: error: \"port\" is missing in checks[].tcp\n"
        "6:3: warning: timeout 2000ms is longer than interval 1000ms\n"
        "7:18: error: \"port\" is missing in checks[].tcp\n"},
    {"checks:\n"
     "- name: a\n"
     "  http: {path: x, host: a/b, method: POST, headers: [\"a b: c\", \"Host: x\"], "
     "status: [200, 20], verify: off, ca_file: x, body: \"a\\nb\"}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "3:16: error: path \"x\": expected a path without blanks that begins with \"/\"\n"
        "3:25: error: host \"a/b\": expected a host name\n"
        "3:38: error: method \"POST\": expected \"GET\" or \"HEAD\"\n"
        "3:54: error: headers \"a b: c\": expected \"Name: value\"\n"
        "3:64: error: headers \"Host: x\": the key \"host\" is for this one\n"
        "3:90: error: status \"20\": expected a status from 100 to 599, a range such as "
        "\"200-299\", or \"2xx\"\n"
        "3:95: error: verify is only for \"tls: on\"\n"
        "3:108: error: ca_file is only for \"tls: on\"\n"
        "3:117: error: ca_file is not used with \"verify: off\"\n"
        "3:126: error: body \"a?b\": expected text without control characters\n"},
    {"checks: [{name: web, tcp: {port: 1}}]\n"
     "pools:\n"
     "- name: p\n"
     "  check: wep\n"
     "  regions: {weu: [203.0.113.1, 203.0.113.1], xyz: 203.0.113.2, wue: []}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "4:10: error: there is no check \"wep\"; did you mean \"web\"?\n"
        "5:32: error: endpoint \"203.0.113.1\" is there already, at 5:19\n"
        "5:46: error: there is no region \"xyz\"\n"
        "5:64: error: there is no region \"wue\"; did you mean \"weu\"?\n"
        "5:69: error: wue: expected at least one value\n"},
    {"checks: [{name: web, tcp: {port: 1}}]\n"
     "pools:\n"
     "- name: p\n"
     "  regions: {weu: [203.0.113.300, 203.0.113.1@53, foo, {address: 203.0.113.1, "
     "weight: 65536, probe: 1.1.1.1}, {weight: 1}]}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "4:19: error: weu \"203.0.113.300\": expected an address, such as \"192.0.2.1\" "
        "or \"2001:db8::1\"\n"
        "4:34: error: weu \"203.0.113.1@53\": expected an address without a port; the "
        "port belongs to the check\n"
        "4:50: error: weu \"foo\": expected an address, or a domain name of two labels "
        "or more\n"
        "4:86: error: weight \"65536\": expected a whole number from 0 to 65535\n"
        "4:100: error: probe is for names; an address is probed itself\n"
        "4:110: error: \"address\" is missing in pools[] endpoints\n"},
    {"checks: [{name: web, tcp: {port: 1}}]\n"
     "pools:\n"
     "- name: p\n"
     "  regions: {weu: [203.0.113.1, www.example.com]}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "4:32: error: a pool is all addresses or all names; the first address is at "
        "4:19\n"},
    {"checks: [{name: web, tcp: {port: 1}}]\n"
     "pools:\n"
     "- name: p\n"
     "  check: web\n"
     "  default: [www.example.com, WWW.example.com.]\n"
     "zones: [{domain: a.b, file: x}]\n",
        "5:13: warning: a name without \"probe\" counts as up whatever the check says\n"
        "5:30: error: endpoint \"www.example.com\" is there already, at 5:13\n"},
    {"checks: [{name: web, tcp: {port: 1}}]\n"
     "pools:\n"
     "- name: p\n"
     "  regions: {weu: 203.0.113.1, ru: 203.0.113.2}\n"
     "  fallback: {weu: [weu, ru, ru, oc, uk], me: ru, ru: {weu: 70}, xx: weu}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "5:20: error: region \"weu\" can not take over from itself\n"
        "5:29: error: region \"ru\" is there already, at 5:25\n"
        "5:33: warning: the pool has no endpoints in \"oc\", so it can not take over\n"
        "5:37: error: there is no region \"uk\"\n"
        "5:42: warning: the pool has no endpoints in \"me\", so this is never used\n"
        "5:65: error: there is no region \"xx\"\n"},
    {"checks: [{name: web, tcp: {port: 1}}]\n"
     "pools:\n"
     "- name: p\n"
     "  regions: {weu: 203.0.113.1, ru: 203.0.113.2, me: 203.0.113.3, in: 203.0.113.4}\n"
     "  fallback: {weu: {ru: 0, me: 70%, oc: 1, uk: 1}, me: {}, ru: {weu: 65536, in: "
     "x}}\n"
     "  blackhole: [KP, no, uk, XX, kp, KPR]\n"
     "zones: [{domain: a.b, file: x}]\n",
        "5:24: error: share \"0\": expected a whole number from 1 to 65535\n"
        "5:31: error: share \"70%\": expected a whole number from 1 to 65535\n"
        "5:36: warning: the pool has no endpoints in \"oc\", so it can not take over\n"
        "5:43: error: there is no region \"uk\"\n"
        "5:55: error: me: expected from 1 to 16 regions with shares\n"
        "5:69: error: share \"65536\": expected a whole number from 1 to 65535\n"
        "5:80: error: share \"x\": expected a whole number from 1 to 65535\n"
        "6:23: error: blackhole \"uk\": expected the ISO 3166 code of a country, such "
        "as \"KP\"\n"
        "6:27: error: blackhole \"XX\": expected the ISO 3166 code of a country, such "
        "as \"KP\"\n"
        "6:31: error: country \"KP\" is there already, at 6:15\n"
        "6:35: error: blackhole \"KPR\": expected the ISO 3166 code of a country, such "
        "as \"KP\"\n"},
    {"checks: [{name: web, tcp: {port: 1}}]\n"
     "pools:\n"
     "- name: p\n"
     "  ttl: 5\n"
     "  ttl_min: 6\n"
     "  default: 1.1.1.1\n"
     "  min_healthy: 101%\n"
     "  max_answers: 0\n"
     "  when_all_down: cname\n"
     "  spread: most\n"
     "  sticky: always\n"
     "zones: [{domain: a.b, file: x}]\n",
        "5:12: error: ttl_min \"6\": expected at most ttl, which is 5\n"
        "7:16: error: min_healthy \"101%\": expected a whole number from 1 to 100, or a "
        "percentage such as \"50%\"\n"
        "8:16: error: max_answers \"0\": expected a whole number from 1 to 255\n"
        "9:18: error: when_all_down \"cname\": expected \"serve-all\", \"empty\" or "
        "\"cname NAME\"\n"
        "10:11: error: spread \"most\": expected \"nearest\" or \"all\"\n"
        "11:11: error: sticky \"always\": expected \"on\" or \"off\"\n"},
    {"checks: [{name: web, tcp: {port: 1}}]\n"
     "pools:\n"
     "- name: p\n"
     "  rescue: 1.1.1.1\n"
     "- {name: p, default: 1.1.1.1, regions: }\n"
     "zones: [{domain: a.b, file: x}]\n",
        "3:3: error: a pool needs \"regions\", \"default\", or both\n"
        "5:10: error: pool \"p\" is there already, at 3:9\n"
        "5:40: error: regions: expected a map, as in \"weu: [...]\"\n"},
    {"store: {address: 127.0.0.1@6379, fresh_for: 60s}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:9: error: address is only for \"kind: redis\"\n"
        "1:34: error: fresh_for is only for \"kind: redis\"\n"},
    {"store: {kind: redis, password_file: nope, fresh_for: 60, max_stale: 5s, sync: "
     "poll, "
     "probe_allow: 10.0.0.1/8}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:8: error: \"address\" or \"sentinels\" is missing in store: redis needs "
        "one\n"
        "1:37: error: password_file \"nope\": cannot open nope: No such file or "
        "directory\n"
        "1:54: error: fresh_for \"60\": expected a duration with its unit, as in \"60s\" "
        "or \"60ms\"\n"
        "1:98: error: probe_allow \"10.0.0.1/8\": has bits set behind the prefix; "
        "expected \"10.0.0.0/8\"\n"},
    {"store: {kind: redis, address: redis.example, password_file: empty}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:31: error: address \"redis.example\": expected an address with a port from 1 "
        "to 65535, such as \"192.0.2.1@53\" or \"2001:db8::1@53\", or \"unix:/path\"; "
        "names are not looked up\n"
        "1:61: error: password_file \"empty\": the file is empty\n"},
    {"store: {kind: redis, address: \"unix:/" LONG_PATH "\"}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:31: error: address \"unix:/" FIFTY
        "ssssssssssssssssssssssss...\": a path of more than 107 octets "
        "can not be a socket's\n"},
    {"store: {kind: redis, address: 127.0.0.1@1, sentinels: [127.0.0.1, nope]}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:55: error: either address or sentinels, not both\n"
        "1:55: error: sentinels need \"master\"\n"
        "1:67: error: sentinels \"nope\": expected an address with a port from 1 to "
        "65535, such as \"192.0.2.1@53\" or \"2001:db8::1@53\"\n"},
    {"store: {kind: redis, address: \"unix:/r\", master: m, tls: {enabled: on, "
     "cert_file: c}}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:50: error: master is for sentinels\n"
        "1:58: error: cert_file and key_file need each other\n"
        "1:58: error: there is no TLS over a unix socket\n"},
    {"store: {kind: redis, sentinels: [127.0.0.1], sync: push, poll_interval: 10ms, "
     "tls: {name: x}}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:33: error: sentinels need \"master\"\n"
        "1:52: error: sync \"push\": expected \"track\" or \"poll\"\n"
        "1:58: error: poll_interval is only for \"sync: poll\"\n"
        "1:73: error: poll_interval \"10ms\": expected a duration from 1s to 1h\n"
        "1:84: warning: tls has no effect without \"enabled: on\"\n"},
    {"health: {quorum: on}\n"
     "store: {kind: redis, address: 127.0.0.1}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:10: error: quorum needs \"kind: redis\" and \"writer\" in store\n"},
    {"health: {quorum: on}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:10: error: quorum needs \"kind: redis\" and \"writer\" in store\n"},
    {"store: {kind: redis, address: 127.0.0.1, sync: poll, rescan_interval: 10m}\n"
     "zones: [{domain: a.b, file: x}]\n",
        "1:54: error: rescan_interval is only for \"sync: track\"\n"},
    {"zones:\n"
     "- {domain: a.b}\n"
     "- {domain: A.b., store: on}\n"
     "- {domain: c, file: x, ns: [a.b]}\n"
     "- {domain: \"a..b\", file: x}\n"
     "- {file: x}\n"
     "- 5\n",
        "2:3: error: a zone needs \"file\", \"store: on\", or both\n"
        "3:3: error: a zone without \"file\" needs \"ns\"\n"
        "3:12: error: zone \"a.b\" is there already, at 2:12\n"
        "4:28: error: ns is for zones without \"file\"; the file has the NS records of "
        "this one\n"
        "5:12: error: domain \"a..b\": expected a domain name, such as "
        "\"www.example.com\"\n"
        "6:3: error: \"domain\" is missing in zones[]\n"
        "7:3: error: zones: expected a map with the keys of zones[]\n"},
    {"server:\n"
     "  rate_limit:\n"
     "    responses_per_second: 0\n"
     "    slip: 11\n"
     "    ipv4_prefix: 33\n"
     "    ipv6_prefix: 8\n"
     "    allow: [10.0.0.1/8, x]\n"
     "    log_only: maybe\n"
     "    rate: 5\n"
     "zones: [{domain: a.b, file: empty}]\n",
        "3:27: error: responses_per_second \"0\": expected a whole number from 1 to "
        "1000000\n"
        "4:11: error: slip \"11\": expected a whole number from 0 to 10\n"
        "5:18: error: ipv4_prefix \"33\": expected a whole number from 8 to 32\n"
        "6:18: error: ipv6_prefix \"8\": expected a whole number from 16 to 128\n"
        "7:13: error: allow \"10.0.0.1/8\": has bits set behind the prefix; expected "
        "\"10.0.0.0/8\"\n"
        "7:25: error: allow \"x\": expected an address or a prefix, such as "
        "\"192.0.2.0/24\" or "
        "\"2001:db8::/32\"\n"
        "8:15: error: log_only \"maybe\": expected \"on\" or \"off\"\n"
        "9:5: error: unknown key \"rate\" in server.rate_limit\n"},
    {"server:\n"
     "  chaos: maybe\n"
     "  rate_limit: {slip: 2}\n"
     "zones: [{domain: a.b, file: empty}]\n",
        "2:10: error: chaos \"maybe\": expected \"on\" or \"off\"\n"
        "3:15: warning: rate_limit has no responses_per_second, so nothing is limited\n"},
    {"server:\n"
     "  cookies: {enabled: maybe, required: 1, secret_file: nope, secret: x}\n"
     "zones: [{domain: a.b, file: empty}]\n",
        "2:22: error: enabled \"maybe\": expected \"on\" or \"off\"\n"
        "2:39: error: required \"1\": expected \"on\" or \"off\"\n"
        "2:55: error: secret_file \"nope\": cannot open nope: No such file or "
        "directory\n"
        "2:61: error: unknown key \"secret\" in server.cookies\n"},
    {"server:\n"
     "  cookies: {secret_file: empty}\n"
     "zones: [{domain: a.b, file: empty}]\n",
        "2:26: error: secret_file \"empty\": the file is empty\n"},
    {"server:\n"
     "  cookies: {secret_file: short}\n"
     "zones: [{domain: a.b, file: empty}]\n",
        "2:26: error: secret_file \"short\": secret 2 in the file: expected 32 "
        "hexadecimal digits\n"},
    {"server:\n"
     "  cookies: {secret_file: five}\n"
     "zones: [{domain: a.b, file: empty}]\n",
        "2:26: error: secret_file \"five\": the file holds more than 4 secrets\n"},
    {"server:\n"
     "  cookies: {enabled: off, required: on}\n"
     "  chaos: maybe\n"
     "zones: [{domain: a.b, file: empty}]\n",
        "2:12: warning: cookies are off, so none are required\n"
        "3:10: error: chaos \"maybe\": expected \"on\" or \"off\"\n"},
    {"keys:\n"
     "  - {name: k1, secret_file: good}\n"
     "  - {name: K1., secret_file: good}\n"
     "  - {name: k2, algorithm: hmac-md5, secret_file: bad}\n"
     "  - {name: k3, secret_file: tiny}\n"
     "  - {algorithm: hmac-sha1}\n"
     "  - {name: k4, secret: c2Vj, secret_file: none}\n"
     "server: {transfer: [192.0.2.0/33, {key: kx}, {}, {address: 192.0.2.1, kez: k1}], "
     "notify: [192.0.2.1@0, {key: k1}, ns.example]}\n"
     "zones: [{domain: a.b, store: on, transfer: k1, notify: {key: none}, "
     "transfer_steered: some}]\n",
        "3:12: error: key \"k1\" is there already, at 2:12\n"
        "4:27: error: algorithm \"hmac-md5\": expected \"hmac-sha1\" or \"hmac-sha224\" "
        "or \"hmac-sha256\" or \"hmac-sha384\" or \"hmac-sha512\"\n"
        "4:50: error: secret_file \"bad\": expected one secret in base64, of at most 512 "
        "octets, in the file\n"
        "5:29: error: secret_file \"tiny\": the secret is shorter than 8 octets\n"
        "6:5: error: \"name\" is missing in keys[]\n"
        "6:5: error: \"secret_file\" is missing in keys[]\n"
        "7:16: error: unknown key \"secret\" in keys[]\n"
        "7:43: error: secret_file \"none\": cannot open none: No such file or directory\n"
        "8:21: error: transfer \"192.0.2.0/33\": expected a prefix length from 0 to 32\n"
        "8:35: error: there is no key \"kx\"\n"
        "8:46: error: transfer: expected an address or a key\n"
        "8:71: error: unknown key \"kez\" in transfer[]; did you mean \"key\"?\n"
        "8:91: error: notify \"192.0.2.1@0\": expected an address with a port from 1 to "
        "65535, such as \"192.0.2.1@53\" or \"2001:db8::1@53\"\n"
        "8:104: error: \"address\" is missing in notify[]\n"
        "8:115: error: notify \"ns.example\": expected an address with a port from 1 to "
        "65535, such as \"192.0.2.1@53\" or \"2001:db8::1@53\"\n"
        "9:9: error: a zone without \"file\" needs \"ns\"\n"
        "9:44: error: transfer \"k1\": expected an address or a prefix, such as "
        "\"192.0.2.0/24\" or "
        "\"2001:db8::/32\"\n"
        "9:56: error: \"address\" is missing in notify[]\n"
        "9:56: error: there is no key \"none\"\n"
        "9:87: error: transfer_steered \"some\": expected \"default\" or \"all\"\n"},
};

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* All that was said, without the name of the file. */
static char *
said(const struct complaints *complaints)
{
	struct buf all = {0}, out = {0};
	const char *p, *hit;

	complaints_write(complaints, &all);
	for (p = buf_text(&all); (hit = strstr(p, "t.yaml:")) != NULL; p = hit + 7)
		buf_add(&out, p, (size_t)(hit - p));
	buf_str(&out, p);
	buf_fini(&all);
	return buf_take(&out);
}

static void
mistakes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct complaints complaints = {0};
		struct config *c = NULL;
		char *text;

		write_file(file_name, table[i].yaml);
		assert_int_equal(config_load(file_name, &c, &complaints), ERR_SYNTAX);
		assert_null(c);
		text = said(&complaints);
		assert_string_equal(text, table[i].said);
		mem_free(text);
		complaints_fini(&complaints);
	}
}

static int
enter(void **state)
{
	static char dir[] = "/tmp/sextant-test-XXXXXX";

	*state = dir;
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return -1;
	write_file("empty", "");
	write_file("good", "c2VjcmV0c2VjcmV0\n");
	write_file("bad", "!!!\n");
	write_file("tiny", "YWJj\n");
	write_file("short", "e5e973e5a6b2a43f48e7dc849e37bfcf\n445536bcd2513298\n");
	write_file("five", SECRET SECRET SECRET SECRET SECRET);
	return 0;
}

static int
leave(void **state)
{
	unlink(file_name);
	unlink("empty");
	unlink("good");
	unlink("bad");
	unlink("tiny");
	unlink("short");
	unlink("five");
	return rmdir(*state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(mistakes)};

	return cmocka_run_group_tests(tests, enter, leave);
}
