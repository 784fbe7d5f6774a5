# SPDX-License-Identifier: BSD-2-Clause
"""What every response of ours has to be, whatever was asked: octets that ldns accepts, no
longer than the client allows, with a header and records as the RFCs want them.

exchange() of world.py puts each answer of ours before judge(), so that each test has it for
free; tests with sockets of their own call judge() with what they sent and what came back,
or accept() where they know only the latter. AssertionError names the rule. A response is
read here by code that shares nothing with the server: ldns, and some lines of our own for
what ldns lets pass.
"""
import ctypes
import ctypes.util
import functools
import struct

UDP_CAP = 1232  # what we send at most over UDP, RFC 9715 3.1
UDP_MIN = 512  # RFC 1035 4.2.1
POOL = 65280
CNAME, SOA, OPT, RRSIG, TSIG, IXFR, AXFR = 5, 6, 41, 46, 250, 251, 252

# RFC 3597 4: where RDATA may hold compressed names, as octets before, names, octets after
COMPRESSIBLE = {2: (0, 1, 0), 3: (0, 1, 0), 4: (0, 1, 0), 5: (0, 1, 0), 6: (0, 2, 20),
                7: (0, 1, 0), 8: (0, 1, 0), 9: (0, 1, 0), 12: (0, 1, 0), 14: (0, 2, 0),
                15: (2, 1, 0)}
# where names stand that may not be: RP AFSDB RT PX SRV KX DNAME SVCB HTTPS
PLAIN = {17: (0, 2), 18: (2, 1), 21: (2, 1), 26: (2, 2), 33: (6, 1), 36: (2, 1), 39: (0, 1),
         64: (2, 1), 65: (2, 1)}


class Oracle:
    """ldns: somebody else's idea of what a DNS message is."""

    def __init__(self):
        self.ldns = ctypes.CDLL(ctypes.util.find_library("ldns") or "libldns.so.3")
        self.ldns.ldns_wire2pkt.argtypes = [
            ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_size_t]
        self.ldns.ldns_pkt_free.argtypes = [ctypes.c_void_p]
        self.ldns.ldns_pkt_free.restype = None
        self.ldns.ldns_get_errorstr_by_id.restype = ctypes.c_char_p

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def shared():
        """One for all; None where ldns is not installed."""
        try:
            return Oracle()
        except OSError:
            return None

    @staticmethod
    def is_installed():
        return Oracle.shared() is not None

    def complaint(self, wire):
        """What ldns has against this message; None: nothing."""
        packet = ctypes.c_void_p()
        status = self.ldns.ldns_wire2pkt(ctypes.byref(packet), wire, len(wire))
        if status == 0:
            self.ldns.ldns_pkt_free(packet)
            return None
        return self.ldns.ldns_get_errorstr_by_id(status).decode()


class Message:
    """A message taken apart, strictly: who reads it may rely on every rule of the wire."""

    def __init__(self, wire):
        assert len(wire) >= 12, "shorter than a header"
        self.wire = wire
        self.id, self.flags, *self.counts = struct.unpack("!6H", wire[:12])
        self.rcode = self.flags & 15
        self.opcode = self.flags >> 11 & 15
        self.at = 12
        self.names = set()
        start = self.at
        self.questions = [self.question() for _ in range(self.counts[0])]
        self.question_wire = wire[start:self.at]
        self.sections = [[self.record(s) for _ in range(self.counts[s + 1])] for s in range(3)]
        assert self.at == len(wire), "%d octets behind the last record" % (len(wire) - self.at)
        self.records = [r for section in self.sections for r in section]
        self.opts = [r for r in self.records if r[1] == OPT]

    def take(self, n):
        assert len(self.wire) - self.at >= n, "cut off at %d" % self.at
        self.at += n
        return self.wire[self.at - n:self.at]

    def name(self, may_point=True):
        """RFC 1035 4.1.4: a pointer leads to a prior occurrence of a name, nowhere else."""
        labels, at, length, here = [], self.at, 1, []
        jumped = False
        while True:
            assert at < len(self.wire), "a name runs out of the message"
            n = self.wire[at]
            if n >= 0xc0:
                assert may_point, "a compressed name at %d, where none may be" % self.at
                to = struct.unpack("!H", self.wire[at:at + 2])[0] & 0x3fff
                assert to in self.names, "a pointer at %d to what is no prior name" % at
                if not jumped:
                    self.at = at + 2
                jumped, at = True, to
                continue
            assert n < 64, "label type %d" % (n >> 6)
            if n == 0:
                break
            if not jumped:
                here.append(at)
            labels.append(self.wire[at + 1:at + 1 + n].lower())
            assert len(labels[-1]) == n
            length += n + 1
            assert length <= 255, "a name of more than 255 octets"
            at += n + 1
        if not jumped:
            self.at = at + 1
        self.names.update(here)
        return tuple(labels)

    def question(self):
        return self.name(), *struct.unpack("!HH", self.take(4))

    def record(self, section):
        owner = self.name()
        rdtype, rdclass, ttl, length = struct.unpack("!HHIH", self.take(10))
        start = self.at
        end = start + length
        assert end <= len(self.wire), "RDATA runs out of the message"
        rdata = self.wire[start:end]
        before, names, after = COMPRESSIBLE.get(rdtype, (*PLAIN.get(rdtype, (0, 0)), None))
        # OPT and TSIG have a class of their own; ours are all of a zone
        if names != 0 and rdclass in (1, 3):
            self.at = start + before
            inner = [self.name(may_point=rdtype in COMPRESSIBLE) for _ in range(names)]
            assert after is None or end - self.at == after, "RDATA of type %d" % rdtype
            assert self.at <= end, "a name runs out of RDATA"
            rdata = (rdata[:before], *inner, self.wire[self.at:end])
        self.at = end
        return owner, rdtype, rdclass, ttl, rdata, section


