# SPDX-License-Identifier: BSD-2-Clause
"""A world: one sextantd in a folder of its own, on free loopback ports, and who asks it."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

import oracle
from backend import Park
from limits import SLOW, eventually, free_port

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SANITIZER = re.compile(
    r"ERROR: AddressSanitizer|runtime error:|LeakSanitizer|ThreadSanitizer|Assertion .* failed")


def program(variable, name):
    return os.environ.get(variable) or str(SOURCE / "build" / name)


class Answer:
    """A response, in the words of the tests."""

    def __init__(self, message):
        self.message = message
        self.rcode = dns.rcode.to_text(message.rcode())
        self.aa = bool(message.flags & dns.flags.AA)
        self.tc = bool(message.flags & dns.flags.TC)
        self.scope = next(
            (o.scopelen for o in message.options if o.otype == dns.edns.ECS), None)
        self.ede = next(
            (int(o.code) for o in message.options if o.otype == dns.edns.EDE), None)
        self.answer = self.section(message.answer)
        self.authority = self.section(message.authority)
        self.additional = self.section(message.additional)
        first = (message.answer or message.authority or [None])[0]
        self.ttl = first.ttl if first is not None else None

    @staticmethod
    def section(rrsets):
        return sorted(
            "%s %s %s" % (s.name.to_text().lower(), dns.rdatatype.to_text(s.rdtype), r)
            for s in rrsets for r in s)

    @property
    def data(self):
        """The RDATA of the answer section, sorted: addresses, most of the time."""
        return sorted(line.split(" ", 2)[2] for line in self.answer)

    def __repr__(self):
        return "%s aa=%d ttl=%s scope=%s %s | %s | %s" % (
            self.rcode, self.aa, self.ttl, self.scope, self.answer, self.authority,
            self.additional)


# Where our own servers listen: what comes from there is put before the oracle.
OURS = set()


def exchange(packet, address, port, source=None, tcp=False, timeout=2.0):
    """One packet there, and the one that comes back; dns.exception.Timeout if none does."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(family, kind) as s:
        s.settimeout(timeout * SLOW)
        if source is not None:
            s.bind((source, 0))
        try:
            if tcp:
                s.connect((address, port))
                s.sendall(struct.pack("!H", len(packet)) + packet)
                wire = read_exactly(s, struct.unpack("!H", read_exactly(s, 2))[0])
            else:
                # not connected: a port where nobody listens is silent, as a lost packet is
                s.sendto(packet, (address, port))
                wire, sender = s.recvfrom(65535)
                assert sender[:2] == (address, port), "answered from %s" % (sender,)
        except TimeoutError:
            raise dns.exception.Timeout(timeout=timeout) from None
    if port in OURS:
        oracle.judge(packet, wire, tcp)
    return wire


def read_exactly(s, n):
    got = bytearray()
    while len(got) < n:
        part = s.recv(n - len(got))
        if not part:
            raise EOFError
        got += part
    return bytes(got)


def ask_server(address, port, name, rdtype, ecs=None, source=None, tcp=False, edns=True,
               payload=1232, timeout=2.0, recurse=False):
    """Puts one question to any server; ecs: "192.0.2.0/24"."""
    query = dns.message.make_query(name, rdtype, use_edns=0 if edns else False, payload=payload)
    if not recurse:
        query.flags &= ~dns.flags.RD
    if ecs is not None:
        ip, length = ecs.split("/")
        query.use_edns(0, payload=payload, options=[dns.edns.ECSOption(ip, int(length))])
    packet = query.to_wire()
    wire = exchange(packet, address, port, source=source, tcp=tcp, timeout=timeout)
    got = dns.message.from_wire(wire)
    assert query.is_response(got), "not the response to what was asked: %s" % got
    return Answer(got)


