# SPDX-License-Identifier: BSD-2-Clause
import os
import shutil
import subprocess

import pytest

from fleet import Fleet
from redisserver import RedisServer
from world import SOURCE, World, program


def pytest_configure(config):
    for variable, name in (("SEXTANTD", "sextantd"), ("SEXTANTCTL", "sextantctl")):
        if not os.access(program(variable, name), os.X_OK):
            pytest.exit("%s is not there: build it, or set %s" % (program(variable, name), variable), 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    world = item.funcargs.get("world") if hasattr(item, "funcargs") else None
    if report.failed and world is not None:
        text = world.text() or item.__dict__.get("_log", "")
        report.sections.append(("sextantd.log", text[-20000:]))


@pytest.fixture
def world(request):
    w = World()
    yield w
    try:
        w.stop()
    finally:
        request.node._log = w.text()
        w.close()


@pytest.fixture
def redis_server(world):
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    r = RedisServer()
    world.words["REDIS_PORT"] = r.port
    r.start()
    yield r
    r.close()


@pytest.fixture
def fleet(world):
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    f = Fleet()
    yield f
    f.close()


@pytest.fixture(scope="session")
def geo_database(tmp_path_factory):
    """The database that is shipped, unpacked."""
    path = tmp_path_factory.mktemp("geo") / "iptoasn-country.mmdb"
    with open(path, "wb") as out:
        subprocess.run(["xz", "-dkc", str(SOURCE / "conf" / "iptoasn-country.mmdb.xz")],
                       stdout=out, check=True)
    return path
