# SPDX-License-Identifier: BSD-2-Clause
"""Other name servers with the same zones, to compare answers with."""
import pathlib
import shutil
import subprocess
import tempfile

import dns.exception

from limits import SLOW, eventually, free_port
from world import ask_server

# None sends UDP longer than 1232 octets, none limits a rate.
NSD = """
server:
  ip-address: 127.0.0.1@{port}
  port: {port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/pid"
  xfrdfile: "{folder}/xfrd"
  zonelistfile: "{folder}/list"
  logfile: "{folder}/log"
  server-count: 1
  hide-version: yes
  minimal-responses: {minimal}
  refuse-any: no
  rrl-ratelimit: 0
  ipv4-edns-size: 1232
  ipv6-edns-size: 1232
remote-control:
  control-enable: no
"""
NSD_ZONE = """
zone:
  name: "{domain}"
  zonefile: "{file}"
"""
KNOT = """
server:
  listen: 127.0.0.1@{port}
  rundir: "{folder}"
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  udp-max-payload: 1232
database:
  storage: "{folder}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: "{folder}"
    journal-content: none
    zonefile-sync: -1
zone:
"""
KNOT_ZONE = """  - domain: "{domain}"
    file: "{file}"
"""
BIND = """
options {{
  directory "{folder}";
  pid-file none;
  session-keyfile none;
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
  allow-transfer {{ none; }};
  notify no;
  minimal-responses no;
  zero-no-soa-ttl no;
  answer-cookie no;
  edns-udp-size 1232;
  max-udp-size 1232;
  nocookie-udp-size 1232;
  check-names primary ignore;
  check-integrity no;
  check-mx ignore;
  check-mx-cname ignore;
  check-srv-cname ignore;
  check-wildcard no;
  check-dup-records ignore;
  empty-zones-enable no;
  max-records-per-type 0;
  max-types-per-name 0;
  dnssec-validation no;
}};
controls {{ }};
view chaos chaos {{ match-clients {{ any; }}; }};
view main in {{
  match-clients {{ any; }};
{zones}
}};
"""
BIND_ZONE = """
  zone "{domain}" {{ type primary; file "{file}"; }};
"""


class OtherServer:
    """NSD, Knot or BIND in the foreground, in a folder of its own, on a free loopback port."""

    PROGRAMS = {"nsd": "/usr/sbin/nsd", "knot": "/usr/sbin/knotd", "bind": "/usr/sbin/named"}
    OPTIONS = {"nsd": ("-d", "-c"), "knot": ("-c",), "bind": ("-g", "-n", "1", "-4", "-c")}

    def __init__(self, name, zones, minimal=True):
        """zones: pairs of domain, as text, and what its file says. Not minimal: NSD with all
        that it likes to add (BIND always: without, it leaves out glue)."""
        self.program = shutil.which(self.PROGRAMS[name])
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sextant-" + name + "-"))
        self.port = free_port()
        self.name = name
        self.zones = zones
        config = self.folder / (name + ".conf")
        config.write_text(getattr(self, "configure_" + name)(minimal))
        log = open(self.folder / "stderr", "wb")
        self.process = subprocess.Popen(
            [self.program, *self.OPTIONS[name], str(config)], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        try:
            for domain, _ in zones:
                eventually(lambda: self.has(domain), within=8, every=0.05)
        except BaseException:
            self.close()
            raise

    def configure_nsd(self, minimal):
        head = NSD.format(port=self.port, folder=self.folder, minimal="yes" if minimal else "no")
        return head + self.write_zones(NSD_ZONE)

    def configure_knot(self, minimal):
        return KNOT.format(port=self.port, folder=self.folder) + self.write_zones(KNOT_ZONE)

    def configure_bind(self, minimal):
        zones = self.write_zones(BIND_ZONE)
        return BIND.format(port=self.port, folder=self.folder, zones=zones)

    def write_zones(self, form):
        out = ""
        for i, (domain, text) in enumerate(self.zones):
            (self.folder / ("%d.zone" % i)).write_text(text)
            out += form.format(domain=domain, file="%d.zone" % i)
        return out

    @classmethod
    def is_installed(cls, name):
        return shutil.which(cls.PROGRAMS[name]) is not None

    def has(self, domain):
        """It answers for this zone."""
        assert self.process.poll() is None, self.said()
        try:
            rcode = self.ask(domain, "SOA", timeout=0.2).rcode
        except dns.exception.Timeout:
            rcode = "nothing"
        assert rcode == "NOERROR", "%s: %s of %s: %s" % (self.name, rcode, domain, self.said())
        return True

    def said(self):
        logs = [self.folder / "stderr", self.folder / "log"]
        return "".join(f.read_text(errors="replace")[-4000:] for f in logs if f.exists())

    def ask(self, name, rdtype, **options):
        return ask_server("127.0.0.1", self.port, name, rdtype, **options)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(5 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
