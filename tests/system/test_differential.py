# SPDX-License-Identifier: BSD-2-Clause
"""Random zones and random questions, to us, BIND, Knot and NSD: where those three agree
there is no excuse for differing. DIFF_SEED and DIFF_QUESTIONS make it longer."""
import collections
import contextlib
import os
import random
import socket

import pytest

from crowd import Crowd
from oracle import judge
from questions import Asker
from response import Malformed, Response
from servers import OtherServer
from world import World
from zonemaker import WILD, is_under, lower, root_and_more, several_zones, text

PEERS = sorted(OtherServer.PROGRAMS)
SEED = int(os.environ.get("DIFF_SEED") or random.SystemRandom().randrange(1 << 32))
QUESTIONS = int(os.environ.get("DIFF_QUESTIONS", "6000"))
SHOW = os.environ.get("DIFF_SHOW")  # of the table's last part, such as "alias, rcode"
WORLD = 3000  # questions, then other zones
BATCH = 48
SHOWN = 8  # failures, one of a kind
ASPECTS = ("rcode", "aa", "tc", "flags", "question", "edns", "answer", "authority", "glue", "beside")
ADDRESS = {"A": (1, socket.AF_INET), "AAAA": (28, socket.AF_INET6)}
AA, TC, CD = 0x0400, 0x0200, 0x0010


class Tally:
    """How far the peers agree, by kind of question."""

    def __init__(self):
        self.asked = collections.Counter()
        self.agreed = collections.Counter()
        self.compared = {a: collections.Counter() for a in ASPECTS}
        self.same = {a: collections.Counter() for a in ASPECTS}
        self.apart = collections.Counter()  # kind, aspect, who is alone
        self.allowed = collections.Counter()
        self.failures = collections.Counter()
        self.shown = []

    @staticmethod
    def share(part, whole, kind):
        if kind == "all":
            return 100 * sum(part.values()) / max(sum(whole.values()), 1)
        return 100 * part[kind] / max(whole[kind], 1)

    def table(self):
        out = ["percent of the questions, where the three peers agree",
               "%-16s %8s %6s " % ("kind", "asked", "whole") + " ".join("%9s" % a for a in ASPECTS)]
        for kind in sorted(self.asked) + ["all"]:
            out.append("%-16s %8d %6.1f " % (kind, self.asked[kind] or sum(self.asked.values()),
                                             self.share(self.agreed, self.asked, kind))
                       + " ".join("%9.1f" % self.share(self.same[a], self.compared[a], kind) for a in ASPECTS))
        out.append("where the three do not agree:")
        for (kind, aspect, who), n in sorted(self.apart.items()):
            out.append("  %-16s %-10s %-30s %6d" % (kind, aspect, who, n))
        out += ["allowed, %d times: %s" % (n, why) for why, n in self.allowed.items()]
        return "\n".join(out)


SECTIONS = ("answer", "authority", "glue", "beside")


def aspects(q, name, r, is_truncated, is_referral):
    """What is compared. Habits of one server alone, that would hide much else, are left
    out: BIND copies CD (RFC 4035 3.2.2 wants that of resolvers), and each explains other
    errors (EDE)."""
    flags = r.flags & ~AA & ~TC & ~(CD if name == "bind" else 0)
    out = {"rcode": r.rcode, "aa": r.flags & AA, "tc": r.flags & TC, "flags": flags,
           "question": r.question,
           "edns": r.edns and (r.edns[:2], [code for code in r.options() if code != 15])}
    if q.qtype == 255 and q.kind not in ("counts", "opcode"):
        del out["tc"]  # RFC 8482: how much of it all is sent is everybody's own choice
    elif not is_truncated:
        out["answer"] = r.answer
        out["authority"] = tuple(sorted(r.authority))
        if is_referral:
            cuts = {rrset[0] for rrset in r.authority}
            below = [any(is_under(rrset[0], cut) for cut in cuts) for rrset in r.additional]
            out["glue"] = tuple(sorted(s for s, b in zip(r.additional, below) if b))
            out["beside"] = tuple(sorted(s for s, b in zip(r.additional, below) if not b))
    return out


