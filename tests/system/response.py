# SPDX-License-Identifier: BSD-2-Clause
"""A response taken apart, for comparing those of several servers: names in lower case
and without compression, RRsets as sets. Made for speed, and for what others send too; ours
are judged by oracle.py. What can not be read raises Malformed.
"""
import struct

from questions import TEXTS
from zonemaker import label_text

# RDATA made of octets, then names, then what is left
BEFORE_AND_NAMES = {
    2: (0, 1), 3: (0, 1), 4: (0, 1), 5: (0, 1), 6: (0, 2), 7: (0, 1), 8: (0, 1), 9: (0, 1),
    12: (0, 1), 14: (0, 2), 15: (2, 1), 17: (0, 2), 18: (2, 1), 21: (2, 1), 33: (6, 1),
    36: (2, 1), 39: (0, 1), 64: (2, 1), 65: (2, 1)}
NAPTR = 35
OPT = 41


class Malformed(Exception):
    pass


class Response:
    """rcode, flags, question as octets; answer, authority, additional as tuples of (owner,
    type, ttl, RDATA sorted); edns as (version, flags, options) or None."""

    def __init__(self, wire):
        self.wire = wire
        self.names = {}
        if len(wire) < 12:
            raise Malformed("shorter than a header")
        _, flags, qd, an, ns, ar = struct.unpack_from("!6H", wire)
        self.rcode = flags & 15
        self.flags = flags & 0xfff0
        at = 12
        for _ in range(qd):
            at = self.name(at)[1] + 4
        self.question = wire[12:at]
        self.edns = None
        self.answer, at = self.section(at, an)
        self.authority, at = self.section(at, ns)
        self.additional, at = self.section(at, ar)
        if at != len(wire):
            raise Malformed("%d octets behind the end" % (len(wire) - at))

    def name(self, at):
        """The name at this offset as labels in lower case, and where it ends."""
        known = self.names.get(at)
        if known is not None:
            return known
        wire, start, labels = self.wire, at, ()
        try:
            while True:
                n = wire[at]
                if n == 0:
                    got = labels, at + 1
                    break
                if n >= 0xc0:
                    to = (n & 0x3f) << 8 | wire[at + 1]
                    if to >= start:
                        raise Malformed("a pointer that points forward")
                    got = labels + self.name(to)[0], at + 2
                    break
                if n > 63:
                    raise Malformed("label type %d" % n)
                label = wire[at + 1:at + 1 + n].lower()
                labels += (label,)
                at += n + 1
        except IndexError:
            raise Malformed("a name beyond the end") from None
        if sum(map(len, got[0])) + len(got[0]) + 1 > 255:
            raise Malformed("a name that is too long")
        self.names[start] = got
        return got

    def section(self, at, count):
        sets = {}
        for _ in range(count):
            owner, at = self.name(at)
            try:
                rdtype, rdclass, ttl, n = struct.unpack_from("!HHIH", self.wire, at)
            except struct.error:
                raise Malformed("a record beyond the end") from None
            at += 10
            if at + n > len(self.wire):
                raise Malformed("RDATA beyond the end")
            if rdtype == OPT:
                if self.edns is not None or owner:
                    raise Malformed("OPT twice, or not at the root")
                self.rcode |= ttl >> 24 << 4
                self.edns = ttl >> 16 & 255, ttl & 0xffff, self.wire[at:at + n]
            else:
                rdata = self.rdata(rdtype, at, at + n)
                sets.setdefault((owner, rdtype, rdclass, ttl), []).append(rdata)
            at += n
        return tuple(key + (tuple(sorted(rdatas)),) for key, rdatas in sets.items()), at

    def rdata(self, rdtype, at, end):
        wire = self.wire
        if rdtype == NAPTR:
            before = 4
            for _ in range(3):
                before += wire[at + before] + 1
            names = 1
        elif rdtype in BEFORE_AND_NAMES:
            before, names = BEFORE_AND_NAMES[rdtype]
        else:
            return wire[at:end]
        out = wire[at:at + before]
        at += before
        for _ in range(names):
            labels, to = self.name(at)
            out += b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
            at = to
        if at > end:
            raise Malformed("a name beyond its RDATA")
        return out + wire[at:end]

    def options(self):
        """Codes of the EDNS options."""
        out, data = [], self.edns[2]
        while len(data) >= 4:
            code, n = struct.unpack_from("!HH", data)
            out.append(code)
            data = data[4 + n:]
        return out

    def owners(self):
        return {rrset[0] for s in (self.answer, self.authority, self.additional) for rrset in s}

    @property
    def is_truncated(self):
        return bool(self.flags & 0x0200)

    @property
    def is_referral(self):
        return bool(self.authority) and all(rrset[1] in (2, 43) for rrset in self.authority)

    def __str__(self):
        words = [w for bit, w in ((0x0400, "aa"), (0x0200, "tc"), (0x0100, "rd"), (0x0080, "ra"),
                                  (0x0040, "z"), (0x0020, "ad"), (0x0010, "cd")) if self.flags & bit]
        out = ["rcode %d opcode %d %s question %s edns %s, %d octets" % (
            self.rcode, self.flags >> 11 & 15, " ".join(words), self.question.hex(), self.edns, len(self.wire))]
        for title in ("answer", "authority", "additional"):
            for owner, rdtype, rdclass, ttl, rdatas in getattr(self, title):
                for rdata in rdatas[:4]:
                    out.append("  %s: %s %d %d %s %s" % (
                        title, "".join(label_text(x) + "." for x in owner) or ".", ttl, rdclass,
                        TEXTS.get(rdtype, "TYPE%d" % rdtype), self.readable(rdtype, rdata)))
                if len(rdatas) > 4:
                    out.append("    and %d more" % (len(rdatas) - 4))
        return "\n".join(out)

    @staticmethod
    def readable(rdtype, rdata):
        if rdtype == 1 and len(rdata) == 4:
            return ".".join(map(str, rdata))
        shown = "".join(chr(o) if 33 <= o < 127 else "\\%03d" % o for o in rdata)
        return shown if len(shown) < 120 else shown[:120] + "..."
