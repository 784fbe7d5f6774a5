# SPDX-License-Identifier: BSD-2-Clause
"""Random questions about zones of zonemaker.py, as packets, each with its kind."""
import struct

from zonemaker import ODD, ORDINARY, WILD, mixed_case, text, wire, wire_len

NUMBERS = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MB": 7, "PTR": 12, "HINFO": 13, "MINFO": 14, "MX": 15,
    "TXT": 16, "RP": 17, "AFSDB": 18, "RT": 21, "AAAA": 28, "LOC": 29, "SRV": 33, "NAPTR": 35,
    "KX": 36, "DNAME": 39, "DS": 43, "SSHFP": 44, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48,
    "TLSA": 52, "SVCB": 64, "HTTPS": 65, "SPF": 99, "ANY": 255, "URI": 256, "CAA": 257,
}
TEXTS = {number: name for name, number in NUMBERS.items()}
DO = 0x8000
RD, AD, CD = 0x0100, 0x0020, 0x0010


def number(rdtype):
    return NUMBERS[rdtype] if rdtype in NUMBERS else int(rdtype[4:])


class Question:
    def __init__(self, kind, name, qtype, qclass=1):
        self.kind = kind
        self.name = name
        self.qtype = qtype
        self.qclass = qclass
        self.flags = 0
        self.edns = None  # size, TTL field, options as octets
        self.tcp = False
        self.body = None  # all behind the header's flags, where it is not as usual

    def tail(self):
        """The packet without its ID."""
        if self.body is not None:
            return struct.pack("!H", self.flags) + self.body
        out = struct.pack("!5H", self.flags, 1, 0, 0, self.edns is not None)
        out += wire(self.name) + struct.pack("!HH", self.qtype, self.qclass)
        if self.edns is not None:
            size, field, options = self.edns
            out += b"\0" + struct.pack("!HHIH", 41, size, field, len(options)) + options
        return out

    def __str__(self):
        edns = ""
        if self.edns is not None:
            edns = " edns size=%d ttl=%08x options=%s" % (self.edns[0], self.edns[1], self.edns[2].hex())
        return "%s: %s %s class=%d flags=%04x %s%s%s" % (
            self.kind, text(self.name), TEXTS.get(self.qtype, "TYPE%d" % self.qtype), self.qclass,
            self.flags, "tcp" if self.tcp else "udp", edns,
            "" if self.body is None else " body=" + self.body.hex())


