# SPDX-License-Identifier: BSD-2-Clause
"""Messages made octet by octet, for what dnspython would not send or would hide."""
import struct

import dns.name
import dns.rdatatype

IN, CH, HS, NONE, ANY = 1, 3, 4, 254, 255
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN = range(7)
BADVERS = 16
QR, AA, TC, RD, RA, Z, AD, CD = (1 << n for n in (15, 10, 9, 8, 7, 6, 5, 4))


def name(text):
    """"www.example.com" to octets; octets stay as they are."""
    return text if isinstance(text, bytes) else dns.name.from_text(text).to_wire()


def number(rdtype):
    return rdtype if isinstance(rdtype, int) else int(dns.rdatatype.from_text(rdtype))


def header(flags=0, counts=(1, 0, 0, 0), ident=0x1234):
    return struct.pack("!6H", ident, flags, *counts)


def question(owner, rdtype="A", rdclass=IN):
    return name(owner) + struct.pack("!HH", number(rdtype), rdclass)


def record(owner, rdtype, rdata, ttl=0, rdclass=IN):
    return name(owner) + struct.pack("!HHIH", number(rdtype), rdclass, ttl, len(rdata)) + rdata


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def opt(*options, size=1232, version=0, flags=0, rcode=0, owner=b"\0"):
    return owner + struct.pack("!HHBBHH", 41, size, rcode, version, flags,
                               sum(map(len, options))) + b"".join(options)


def ask(owner, rdtype="A", rdclass=IN, flags=0, additional=(), ident=0x1234):
    """A query, with records in the additional section."""
    return header(flags, (1, 0, 0, len(additional)), ident) + question(owner, rdtype, rdclass) + \
        b"".join(additional)


def extended_rcode(message):
    """The rcode of an oracle.Message, with the bits that OPT has of it."""
    return message.rcode | (message.opts[0][3] >> 24 << 4 if message.opts else 0)
