# SPDX-License-Identifier: BSD-2-Clause
"""NSD, Knot and BIND as plain secondaries of the server under test."""
import pathlib
import shutil
import subprocess
import tempfile

import dns.exception

from limits import SLOW, free_port
from servers import OtherServer
from world import ask_server

NSD = """
server:
  ip-address: 127.0.0.1@{port}
  port: {port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  xfrdir: "{folder}"
  database: ""
  pidfile: "{folder}/pid"
  xfrdfile: "{folder}/xfrd"
  zonelistfile: "{folder}/list"
  logfile: "{folder}/log"
  server-count: 1
  minimal-responses: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: no
{keys}
zone:
  name: "{domain}"
  zonefile: "secondary.zone"
  allow-notify: 127.0.0.1 {key}
  request-xfr: 127.0.0.1@{primary} {key}
"""
NSD_KEY = 'key:\n  name: "{name}"\n  algorithm: {algorithm}\n  secret: "{secret}"\n'
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
    any: info
{keys}
remote:
  - id: primary
    address: 127.0.0.1@{primary}
{remote_key}
acl:
  - id: of_primary
    address: 127.0.0.1
    action: notify
{remote_key}
zone:
  - domain: "{domain}"
    storage: "{folder}"
    file: secondary.zone
    master: primary
    acl: of_primary
"""
KNOT_KEY = "key:\n  - id: {name}\n    algorithm: {algorithm}\n    secret: {secret}\n"
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
  minimal-responses yes;
  dnssec-validation no;
}};
controls {{ }};
{keys}
zone "{domain}" {{
  type secondary;
  file "secondary.zone";
  masterfile-format text;
  primaries {{ 127.0.0.1 port {primary}{key}; }};
}};
"""
BIND_KEY = 'key "{name}" {{ algorithm {algorithm}; secret "{secret}"; }};\n'


class Secondary:
    """key: (name, algorithm, secret), or None. The port may be chosen before."""

    def __init__(self, name, domain, primary, key=None, port=None):
        self.name, self.domain = name, domain
        self.port = port or free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sextant-" + name + "-"))
        forms = {"nsd": (NSD, NSD_KEY), "knot": (KNOT, KNOT_KEY), "bind": (BIND, BIND_KEY)}
        form, key_form = forms[name]
        words = dict(zip(("name", "algorithm", "secret"), key or ()))
        config = self.folder / (name + ".conf")
        config.write_text(form.format(
            port=self.port, folder=self.folder, domain=domain, primary=primary,
            keys=key_form.format(**words) if key else "",
            remote_key="    key: " + key[0] if key else "",
            key={"nsd": key[0] if key else "NOKEY",
                 "bind": ' key "%s"' % key[0] if key else ""}.get(name, "")))
        log = open(self.folder / "stderr", "wb")
        program = shutil.which(OtherServer.PROGRAMS[name])
        self.process = subprocess.Popen(
            [program, *OtherServer.OPTIONS[name], str(config)], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

    def said(self):
        logs = [self.folder / "stderr", self.folder / "log"]
        return "".join(f.read_text(errors="replace")[-4000:] for f in logs if f.exists())

    def ask(self, name, rdtype, **options):
        return ask_server("127.0.0.1", self.port, name, rdtype, **options)

    def serial(self):
        """Of its zone; None while it has none."""
        assert self.process.poll() is None, self.said()
        try:
            got = self.ask(self.domain, "SOA", timeout=0.3)
        except dns.exception.Timeout:
            return None
        return int(got.data[0].split()[2]) if got.rcode == "NOERROR" and got.data else None

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(5 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
