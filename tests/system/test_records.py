# SPDX-License-Identifier: BSD-2-Clause
"""Records changed at run time in the embedded store, through sextantctl."""
import signal
import subprocess

from limits import SLOW, eventually
from world import program

CONFIG = """
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
pools:
  - name: edge
    default: [192.0.2.9]
zones:
  - {domain: example.com, file: example.com.zone, store: on}
  - {domain: plain.example, file: plain.example.zone}
"""


def begin(world):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.zone("plain.example", "www A 192.0.2.2\n")
    world.configure(CONFIG)
    world.start()


def data(world, name, rdtype="A", **options):
    return world.ask(name, rdtype, **options).data


def test_set_get_delete(world):
    begin(world)
    assert world.ask("host.example.com").rcode == "NXDOMAIN"
    assert "set dns:{example.com}:host:A" in world.ctl(
        "records", "set", "host.example.com", "A", "ttl=77", "values=192.0.2.10 192.0.2.11")
    got = world.ask("host.example.com")
    assert (got.rcode, got.data, got.ttl) == ("NOERROR", ["192.0.2.10", "192.0.2.11"], 77)
    # some fields only: the others stay; with --replace they go
    world.ctl("records", "set", "host.example.com", "A", "ttl=78")
    assert world.ask("host.example.com").ttl == 78
    assert world.ctl_json("records", "get", "host.example.com", "A") == {
        "key": "dns:{example.com}:host:A", "fields": {"ttl": "78", "values": "192.0.2.10 192.0.2.11"}}
    world.ctl("records", "set", "--replace", "host.example.com", "A", "values=192.0.2.12")
    got = world.ask("host.example.com")
    assert got.data == ["192.0.2.12"] and got.ttl != 78
    assert world.status()["store"]["records"] == 1
    world.ctl("records", "delete", "host.example.com", "A")
    eventually(lambda: world.ask("host.example.com").rcode == "NXDOMAIN", within=2)
    assert world.ctl_json("records", "get", "host.example.com", "A", ok=False)["code"] == "not-found"
    assert world.ctl_json("records", "delete", "host.example.com", "A", ok=False)["code"] == "not-found"


def test_by_key_and_many_types(world):
    """The key as it is in the store; every type, quoted text, a wildcard."""
    begin(world)
    for key, values, name, rdtype, wire in (
            ("dns:{example.com}:mail:MX", "values=10 mx1.example.com.", "mail.example.com", "MX",
             ["10 mx1.example.com."]),
            ("dns:{example.com}:t:TXT", 'values="hello, world" "again"', "t.example.com", "TXT",
             ['"hello, world" "again"']),
            ("dns:{example.com}:six:AAAA", "values=2001:db8::1\n2001:db8::2", "six.example.com", "AAAA",
             ["2001:db8::1", "2001:db8::2"]),
            ("dns:{example.com}:*.dev:A", "values=192.0.2.30", "a.b.dev.example.com", "A", ["192.0.2.30"]),
            ("dns:{example.com}:_sip._tcp:SRV", "values=1 2 5060 www.example.com.", "_sip._tcp.example.com",
             "SRV", ["1 2 5060 www.example.com."]),
            ("dns:{example.com}:json:TXT", 'values=["\\"a b\\"", "c"]', "json.example.com", "TXT",
             ['"a b"', '"c"'])):
        world.ctl("records", "set", key, values)
        assert data(world, name, rdtype) == wire, key


def test_steered_records(world):
    """values@REGION makes a record steered; POOL names a pool of the configuration."""
    begin(world)
    world.ctl("records", "set", "near.example.com", "A", "ttl=30", "values=192.0.2.40",
              "values@weu=192.0.2.41")
    assert data(world, "near.example.com", source="127.0.1.1") == ["192.0.2.41"]
    assert data(world, "near.example.com", source="127.0.2.1") == ["192.0.2.40"]
    world.ctl("records", "set", "dns:{example.com}:pooled:POOL", "pool=edge", "ttl=20")
    got = world.ask("pooled.example.com")
    assert got.data == ["192.0.2.9"] and got.ttl == 20
    why = world.explain("near.example.com", "A", "127.0.1.1")
    assert why["candidates"] == ["192.0.2.41"] and why["regions"] == ["weu"]


def test_refused_records(world):
    """What is wrong is refused with the reason, and changes nothing."""
    begin(world)
    world.ctl("records", "set", "host.example.com", "A", "values=192.0.2.10")
    for words in (("host.example.com", "A", "values=192.0.2.256"),
                  ("host.example.com", "A", "ttl=soon"),
                  ("host.example.com", "A", "vlaues=192.0.2.1"),
                  ("host.example.com", "A", "values@atlantis=192.0.2.1"),
                  ("host.example.com", "WHAT", "values=192.0.2.1"),
                  ("dns:{example.com}:HOST:A", "values=192.0.2.1"),
                  ("host.plain.example", "A", "values=192.0.2.1"),
                  ("host.example.org", "A", "values=192.0.2.1"),
                  ("x.example.com", "SOA", "values=a. b. 1 2 3 4 5"),
                  ("p.example.com", "POOL", "pool=none")):
        got = world.ctl_raw("records", "set", *words)
        assert got.returncode == 1 and len(got.stderr) > 20, words
        assert data(world, "host.example.com") == ["192.0.2.10"], words
    # a name that the zone file has belongs to the file
    got = world.ctl_raw("records", "set", "www.example.com", "A", "values=192.0.2.66")
    assert got.returncode == 1 and "the zone file has data at that name" in got.stderr
    got = world.ctl_raw("records", "set", "sub.example.com", "NS", "values=ns.example.net.")
    assert got.returncode == 1 and "adds no SOA, NS" in got.stderr
    world.ctl("records", "set", "_acme-challenge.www.example.com", "TXT", 'values="token"')
    assert data(world, "www.example.com") == ["192.0.2.1"]


