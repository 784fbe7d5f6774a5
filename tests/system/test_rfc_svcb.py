# SPDX-License-Identifier: BSD-2-Clause
"""RFC 9460 appendix D: the test vectors as printed there, from text to the wire."""
import pytest

import oracle
from packets import ask
from world import World

SVCB, HTTPS = 64, 65
FOO_COM = b"\3foo\7example\3com\0".hex()
FOO_ORG = b"\3foo\7example\3org\0".hex()
COM = b"\7example\3com\0".hex()
# section, type, text, octets of RDATA
VECTORS = [
    ("D.1", HTTPS, "0 foo.example.com.", "0000" + FOO_COM),
    ("D.2 figure 3", SVCB, "1 .", "000100"),
    ("D.2 figure 4", SVCB, "16 foo.example.com. port=53", "0010" + FOO_COM + "000300020035"),
    ("D.2 figure 5", SVCB, "1 foo.example.com. key667=hello", "0001" + FOO_COM + "029b000568656c6c6f"),
    ("D.2 figure 6", SVCB, '1 foo.example.com. key667="hello\\210qoo"',
     "0001" + FOO_COM + "029b000968656c6c6fd2716f6f"),
    ("D.2 figure 7", SVCB, '1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
     "0001" + FOO_COM + "00060020" + "20010db8000000000000000000000001" + "20010db8000000000000000000530001"),
    ("D.2 figure 8", SVCB, '1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
     "0001" + COM + "00060010" + "20010db80122034400000000c0000221"),
    ("D.2 figure 9", SVCB, "16 foo.example.org. (alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1)",
     "0010" + FOO_ORG + "0000000400010004" + "00010009" + "02683205" + b"h3-19".hex() + "00040004c0000201"),
    ("D.2 figure 10", SVCB, '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
     "0010" + FOO_ORG + "0001000c" + "08665c6f6f2c626172" + "026832"),
    ("D.2 figure 10", SVCB, "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
     "0010" + FOO_ORG + "0001000c" + "08665c6f6f2c626172" + "026832"),
]
# D.3: "the following must not be taken"
FAILURES = [
    "1 foo.example.com. (key123=abc key123=def)",
    "1 foo.example.com. mandatory",
    "1 foo.example.com. alpn",
    "1 foo.example.com. port",
    "1 foo.example.com. ipv4hint",
    "1 foo.example.com. ipv6hint",
    "1 foo.example.com. no-default-alpn=abc",
    "1 foo.example.com. mandatory=key123",
    "1 foo.example.com. mandatory=mandatory",
    "1 foo.example.com. (mandatory=key123,key123 key123=abc)",
]
HEAD = "$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\n"


@pytest.fixture(scope="module")
def world():
    w = World()
    w.write("vectors.test.zone", HEAD + "".join(
        "v%d %s %s\n" % (i, "HTTPS" if v[1] == HTTPS else "SVCB", v[2]) for i, v in enumerate(VECTORS)))
    w.configure("zones: [{domain: vectors.test, file: vectors.test.zone}]\n")
    w.start()
    yield w
    try:
        w.stop()
    finally:
        w.close()


@pytest.mark.parametrize("number", range(len(VECTORS)), ids=["%s: %s" % (v[0], v[2][:24]) for v in VECTORS])
def test_vector(world, number):
    _, rdtype, _, octets = VECTORS[number]
    got = world.send(ask("v%d.vectors.test" % number, rdtype))
    # the target is not compressed (2.2), so the RDATA stands there as it is
    assert bytes.fromhex("%04x%s" % (len(octets) // 2, octets)) in got
    assert oracle.Message(got).counts[1] == 1


@pytest.mark.parametrize("text", FAILURES)
def test_failure(world, text):
    folder = world.folder / "failures"
    folder.mkdir(exist_ok=True)
    (folder / "z.zone").write_text(HEAD + "bad SVCB " + text + "\n")
    config = folder / "sextant.yaml"
    config.write_text("zones: [{domain: vectors.test, file: z.zone}]\n")
    code, said = world.run("-t", file=config)
    assert code == 1 and "z.zone:5:" in said, said
