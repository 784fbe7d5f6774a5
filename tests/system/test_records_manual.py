# SPDX-License-Identifier: BSD-2-Clause
"""What sextant-records(7) says: its examples are accepted, its ACL users suffice, and each
field and type that is wrong is told of and disturbs no other."""
import json
import re
import subprocess

from limits import SLOW, eventually
from world import SOURCE, program

ZONES = """
checks:
  - {name: web, tcp: {port: BACKEND_PORT}}
pools:
  - {name: edge, default: [192.0.2.9]}
zones:
  - {domain: example.com, store: on, ns: [ns1.example.net]}
  - {domain: customers.example, store: on, ns: [ns1.example.net]}
"""
REDIS = """
store:
  kind: redis
  address: 127.0.0.1@REDIS_PORT
  user: sextant
  password_file: redis.secret
"""


def manual():
    """The commands of the literal parts, one a line, by the program that runs them."""
    text = (SOURCE / "conf" / "sextant-records.7").read_text()
    lines = []
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.S | re.M):
        lines += re.sub(r" *\\e\n *", " ", block).replace("\\e", "\\").splitlines()
    return lines


def examples(start):
    return [line for line in manual() if line.startswith(start)]


def shell(world, redis, line):
    """Runs an example as it is printed, with programs that know where the servers are."""
    text = line
    if redis is not None:
        text = 'redis-cli() { command redis-cli -s "%s/redis.sock" "$@"; }\n' % redis.folder + text
    text = 'sextantctl() { "%s" -s "%s" "$@"; }\n' % (
        program("SEXTANTCTL", "sextantctl"), world.folder / "control.sock") + text
    return subprocess.run(["bash", "-c", text], cwd=world.folder, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=20 * SLOW)


def store(world):
    return world.status()["store"]


def begin_redis(world, redis):
    for line in examples("redis-cli ACL"):
        got = shell(world, redis, line)
        assert got.stdout == "OK\n", (line, got.stdout + got.stderr)
    world.write("redis.secret", "SECRET\n").chmod(0o600)
    world.configure(ZONES + REDIS)
    world.start()
    eventually(lambda: store(world)["sync"] == "fresh", within=5)


def test_the_examples_for_redis(world, redis_server):
    """Each is taken, by a server that logs in as the manual's user."""
    begin_redis(world, redis_server)
    lines = [line for line in examples("redis-cli ") if "ACL" not in line and "HGETALL" not in line]
    assert len(lines) >= 14
    for line in lines:
        changes = store(world)["changes"]
        got = shell(world, redis_server, line)
        assert got.stdout.strip().isdigit() and got.returncode == 0, (line, got.stdout + got.stderr)
        eventually(lambda: store(world)["changes"] > changes or store(world)["rejected"], within=5)
        assert store(world)["rejected"] == 0, (line, world.text()[-1000:])
    assert world.ask("x.dev.example.com", "CNAME").data == ["www.example.com."]
    assert world.ask("example.com", "TXT").data == ['"v=spf1 -all"']
    assert world.ask("a\\058b.example.com").data == ["192.0.2.7"]
    assert world.ask("two.example.com", "TXT").data == ['"first," "of" "two"', '"second"']
    assert world.ask("api.example.com").data == ["192.0.2.9"]
    eventually(lambda: world.ask("shop.example.com").data == ["192.0.2.1"], within=5)
    assert world.ask("shop.example.com", "AAAA").data == ["2001:db8::1"]
    assert world.ask("customers.example", "SOA").data[0].startswith("ns1.example.net. hostmaster.example.net. ")
    assert world.ask("a.customers.example").ttl == 120
    assert world.ask("mail.example.com", "MX").data == []
    # and a change, and a full read after a loss of the connection, under the same user
    redis_server.client.client_kill_filter(skipme=True)
    eventually(lambda: store(world)["sync"] == "fresh" and store(world)["resyncs"] >= 2, within=10)
    redis_server.hset("dns:{example.com}:after:A", values="192.0.2.44")
    eventually(lambda: world.ask("after.example.com").data == ["192.0.2.44"], within=5)
    denied = [e for e in redis_server.client.execute_command("ACL", "LOG") if "sextant" in str(e)]
    assert not denied, denied