def test_survive_a_kill(world):
    """A set that was confirmed is there after SIGKILL, whenever that comes."""
    begin(world)
    for i in range(20):
        world.ctl("records", "set", "h%d.example.com" % i, "A", "values=192.0.2.%d" % i)
    world.ctl("records", "delete", "h7.example.com", "A")
    world.kill()
    world.start()
    for i in range(20):
        expected = [] if i == 7 else ["192.0.2.%d" % i]
        assert data(world, "h%d.example.com" % i) == expected
    assert world.status()["store"]["records"] == 19
    # and again, killed while writes are under way
    writer = subprocess.Popen(
        ["sh", "-c", 'i=0; while [ $i -lt 200 ] && "$0" -s "$1" records set k$i.example.com A values=192.0.2.1'
         ' >/dev/null 2>&1; do i=$((i+1)); echo $i; done', program("SEXTANTCTL", "sextantctl"),
         str(world.folder / "control.sock")], stdout=subprocess.PIPE, text=True)
    eventually(lambda: data(world, "k9.example.com"), within=5)
    world.process.send_signal(signal.SIGKILL)
    confirmed = int(writer.communicate(timeout=20 * SLOW)[0].split()[-1])
    world.kill()
    world.start()
    assert confirmed >= 10
    for i in range(confirmed):
        assert data(world, "k%d.example.com" % i) == ["192.0.2.1"], "was confirmed"


def test_survive_an_ordinary_restart_and_a_reload(world):
    begin(world)
    world.ctl("records", "set", "host.example.com", "A", "ttl=30", "values=192.0.2.10")
    world.ctl("records", "set", "near.example.com", "A", "values=192.0.2.40", "values@weu=192.0.2.41")
    for again in (lambda: world.ctl("reload"), lambda: (world.stop(), world.start())):
        again()
        assert data(world, "host.example.com") == ["192.0.2.10"]
        assert data(world, "near.example.com", source="127.0.1.1") == ["192.0.2.41"]


def test_records_wait_for_what_they_name(world):
    """A check that is not configured yet: refused now, and taken once it is."""
    begin(world)
    words = ("records", "set", "c.example.com", "A", "values=127.5.9.2", "values@weu=127.5.9.1", "check=web")
    got = world.ctl_raw(*words)
    assert got.returncode == 1 and "web" in got.stderr
    assert world.ask("c.example.com").rcode == "NXDOMAIN"
    world.configure(CONFIG + "checks:\n  - {name: web, tcp: {port: 9}}\n")
    world.ctl("reload")
    world.ctl(*words)
    # a pool's choices are made before it is seen, in another thread
    eventually(lambda: data(world, "c.example.com", source="127.0.1.1") == ["127.5.9.1"], within=2)
    # and when the check goes again, the record that names it is served on
    world.configure(CONFIG)
    world.ctl("reload")
    assert data(world, "c.example.com", source="127.0.1.1") == ["127.5.9.1"]


def test_a_zone_of_the_store_alone(world):
    """No file: SOA and NS come from the configuration and the zone record."""
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure("""
zones:
  - {domain: example.com, file: example.com.zone}
  - {domain: customers.example, store: on, ns: [ns1.example.com, ns2.example.com]}
""")
    world.start()
    world.ctl("records", "set", "a.customers.example", "A", "values=192.0.2.70")
    assert data(world, "a.customers.example") == ["192.0.2.70"]
    assert data(world, "customers.example", "NS") == ["ns1.example.com.", "ns2.example.com."]
    got = world.ask("missing.customers.example")
    assert got.rcode == "NXDOMAIN" and got.message.authority[0].ttl == 60
    soa = data(world, "customers.example", "SOA")[0].split()
    assert soa[3:] == ["3600", "600", "1209600", "60"]


def test_serials_rise(world):
    """The SOA serial rises after a change, also after one that follows another within
    the second, and does not fall over a restart."""
    begin(world)

    def serial():
        return int(data(world, "example.com", "SOA")[0].split()[2])

    first = serial()
    world.ctl("records", "set", "host.example.com", "A", "values=192.0.2.10")
    second = eventually(lambda: serial() > first and serial(), within=2)
    world.ctl("records", "set", "host.example.com", "A", "values=192.0.2.11")
    second = eventually(lambda: serial() > second and serial(), within=2)
    world.kill()
    world.start()
    assert serial() >= second
