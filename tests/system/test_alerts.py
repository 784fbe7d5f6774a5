# SPDX-License-Identifier: BSD-2-Clause
"""People learn of trouble: who is told, of what, when, and what if they can not be reached."""
import json
import os
import signal
import stat

import pytest

from limits import always, eventually
from receiver import Receiver
from test_health import kept

BASE = """zones:
  - {domain: example.com, file: example.com.zone}
"""
HEALTH = BASE + """checks:
  - name: web
    http: {port: BACKEND_PORT, path: /healthz, host: www.example.com, status: [200], body: "ok"}
    interval: 200ms
    timeout: 2s
    confirm_interval: 100ms
    fall: 2
    rise: 1
pools:
  - name: edge
    check: web
    regions:
      weu: [127.3.1.1]
      snam: [127.3.2.1]
"""
ALERTS = """alerts:
  group: 300ms
  escalate_after: ESCALATE
  hooks:
"""


@pytest.fixture
def receiver():
    r = Receiver()
    yield r
    r.close()


def hook(name, receiver, more=""):
    return "    - {name: %s, url: %s%s}\n" % (name, receiver.url, more)


def configure(world, hooks, base=BASE, escalate="1h", zone="www A 192.0.2.1\n"):
    world.zone("example.com", zone)
    world.words["ESCALATE"] = escalate
    world.configure(base + ALERTS + hooks)


def begin(world, hooks, base=BASE, escalate="1h", zone="www A 192.0.2.1\n"):
    configure(world, hooks, base, escalate, zone)
    world.start()


def spoil(world):
    """Trouble that is easy to have: a reload that is refused."""
    (world.folder / "good.yaml").write_bytes(world.config.read_bytes())
    world.config.write_text("nonsense: 1\n")
    world.ctl_raw("reload")


def mend(world):
    world.config.write_bytes((world.folder / "good.yaml").read_bytes())
    world.ctl("reload")


RELOAD = "reload configuration"


def hook_state(world, name="a"):
    return next(h for h in world.ctl_json("alerts")["hooks"] if h["name"] == name)


def test_trouble_and_its_end(world, receiver):
    begin(world, hook("a", receiver))
    spoil(world)
    eventually(lambda: receiver.told() == ["+" + RELOAD], within=8)
    m = receiver.taken()[0]
    assert m["status"] == "trouble" and m["node"] == "here" and m["hook"] == "a"
    assert m["version"] == 1 and m["critical"] is False and m["open_count"] == 1
    (bad,) = m["bad"]
    assert bad["severity"] == "warning" and '"zones" is missing' in bad["text"]
    open_now = world.ctl_json("alerts")["alerts"]
    assert [(a["kind"], a["state"], a["told"]) for a in open_now] == [("reload", "bad", ["a"])]
    assert world.status()["alerts"]["open"] == 1
    # again the same: no news
    world.ctl_raw("reload")
    mend(world)
    eventually(lambda: receiver.told() == ["+" + RELOAD, "-" + RELOAD], within=8)
    m = receiver.taken()[1]
    assert m["status"] == "recovery" and m["good"][0]["relapses"] == 0
    assert m["id"] != receiver.taken()[0]["id"]
    eventually(lambda: world.ctl_json("alerts")["alerts"] == [], within=8)
    assert "nothing is open" in world.ctl("alerts")


def test_a_pool_goes_dark_and_comes_back(world, receiver):
    backends = [world.backend(a) for a in ("127.3.1.1", "127.3.2.1")]
    begin(world, hook("a", receiver, ", on: [target, pool, region]"), HEALTH,
          zone="www POOL edge\n")
    eventually(lambda: set(world.states().values()) == {"up"}, within=8)
    for b in backends:
        b.refuse()
    gone = {"+target web 127.3.1.1", "+target web 127.3.2.1", "+pool edge",
            "+region edge/weu", "+region edge/snam"}
    eventually(lambda: gone <= set(receiver.told()), within=8)
    worst = [m["bad"][0] for m in receiver.taken() if "edge" in
             [a["subject"] for a in m["bad"]]][0]
    assert worst["subject"] == "edge" and worst["severity"] == "critical"
    assert "served: all of them" in worst["text"]
    # the worst first, targets last
    assert [a["kind"] for a in world.ctl_json("alerts")["alerts"]] == [
        "pool", "region", "region", "target", "target"]
    # another pool of the same name does not make it any better
    configure(world, hook("a", receiver, ", on: [target, pool, region]"),
              HEALTH + "    ttl: 77\n", zone="www POOL edge\n")
    world.ctl("reload")
    always(lambda: sorted(receiver.told()) == sorted(gone), during=1)
    for b in backends:
        b.answer()
    back = {s.replace("+", "-") for s in gone}
    eventually(lambda: back <= set(receiver.told()), within=8)
    # each was told once
    assert sorted(receiver.told()) == sorted(gone | back)