class Comparison:
    def __init__(self, tally, crowd, zones, note):
        self.crowd = crowd
        self.added = {(lower(z.apex), 2) for z in zones}
        self.addresses = collections.defaultdict(set)  # owner, type: TTL, RDATA
        for z in zones:
            for owner, types in z.data.items():
                for rdtype in types.keys() & ADDRESS:
                    ttl, rdatas = types[rdtype]
                    number, family = ADDRESS[rdtype]
                    self.addresses[lower(owner), number].add(
                        (ttl, tuple(sorted(socket.inet_pton(family, a) for a in rdatas))))
        self.tally = tally
        self.zones = zones
        self.note = note

    def fail(self, q, what, answers):
        key = "%s, %s" % (q.kind, what.split(":")[0])
        self.tally.failures[key] += 1
        if self.tally.failures[key] > 2 or len(self.tally.shown) >= SHOWN:
            return
        names = {q.name}.union(*(r.owners() for r in answers.values()))
        lines = [line for z in self.zones for line in z.relevant(names)][:40]
        self.tally.shown.append("\n".join(
            ["%s: %s" % (what, q), self.note]
            + ["--- %s\n%s" % (name, r) for name, r in answers.items()]
            + ["--- zones, as far as it may matter"] + lines))

    def check(self, q, wires):
        answers = {}
        for name, wire in wires.items():
            with contextlib.suppress(Malformed):
                answers[name] = Response(wire)
        if "sextant" not in answers:
            return self.fail(q, "no answer that can be read", answers)
        try:
            judge(b"\0\0" + q.tail(), b"\0\0" + wires["sextant"][2:], q.tcp)
        except AssertionError as e:
            self.fail(q, "oracle: %s" % e, answers)
        for rrset in answers["sextant"].additional:
            if not self.is_ours(*rrset):
                self.fail(q, "additional: no zone has it", answers)
        self.compare(q, answers)

    def is_ours(self, owner, rdtype, _, ttl, rdatas):
        """An address that goes along: what some zone has there, or at a wildcard that matches."""
        if rdtype not in (1, 28):
            return True
        owners = [owner] + [(WILD,) + owner[i:] for i in range(1, len(owner) + 1)]
        return any((ttl, rdatas) in self.addresses.get((o, rdtype), ()) for o in owners)

    def compare(self, q, answers):
        tally, theirs = self.tally, [answers[p] for p in PEERS if p in answers]
        is_truncated = any(r.is_truncated for r in answers.values())
        is_referral = any(answers[p].is_referral for p in ("knot", "nsd") if p in answers)
        kind = q.kind + " tc" if is_truncated else q.kind
        if "bind" in answers and answers["bind"].rcode == 2:
            kind = "loop"  # RFC 1034 wants no more than an end of it: BIND's is SERVFAIL
        elif max((sum(s[1] == 5 for s in r.answer) for r in theirs), default=0) > 5:
            kind = "long chain"  # Knot ends it after five
        tally.asked[kind] += 1
        if len(theirs) != len(PEERS):
            tally.apart[kind, "silence", " ".join(p for p in PEERS if p not in answers)] += 1
            return
        seen = {name: aspects(q, name, r, is_truncated, is_referral) for name, r in answers.items()}
        if "authority" in seen["bind"] and answers["bind"].answer:  # NS of the zone, that it likes to add
            seen["bind"]["authority"] = tuple(s for s in seen["bind"]["authority"] if s[:2] not in self.added)
        # BIND leaves out addresses that a referral works without
        theirs = seen["bind"].get("beside"), seen["knot"].get("beside"), seen["nsd"].get("beside")
        is_same_referral = seen["bind"].get("authority") == seen["knot"].get("authority")
        if is_same_referral and None not in theirs and theirs[1] == theirs[2] and \
                set(theirs[0]) <= set(theirs[1]):
            seen["bind"]["beside"] = theirs[1]
        agreed = is_same_case = True
        for aspect, ours in seen["sextant"].items():
            said = [seen[p].get(aspect) for p in PEERS]
            tally.compared[aspect][kind] += 1
            if said[0] == said[1] == said[2]:
                tally.same[aspect][kind] += 1
                # sections that are alike by chance, in different answers, are no agreement
                by_chance = not is_same_case and aspect in SECTIONS
                if ours != said[0] and not by_chance and not self.is_allowed(q, aspect, answers):
                    self.fail(q, aspect + ": the others agree", answers)
                continue
            agreed = False
            is_same_case = is_same_case and aspect not in ("rcode", "answer")
            who = self.who(said, ours)
            tally.apart[kind, aspect, who] += 1
            if SHOW and SHOW in "%s, %s, %s" % (kind, aspect, who):
                self.fail(q, "%s, %s: as asked for with DIFF_SHOW" % (aspect, who), answers)
        tally.agreed[kind] += agreed

    def is_allowed(self, q, aspect, answers):
        for what, when, why in ALLOWED:
            if aspect == what and when(self, q, answers):
                self.tally.allowed[why] += 1
                return True
        return False

    def is_synthesized(self, _, answers):
        """What Knot and NSD add stands at no name of a zone."""
        theirs, ours = set(answers["nsd"].additional), set(answers["sextant"].additional)
        return ours < theirs and all(rrset[:2] not in self.addresses for rrset in theirs - ours)

    def has_room(self, q, answers):
        """Over UDP we have all that they add, and more."""
        return not q.tcp and set(answers["nsd"].additional) < set(answers["sextant"].additional)

    def fits(self, q, answers):
        """We have all in the message that the others have over TCP."""
        ours = answers["sextant"]
        if ours.is_truncated:
            return False
        again = {name: Response(wire) for name, wire in self.crowd.ask([(q.tail(), True)])[0].items()}
        theirs = [again[p] for p in PEERS]
        return any(r.answer == ours.answer for r in theirs) and \
            any(sorted(r.authority) == sorted(ours.authority) for r in theirs)

    @staticmethod
    def who(said, ours):
        """Who is alone, and whom we are with."""
        alone = [p for i, p in enumerate(PEERS) if said[i - 1] == said[i - 2]]
        with_us = [p for i, p in enumerate(PEERS) if said[i] == ours]
        return "%s; we as %s" % (alone[0] + " alone" if alone else "all three differ", " ".join(with_us) or "none")


