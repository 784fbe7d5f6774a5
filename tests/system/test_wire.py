# SPDX-License-Identifier: BSD-2-Clause
"""tests/fuzz/wirefuzz against a server that has everything: spoilt packets over UDP and
TCP; each response is put before ldns, and a good query between them is always answered.

SEED=N repeats a run; WIRE_UDP=N and WIRE_TCP=N make it longer.
"""
import os
import random
import subprocess

import pytest

from limits import SLOW
from world import SOURCE

SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
COUNTS = {"udp": int(os.environ.get("WIRE_UDP") or 40000),
          "tcp": int(os.environ.get("WIRE_TCP") or 10000)}
CONFIG = """checks:
  - name: web
    http: {port: BACKEND_PORT, path: /}
    interval: 500ms
    timeout: 300ms
    confirm_interval: 100ms
pools:
  - name: edge
    check: web
    regions:
      weu: [127.0.0.2, "::1"]
      nnam: [{address: 127.0.0.3, weight: 3}, 127.0.0.4]
    default: [127.0.0.2]
    rescue: [127.0.0.9]
  - name: names
    regions: {weu: [a.example.net]}
    default: [c.example.net]
geo:
  prefixes:
    - {prefix: 127.1.0.0/16, region: weu}
    - {prefix: 127.2.0.0/16, region: nnam}
    - {prefix: "2001:db8::/32", region: nnam}
zones:
  - {domain: example.com, file: example.com.zone, store: on}
  - {domain: store.example, store: on, ns: [ns.store.example]}
store: {probe_allow: [127.0.0.0/8]}
keys: [{name: key.example, algorithm: hmac-sha256, secret_file: key}]
"""
ZONE = """canary A 192.0.2.1
www A 192.0.2.1
www AAAA 2001:db8::1
www TXT "beside"
edge POOL edge
edge HTTPS 1 . alpn=h2
alias CNAME edge
cname POOL names
*.w POOL edge
*.t TXT "wild"
*.c CNAME www
d DNAME e
x.e A 192.0.2.2
r1 DNAME r2
r2 DNAME r1
c1 CNAME c2
c2 CNAME c1
lost CNAME no.such.name
sub NS ns.sub
sub NS ns.example.net.
sub DS 12345 13 2 {ds}
ns.sub A 192.0.2.3
mx MX 10 www
mx MX 20 edge
svc HTTPS 1 www alpn=h2,h3 ipv4hint=192.0.2.1
svc SRV 1 2 3 www
deep.ent A 192.0.2.4
bin\\000\\255\\.x A 192.0.2.5
unknown TYPE731 \\# 3 010203
""".format(ds="ab" * 32)
ZONE += "".join("h%d DNAME h%d\n" % (i, i + 1) for i in range(20))
ZONE += "".join('big TXT "%03d %s"\n' % (i, "x" * 100) for i in range(60))
ZONE += "".join('huge TXT "%03d %s"\n' % (i, "x" * 240) for i in range(250))
ZONE += "".join("*.%s A 192.0.2.%d\n" % (".".join("abcdefghij"[:i]), i) for i in range(1, 9))


@pytest.fixture
def fuzzed(world):
    program = os.environ.get("WIREFUZZ") or os.path.join(
        os.path.dirname(os.environ.get("SEXTANTD") or str(SOURCE / "build/sextantd")),
        "tests/fuzz/wirefuzz")
    if not os.access(program, os.X_OK):
        pytest.skip("%s is not there" % program)
    for address in ("127.0.0.2", "127.0.0.3"):
        world.backend(address)
    world.zone("example.com", ZONE)
    world.write("key", "c2VjcmV0c2VjcmV0c2VjcmV0\n").chmod(0o600)
    world.configure(CONFIG, server="  transfer: [127.0.0.0/8]\n")
    world.start()
    world.ctl("records", "set", "s.store.example", "A", "values@weu=127.0.0.2",
              "rescue=127.0.0.4", "check=web")
    world.ctl("records", "set", "*.store.example", "TXT", "values=\"x\"")
    world.fuzz = program
    return world


def run(world, over, seed, count):
    corpora = [str(SOURCE / "tests/fuzz/corpus" / c) for c in ("query", "answer")]
    options = ["-t"] if over == "tcp" else []
    got = subprocess.run(
        [world.fuzz, *options, "-n", str(count), "-s", str(seed), world.address, str(world.port),
         *corpora],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # of the messages that are put before it, ldns 1.8.3 loses those with two TSIGs
        env={**os.environ, "LSAN_OPTIONS": "suppressions=%s:print_suppressions=0" % (
            SOURCE / "tests/lsan.supp")},
        timeout=60 * SLOW + count / 200)
    print(got.stdout)
    assert got.returncode == 0, got.stdout[-4000:]


@pytest.mark.parametrize("over", ["udp", "tcp"])
def test_spoilt_packets(fuzzed, over):
    """Nothing is wrong with what is said, and the end is in good order: no leak either."""
    run(fuzzed, over, SEED, COUNTS[over])
    assert fuzzed.ask("www.example.com", tcp=over == "tcp").data == ["192.0.2.1"]
    # others than the canary were answered too
    counters = fuzzed.status()["counters"]
    assert min(counters[c] for c in (
        "noerror", "nxdomain", "formerr", "refused", "notimp", "ecs", "steered", "tsig", "tsig_bad",
        "cookies_new", "truncated" if over == "udp" else "transfers")) > 0
