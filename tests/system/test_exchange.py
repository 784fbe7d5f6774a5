# SPDX-License-Identifier: BSD-2-Clause
"""Records to and from files: list, export, import and check, through sextantctl."""
import json
import shutil
import subprocess

import pytest

from limits import SLOW, eventually
from redisserver import RedisServer
from world import program

CONFIG = """
checks:
  - {name: web, tcp: {port: BACKEND_PORT}}
pools:
  - name: edge
    default: [192.0.2.9]
zones:
  - {domain: example.com, file: example.com.zone, store: on}
  - {domain: store.example, store: on, ns: [ns1.example.net]}
  - {domain: other.example, store: on, ns: [ns1.example.net]}
"""

# What must come through an export and an import as it is.
ODD = [
    ("dns:!pool:mine", {"values": "192.0.2.80 2001:db8::80", "values@weu": "192.0.2.81"}),
    ("dns:{example.com}:a\\058b:A", {"values": "192.0.2.1"}),
    ("dns:{example.com}:t:TXT", {"values": '"semi;colon" "quo\\"te"\n"back\\\\slash" "\\255"'}),
    ("dns:{store.example}", {"ttl": "77", "minimum": "5", "comment": "über"}),
    ("dns:{store.example}:*.dev:AAAA", {"values": "2001:db8::1\n2001:db8::2", "ttl": "1h"}),
    ("dns:{store.example}:geo:A", {"values": "192.0.2.2", "values@weu": "192.0.2.3", "check": "web",
                                   "weights@weu": "7", "fallback": "weu: ceu", "rescue": "192.0.2.4"}),
    ("dns:{store.example}:off:A", {"values": "192.0.2.5", "state": "disabled", "x-note": 'a "b" \\c'}),
    ("dns:{store.example}:p:POOL", {"pool": "mine", "ttl": "20"}),
    ("dns:{store.example}:q:POOL", {"pool": "edge"}),
]


def begin(world, more=""):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG + more)
    world.start()


def line(key, fields):
    return json.dumps({"key": key, "fields": fields}) + "\n"


def feed(world, text, *words):
    """sextantctl records WORDS with text on its standard input."""
    got = subprocess.run(
        [program("SEXTANTCTL", "sextantctl"), "-s", str(world.folder / "control.sock"), "records", *words],
        input=text, capture_output=True, text=True, timeout=60 * SLOW)
    return got


def export(world, *words):
    got = world.ctl_raw("records", "export", *words)
    assert got.returncode == 0, got.stderr
    return got.stdout


def records(text):
    return {r["key"]: r for r in map(json.loads, text.splitlines())}


def test_a_round_trip(world):
    """All that was exported is there again after an import into an empty store."""
    begin(world)
    made = [line(k, f) for k, f in ODD] + [
        line("dns:{store.example}:h%05d:A" % i, {"values": "192.0.2.%d" % (i % 256), "ttl": "60"})
        for i in range(3000)]
    got = feed(world, "".join(made), "import", "-")
    assert got.returncode == 0 and "imported %d records" % len(made) in got.stderr, got.stderr
    assert world.ask("h02999.store.example").data == ["192.0.2.%d" % (2999 % 256)]
    eventually(lambda: world.ask("p.store.example").data == ["192.0.2.80"], within=5)
    first = export(world)
    assert records(first) == records("".join(made))
    world.stop()
    shutil.rmtree(world.folder / "state")
    world.start()
    assert export(world) == ""
    world.write("all.json", first)
    world.ctl("records", "import", str(world.folder / "all.json"))
    assert export(world) == first
    # and after a start from disk
    world.kill()
    world.start()
    assert export(world) == first
    assert world.ask("t.example.com", "TXT").data == ['"back\\\\slash" "\\255"', '"semi;colon" "quo\\"te"']


def test_what_is_no_text(world):
    """A value that is not UTF-8 comes through too."""
    begin(world)
    text = '{"key":"dns:{store.example}:a:A","fields":{"values":"192.0.2.1"},"hex":{"comment":"ff00fe"}}\n'
    got = feed(world, text, "import", "-")
    assert got.returncode == 1 and "field comment" in got.stderr
    text = text.replace("ff00fe", "ff01fe")
    assert feed(world, text, "import", "-").returncode == 0
    assert export(world) == text


