# SPDX-License-Identifier: BSD-2-Clause
"""Servers by the starters of run-bench.py (servers/NAME/start), for benchmarks beside them."""
import os
import pathlib
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
BENCH = pathlib.Path(os.environ.get('BENCH', HERE.parents[2] / 'shared' / 'bench'))
TOP = pathlib.Path(os.environ.get('TMPDIR', '/tmp')) / 'geodns-bench'
PORT = 5393


def family(pid):
    """The process and all below it."""
    below = {}
    for p in filter(str.isdigit, os.listdir('/proc')):
        try:
            fields = pathlib.Path(f'/proc/{p}/stat').read_text().rsplit(')', 1)[1].split()
        except OSError:
            continue
        below.setdefault(int(fields[1]), []).append(int(p))
    found = [pid]
    for p in found:
        found += below.get(p, [])
    return found


def starter(name):
    for folder in (HERE / 'servers', BENCH / 'servers'):
        if os.access(folder / name / 'start', os.X_OK):
            return folder / name / 'start'
    sys.exit(f'no starter for {name}')


def spawn(name, run, kind, data, core='0'):
    """The server in an empty folder of its own; core '': on any."""
    subprocess.run(['rm', '-rf', run], check=True)
    run.mkdir(parents=True)
    log = open(run / 'log', 'wb')
    return subprocess.Popen(
        [*(['taskset', '-c', core] if core else []), starter(name), str(PORT), data, run, kind],
        stdout=log, stderr=log, start_new_session=True, env=dict(os.environ, BIN=str(TOP / 'bin')))


def question(name, kind=1):
    labels = b''.join(bytes([len(p)]) + p for p in name.encode().split(b'.'))
    return b'\x12\x34\0\0\0\1\0\0\0\0\0\0' + labels + b'\0' + bytes([0, kind, 0, 1])


def ask(s, query):
    """An answer's octets over a connected socket; None: there was none, or no good one."""
    try:
        s.send(query)
        wire = s.recv(4096)
    except OSError:
        return None
    return wire if wire[3] & 15 == 0 else None


def connect(timeout):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(timeout)
    s.connect(('127.0.0.1', PORT))
    return s


def wait_for(server, name, kind=1, within=60, every=0.05):
    """Until the name is answered."""
    end = time.monotonic() + within
    with connect(0.2) as s:
        while time.monotonic() < end and server.poll() is None:
            if ask(s, question(name, kind)) is not None:
                return
            time.sleep(every)
    sys.exit(f'{server.args} does not answer')


def end(server):
    for pid in family(server.pid):
        try:
            os.kill(pid, 15)
        except OSError:
            pass
    server.wait(20)
    time.sleep(0.5)
