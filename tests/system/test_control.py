# SPDX-License-Identifier: BSD-2-Clause
"""The daemon as its operator sees it: options, signals, the control socket."""
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from limits import SLOW, eventually
from world import SOURCE, program

CONFIG = "zones:\n  - {domain: example.com, file: example.com.zone}\n"


def begin(world):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG)
    world.start()


def test_options(world):
    code, said = world.run("-V")
    assert code == 0 and said.startswith("sextantd ")
    code, said = world.run("-h")
    assert code == 0 and "usage: sextantd" in said
    assert world.run("-x")[0] == 2
    assert world.run("-t", "what")[0] == 2
    code, said = world.run(file=world.folder / "nowhere.yaml")
    assert code == 1 and "nowhere.yaml" in said


def test_libraries(world):
    """-V names the libraries that the daemon needs, and no other."""
    if shutil.which("readelf") is None:
        pytest.skip("readelf is not there (the Debian package binutils)")
    code, said = world.run("-V")
    told = {line.split()[0] for line in said.splitlines()[2:]}
    told = {"z" if name == "zlib" else re.sub(r"^lib|-0.1$", "", name) for name in told}
    needed = subprocess.run(["readelf", "-d", program("SEXTANTD", "sextantd")], check=True,
                            capture_output=True, text=True)
    needed = set(re.findall(r"\[lib([a-z0-9_]+?)(?:-[\d.]+)?\.so", needed.stdout))
    assert code == 0 and told == {n for n in needed if n not in ("c", "m") and "san" not in n}


def test_check_lists_all_mistakes(world):
    """-t: every mistake with its place, in the configuration and in the zone files."""
    world.configure("""zones:
  - domain: example.com
    file: example.com.zone
    fiel: nothing
pools:
  - name: edge
    chek: web
    ttl: soon
    regions:
      weu: [192.0.2.1, 192.0.2.256]
      atlantis: [192.0.2.3]
checks:
  - name: web
    http: {port: 70000}
    interval: 5
""")
    code, said = world.run("-t")
    assert code == 1
    lines = [line for line in said.splitlines() if ": error: " in line]
    for place, word in (("4:5", "fiel"), ("7:5", "chek"), ("8:10", "soon"), ("10:24", "192.0.2.256"),
                        ("11:7", "atlantis"), ("14:18", "70000"), ("15:15", "5")):
        found = [line for line in lines if "sextant.yaml:%s: error: " % place in line]
        assert found and word in found[0], (place, word, said)
    assert [line for line in lines if "did you mean" in line or "check" in line], "the nearest key"
    assert not (world.folder / "state").exists(), "-t changes nothing"


def test_check_lists_mistakes_of_zone_files(world):
    world.zone("example.com", "www A 192.0.2.256\nok A 192.0.2.1\nmail MX ten mail\nx POOL none\n")
    world.zone("example.net", "www CNAME a\nwww A 192.0.2.1\n")
    world.configure(CONFIG + "  - {domain: example.net, file: example.net.zone}\n")
    code, said = world.run("-t")
    assert code == 1
    for place in ("example.com.zone:6:", "example.com.zone:8:", "example.com.zone:9:", "example.net.zone:"):
        assert any(place in line and ": error: " in line for line in said.splitlines()), (place, said)


def test_check_of_a_good_configuration(world):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG)
    code, said = world.run("-t")
    assert code == 0 and "no errors" in said


def test_what_is_shipped_is_right(world, geo_database):
    """conf/sextant.yaml, conf/quickstart.yaml and zones/ pass the check."""
    copy = world.folder / "copy"
    (copy / "build" / "quickstart").mkdir(parents=True)
    (copy / "conf").mkdir()
    shutil.copytree(SOURCE / "zones", copy / "zones")
    shutil.copytree(SOURCE / "zones", copy / "conf" / "zones")
    shutil.copy(SOURCE / "conf" / "sextant.yaml", copy / "conf")
    shutil.copy(SOURCE / "conf" / "quickstart.yaml", copy / "build" / "quickstart" / "sextant.yaml")
    os.link(geo_database, copy / "build" / "quickstart" / "iptoasn-country.mmdb")
    # the sample has one pool; its zone names two
    for place in ("conf/sextant.yaml", "build/quickstart/sextant.yaml"):
        code, said = world.run("-t", file=copy / place)
        assert code == 0 and ": error: " not in said, said


def test_the_verbs(world):
    """status, health, explain and help: for people, and as one line of JSON."""
    begin(world)
    for words, shows in ((("status",), "sextantd"), (("health",), "endpoint"), (("help",), "explain"),
                         (("help", "reload"), "reload"),
                         (("explain", "www.example.com", "--client", "192.0.2.1"), "192.0.2.1")):
        said = world.ctl(*words)
        assert shows in said and "\nOK" not in said
        raw = world.ctl_raw("--json", *words).stdout
        assert raw.count("\n") == 1 and json.loads(raw)["ok"] is True
    s = world.status()
    assert s["identity"] == "here" and s["pid"] == world.process.pid
    assert s["zones"] == [{"zone": "example.com", "file": str(world.folder / "example.com.zone"),
                           "store": False, "broken": False}] or s["zones"][0]["zone"] == "example.com"