def test_an_import_with_mistakes(world):
    """Every bad line is told with its number, and nothing is written; or the others are."""
    begin(world)
    world.ctl("records", "set", "old.store.example", "A", "values=192.0.2.7")
    lines = [line("dns:{store.example}:h%d:A" % i, {"values": "192.0.2.1"}) for i in range(2000)]
    lines[3] = "nonsense\n"
    lines[700] = line("dns:{store.example}:h700:A", {"values": "192.0.2.256"})
    lines[1500] = line("dns:{example.com}:www:A", {"values": "192.0.2.1"})
    lines[1999] = line("dns:{elsewhere.example}:www:A", {"values": "192.0.2.1"})
    world.write("bad.json", "".join(lines))
    path = str(world.folder / "bad.json")
    for words in (("check", path), ("import", "--check", path), ("import", path)):
        got = world.ctl_raw("records", *words)
        told = got.stderr.splitlines()
        assert got.returncode == 1 and len(told) == 5, got.stderr
        assert told[0].startswith(path + ":4: no JSON")
        assert told[1].startswith(path + ":701: dns:{store.example}:h700:A: field values")
        assert told[2].startswith(path + ":1501: ") and "would not be served" in told[2]
        assert told[3].startswith(path + ":2000: ") and "store: on" in told[3]
        assert told[4].startswith("checked 2000 records: 1996 good, 4 bad")
        assert world.status()["store"]["records"] == 1
    got = world.ctl_raw("records", "import", "--skip-bad", path)
    assert got.returncode == 1 and "imported 1996 records, 4 bad" in got.stderr
    assert world.status()["store"]["records"] == 1997
    assert world.ask("old.store.example").data == ["192.0.2.7"]


def test_a_batch_is_one(world):
    """A request of many records is written as a whole or not at all."""
    begin(world)
    good = json.dumps({"key": "dns:{store.example}:a:A", "fields": {"values": "192.0.2.1"}})
    bad = json.dumps({"key": "dns:{store.example}:b:A", "fields": {"values": "x"}})
    got = world.ctl_json("records", "batch", good, bad, ok=False)
    assert got["code"] == "refused" and got["data"]["refused"][0]["record"] == 2
    assert world.status()["store"]["records"] == 0
    assert world.ctl_json("records", "batch", "--check", good) == {"good": 1, "refused": []}
    assert world.status()["store"]["records"] == 0
    # a pool and who names it, in the wrong order
    user = json.dumps({"key": "dns:{store.example}:c:POOL", "fields": {"pool": "mine"}})
    pool = json.dumps({"key": "dns:!pool:mine", "fields": {"values": "192.0.2.9"}})
    assert world.ctl_json("records", "batch", user, pool)["good"] == 2
    eventually(lambda: world.ask("c.store.example").data == ["192.0.2.9"], within=5)


def test_list(world):
    begin(world)
    feed(world, "".join(line("dns:{%s}:h%d:A" % (z, i), {"values": "192.0.2.1"})
                        for z in ("store.example", "other.example") for i in range(50)), "import", "-")

    def keys(*words):
        return [r["key"] for r in world.ctl_json("records", "list", *words)["records"]]

    assert len(keys()) == 100 and len(keys("store.example")) == 50
    assert keys("h7.store.example") == ["dns:{store.example}:h7:A"]
    assert keys("h1?.*.example", "--limit", "1000") == sorted(keys("dns:{*}:h1?:A"))
    assert len(keys("H1?.*.Example")) == 20 and len(keys("STORE.example")) == 50
    assert len(keys("dns:{other.example}:*:A")) == 50
    assert keys("nobody.store.example") == [] and keys("x*") == []
    # page after page
    seen, after = [], []
    while True:
        got = world.ctl_json("records", "list", "other.example", "--limit", "7", *after)
        seen += [r["key"] for r in got["records"]]
        if got["after"] is None:
            break
        after = ["--after", got["after"]]
    assert seen == keys("other.example")
    text = world.ctl("records", "list", "--limit", "2")
    assert text.splitlines()[0] == "dns:{other.example}:h0:A values=192.0.2.1"
    assert "--after" in text
    assert world.ctl_json("records", "list", "--limit", "0", ok=False)["code"] == "usage"
    assert world.ctl_json("records", "list", "host.elsewhere.example", ok=False)["code"] == "not-found"