class World:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sextant-"))
        self.address = "127.0.0.1"
        self.port = free_port("127.0.0.1", "::1")
        OURS.add(self.port)
        self.park = Park(free_port())
        self.log = self.folder / "sextantd.log"
        self.config = self.folder / "sextant.yaml"
        self.words = {"BACKEND_PORT": self.park.port, "DNS_PORT": self.port}
        self.listen = "[127.0.0.1@%d]" % self.port
        self.process = None

    # what it is made of

    def backend(self, address):
        return self.park.add(address)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def zone(self, domain, text):
        """A zone file DOMAIN.zone; SOA and NS come first unless the text has them."""
        if " SOA " not in text:
            text = ("$ORIGIN %s.\n$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n"
                    "@ NS ns1\nns1 A 192.0.2.53\n" % domain) + text
        return self.write(domain + ".zone", text)

    def configure(self, text, server=""):
        """Writes sextant.yaml; words in capitals such as BACKEND_PORT are filled in. The
        part that is the same everywhere comes last, so that lines keep their numbers."""
        for word, value in self.words.items():
            text = text.replace(word, str(value))
        self.config.write_text(
            text + "\nserver:\n  listen: %s\n  workers: 2\n  identity: here\n"
            "  state_dir: state\n  control: control.sock\n%s" % (self.listen, server))

    # the daemon

    def start(self, ready=True):
        log = open(self.log, "ab")
        self.process = subprocess.Popen(
            [program("SEXTANTD", "sextantd"), "-c", str(self.config)],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        if ready:
            self.wait_ready()

    def wait_ready(self):
        eventually(self.is_ready, within=8)

    def is_ready(self):
        assert self.process.poll() is None, "sextantd has ended"
        try:
            return self.ask("ready.invalid", "A", timeout=0.1).rcode in ("REFUSED", "NXDOMAIN")
        except dns.exception.Timeout:
            return False

    def run(self, *options, file=None):
        """sextantd to its end, as for -t: exit code and what it said."""
        got = subprocess.run(
            [program("SEXTANTD", "sextantd"), "-c", str(file or self.config), *options],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=20 * SLOW)
        assert not SANITIZER.search(got.stderr), got.stderr
        return got.returncode, got.stdout + got.stderr

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM has to end it in good order, whatever it is in the middle of."""
        if self.process is None:
            return
        self.signal(signal.SIGTERM)
        self.wait_ended()

    def wait_ended(self, code=0):
        """It ends by itself with this code, and left no complaint of a sanitizer."""
        process, self.process = self.process, None
        try:
            got = process.wait(10 * SLOW)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("sextantd does not end") from None
        self.check_log()
        assert got == code, "exit code %s, not %s" % (got, code)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def check_log(self):
        found = SANITIZER.search(self.text())
        assert found is None, "the log has: " + found.group()

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def close(self):
        try:
            self.stop()
        finally:
            if self.process is not None:
                self.kill()
            OURS.discard(self.port)
            self.park.close()
            if not os.environ.get("KEEP"):
                shutil.rmtree(self.folder, ignore_errors=True)

    # who asks

    def ask(self, name, rdtype="A", ecs=None, source=None, address=None, **options):
        return ask_server(
            address or self.address, self.port, name, rdtype, ecs=ecs, source=source,
            **options)

    def send(self, packet, tcp=False, timeout=2.0, source=None):
        """A packet as it is; the response."""
        return exchange(packet, self.address, self.port, source, tcp, timeout)

    def ctl_raw(self, *words):
        got = subprocess.run(
            [program("SEXTANTCTL", "sextantctl"), "-s", str(self.folder / "control.sock"), *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20 * SLOW)
        assert not SANITIZER.search(got.stderr), got.stderr
        return got

    def ctl(self, *words):
        """What sextantctl prints for people; it has to succeed."""
        got = self.ctl_raw(*words)
        assert got.returncode == 0, "%s: %s%s" % (words, got.stdout, got.stderr)
        return got.stdout

    def ctl_json(self, *words, ok=True):
        """The data of the JSON reply; with ok=False the whole reply, of a refusal."""
        got = self.ctl_raw("--json", *words)
        assert got.stdout, "%s: %s" % (words, got.stderr)
        reply = json.loads(got.stdout)
        assert reply["ok"] is ok and got.returncode == (0 if ok else 1), (words, got.stdout)
        return reply["data"] if ok else reply

    def status(self):
        return self.ctl_json("status")

    def health(self, *pattern):
        return {e["endpoint"]: e for e in self.ctl_json("health", *pattern)["endpoints"]}

    def states(self, *pattern):
        return {name: e["state"] for name, e in self.health(*pattern).items()}

    def explain(self, name, rdtype, client):
        return self.ctl_json("explain", name, rdtype, "--client", client)

    @contextlib.contextmanager
    def moves(self, **expected):
        """The counters that move while this is done, and by how much; no other may."""
        before = self.status()["counters"]
        yield
        def moved():
            after = self.status()["counters"]
            return {k: after[k] - before[k] for k in after if after[k] != before[k]}
        # an answer is on its way before the worker has counted the batch
        end = time.monotonic() + 1
        while (got := moved()) != expected and time.monotonic() < end:
            time.sleep(0.02)
        assert got == expected