def test_the_writer_of_the_manual(world, redis_server):
    """Its login suffices for set, delete and import, and for nothing it does not need."""
    for line in examples("redis-cli ACL"):
        shell(world, redis_server, line)
    world.write("redis.secret", "SECRET\n").chmod(0o600)
    world.configure(ZONES + REDIS + "  writer: {user: sextant-rw, password_file: redis.secret}\n")
    world.start()
    eventually(lambda: store(world)["sync"] == "fresh", within=5)
    world.ctl("records", "set", "a.example.com", "A", "values=192.0.2.1", "ttl=50")
    world.ctl("records", "set", "a.example.com", "A", "ttl=60")
    assert redis_server.client.hgetall("dns:{example.com}:a:A") == {"values": "192.0.2.1", "ttl": "60"}
    assert world.ask("a.example.com").ttl == 60
    world.ctl("records", "set", "--replace", "a.example.com", "A", "values=192.0.2.2")
    assert redis_server.client.hgetall("dns:{example.com}:a:A") == {"values": "192.0.2.2"}
    lines = ['{"key":"dns:{example.com}:h%03d:A","fields":{"values":"192.0.2.%d"}}\n' % (i, i)
             for i in range(200)]
    world.write("more.json", "".join(lines))
    got = world.ctl_raw("records", "import", str(world.folder / "more.json"))
    assert got.returncode == 0 and "imported 200" in got.stderr, got.stderr
    assert world.ask("h199.example.com").data == ["192.0.2.199"]
    world.ctl("records", "delete", "a.example.com", "A")
    assert redis_server.client.exists("dns:{example.com}:a:A") == 0
    denied = [e for e in redis_server.client.execute_command("ACL", "LOG") if "sextant" in str(e)]
    assert not denied, denied


def test_the_examples_of_redis_conf(redis_server):
    """redis-server takes each line."""
    for line in manual():
        if re.match(r"(append|save|maxmemory|client-output)", line):
            word, value = line.split(" ", 1)
            assert redis_server.client.config_set(word, value), line


def test_the_examples_for_sextantctl(world):
    world.configure(ZONES)
    world.start()
    world.write("customers.zone", "$TTL 60\n@ SOA a. b. 1 2 3 4 5\n@ NS ns1.example.net.\nx A 192.0.2.1\n")
    told = [line for line in manual() if line.startswith("{")]
    assert len(told) == 1 and json.loads(told[0])
    world.write("all.json", told[0] + "\n")
    lines = [line for line in examples("sextantctl ") if "redis:" not in line]
    assert len(lines) >= 8
    # check and import before export, which writes the file that they read
    for line in sorted(lines, key=lambda line: "export" in line):
        got = shell(world, None, line)
        assert got.returncode == 0, (line, got.stdout + got.stderr)
    assert world.ask("new.example.com").data == ["203.0.113.1", "203.0.113.2"]
    assert world.ask("www.example.com").data == ["203.0.113.1"]
    assert "new.example.com. 60 IN A 203.0.113.1" in (world.folder / "example.com.zone").read_text()