def test_zone_text(world):
    """A zone file becomes records, and records become a zone file that says the same."""
    begin(world)
    world.write("in.zone", """$TTL 120
@ SOA ns1.example.net. hostmaster 1 7200 600 86400 30
@ NS ns1.example.net.
@ MX 10 mail
mail A 192.0.2.25
mail 60 AAAA 2001:db8::25
t TXT "a;b" "c d"
*.w CNAME mail
g POOL edge
""")
    world.ctl("records", "import", "--zone", "store.example", str(world.folder / "in.zone"))
    assert world.ask("store.example", "SOA").data[0].split()[3:] == ["7200", "600", "86400", "30"]
    assert world.ask("x.w.store.example", "A").data == ["192.0.2.25", "mail.store.example."]
    assert world.ask("t.store.example", "TXT").data == ['"a;b" "c d"']
    eventually(lambda: world.ask("g.store.example").data == ["192.0.2.9"], within=5)
    text = export(world, "store.example", "--format", "zone")
    before = export(world)
    world.stop()
    shutil.rmtree(world.folder / "state")
    world.start()
    got = feed(world, text, "import", "-", "--zone", "store.example")
    assert got.returncode == 0, got.stderr
    assert records(export(world)) == records(before)
    # what zone text cannot say stands there as a comment, and is counted
    world.ctl("records", "set", "n.store.example", "A", "values=192.0.2.1", "values@weu=192.0.2.2")
    got = world.ctl_raw("records", "export", "--format", "zone")
    assert "1 of them as comments" in got.stderr
    assert '; {"key":"dns:{store.example}:n:A"' in got.stdout
    # mistakes have their place, and nothing is written
    got = feed(world, "a A 192.0.2.1\nb A nonsense\n", "import", "-", "--zone", "store.example")
    assert got.returncode == 1 and "-:2:5: error" in got.stderr, got.stderr


def test_pools_of_the_store(world):
    """dns:!pool:NAME is a pool; one of the configuration wins, and a reload lets it up."""
    begin(world)
    why = world.ctl_json("records", "set", "a.store.example", "POOL", "pool=mine", ok=False)
    assert "neither the configuration nor the store has a pool mine" in why["error"]
    world.ctl("records", "set", "dns:!pool:mine", "values=192.0.2.50", "values@weu=192.0.2.51")
    world.ctl("records", "set", "a.store.example", "POOL", "pool=mine")
    eventually(lambda: world.ask("a.store.example").data == ["192.0.2.50"], within=5)
    world.ctl("records", "set", "dns:!pool:edge", "values=192.0.2.52")
    world.ctl("records", "set", "b.store.example", "POOL", "pool=edge")
    eventually(lambda: world.ask("b.store.example").data == ["192.0.2.9"], within=5)
    world.configure(CONFIG.replace("name: edge", "name: another"))
    world.ctl("reload", "--force")  # a pool goes
    eventually(lambda: world.ask("b.store.example").data == ["192.0.2.52"], within=5)
    assert world.ask("a.store.example").data == ["192.0.2.50"]
    world.kill()
    world.start()
    assert world.ask("a.store.example").data == ["192.0.2.50"]
    assert world.ask("b.store.example").data == ["192.0.2.52"]


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not there")
def test_check_a_redis(world):
    """A Redis is judged without being served."""
    begin(world)
    redis = RedisServer()
    try:
        redis.start()
        redis.hset("dns:{store.example}:a:A", values="192.0.2.1")
        redis.hset("other:thing", x="y")
        source = "redis:127.0.0.1@%d" % redis.port
        got = world.ctl_raw("records", "check", source)
        assert got.returncode == 0 and "1 good, 0 bad" in got.stderr, got.stderr
        redis.client.set("dns:{store.example}:s:A", "x")
        redis.hset("dns:{store.example}:b:A", values="192.0.2.256")
        redis.hset("dns:{store.example}:C:A", values="192.0.2.1")
        got = world.ctl_raw("records", "check", "redis:%s/redis.sock" % redis.folder)
        assert got.returncode == 1, got.stderr
        assert "dns:{store.example}:s:A: it is not a hash" in got.stderr
        assert "dns:{store.example}:b:A: field values" in got.stderr
        assert "the key is to be written dns:{store.example}:c:A" in got.stderr
        assert "1 good, 3 bad" in got.stderr
        assert world.status()["store"]["records"] == 0
        # with a password
        redis.client.config_set("requirepass", "secret")
        assert "NOAUTH" in world.ctl_raw("records", "check", source).stderr
        world.write("password", "secret\n")
        got = world.ctl_raw("records", "check", source, "--password-file", str(world.folder / "password"))
        assert "1 good, 3 bad" in got.stderr
        got = world.ctl_raw("records", "check", "redis:127.0.0.1@1")
        assert got.returncode == 1 and "refused" in got.stderr
    finally:
        redis.close()