def test_threads_have_names(world):
    """As top -H shows them."""
    begin(world)
    task = "/proc/%d/task" % world.process.pid

    def names():
        return [open("%s/%s/comm" % (task, t)).read().strip() for t in os.listdir(task)]

    eventually(lambda: {"udp", "tcp", "store", "probe", "transfers"} <= set(names()),
               within=5)
    # the first one alone keeps the name of the program
    own = open("%s/%d/comm" % (task, world.process.pid)).read().strip()
    eventually(lambda: names().count(own) == 1 and names().count("udp") == 2, within=5)


def test_refusals(world):
    """Exit codes: 1 refused, 2 usage, 3 no daemon; and a word of help."""
    begin(world)
    got = world.ctl_raw("statsu")
    assert got.returncode == 1 and "status" in got.stderr
    assert world.ctl_json("health", "nothing/*", ok=False)["code"] == "not-found"
    assert world.ctl_json("explain", "www.example.com", ok=False)["code"] == "usage"
    assert world.ctl_raw("explain", "www.example.com", "A", "--client", "nobody").returncode == 1
    assert world.ctl_raw().returncode == 2
    assert world.ctl_raw("--no-such-option").returncode == 2
    world.stop()
    assert world.ctl_raw("status").returncode == 3


def test_many_requests_on_one_connection(world):
    begin(world)
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5 * SLOW)
        s.connect(str(world.folder / "control.sock"))
        s.sendall(b'json status\njson nonsense\nhelp\njson "explain" www.example.com "A" --client 192.0.2.1\n')
        f = s.makefile("r")
        assert json.loads(f.readline())["ok"] is True
        assert json.loads(f.readline())["ok"] is False
        lines = []
        while not (lines and (lines[-1] == "OK\n" or lines[-1].startswith("ERR "))):
            lines.append(f.readline())
        assert lines[-1] == "OK\n" and len(lines) > 3
        assert json.loads(f.readline())["data"]["name"] == "www.example.com"


def test_the_socket_is_the_owners(world):
    """Mode 0660; a second daemon on the same addresses, or with others on the same socket, is
    refused and harms nothing."""
    begin(world)
    mode = (world.folder / "control.sock").stat()
    assert stat.S_ISSOCK(mode.st_mode) and stat.S_IMODE(mode.st_mode) == 0o660
    other = world.folder / "other.yaml"
    other.write_text(world.config.read_text().replace("127.0.0.1@%d" % world.port, "127.0.0.77@%d" % world.port))
    for config, why in ((world.config, "127.0.0.1@%d" % world.port), (other, "control.sock")):
        got = subprocess.run([program("SEXTANTD", "sextantd"), "-c", str(config)], cwd=world.folder,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20 * SLOW)
        assert got.returncode == 1 and why in got.stderr, got.stderr
    assert world.status()["pid"] == world.process.pid
    assert world.ask("www.example.com").data == ["192.0.2.1"]
    world.stop()
    assert not (world.folder / "control.sock").exists()


def test_a_socket_left_behind(world):
    """After SIGKILL the socket's file is there: the next daemon takes it over."""
    begin(world)
    world.kill()
    assert (world.folder / "control.sock").exists()
    world.start()
    assert world.status()["pid"] == world.process.pid


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_who_may_change_things(world):
    """Others of the socket's group may look, and not touch."""
    begin(world)
    # whoever reaches the socket may read: let nobody reach it
    os.chmod(world.folder, 0o755)
    os.chmod(world.folder / "control.sock", 0o666)

    def as_nobody(*words):
        return subprocess.run([program("SEXTANTCTL", "sextantctl"), "-s",
                               str(world.folder / "control.sock"), "--json", *words],
                              capture_output=True, text=True, timeout=20 * SLOW, user=65534, group=65534,
                              extra_groups=[])

    try:
        got = as_nobody("status")
    except PermissionError:
        pytest.skip("others can not run sextantctl here")
    if "not found" in got.stderr or got.returncode == 127:
        pytest.skip("others can not run sextantctl here")
    assert json.loads(got.stdout)["ok"] is True
    for words in (("stop",), ("reload",)):
        reply = json.loads(as_nobody(*words).stdout)
        assert (reply["ok"], reply["code"]) == (False, "denied")
    assert world.process.poll() is None


def test_stop_verb(world):
    begin(world)
    world.ctl("stop")
    world.wait_ended(0)


def test_interrupt(world):
    begin(world)
    world.signal(signal.SIGINT)
    world.wait_ended(0)


def test_address_in_use(world):
    """An address that is taken is fatal, and named."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind(("127.0.0.1", world.port))
        s.listen()
        world.zone("example.com", "www A 192.0.2.1\n")
        world.configure(CONFIG)
        world.start(ready=False)
        world.wait_ended(1)
    assert "127.0.0.1@%d" % world.port in world.text()


def test_a_flood_of_signals(world):
    """SIGHUP again and again, and the end in the middle of it."""
    begin(world)
    for _ in range(50):
        world.signal(signal.SIGHUP)
        assert world.ask("www.example.com").data == ["192.0.2.1"]
    eventually(lambda: "reload done" in world.text(), within=3)
