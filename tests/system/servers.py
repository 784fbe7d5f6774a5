# SPDX-License-Identifier: BSD-2-Clause
"""Other name servers with the same zone, to compare answers with."""
import pathlib
import shutil
import subprocess
import tempfile

import dns.exception

from limits import SLOW, eventually, free_port
from world import ask_server

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
  minimal-responses: no
remote-control:
  control-enable: no
zone:
  name: example.com
  zonefile: example.com.zone
"""
KNOT = """
server:
  listen: 127.0.0.1@{port}
  rundir: "{folder}"
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
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
  - domain: example.com
    file: example.com.zone
"""


class OtherServer:
    """NSD or Knot in the foreground, in a folder of its own, on a free loopback port."""

    PROGRAMS = {"nsd": "/usr/sbin/nsd", "knot": "/usr/sbin/knotd"}

    def __init__(self, name, zone_text):
        self.program = shutil.which(self.PROGRAMS[name])
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sextant-" + name + "-"))
        self.port = free_port()
        self.name = name
        (self.folder / "example.com.zone").write_text(zone_text)
        config = self.folder / (name + ".conf")
        config.write_text((NSD if name == "nsd" else KNOT).format(port=self.port, folder=self.folder))
        options = ["-d", "-c"] if name == "nsd" else ["-c"]
        log = open(self.folder / "stderr", "wb")
        self.process = subprocess.Popen([self.program, *options, str(config)], cwd=self.folder,
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        eventually(self.is_ready, within=8, every=0.05)

    @classmethod
    def is_installed(cls, name):
        return shutil.which(cls.PROGRAMS[name]) is not None

    def is_ready(self):
        said = (self.folder / "stderr").read_text()
        assert self.process.poll() is None, said
        try:
            return self.ask("example.com", "SOA", timeout=0.2).rcode == "NOERROR"
        except dns.exception.Timeout:
            return False

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