# Fingerprints as FarmHash's own library makes them.
FARM = {
    "store.example": "66daf524",
    "@": "7c3377f6",
    "www.@": "303ff6e2",
    "mail.@": "bf76d52",
    "*.dev.@": "aad1e30a",
    "t.@": "c72293bf",
    "geo.@": "2db64485",
    "flat.@": "c65f8c6f",
    "a-rather-long-name-for-a-record.@": "ae080ccb",
}


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not there")
def test_import_a_constellation(world):
    """Its records become ours; what cannot be carried over is told."""
    begin(world)
    redis = RedisServer()

    def put(name, rdtype, values, **more):
        redis.client.hset("cl:%s:%s:%s" % (FARM["store.example"], FARM[name], rdtype), mapping={
            "t": rdtype, "n": name, "e": "0", "m": "", "b": "", "r": "", "f": "",
            "v": json.dumps(values), **more})

    try:
        redis.start()
        put("@", "mx", ["10 mx1.example.net"])
        put("www.@", "a", ["192.0.2.1", "192.0.2.2"], e="120")
        put("*.dev.@", "cname", ["www.store.example"])
        put("t.@", "txt", ['say "hi"', "x" * 300])
        put("geo.@", "a", ["192.0.2.3"], r=json.dumps({"weu": ["192.0.2.4"], "me": None}), f='["192.0.2.5"]')
        put("a-rather-long-name-for-a-record.@", "aaaa", ["2001:db8::1"])
        redis.client.hset("cl:12345678:%s:a" % FARM["www.@"], mapping={"t": "a", "n": "www.@", "v": "[]"})
        source = "redis:127.0.0.1@%d" % redis.port
        words = ("records", "import", "constellation", source, "--zone", "store.example")
        got = world.ctl_raw(*words)
        assert got.returncode == 0 and "imported 6 records" in got.stderr, got.stderr
        assert {k: v["fields"] for k, v in records(export(world)).items()} == {
            "dns:{store.example}:@:MX": {"values": "10 mx1.example.net."},
            "dns:{store.example}:www:A": {"values": "192.0.2.1\n192.0.2.2", "ttl": "120"},
            "dns:{store.example}:*.dev:CNAME": {"values": "www.store.example."},
            "dns:{store.example}:t:TXT": {"values": '"say \\"hi\\""\n"%s" "%s"' % ("x" * 255, "x" * 45)},
            "dns:{store.example}:geo:A": {"values": "192.0.2.3", "values@weu": "192.0.2.4",
                                          "rescue": "192.0.2.5"},
            "dns:{store.example}:a-rather-long-name-for-a-record:AAAA": {"values": "2001:db8::1"}}
        # what has no counterpart is told of, and stops the import unless it may be left out
        put("flat.@", "a", ["www.example.net"], m="1")
        put("mail.@", "a", ["192.0.2.6"], b='["KP"]')
        got = world.ctl_raw(*words)
        assert got.returncode == 1 and "nothing was imported" in got.stderr
        assert "(flat.@ a in store.example): flattening" in got.stderr
        assert "(mail.@ a in store.example): a blackhole" in got.stderr
        got = world.ctl_raw(*words, "--skip-bad")
        assert got.returncode == 1 and "imported 6 records" in got.stderr
        assert world.ctl_raw(*words[:4]).returncode == 2
    finally:
        redis.close()
