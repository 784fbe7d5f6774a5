# SPDX-License-Identifier: BSD-2-Clause
"""Resolvers that have a world's server as their upstream, and the tools people ask with.

They send from 127.0.0.1 only, so that nothing they look for can leave the machine.
"""
import pathlib
import shutil
import subprocess
import tempfile

import dns.exception
import pytest

from limits import SLOW, eventually, free_port
from world import ask_server

UNBOUND = """
server:
  interface: 127.0.0.1
  port: {port}
  outgoing-interface: 127.0.0.1
  do-ip6: no
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/pid"
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  module-config: "{modules}"
  qname-minimisation: yes
  qname-minimisation-strict: yes
  use-caps-for-id: yes
  harden-glue: yes
  harden-below-nxdomain: yes
  harden-referral-path: yes
  harden-short-bufsize: yes
  harden-large-queries: yes
  target-fetch-policy: "0 0 0 0 0"
  minimal-responses: no
{subnet}
remote-control:
  control-enable: no
{zones}
"""
UNBOUND_ZONE = """stub-zone:
  name: "{zone}"
  stub-addr: 127.0.0.1@{upstream}
  stub-prime: no
"""
UNBOUND_SUBNET = """  send-client-subnet: 127.0.0.0/8
  max-client-subnet-ipv4: 24
  client-subnet-always-forward: yes
"""
NAMED = """
options {{
  directory "{folder}";
  pid-file none;
  session-keyfile "{folder}/session.key";
  lock-file none;
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  query-source address 127.0.0.1;
  recursion yes;
  dnssec-validation no;
  empty-zones-enable no;
  send-cookie yes;
  require-server-cookie no;
  forward only;
  forwarders {{ 127.0.0.1 port {upstream}; }};
}};
controls {{ }};
logging {{ category default {{ default_stderr; }}; }};
"""


class Resolver:
    """Unbound or BIND in the foreground, in a folder of its own, on a free port."""

    PROGRAMS = {"unbound": "/usr/sbin/unbound", "named": "/usr/sbin/named"}

    def __init__(self, kind, upstream, zones, subnet=False):
        self.program = shutil.which(self.PROGRAMS[kind])
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sextant-" + kind + "-"))
        self.port = free_port()
        words = {"folder": self.folder, "port": self.port, "upstream": upstream}
        if kind == "unbound":
            text = UNBOUND.format(
                modules="subnetcache iterator" if subnet else "iterator",
                subnet=UNBOUND_SUBNET if subnet else "",
                zones="".join(UNBOUND_ZONE.format(zone=z, **words) for z in zones), **words)
            command = [self.program, "-d", "-c"]
        else:
            text = NAMED.format(**words)
            command = [self.program, "-g", "-c"]
        config = self.folder / "conf"
        config.write_text(text)
        log = open(self.folder / "stderr", "wb")
        self.process = subprocess.Popen([*command, str(config)], cwd=self.folder,
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        try:
            eventually(lambda: self.is_ready(zones[0]), within=10, every=0.05)
        except AssertionError:
            said = self.text()
            self.close()
            # a profile of AppArmor lets Debian's named and unbound read /etc only
            if "ermission denied" in said:
                pytest.skip(kind + " may not read its configuration")
            raise AssertionError(said) from None

    @classmethod
    def is_installed(cls, kind):
        return shutil.which(cls.PROGRAMS[kind]) is not None

    @staticmethod
    def has_subnet():
        """Debian's unbound has the module; others may not."""
        said = subprocess.run([Resolver.PROGRAMS["unbound"], "-V"], capture_output=True,
                              text=True, timeout=10 * SLOW)
        return "subnetcache" in said.stdout + said.stderr

    def text(self):
        return (self.folder / "stderr").read_text(errors="replace")

    def is_ready(self, zone):
        assert self.process.poll() is None, self.text()
        try:
            return self.ask(zone, "SOA", timeout=0.5).rcode == "NOERROR"
        except dns.exception.Timeout:
            return False

    def ask(self, name, rdtype="A", **options):
        return ask_server("127.0.0.1", self.port, name, rdtype, recurse=True, **options)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(5 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def run_tool(world, tool, *words, at=None):
    """dig, kdig or drill asks the world's server; what it printed, errors included."""
    got = subprocess.run([tool, "@" + (at or world.address), "-p", str(world.port), *words],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         timeout=20 * SLOW, cwd=world.folder)
    return got.stdout + got.stderr
