# SPDX-License-Identifier: BSD-2-Clause
"""A server that has everything: steered names of each kind, chains and loops, delegations,
large RRsets, a zone of the store, keys. For those who send it what nobody should."""

CONFIG = """checks:
  - name: web
    http: {port: BACKEND_PORT, path: /}
    interval: 500ms
    timeout: 300ms
    confirm_interval: 100ms
pools:
  - name: edge
    check: web
    regions:
      weu: [127.0.0.2, "::1"]
      nnam: [{address: 127.0.0.3, weight: 3}, 127.0.0.4]
    default: [127.0.0.2]
    rescue: [127.0.0.9]
  - name: names
    regions: {weu: [a.example.net]}
    default: [c.example.net]
geo:
  prefixes:
    - {prefix: 127.1.0.0/16, region: weu}
    - {prefix: 127.2.0.0/16, region: nnam}
    - {prefix: "2001:db8::/32", region: nnam}
zones:
  - {domain: example.com, file: example.com.zone, store: on}
  - {domain: store.example, store: on, ns: [ns.store.example]}
store: {probe_allow: [127.0.0.0/8]}
keys: [{name: key.example, algorithm: hmac-sha256, secret_file: key}]
"""
ZONE = """canary A 192.0.2.1
www A 192.0.2.1
www AAAA 2001:db8::1
www TXT "beside"
edge POOL edge
edge HTTPS 1 . alpn=h2
alias CNAME edge
cname POOL names
*.w POOL edge
*.t TXT "wild"
*.c CNAME www
d DNAME e
x.e A 192.0.2.2
r1 DNAME r2
r2 DNAME r1
c1 CNAME c2
c2 CNAME c1
lost CNAME no.such.name
sub NS ns.sub
sub NS ns.example.net.
sub DS 12345 13 2 {ds}
ns.sub A 192.0.2.3
mx MX 10 www
mx MX 20 edge
svc HTTPS 1 www alpn=h2,h3 ipv4hint=192.0.2.1
svc SRV 1 2 3 www
deep.ent A 192.0.2.4
bin\\000\\255\\.x A 192.0.2.5
unknown TYPE731 \\# 3 010203
""".format(ds="ab" * 32)
ZONE += "".join("h%d DNAME h%d\n" % (i, i + 1) for i in range(20))
ZONE += "".join('big TXT "%03d %s"\n' % (i, "x" * 100) for i in range(60))
ZONE += "".join('huge TXT "%03d %s"\n' % (i, "x" * 240) for i in range(250))
ZONE += "".join("*.%s A 192.0.2.%d\n" % (".".join("abcdefghij"[:i]), i) for i in range(1, 9))



def start(world, server=""):
    """server: more of that part of the configuration."""
    for address in ("127.0.0.2", "127.0.0.3"):
        world.backend(address)
    world.zone("example.com", ZONE)
    world.write("key", "c2VjcmV0c2VjcmV0c2VjcmV0\n").chmod(0o600)
    world.configure(CONFIG, server="  transfer: [127.0.0.0/8]\n" + server)
    world.start()
    world.ctl("records", "set", "s.store.example", "A", "values@weu=127.0.0.2",
              "rescue=127.0.0.4", "check=web")
    world.ctl("records", "set", "*.store.example", "TXT", "values=\"x\"")
    world.ctl("records", "set", "*.s.store.example", "TXT", "values=\"x\"")
