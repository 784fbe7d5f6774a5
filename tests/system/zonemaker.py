# SPDX-License-Identifier: BSD-2-Clause
"""Random zones, dense with what RFC 1034 4.3.2 has to tell apart.

A name is a tuple of labels as octets, the leftmost first; () is the root. All is drawn
from one random.Random, so that a seed gives the same zones again.
"""

ORDINARY = [b"a", b"b", b"c", b"d", b"www", b"mail", b"ns", b"x1", b"_tcp", b"_sip", b"host-7"]
ODD = [b"\xff", b"\x00", b"\x80\xe9", b"a.b", b"\\", b" ", b"@", b"$", b"a*", b"**", b"-", b"_",
       b"[x]", b"{", b"Z", b"\"q\"", b";", b"(", b"l" * 63, b"0"]
WILD = b"*"
TTLS = [0, 1, 60, 120, 300, 300, 300, 3600, 86400, 604800]


def label_text(label):
    out = []
    for octet in label:
        char = chr(octet)
        if (char.isascii() and char.isalnum()) or char in "-_*":
            out.append(char)
        elif char == ".":
            out.append("\\.")
        else:
            out.append("\\%03d" % octet)
    return "".join(out)


def text(name):
    return "".join(label_text(label) + "." for label in name) or "."


def wire(name):
    return b"".join(bytes((len(label),)) + label for label in name) + b"\0"


def wire_len(name):
    return 1 + sum(len(label) + 1 for label in name)


def lower(name):
    return tuple(label.lower() for label in name)


def is_under(name, other):
    """At or below it."""
    return len(name) >= len(other) and name[len(name) - len(other):] == other


def mixed_case(rng, name):
    def mixed(label):
        return bytes(o ^ 0x20 if rng.random() < 0.5 and chr(o).isascii() and chr(o).isalpha() else o
                     for o in label)
    return tuple(mixed(label) for label in name)


class Zone:
    """What a zone has, and which of its names are of interest as what."""

    def __init__(self, rng, apex, others=()):
        self.rng = rng
        self.apex = apex
        self.others = [z for z in others if z != apex]
        self.data = {}  # owner -> {type: (ttl, [rdata])}
        self.cuts = []
        self.dnames = []
        self.aliases = []
        self.wildcards = []

    def add(self, owner, rdtype, ttl, rdatas):
        """False where it may not be: CNAME beside data, or a name that is too long."""
        if wire_len(owner) > 255 or not is_under(owner, self.apex):
            return False
        here = self.data.setdefault(owner, {})
        single = rdtype in ("CNAME", "DNAME")
        bad = "CNAME" in here or (rdtype == "CNAME" and here) or (single and rdtype in here)
        if rdtype == "NS" and owner != self.apex and set(here) - {"DS"}:
            bad = True
        if "NS" in here and owner != self.apex and rdtype not in ("NS", "DS"):
            bad = True
        if bad:
            if not here:
                del self.data[owner]
            return False
        if rdtype in here:
            ttl, old = here[rdtype]
            rdatas = old + [r for r in rdatas if r not in old]
        here[rdtype] = (ttl, rdatas[:1] if single else rdatas)
        for kind, names in (("NS", self.cuts), ("DNAME", self.dnames), ("CNAME", self.aliases)):
            if rdtype == kind and owner != self.apex and owner not in names:
                names.append(owner)
        if rdtype == "DNAME" and owner == self.apex:
            self.dnames.append(owner)
        if WILD in owner and owner not in self.wildcards:
            self.wildcards.append(owner)
        return True

    def owners(self):
        return list(self.data)

    def lines(self, dnames=()):
        """Master file lines with their owner; none below these DNAMEs: NSD and Knot take no
        zone with such data, NSD not even where they are in another zone."""
        for owner, types in self.data.items():
            if any(owner != d and is_under(owner, d) for d in dnames):
                continue
            for rdtype, (ttl, rdatas) in types.items():
                for rdata in rdatas:
                    shown = mixed_case(self.rng, owner) if self.rng.random() < 0.1 else owner
                    yield owner, "%s %d IN %s %s" % (text(shown), ttl, rdtype, rdata)

    def text(self, dnames=()):
        return "".join(line + "\n" for _, line in self.lines(dnames))

    def relevant(self, names):
        """The lines that may matter for these names: theirs, those of the names above and
        their wildcards, and whether something is below."""
        wanted, below = set(), set()
        for name in names:
            name = lower(name)
            for i in range(len(name) + 1):
                wanted.add(name[i:])
                wanted.add((WILD,) + name[i:])
            below.add(name)
        for owner, line in self.lines():
            if owner in wanted or any(is_under(owner, b) for b in below if b != self.apex):
                yield line if len(line) < 300 else line[:300] + "..."

    # names

    def label(self):
        r = self.rng.random()
        if r < 0.13:
            return WILD
        return self.rng.choice(ODD) if r < 0.25 else self.rng.choice(ORDINARY)

    def new_name(self):
        """Near what is there, so that wildcards, cuts and empty non-terminals meet."""
        rng = self.rng
        base = self.apex if rng.random() < 0.4 else rng.choice(self.owners())
        if rng.random() < 0.2 and len(base) > len(self.apex):
            base = base[1:]
        name = tuple(self.label() for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))) + base
        return name if wire_len(name) <= 255 else (b"long",) + self.apex

    def any_name(self):
        """What CNAMEs, DNAMEs, MX and the like point to. Not often to what another of the
        zones has: there each server does as it likes."""
        name = self.a_name()
        for _ in range(3):
            if self.rng.random() > 0.9 or not any(is_under(name, z) for z in self.others if z):
                break
            name = self.a_name()
        return name

    def a_name(self):
        rng, r = self.rng, self.rng.random()
        if r < 0.45:
            return rng.choice(self.owners())
        if r < 0.55 and self.wildcards:
            name = rng.choice(self.wildcards)
            return tuple(b"w%d" % i if label == WILD else label for i, label in enumerate(name))
        if r < 0.62 and self.dnames:
            return (rng.choice(ORDINARY),) + rng.choice(self.dnames)
        if r < 0.65 and self.cuts:
            return (rng.choice(ORDINARY),) + rng.choice(self.cuts)
        if r < 0.82:
            return self.new_name()
        if r < 0.85 and self.others:
            return (rng.choice(ORDINARY),) + rng.choice(self.others)
        if r < 0.9:
            return ()
        return (rng.choice(ORDINARY), b"elsewhere", b"invalid")

    def target(self):
        name = self.any_name()
        if wire_len(name) > 255:
            name = self.apex
        return text(mixed_case(self.rng, name) if self.rng.random() < 0.1 else name)

    def ttl(self):
        return self.rng.choice(TTLS)


