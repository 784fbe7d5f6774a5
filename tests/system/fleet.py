# SPDX-License-Identifier: BSD-2-Clause
"""Several Redis servers that work together: replicas, Sentinels, TLS."""
import pathlib
import shutil
import subprocess
import tempfile

import redis

from limits import SLOW, eventually, free_port


class Node:
    """One redis-server or Sentinel with the lines of configuration that are given."""

    def __init__(self, lines, sentinel=False, port=None, **client):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sextant-redis-"))
        self.port = port or free_port()
        self.sentinel = sentinel
        self.options = client
        self.process = None
        self.client = None
        text = "\n".join(lines).replace("PORT", str(self.port))
        (self.folder / "redis.conf").write_text(
            "bind 127.0.0.1\ndir %s\nunixsocket %s/sock\n%s\n" % (self.folder, self.folder, text))

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            ["redis-server", str(self.folder / "redis.conf")]
            + (["--sentinel"] if self.sentinel else []),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.client = redis.Redis(unix_socket_path=str(self.folder / "sock"), socket_timeout=5,
                                  decode_responses=True, **self.options)
        eventually(self.is_ready, within=8)
        return self

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return self.client.ping()
        except redis.exceptions.BusyLoadingError:
            return True
        except redis.RedisError:
            return False

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(10 * SLOW)
            self.process = None

    def hset(self, key, **fields):
        self.client.hset(key, mapping=fields)

    def close(self):
        if self.client is not None:
            self.client.close()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


SERVER = ["port PORT", "save \"\"", "appendonly no"]


class Fleet:
    """What was started is ended with it."""

    def __init__(self):
        self.nodes = []

    def server(self, *lines, **options):
        return self.add(Node(SERVER + list(lines), **options))

    def replica(self, of, *lines):
        r = self.server("replicaof 127.0.0.1 %d" % of.port, "repl-diskless-sync-delay 0",
                        "repl-ping-replica-period 1", *lines)
        eventually(lambda: r.client.info("replication")["master_link_status"] == "up", within=10)
        return r

    def sentinel(self, of, quorum, *lines, port=None, **options):
        """port: of the server, where it is not its usual one."""
        return self.add(Node([
            "port PORT", "sentinel monitor fleet 127.0.0.1 %d %d" % (port or of.port, quorum),
            "sentinel down-after-milliseconds fleet 1000",
            "sentinel failover-timeout fleet 6000", *lines,
        ], sentinel=True, **options))

    def add(self, node):
        self.nodes.append(node)
        return node.start()

    def close(self):
        for node in reversed(self.nodes):
            node.close()