def test_a_dark_pool_that_is_taken_away_is_no_trouble(world, receiver):
    begin(world, hook("a", receiver, ", on: pool"), HEALTH, zone="www POOL edge\n")
    eventually(lambda: receiver.told() == ["+pool edge"], within=8)
    configure(world, hook("a", receiver, ", on: pool"))
    world.ctl("reload", "--force")
    eventually(lambda: receiver.told() == ["+pool edge", "-pool edge"], within=8)


def test_many_things_at_once_are_few_messages(world, receiver):
    """200 targets go down: no message has more than 50, and each is told of in all."""
    addresses = ["127.4.%d.%d" % (i // 100, 1 + i % 100) for i in range(200)]
    begin(world, hook("a", receiver, ", on: target"),
          HEALTH + "    default: [%s]\n" % ", ".join(addresses), zone="www POOL edge\n")
    eventually(lambda: sum(m["bad_count"] for m in receiver.taken()) == 202, within=15)
    assert all(len(m["bad"]) == min(50, m["bad_count"]) for m in receiver.taken())
    assert len(receiver.taken()) < 30
    open_now = world.ctl_json("alerts")["alerts"]
    assert len([a for a in open_now if a["kind"] == "target"]) == 202


def test_only_what_was_asked_for(world, receiver):
    second = Receiver()
    third = Receiver()
    try:
        begin(world, hook("a", receiver, ", on: store") + hook("b", second) +
              hook("c", third, ", severity: critical"))
        spoil(world)
        eventually(lambda: second.told() == ["+" + RELOAD], within=8)
        assert receiver.told() == [] and third.told() == []
    finally:
        second.close()
        third.close()


def test_what_lasts_is_told_to_the_critical_hook_once(world, receiver):
    loud = Receiver()
    try:
        begin(world, hook("a", receiver) + hook("loud", loud, ", critical: on"),
              escalate="1500ms")
        spoil(world)
        eventually(lambda: receiver.told() == ["+" + RELOAD], within=8)
        eventually(lambda: loud.told() == ["+" + RELOAD], within=8)
        assert loud.taken()[0]["bad"][0]["lasted_s"] >= 1
        assert loud.taken()[0]["critical"] is True
        mend(world)
        eventually(lambda: loud.told() == ["+" + RELOAD, "-" + RELOAD], within=8)
        eventually(lambda: receiver.told() == ["+" + RELOAD, "-" + RELOAD], within=8)
    finally:
        loud.close()


@pytest.mark.parametrize("mode, reason", [
    ("500", "status 500"), ("404", "status 404"), ("redirect", "status 302"),
    ("close", "closed"), ("hang", "timeout"), ("refuse", "connect-failed"),
    ("drip", "t")])  # too-large or timeout, whichever comes first
def test_a_hook_that_fails_is_tried_again(world, receiver, mode, reason):
    begin(world, hook("a", receiver, ", timeout: 400ms"))
    if mode == "refuse":
        receiver.refuse()
    receiver.mode = mode
    spoil(world)
    state = eventually(lambda: (h := hook_state(world))["failing"] and h, within=8)
    assert state["last_failure"].startswith(reason) and state["messages"] == 0
    assert state["failures"] >= 1
    # nothing else waits for it
    assert world.ask("www.example.com").data == ["192.0.2.1"]
    assert world.status()["alerts"]["failing"] == 1
    if mode == "refuse":
        receiver.open()
    receiver.mode = "ok"
    eventually(lambda: receiver.told() == ["+" + RELOAD], within=20)
    eventually(lambda: not hook_state(world)["failing"], within=8)
    assert [r["path"] for r in receiver.got if r["path"] == "/elsewhere"] == []
    # the log tells of it once, and of its end; a URL is a secret
    log = world.text()
    assert log.count("alerts can not be sent hook=a") == 1
    assert log.count("alerts are sent again hook=a") == 1
    assert "SECRET" not in log and 'to="http://127.0.0.1:%d"' % receiver.port in log
    assert "SECRET" not in world.ctl("alerts") + json.dumps(world.ctl_json("alerts"))


def test_what_was_over_before_it_could_be_told_is_counted(world, receiver):
    receiver.mode = "500"
    begin(world, hook("a", receiver))
    spoil(world)
    eventually(lambda: hook_state(world)["failures"] >= 1, within=8)
    mend(world)
    eventually(lambda: hook_state(world)["missed"] == 1, within=8)
    assert hook_state(world)["waiting"] == 0
    receiver.mode = "ok"
    always(lambda: receiver.told() == [], during=1)
    assert "1 not told in time" in world.ctl("status")


def test_one_that_hangs_delays_no_other(world, receiver):
    second = Receiver()
    try:
        receiver.mode = "hang"
        begin(world, hook("a", receiver, ", timeout: 60s") + hook("b", second))
        spoil(world)
        eventually(lambda: second.told() == ["+" + RELOAD], within=8)
        mend(world)
        eventually(lambda: second.told() == ["+" + RELOAD, "-" + RELOAD], within=8)
        # and ends with the server, which waits for nobody
        world.stop()
    finally:
        second.close()


def test_slack(world, receiver):
    begin(world, hook("a", receiver, ", form: slack"))
    spoil(world)
    eventually(lambda: receiver.taken(), within=8)
    (m,) = receiver.taken()
    assert list(m) == ["text"]
    assert m["text"].startswith("here: trouble\nWARNING reload configuration: ")
    mend(world)
    eventually(lambda: len(receiver.taken()) == 2, within=8)
    assert "GOOD reload configuration: " in receiver.taken()[1]["text"]


def test_secrets_from_files(world, receiver):
    world.write("url", receiver.url + "\n")
    world.write("headers", "Authorization: Bearer xyzzy\n\nX-More: 1\n")
    begin(world, "    - {name: a, url_file: url, headers_file: headers, "
                 "headers: [\"X-Team: dns\"]}\n")
    assert "a: arrived" in world.ctl("alerts", "test")
    (got,) = receiver.got
    assert got["path"] == "/services/T0/B0/SECRET" and got["method"] == "POST"
    assert got["headers"]["Authorization"] == "Bearer xyzzy"
    assert got["headers"]["X-More"] == "1" and got["headers"]["X-Team"] == "dns"
    assert got["headers"]["Content-Type"] == "application/json"
    assert receiver.taken()[0]["status"] == "test"
    assert "SECRET" not in world.text() and "xyzzy" not in world.text()


def test_a_test(world, receiver):
    begin(world, hook("a", receiver) + "    - {name: b, exec: /does/not/exist}\n")
    got = world.ctl_json("alerts", "test", ok=False)
    assert got["code"] == "failed"
    assert {h["hook"]: (h["arrived"], h["reason"]) for h in got["data"]} == {
        "a": (True, None), "b": (False, "No such file or directory")}
    assert world.ctl_json("alerts", "test", "nobody", ok=False)["code"] == "not-found"
    # what is open is another matter
    assert world.ctl_json("alerts")["alerts"] == []
    receiver.mode = "hang"
    world.stop()


def test_a_restart_repeats_nothing(world, receiver):
    begin(world, hook("a", receiver))
    spoil(world)
    eventually(lambda: receiver.told() == ["+" + RELOAD], within=8)
    # who asks for the status alone learns of it too
    status = world.ctl("status")
    assert "TROUBLE    reload configuration, for " in status and "alerts     1 open, 1 hook" in status
    eventually(lambda: '"told":["a"]' in
               (world.folder / "state" / "alerts.json").read_text(), within=8)
    world.kill()
    world.config.write_bytes((world.folder / "good.yaml").read_bytes())
    world.start()
    (a,) = world.ctl_json("alerts")["alerts"]
    assert a["state"] == "unconfirmed" and a["told"] == ["a"]
    # it lasts: nobody is told again
    spoil(world)
    eventually(lambda: world.ctl_json("alerts")["alerts"][0]["state"] == "bad", within=8)
    always(lambda: receiver.told() == ["+" + RELOAD], during=1)
    mend(world)
    eventually(lambda: receiver.told() == ["+" + RELOAD, "-" + RELOAD], within=8)


def test_a_target_that_stays_down_over_a_restart_is_bad_at_once(world, receiver):
    """Its state is taken up again and no change follows: else it would count as good."""
    world.backend("127.3.1.1").refuse()
    world.backend("127.3.2.1")
    begin(world, hook("a", receiver), base=HEALTH, zone="www POOL edge\n")
    told = {"+target web 127.3.1.1", "+region edge/weu"}
    eventually(lambda: set(receiver.told()) == told, within=8)
    # it is on disk within a second
    eventually(lambda: kept(world).get("web 127.3.1.1") == "down", within=8)
    world.stop()
    world.start()
    eventually(lambda: {a["subject"]: a["state"] for a in world.ctl_json("alerts")["alerts"]}
               == {"web 127.3.1.1": "bad", "edge/weu": "bad"}, within=20)
    assert set(receiver.told()) == told


def test_a_restart_tells_what_was_not_told(world, receiver):
    receiver.mode = "500"
    begin(world, hook("a", receiver))
    spoil(world)
    eventually(lambda: hook_state(world)["failures"] >= 1, within=8)
    world.stop()
    receiver.mode = "ok"
    world.config.write_bytes((world.folder / "good.yaml").read_bytes())
    world.start()
    spoil(world)
    eventually(lambda: receiver.told() == ["+" + RELOAD], within=8)


def test_a_spoilt_file_of_alerts_is_as_none(world, receiver):
    (world.folder / "state").mkdir()
    (world.folder / "state" / "alerts.json").write_text('{"alerts": [1, {"kind": 2')
    begin(world, hook("a", receiver))
    assert "open alerts of before are not known" in world.text()
    assert world.ctl_json("alerts")["alerts"] == []


def test_a_reload_changes_the_hooks_and_keeps_what_is_open(world, receiver):
    second = Receiver()
    try:
        begin(world, hook("a", receiver))
        world.zone("example.com", "www A 192.0.2.\n")
        world.ctl_raw("reload")
        eventually(lambda: receiver.told() == ["+reload zone files"], within=8)
        # another one joins, and hears of what is open; the old one does not hear it again
        configure(world, hook("a", receiver) + hook("b", second), zone="www A 192.0.2.\n")
        world.ctl_raw("reload")
        eventually(lambda: second.told() == ["+reload zone files"], within=8)
        assert receiver.told() == ["+reload zone files"]
        # the first one leaves: only who is there hears of the end
        configure(world, hook("b", second))
        world.ctl("reload")
        eventually(lambda: second.told() == ["+reload zone files", "-reload zone files"],
                   within=8)
        assert receiver.told() == ["+reload zone files"]
        assert [h["name"] for h in world.ctl_json("alerts")["hooks"]] == ["b"]
    finally:
        second.close()


PROGRAM = """#!/bin/sh
{ cat; } > "$0.in.$$"
env > "$0.env"
ls /proc/$$/fd > "$0.fd"
echo "$0 $*" > "$0.argv"
"""


def script(world, text):
    path = world.write("page", text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def children(world):
    pid = world.process.pid
    out = []
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                fields = open("/proc/%s/stat" % p).read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                out.append((int(p), fields[0]))
    return out


def test_a_program_is_told(world):
    page = script(world, PROGRAM)
    begin(world, "    - {name: page, exec: [%s, \"a b\", $HOME]}\n" % page)
    spoil(world)
    eventually(lambda: hook_state(world, "page")["messages"] == 1, within=8)
    (said,) = world.folder.glob("page.in.*")
    m = json.loads(said.read_text())
    assert m["status"] == "trouble" and m["bad"][0]["kind"] == "reload"
    # no shell has touched the words, and nothing of ours is open in it
    assert (world.folder / "page.argv").read_text() == "%s a b $HOME\n" % page
    env = dict(line.split("=", 1) for line in
               (world.folder / "page.env").read_text().splitlines())
    assert env["SEXTANT_NODE"] == "here" and env["SEXTANT_STATUS"] == "trouble"
    assert env["SEXTANT_HOOK"] == "page" and env["SEXTANT_CRITICAL"] == "0"
    assert "reload configuration" in env["SEXTANT_SUMMARY"]
    assert "HOME" not in env
    fds = {int(f) for f in (world.folder / "page.fd").read_text().split()}
    assert {f for f in fds if f < 10} == {0, 1, 2}  # a shell's own is 10 or above
    assert children(world) == []


def test_a_program_that_hangs_is_killed_with_its_children(world):
    page = script(world, "#!/bin/sh\necho $$ > $0.pid\nsleep 300 & echo $! > $0.child\nwait\n")
    begin(world, "    - {name: page, exec: %s, timeout: 500ms}\n" % page)
    spoil(world)
    state = eventually(lambda: (h := hook_state(world, "page"))["failing"] and h, within=8)
    assert state["last_failure"] == "timeout"
    child = int((world.folder / "page.child").read_text())

    def gone():
        try:
            return open("/proc/%d/stat" % child).read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True
    eventually(gone, within=8)
    # never two at once, and none is left behind as a zombie
    assert all(s != "Z" for _, s in children(world)) or eventually(
        lambda: all(s != "Z" for _, s in children(world)), within=8)


def test_a_program_that_fails_says_why(world):
    page = script(world, "#!/bin/sh\necho no modem >&2\nexit 3\n")
    begin(world, "    - {name: page, exec: %s}\n" % page)
    got = world.ctl_json("alerts", "test", "page", ok=False)
    assert got["data"][0]["reason"] == "exit status 3: no modem"


def test_a_program_is_ended_with_the_server(world):
    page = script(world, "#!/bin/sh\necho $$ > $0.pid\nexec sleep 300\n")
    begin(world, "    - {name: page, exec: %s, timeout: 5m}\n" % page)
    spoil(world)
    pid = int(eventually(lambda: (p := world.folder / "page.pid").exists() and p.read_text(),
                         within=8))
    world.stop()
    eventually(lambda: not os.path.exists("/proc/%d" % pid), within=8)


def test_the_store_and_the_guard(world, receiver, redis_server):
    names = ["www"] + ["h%d" % i for i in range(60)]

    def write():
        for name in names:
            redis_server.hset("dns:{example.com}:%s:A" % name, values="192.0.2.1")
    write()
    world.zone("example.com", "")
    world.configure("""zones:
  - {domain: example.com, file: example.com.zone, store: on}
store: {kind: redis, address: 127.0.0.1@REDIS_PORT, fresh_for: 1s}
alerts:
  group: 100ms
  hooks:
""" + hook("a", receiver))
    world.start()
    eventually(lambda: world.ask("www.example.com").data == ["192.0.2.1"], within=8)
    redis_server.kill()
    eventually(lambda: receiver.told() == ["+store contact"], within=15)
    # and why
    assert "no contact (" in world.ctl_json("alerts")["alerts"][0]["text"]
    redis_server.start()
    eventually(lambda: "-store contact" in receiver.told(), within=30)
    # all is gone: the guard holds it, and that is trouble of its own
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=15)
    redis_server.client.flushall()
    eventually(lambda: "+guard example.com" in receiver.told(), within=15)
    write()
    eventually(lambda: "-guard example.com" in receiver.told(), within=15)


def test_a_state_directory_that_can_not_be_written(world, receiver):
    (world.folder / "state").write_text("a file is in the way\n")
    begin(world, hook("a", receiver, ", on: state"))
    eventually(lambda: "+state state directory" in receiver.told(), within=8)
