# SPDX-License-Identifier: BSD-2-Clause
"""Random writers of records, who cuts their reader off meanwhile, and what Redis then holds."""
import random
import socket
import threading
import time

import redis

REGION = "127.0.1.1"  # an address in region weu
MARGIN = 12  # percent of a zone's names that may go: what the guard never minds
SPEAKERS = 10  # of the addresses of steered records


class Names:
    """The records of some zones: most are only changed, a few come and go."""

    def __init__(self, zones, count):
        self.zones = zones
        per_zone = count // len(zones)
        self.stable, self.loose, self.steered = [], [], []
        for zone in zones:
            loose = per_zone * MARGIN // 100
            for i in range(per_zone - loose):
                owner = "%s%d" % ("sg"[i % 20 == 0], i)
                key = "dns:{%s}:%s:%s" % (zone, owner, "TXT" if i % 9 == 1 else "A")
                (self.steered if owner[0] == "g" and key.endswith(":A") else
                 self.stable).append(key)
            # three types at one owner: CNAME has to give way to the others, and come back
            self.loose += ["dns:{%s}:l%d.x:%s" % (zone, i // 3, ("A", "TXT", "CNAME")[i % 3])
                           for i in range(loose)]
        self.all = self.stable + self.loose + self.steered


def fields(key, dice):
    kind = key.rsplit(":", 1)[1]
    number = dice.randrange(1 << 24)
    address = "10.%d.%d.%d" % (number >> 16, number >> 8 & 255, number & 255)
    if kind == "TXT":
        return {"values": '"t%d"' % number}
    if kind == "CNAME":
        return {"values": "c%d.example.net." % number}
    if ":g" in key:
        return {"values": "192.0.2.%d" % (1 + number % SPEAKERS),
                "values@weu": "198.51.100.%d" % (1 + number % SPEAKERS)}
    return {"values": address}


def fill(client, names, seed=1):
    dice = random.Random(seed)
    for at in range(0, len(names.all), 5000):
        pipe = client.pipeline(transaction=False)
        for key in names.all[at:at + 5000]:
            pipe.hset(key, mapping=fields(key, dice))
        pipe.execute()


SCRIPT = """for i = 1, #KEYS do redis.call('HSET', KEYS[i], 'values', ARGV[i]) end
return #KEYS"""


class Writer(threading.Thread):
    """So many operations, at full speed."""

    def __init__(self, sock, names, count, seed):
        super().__init__(daemon=True)
        self.client = redis.Redis(unix_socket_path=sock, socket_timeout=30)
        self.names, self.count, self.dice = names, count, random.Random(seed)
        self.failed = None

    def run(self):
        try:
            for _ in range(self.count):
                self.act()
        except Exception as e:
            self.failed = e
        finally:
            self.client.close()

    def any(self):
        names = self.names
        return self.dice.choice(self.dice.choice((names.stable, names.loose, names.steered)))

    def act(self):
        c, d, names = self.client, self.dice, self.names
        what = d.randrange(100)
        loose = d.choice(names.loose)
        if what < 35:
            key = self.any()
            c.hset(key, mapping=fields(key, d))
        elif what < 45:
            c.hset(self.any() if what < 40 else loose, "ttl", d.randrange(1, 100000))
        elif what < 50:
            c.hdel(self.any(), "ttl")
        elif what < 58:
            c.delete(loose)
        elif what < 62:
            c.hdel(loose, "values", "ttl", "state")
        elif what < 64:
            # for a while it is there and says nothing
            c.hset(loose, "state", d.choice(("active", "disabled")))
            c.hset(loose, mapping=fields(loose, d))
        elif what < 76:
            pipe = c.pipeline(transaction=True)
            for _ in range(d.randrange(2, 6)):
                key = self.any()
                pipe.hset(key, mapping=fields(key, d))
            if what < 70:
                pipe.delete(loose)
            pipe.execute()
        elif what < 84:
            keys = [d.choice(names.stable) for _ in range(d.randrange(1, 5))]
            c.eval(SCRIPT, len(keys), *keys, *(fields(k, d)["values"] for k in keys))
        elif what < 90:
            to = d.choice(names.loose)
            if to.rsplit(":", 1)[1] == loose.rsplit(":", 1)[1]:
                try:
                    c.rename(loose, to)
                except redis.ResponseError:
                    pass  # there is no such key now
        elif what < 96:
            c.pexpire(loose, d.randrange(1, 1500))
        else:
            c.persist(loose)


class Vandal(threading.Thread):
    """Cuts the line between sextantd and Redis until it is told to stop, in every way."""

    def __init__(self, client, proxy, seed, pause=1.0, ways=None):
        super().__init__(daemon=True)
        self.client, self.proxy, self.pause = client, proxy, pause
        self.dice = random.Random(seed)
        self.over = threading.Event()
        self.did = {}
        self.ways = ways or (self.kill_one, self.kill_one, self.kill_signs, self.cut,
                             self.stall, self.hang, self.half_open, self.trickle)

    def run(self):
        while not self.over.wait(self.dice.expovariate(1 / self.pause)):
            way = self.dice.choice(self.ways)
            self.did[way.__name__] = self.did.get(way.__name__, 0) + 1
            way()
        self.proxy.resume()
        self.proxy.throttle(None)

    def stop(self):
        self.over.set()
        self.join()

    def kill_one(self):
        ids = [c["id"] for c in self.client.client_list() if "U" not in c["flags"]]
        if ids:
            self.client.client_kill_filter(_id=self.dice.choice(ids))

    def kill_signs(self):
        self.client.client_kill_filter(_type="pubsub")

    def cut(self):
        self.proxy.cut()

    def half_open(self):
        self.proxy.half_open()

    def stall(self):
        self.proxy.stall()
        self.over.wait(self.dice.uniform(0, 0.5))
        self.proxy.resume()

    def hang(self):
        self.proxy.stall()
        self.over.wait(self.dice.uniform(2, 4))
        self.proxy.resume()

    def trickle(self):
        self.proxy.throttle(200000)
        self.over.wait(self.dice.uniform(0, 1))
        self.proxy.throttle(None)


def read(client):
    """All records of Redis, read anew: key to fields."""
    got, cursor = {}, None
    while cursor != 0:
        cursor, keys = client.scan(cursor or 0, match="dns:*", count=5000)
        pipe = client.pipeline(transaction=False)
        for key in keys:
            pipe.hgetall(key)
        got.update((k, f) for k, f in zip(keys, pipe.execute()) if f)
    return got


def expect(records, key, near, file_owners=()):
    """What a client is to be told of this key's owner and type: (rcode, data, ttl), from
    the records alone."""
    zone, owner, kind = key[4:].replace("{", "", 1).replace("}", "", 1).split(":")

    def served(kind):
        f = records.get("dns:{%s}:%s:%s" % (zone, owner, kind), {})
        gives = f.get("state", "active") == "active" and f.get("values", "") != ""
        return f if gives else None

    others = [k for k in ("A", "TXT") if served(k)]
    f = served(kind)
    if f is None or (kind == "CNAME" and others):
        if kind != "CNAME" and not others and served("CNAME"):
            return "NOERROR", (), None  # a CNAME, which leads elsewhere
        there = others or owner in file_owners or (kind != "CNAME" and served("CNAME"))
        return "NOERROR" if there else "NXDOMAIN", (), None
    text = f["values"]
    if near and "values@weu" in f:
        text = f["values@weu"]
    if kind == "A":
        data = socket.inet_aton(text)
    elif kind == "TXT":
        data = bytes([len(text) - 2]) + text.strip('"').encode()
    else:
        data = b"".join(bytes([len(x)]) + x.encode() for x in text.split("."))
    # a steered record's own default is the shorter one
    return "NOERROR", (data,), int(f.get("ttl", 60 if "values@weu" in f else 300))


def name_of(key):
    zone, owner, kind = key[4:].replace("{", "", 1).replace("}", "", 1).split(":")
    return "%s.%s" % (owner, zone), kind


def wait_for_expiry(client, keys):
    """No key is left that will go by itself: asked for, a key that is due goes."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        left = False
        for at in range(0, len(keys), 5000):
            pipe = client.pipeline(transaction=False)
            for key in keys[at:at + 5000]:
                pipe.pttl(key)
            left = any(t >= 0 for t in pipe.execute()) or left
        if not left:
            return
        time.sleep(0.2)
    raise AssertionError("keys still expire")