BAD = [
    # key behind "dns:", field, value, another field, and what the reason has to hold
    ("{example.com}:b:A", "values", "192.0.2.256", {}, "field values"),
    ("{example.com}:b:A", "ttl", "soon", {"values": "192.0.2.1"}, "field ttl"),
    ("{example.com}:b:A", "state", "off", {"values": "192.0.2.1"}, "field state"),
    ("{example.com}:b:A", "values@nowhere", "192.0.2.1", {}, "no region nowhere"),
    ("{example.com}:b:A", "check", "none", {"values@weu": "192.0.2.1"}, "field check"),
    ("{example.com}:b:A", "rescue", "x", {"values@weu": "192.0.2.1"}, "field rescue"),
    ("{example.com}:b:A", "weights@weu", "1 2", {"values@weu": "192.0.2.1"}, "field weights@weu"),
    ("{example.com}:b:A", "fallback", "weu", {"values@weu": "192.0.2.1"}, "field fallback"),
    ("{example.com}:b:A", "max_answers", "0", {"values@weu": "192.0.2.1"}, "field max_answers"),
    ("{example.com}:b:A", "min_healthy", "200%", {"values@weu": "192.0.2.1"}, "field min_healthy"),
    ("{example.com}:b:A", "when_all_down", "panic", {"values@weu": "192.0.2.1"}, "field when_all_down"),
    ("{example.com}:b:A", "sticky", "yes", {"values@weu": "192.0.2.1"}, "field sticky"),
    ("{example.com}:b:A", "flatten", "true", {"values": "192.0.2.1"}, "field flatten"),
    ("{example.com}:b:A", "blackhole", "UK", {"values@weu": "192.0.2.1"}, "field blackhole"),
    ("{example.com}:b:A", "vlaues", "192.0.2.1", {}, "did you mean values"),
    ("{example.com}:b:AAAA", "values", "192.0.2.1", {}, "field values"),
    ("{example.com}:b:MX", "values", "mail", {}, "field values"),
    ("{example.com}:b:TXT", "values", '"open', {}, "field values"),
    ("{example.com}:b:SRV", "values", "1 2 70000 a.", {}, "field values"),
    ("{example.com}:b:CAA", "values", "0 issue", {}, "field values"),
    ("{example.com}:b:CNAME", "values", "a b", {}, "one value"),
    ("{example.com}:b:SVCB", "values", "1 . alpn=h2 alpn=h3", {}, "field values"),
    ("{example.com}:b:POOL", "pool", "none", {}, "has a pool none"),
    ("{example.com}:b:POOL", "ttl", "60", {}, "field pool is missing"),
    ("{example.com}:@:SOA", "values", "a. b. 1 2 3 4 5", {}, "SOA"),
    ("{example.com}", "state", "gone", {}, "field state"),
    ("{example.com}", "minimum", "x", {}, "field minimum"),
    ("{example.com}", "mname", "a..b", {}, "field mname"),
    ("!pool:b", "values", "www", {}, "not an IP address"),
    ("!pool:b", "ttl", "60", {}, "needs values"),
    ("!pool:B", "values", "192.0.2.1", {}, "pool's name"),
    ("{example.com}:B:A", "values", "192.0.2.1", {}, "to be written dns:{example.com}:b:A"),
    ("{example.com}:b:NOSUCH", "values", "192.0.2.1", {}, "NOSUCH"),
    ("{example.com}:b", "values", "192.0.2.1", {}, "dns:{ZONE}:OWNER:TYPE"),
]


def neighbours(world):
    return (world.ask("good.example.com").data, world.ask("kept.example.com").data,
            world.ask("b.example.com").rcode)


def test_bad_records_in_the_embedded_store(world):
    world.configure(ZONES)
    world.start()
    world.ctl("records", "set", "good.example.com", "A", "values=192.0.2.1")
    world.ctl("records", "set", "kept.example.com", "A", "values=192.0.2.2")
    before = neighbours(world)
    for key, field, value, beside, why in BAD:
        words = ["%s=%s" % (k, v) for k, v in {field: value, **beside}.items()]
        got = world.ctl_raw("records", "set", "dns:" + key, *words)
        assert got.returncode == 1 and why in got.stderr, (key, field, got.stderr)
        assert neighbours(world) == before, (key, field)
    assert store(world)["records"] == 2


def test_bad_records_in_redis(world, redis_server):
    redis_server.hset("dns:{example.com}:good:A", values="192.0.2.1")
    redis_server.hset("dns:{example.com}:kept:A", values="192.0.2.2")
    begin_redis(world, redis_server)
    eventually(lambda: world.ask("kept.example.com").data == ["192.0.2.2"], within=5)
    before = neighbours(world)
    for key, field, value, beside, why in BAD:
        key = "dns:" + key
        redis_server.client.hset(key, mapping={field: value, **beside})
        eventually(lambda: store(world)["rejected"] == 1, within=5)
        told = [line for line in world.text().splitlines() if "rejected" in line and key in line]
        assert told and why in told[-1], (key, field, told[-1:])
        assert neighbours(world) == before, (key, field)
        redis_server.client.delete(key)
        eventually(lambda: store(world)["rejected"] == 0, within=5)
    # of another type than a hash; and a version that is bad after one that was good
    redis_server.client.set("dns:{example.com}:b:A", "192.0.2.1")
    eventually(lambda: store(world)["rejected"] == 1, within=5)
    redis_server.hset("dns:{example.com}:kept:A", values="192.0.2.2222")
    eventually(lambda: store(world)["rejected"] == 2, within=5)
    assert neighbours(world) == before
    assert world.text().count("kept=last-good") == 1