def hexdigits(rng, octets):
    return "".join("%02X" % rng.randrange(256) for _ in range(octets))


def quoted(rng, most=40):
    out = []
    for _ in range(rng.randrange(most)):
        octet = rng.randrange(256) if rng.random() < 0.1 else rng.randrange(97, 123)
        out.append(chr(octet) if 97 <= octet < 123 else "\\%03d" % octet)
    return '"%s"' % "".join(out)


def address(rng):
    return "192.0.2.%d" % rng.randrange(256)


def address6(rng):
    return "2001:db8::%x" % rng.randrange(65536)


def svcb(z):
    rng = z.rng
    if rng.random() < 0.3:
        return "0 %s" % z.target()
    out = "%d %s" % (rng.randrange(1, 9), rng.choice((".", z.target())))
    for form in ("alpn=h2", "port=%d" % rng.randrange(65536), "ipv4hint=" + address(rng),
                 "ipv6hint=" + address6(rng)):
        if rng.random() < 0.4:
            out += " " + form
    return out


TYPES = {
    "A": lambda z: address(z.rng),
    "AAAA": lambda z: address6(z.rng),
    "MX": lambda z: "%d %s" % (z.rng.randrange(100), z.target()),
    "TXT": lambda z: " ".join(quoted(z.rng) for _ in range(z.rng.randrange(1, 4))),
    "SRV": lambda z: "%d %d %d %s" % (z.rng.randrange(9), z.rng.randrange(9), z.rng.randrange(65536), z.target()),
    "CAA": lambda z: '%d issue "ca%d.example.net"' % (z.rng.choice((0, 128)), z.rng.randrange(9)),
    "SVCB": svcb,
    "HTTPS": svcb,
    "PTR": lambda z: z.target(),
    "NAPTR": lambda z: '%d %d "u" "E2U+sip" "!^.*$!sip:a@b!" %s' % (
        z.rng.randrange(99), z.rng.randrange(99), z.target()),
    "LOC": lambda z: "%d 30 12.5 N %d 10 0.000 E %d.00m 1m 10000m 10m" % (
        z.rng.randrange(90), z.rng.randrange(180), z.rng.randrange(5000)),
    "HINFO": lambda z: '"cpu%d" "os"' % z.rng.randrange(9),
    "RP": lambda z: "%s %s" % (z.target(), z.target()),
    "AFSDB": lambda z: "%d %s" % (z.rng.randrange(3), z.target()),
    "KX": lambda z: "%d %s" % (z.rng.randrange(9), z.target()),
    "RT": lambda z: "%d %s" % (z.rng.randrange(9), z.target()),
    "MINFO": lambda z: "%s %s" % (z.target(), z.target()),
    "SSHFP": lambda z: "1 1 " + hexdigits(z.rng, 20),
    "TLSA": lambda z: "3 1 1 " + hexdigits(z.rng, 32),
    "URI": lambda z: '%d 1 "https://u%d.example.net/"' % (z.rng.randrange(9), z.rng.randrange(9)),
    "DNSKEY": lambda z: "256 3 13 " + "A" * 86 + "==",
    "TYPE65300": lambda z: "\\# 4 " + hexdigits(z.rng, 4),
    "TYPE65301": lambda z: "\\# 0",
    "TYPE731": lambda z: "\\# 7 " + hexdigits(z.rng, 7),
}
COMMON = ["A", "A", "A", "AAAA", "AAAA", "MX", "TXT", "TXT", "SRV", "HTTPS", "CAA"]