# Where we differ from all three on purpose: in what, when, and why.
ALLOWED = (
    ("edns", lambda c, q, answers: q.kind == "edns" and answers["sextant"].rcode == 1,
     "RFC 6891 6.1.1: OPT MUST be in the response to a query that has it, FORMERR or not"),
    ("beside", Comparison.is_synthesized,
     "no glue is made from a wildcard below a cut: what is there is not ours (as BIND)"),
    ("beside", Comparison.has_room,
     "what a referral works without is left out where there is no room (RFC 2181 9), and ours has more"),
    ("tc", Comparison.fits,
     "names that a DNAME makes are compressed better: all is in a message where theirs are cut"),
    ("tc", lambda c, q, answers: len(answers["sextant"].answer) > 12,
     "a chain without end is given up where each likes; ours is the longest"),
)


def run_world(make, seed, count, tally):
    rng = random.Random(seed)
    zones = make(rng)
    world, others, crowd = World(), [], None
    try:
        lines = "zones:\n"
        for i, z in enumerate(zones):
            world.write("%d.zone" % i, z.text())
            lines += "  - {domain: '%s', file: %d.zone}\n" % (text(z.apex), i)
        world.configure(lines)
        world.start(ready=False)
        dnames = [d for z in zones for d in z.dnames]
        for peer in PEERS:
            files = [(text(z.apex), z.text(() if peer == "bind" else dnames)) for z in zones]
            others.append(OtherServer(peer, files))
        world.wait_ready()
        for z in zones:
            assert world.ask(text(z.apex), "SOA").rcode == "NOERROR", world.text()
        crowd = Crowd([("sextant", world.port)] + [(o.name, o.port) for o in others])
        asker = Asker(rng, zones)
        note = "DIFF_SEED of the run %d, of these zones %s" % (SEED, seed)
        comparison = Comparison(tally, crowd, zones, note)
        questions = [asker.draw() for _ in range(count)]
        # to these some say nothing: together at the end, so that one wait is enough
        questions.sort(key=lambda q: q.kind == "counts")
        for start in range(0, count, BATCH):
            asked = questions[start:start + BATCH]
            for q, wires in zip(asked, crowd.ask([(q.tail(), q.tcp) for q in asked])):
                comparison.check(q, wires)
    finally:
        if crowd is not None:
            crowd.close()
        for other in others:
            other.close()
        world.close()


def test_where_three_agree_so_do_we():
    missing = [p for p in PEERS if not OtherServer.is_installed(p)]
    if missing:
        pytest.skip("not installed: " + " ".join(missing))
    tally, done = Tally(), 0
    print("DIFF_SEED=%d DIFF_QUESTIONS=%d" % (SEED, QUESTIONS))
    while done < QUESTIONS:
        count = min(WORLD, QUESTIONS - done)
        make = (several_zones, root_and_more)[done // WORLD % 2]
        run_world(make, "%d/%d" % (SEED, done // WORLD), count, tally)
        done += count
    print(tally.table())
    for failure in tally.shown:
        print("=" * 80 + "\n" + failure)
    assert not tally.failures, dict(tally.failures)