def check_records(message):
    """RFC 2181 5: an RRset is once in a response, whole, without doubles, with one TTL. In
    a transfer the SOA stands at both ends (RFC 5936 2.2)."""
    is_transfer = any(q[1] in (IXFR, AXFR) for q in message.questions)
    seen, ttls, where, cnames = set(), {}, {}, set()
    for i, (owner, rdtype, rdclass, ttl, rdata, section) in enumerate(message.records):
        if rdtype == OPT:
            assert section == 2 and owner == (), "OPT out of place"
            continue
        if rdtype == TSIG:
            assert i == len(message.records) - 1, "TSIG is not the last record"
            continue
        assert rdtype != POOL, "a POOL record on the wire"
        assert ttl < 1 << 31, "RFC 2181 8: TTL %d" % ttl
        key = (owner, rdtype, rdclass)
        if is_transfer and rdtype == SOA:
            continue
        assert (key, rdata) not in seen, "RFC 2181 5: %s type %d twice" % (owner, rdtype)
        seen.add((key, rdata))
        if rdtype != RRSIG:
            assert ttls.setdefault(key, ttl) == ttl, "RFC 2181 5.2: TTLs of %s differ" % (key,)
        assert where.setdefault(key, section) == section, "%s in two sections" % (key,)
        if rdtype == CNAME:
            assert owner not in cnames, "RFC 2181 10.1: two CNAMEs at %s" % (owner,)
            cnames.add(owner)
    assert len(message.opts) <= 1, "RFC 6891 6.1.1: two OPT records"


def read_query(wire):
    """What a client's packet lets us say, as far as it can be read."""
    try:
        return Message(wire)
    except (AssertionError, struct.error, IndexError):
        return None


def limit_for(query, tcp):
    """RFC 1035 4.2.1 and RFC 6891 6.2.3: the longest response this client takes."""
    if tcp:
        return 65535
    if query is None:
        return UDP_CAP  # it may have an OPT that the server could read
    if len(query.opts) != 1:
        return UDP_MIN
    return min(max(query.opts[0][2], UDP_MIN), UDP_CAP)


def check_against(sent, query, response):
    """The header and question of a response, by what was asked."""
    asked = struct.unpack("!H", sent[2:4])[0]
    assert response.id == struct.unpack("!H", sent[:2])[0], "another ID"
    assert response.flags & 0x8000, "not a response"
    assert response.flags & 0x7900 == asked & 0x7900, "RFC 1035 4.1.1: OPCODE and RD are copied"
    assert response.flags & 0x00f0 == 0, \
        "RA, Z, AD and CD are no business of ours (RFC 1035 4.1.1, RFC 4035 3.1.6)"
    assert response.counts[0] <= 1
    if query is None:
        return
    if response.counts[0] == 1:
        assert response.question_wire == query.question_wire, "another question, or another case"
    if response.opcode == 0 and query.counts[0] == 1:
        assert response.counts[0] == 1, "the question is not given back"
    if not query.opts:
        assert not response.opts, "RFC 6891 7: OPT where none was asked"
    elif response.rcode != 1:
        assert response.opts, "RFC 6891 6.1.1: no OPT where one was asked"


def accept(wire):
    """A response as such, whatever was asked. Returns it, read."""
    response = Message(wire)
    check_records(response)
    # ldns 1.8.3 leaks when there are two TSIG records; there are none here by now
    if Oracle.is_installed():
        complaint = Oracle.shared().complaint(wire)
        assert complaint is None, "ldns: " + complaint
    return response


def judge(sent, wire, tcp=False):
    """sent: the client's packet; wire: our response to it. Returns the response, read."""
    try:
        query = read_query(sent)
        limit = limit_for(query, tcp)
        assert len(wire) <= limit, "%d octets, and the client takes %d" % (len(wire), limit)
        response = accept(wire)
        check_against(sent, query, response)
        return response
    except (AssertionError, struct.error, IndexError) as e:
        raise AssertionError("%s\nasked:    %s\nanswered: %s" % (e, sent.hex(), wire.hex())) from None