def add_data(z, owner):
    rng = z.rng
    for _ in range(rng.choice((1, 1, 2, 3))):
        rdtype = rng.choice(COMMON) if rng.random() < 0.6 else rng.choice(list(TYPES))
        if rdtype == "DNSKEY" and owner == z.apex:
            continue
        count = 1 if rdtype in ("TYPE65301", "DNSKEY") else rng.choice((1, 1, 2, 3))
        z.add(owner, rdtype, z.ttl(), sorted({TYPES[rdtype](z) for _ in range(count)}))


def add_big(z):
    """RRsets around 512 and 1232 octets, and one that is far beyond."""
    for i, octets in enumerate((440, 480, 500, 1150, 1190, 1215, 4000, 20000)):
        owner = (b"big%d" % i,) + (z.apex if i % 3 else (WILD, b"big") + z.apex)
        if i % 3 == 0:
            owner = owner[1:] if i else owner
        rdatas, left, n = [], octets + z.rng.randrange(-12, 12), 0
        while left > 20:
            part = min(left - 14, 200)
            rdatas.append('"%03d%s"' % (n, "t" * max(part - 3, 0)))
            left -= part + 14
            n += 1
        z.add((b"big%d" % i,) + z.apex, "TXT", 300, rdatas)
        z.add(owner, "A", 300, sorted({address(z.rng) for _ in range(octets // 20)}))


def add_cut(z, owner, servers=None):
    rng = z.rng
    if WILD in owner or owner == z.apex or owner in z.data:
        return
    ttl, names = z.ttl(), servers or []
    for _ in range(0 if servers else rng.choice((1, 2, 2, 3))):
        r = rng.random()
        if r < 0.5:
            names.append((b"ns%d" % rng.randrange(3),) + owner)
        elif r < 0.6 and z.cuts:  # in another cut: sibling glue
            names.append((b"ns%d" % rng.randrange(3),) + rng.choice(z.cuts))
        elif r < 0.8:
            names.append((b"ns%d" % rng.randrange(3),) + z.apex)
        elif r < 0.9 and z.others:
            names.append((b"ns1",) + rng.choice(z.others))
        else:
            names.append((b"ns%d" % rng.randrange(3), b"elsewhere", b"invalid"))
    names = [n for n in names if wire_len(n) <= 255]
    if not names or not z.add(owner, "NS", ttl, sorted({text(n) for n in names})):
        return
    if rng.random() < 0.4:
        z.add(owner, "DS", z.ttl(), ["%d 13 2 %s" % (rng.randrange(65536), hexdigits(rng, 32))])
    for name in names:
        if is_under(name, z.apex) and rng.random() < 0.85:
            z.add(name, "A", z.ttl(), sorted({address(rng) for _ in range(rng.choice((1, 2)))}))
            if rng.random() < 0.5:
                z.add(name, "AAAA", z.ttl(), [address6(rng)])
    if rng.random() < 0.5:  # occluded
        add_data(z, (rng.choice(ORDINARY),) + owner)
    if rng.random() < 0.2:
        add_data(z, (WILD,) + owner)
    if rng.random() < 0.15:  # a cut below a cut
        z.add((b"deeper",) + owner, "NS", z.ttl(), ["ns.elsewhere.invalid."])


def add_dname(z, owner):
    rng = z.rng
    if any(is_under(owner, d) for d in z.dnames):
        return
    target = z.any_name()
    if rng.random() < 0.15:  # so long that little fits before it
        target = tuple(b"t" * rng.choice((30, 50, 60)) for _ in range(3)) + z.apex
        if wire_len(target) > 250:
            return
    if rng.random() < 0.1:  # below itself
        target = (b"a",) + owner
    z.add(owner, "DNAME", z.ttl(), [text(target)])
    if rng.random() < 0.4:
        z.add(owner, rng.choice(("A", "TXT", "MX")), z.ttl(), [])
        add_data(z, owner)
    for rdtype in [t for t, (_, rdatas) in z.data.get(owner, {}).items() if not rdatas]:
        del z.data[owner][rdtype]
    if rng.random() < 0.3:
        add_data(z, (rng.choice(ORDINARY),) + owner)


def add_chains(z):
    """Chains of one to eight, loops of one to four, and a loop that one runs into."""
    rng = z.rng
    for k, length in enumerate((1, 2, 2, 3, 8)):
        names = [(b"c%d-%d" % (k, i),) + z.apex for i in range(length)]
        end = z.target()
        for i, name in enumerate(names):
            z.add(name, "CNAME", z.ttl(), [text(names[i + 1]) if i + 1 < length else end])
    for length in (1, 2, 4):
        names = [(b"l%d-%d" % (length, i),) + z.apex for i in range(length)]
        for i, name in enumerate(names):
            z.add(name, "CNAME", z.ttl(), [text(names[(i + 1) % length])])
    z.add((b"into",) + z.apex, "CNAME", z.ttl(), [text((rng.choice((b"l1-0", b"l2-1")),) + z.apex)])
    for i in range(3):  # DNAMEs one after the other
        z.add((b"d%d" % i,) + z.apex, "DNAME", z.ttl(), [text((b"d%d" % (i + 1),) + z.apex)])
    add_data(z, (b"a", b"d3") + z.apex)
    z.add((b"b", b"d3") + z.apex, "CNAME", z.ttl(), [z.target()])
    add_data(z, (WILD, b"c", b"d3") + z.apex)


def add_apex(z):
    rng = z.rng
    soa_ttl, minimum = rng.choice(((300, 60), (60, 300), (3600, 3600), (7200, 0), (0, 900)))
    names = [(b"ns1",) + z.apex, (b"ns2", b"elsewhere", b"invalid")]
    z.add(z.apex, "SOA", soa_ttl, ["%s hostmaster.%s %d 3600 600 86400 %d" % (
        text(names[0]), text(z.apex) if z.apex else "", rng.randrange(1, 1 << 31), minimum)])
    z.add(z.apex, "NS", z.ttl(), [text(n) for n in names])
    z.add(names[0], "A", z.ttl(), ["192.0.2.53"])
    z.add(names[1], "A", z.ttl(), ["192.0.2.54"])  # in the root zone
    if rng.random() < 0.5:
        z.add(names[0], "AAAA", z.ttl(), ["2001:db8::53"])


def make_zone(rng, apex, size, others=()):
    z = Zone(rng, apex, others)
    add_apex(z)
    if rng.random() < 0.7:
        add_data(z, apex)
    for served in others:  # a zone of ours below this one: mostly it is delegated
        if is_under(served, apex) and served != apex and rng.random() < 0.7:
            add_cut(z, served)
    add_chains(z)
    add_big(z)
    for _ in range(size):
        owner, r = z.new_name(), rng.random()
        if r < 0.55:
            add_data(z, owner)
        elif r < 0.72:
            z.add(owner, "CNAME", z.ttl(), [z.target()])
        elif r < 0.9:
            add_cut(z, owner)
        else:
            add_dname(z, owner)
    return z


def make_zone_of_dname(rng, apex, others):
    """RFC 6672 2.3: the whole zone redirected, its apex excepted."""
    z = Zone(rng, apex, others)
    z.add(apex, "SOA", 300, ["ns.elsewhere.invalid. hostmaster.elsewhere.invalid. 1 3600 600 86400 60"])
    z.add(apex, "NS", 300, ["ns.elsewhere.invalid."])
    z.add(apex, "DNAME", z.ttl(), [text(rng.choice(others) if others else (b"elsewhere", b"invalid"))])
    add_data(z, apex)
    return z


def several_zones(rng):
    """Zones beside and inside one another."""
    apexes = [(b"example", b"test"), (b"sub", b"example", b"test"),
              (b"deep", b"under", b"sub", b"example", b"test"), (b"single",),
              (b"x-1", b"_a", b"single"), (b"other", b"invalid")]
    zones = [make_zone(rng, apex, rng.randrange(20, 70), apexes) for apex in apexes]
    zones.append(make_zone_of_dname(rng, (b"moved", b"invalid"), apexes[:1]))
    return zones


def root_and_more(rng):
    """The root zone, top-level domains that are only delegated, and some that are ours."""
    apexes = [(), (b"example",), (b"test",), (b"in", b"test"), (b"\xe9\x80", b"a.b")]
    zones = [make_zone(rng, apex, rng.randrange(20, 70), apexes) for apex in apexes]
    for tld in (b"com", b"net", b"xn--p1ai", b"\xff\xfe"):
        add_cut(zones[0], (tld,))
    return zones