class Asker:
    """Draws questions about a list of zones."""

    def __init__(self, rng, zones):
        self.rng = rng
        self.zones = zones
        self.weights = [len(z.data) for z in zones]
        self.kinds = [(getattr(self, "ask_" + name), weight) for name, weight in (
            ("data", 12), ("other_type", 8), ("apex", 4), ("empty", 5), ("missing", 10),
            ("below", 6), ("wildcard", 16), ("alias", 14), ("cut", 14), ("dname", 12),
            ("too_long", 3), ("big", 6), ("ds", 4), ("any", 3), ("odd_type", 2), ("meta_type", 1),
            ("other_class", 2), ("outside", 3), ("opcode", 2), ("counts", 1), ("edns", 3))]

    def draw(self):
        rng = self.rng
        asks, weights = zip(*self.kinds)
        q = rng.choices(asks, weights)[0](rng.choices(self.zones, self.weights)[0])
        if wire_len(q.name) > 255:
            return self.draw()
        if q.body is None and rng.random() < 0.2:
            q.name = mixed_case(rng, q.name)
        if q.kind not in ("opcode", "counts", "edns"):
            q.flags |= rng.choice((0, 0, RD)) | rng.choice((0, 0, 0, AD)) | rng.choice((0, 0, 0, CD))
            if rng.random() < 0.6:
                size = rng.choice((512, 512, 900, 1220, 1232, 1232, 4096, 65535, 0, rng.randrange(512, 1300)))
                q.edns = (size, rng.choice((0, 0, DO)), b"")
        q.tcp = q.kind != "counts" and rng.random() < 0.25
        return q

    # what may be asked

    def usual_type(self, z, name):
        rng = self.rng
        if name in z.data and rng.random() < 0.6:
            return number(rng.choice(list(z.data[name])))
        return rng.choice((1, 1, 28, 28, 16, 15, 2, 5, 6, 39, 33, 65, 12, 43, 65300))

    def random_label(self):
        rng = self.rng
        r = rng.random()
        if r < 0.5:
            return rng.choice(ORDINARY)
        if r < 0.7:
            return rng.choice(ODD)
        if r < 0.78:
            return WILD
        return bytes(rng.randrange(256) for _ in range(rng.randrange(1, 6)))

    def labels(self, most=3):
        return tuple(self.random_label() for _ in range(self.rng.randrange(1, most + 1)))

    def ask_data(self, z):
        name = self.rng.choice(z.owners())
        return Question("data", name, number(self.rng.choice(list(z.data[name]))))

    def ask_other_type(self, z):
        return Question("other type", self.rng.choice(z.owners()), self.usual_type(z, None))

    def ask_apex(self, z):
        return Question("apex", z.apex, self.usual_type(z, z.apex))

    def ask_empty(self, z):
        """Names above names: many are empty non-terminals."""
        name = self.rng.choice(z.owners())
        most = len(name) - len(z.apex)
        return Question("above", name[self.rng.randrange(most + 1):], self.usual_type(z, None))

    def ask_missing(self, z):
        """Near misses of names that are there."""
        rng = self.rng
        name = list(rng.choice(z.owners()))
        if len(name) == len(z.apex):
            name.insert(0, b"no")
        at = rng.randrange(len(name) - len(z.apex))
        label = name[at]
        name[at] = rng.choice((
            label + b"x", label[:-1] or b"q", b"!" + label[1:], label[:-1] + bytes((label[-1] ^ 1,)),
            label[:-1] + bytes((label[-1] ^ 0x20,))))[:63]
        return Question("missing", tuple(name), self.usual_type(z, None))

    def ask_below(self, z):
        name = self.rng.choice(z.owners())
        return Question("below", self.labels() + name, self.usual_type(z, name))

    def ask_wildcard(self, z):
        rng = self.rng
        if not z.wildcards:
            return self.ask_below(z)
        wild = rng.choice(z.wildcards)
        name = tuple(self.random_label() if label == WILD and rng.random() < 0.85 else label for label in wild)
        if rng.random() < 0.4:
            name = self.labels() + name
        return Question("wildcard", name, self.usual_type(z, wild))

    def ask_alias(self, z):
        if not z.aliases:
            return self.ask_data(z)
        name = self.rng.choice(z.aliases)
        if name[0] == WILD and self.rng.random() < 0.7:
            name = (self.random_label(),) + name[1:]
        return Question("alias", name, self.rng.choice((1, 1, 28, 16, 15, 5, 2, 6, 39)))

    def ask_cut(self, z):
        if not z.cuts:
            return self.ask_data(z)
        name = self.rng.choice(z.cuts)
        r = self.rng.random()
        if r < 0.3:
            name = self.labels() + name
        elif r < 0.6:
            below = [o for o in z.owners() if o[len(o) - len(name):] == name]
            name = self.rng.choice(below)
        return Question("cut", name, self.usual_type(z, name))

    def ask_dname(self, z):
        if not z.dnames:
            return self.ask_data(z)
        name = self.rng.choice(z.dnames)
        if self.rng.random() < 0.85:
            name = self.labels() + name
        return Question("dname", name, self.usual_type(z, name))

    def ask_too_long(self, z):
        """At and around the length where what a DNAME makes does not fit any more."""
        rng = self.rng
        if not z.dnames:
            return self.ask_dname(z)
        owner = rng.choice(z.dnames)
        room = rng.choice((255, 254, 200, 170, 130)) - wire_len(owner)
        front = []
        while room > 1:
            front.append(b"y" * min(room - 1, 63))
            room -= len(front[-1]) + 1
        return Question("long dname", tuple(front) + owner, rng.choice((1, 16, 5)))

    def ask_big(self, z):
        big = [o for o in z.owners() if o and o[0].startswith(b"big")]
        name = self.rng.choice(big or z.owners())
        return Question("big", name, self.rng.choice((1, 16)))

    def ask_ds(self, z):
        r = self.rng.random()
        name = z.apex if r < 0.3 or not z.cuts else self.rng.choice(z.cuts)
        if r > 0.9:
            name = self.labels(1) + name
        return Question("ds", name, 43)

    def ask_any(self, z):
        name = self.rng.choice(z.owners())
        if self.rng.random() < 0.3:
            name = self.labels() + name
        return Question("any", name, 255)

    def ask_odd_type(self, z):
        rng = self.rng
        qtype = rng.choice((46, 47, 50, 48, 10, 11, 99, 60, 62, 65279, 65535, 512, rng.randrange(260, 65536)))
        return Question("odd type", rng.choice(z.owners()), qtype)

    def ask_meta_type(self, z):
        """Types that no data can have: 0, OPT, TKEY, TSIG, MAILB, MAILA, and others of their range."""
        return Question("meta type", self.rng.choice(z.owners()),
                        self.rng.choice((0, 41, 128, 200, 249, 250, 253, 254)))

    def ask_other_class(self, z):
        name = self.rng.choice(z.owners())
        return Question("class", name, self.usual_type(z, name), self.rng.choice((2, 3, 4, 5, 254, 255, 1000)))

    def ask_outside(self, z):
        name = self.rng.choice(((b"elsewhere",), (b"com",), (b"www", b"example", b"org"), z.apex[1:],
                                (b"a",) + z.apex[1:], (b"*",), z.apex + (b"x",), ()))
        return Question("outside", name, self.usual_type(z, None))

    def ask_opcode(self, z):
        q = self.ask_data(z)
        q.kind = "opcode"
        q.flags = self.rng.choice((1, 2, 3, 7, 8, 15)) << 11
        return q

    def ask_counts(self, z):
        """Counts in the header that do not fit, octets that are too many or missing."""
        rng = self.rng
        q = self.ask_data(z)
        q.kind = "counts"
        question = wire(q.name) + struct.pack("!HH", q.qtype, 1)
        q.body = rng.choice((
            struct.pack("!4H", 2, 0, 0, 0) + question * 2,
            struct.pack("!4H", 0, 0, 0, 0),
            struct.pack("!4H", 1, 0, 0, 0) + question[:-rng.randrange(1, 5)],
            struct.pack("!4H", 1, 0, 0, 1) + question,
        ))
        return q

    def ask_edns(self, z):
        rng = self.rng
        q = self.ask_data(z)
        q.kind = "edns"
        options = rng.choice((
            b"", struct.pack("!HH", 65001, 3) + b"abc", struct.pack("!HH", 65001, 0) * 2,
            struct.pack("!HHH", 65001, 9, 1), struct.pack("!H", 65001)))
        q.edns = (rng.choice((512, 1232, 4096)),
                  rng.choice((0, 0, DO, 0x4000, 0x7fff, 0x00010000, 0x00ff8000)), options)
        return q
