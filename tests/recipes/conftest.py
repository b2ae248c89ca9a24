"""What the recipes share: one throwaway machine for all of them, and the servers in it."""

import re
from collections.abc import Iterator

import pytest

from tests.recipes.machine import PROJECT, Machine, lacking, wait_until

SITE = "http://127.0.0.1:8123"
SITE_MUTE = "http://127.0.0.1:8124"  # answers for robots.txt and for nothing else
SITE_BUSY = "http://127.0.0.1:8125"  # answers that it is unavailable
MONITOR = "http://127.0.0.1:8126"  # takes pings
SITE_DOWN = MONITOR_DOWN = "http://127.0.0.1:9"

_PYTHON = f"{PROJECT}/.venv/bin/python"
_ILL_SITES = """
import http.server, threading, time
class Mute(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.path == "/robots.txt" or time.sleep(9999)
        self.send_error(404)
class Busy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(503)
for port, site in (8124, Mute), (8125, Busy):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), site)
    threading.Thread(target=server.serve_forever).start()
"""
_PINGS = "/monitor/log"


@pytest.fixture(scope="session")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if lack := lacking():
        pytest.fail(lack, pytrace=False)
    machine = Machine.boot(tmp_path_factory.mktemp("recipes"))
    try:
        _serve(machine)
        yield machine
    finally:
        machine.halt()


def _serve(machine: Machine) -> None:
    """Start the sites and the monitor."""
    machine.serve("site", _PYTHON, "-m", "nkcrawl.demo", "--articles=12", "--port=8123")
    machine.serve("ill-sites", _PYTHON, "-c", _ILL_SITES)
    for end in ("0", "1", "KILL"):
        machine.write(f"/monitor/your-id/{end}", "OK")
    server = "http.server 8126 --bind 127.0.0.1 --directory /monitor"
    machine.serve("monitor", "sh", "-c", f"exec {_PYTHON} -u -m {server} >>{_PINGS} 2>&1")
    wait_until(lambda: {8123, 8124, 8125, 8126} <= _ports(machine), "the servers to listen")


def _ports(machine: Machine) -> set[int]:
    """Return the ports on which servers listen in the machine."""
    sockets = [
        line.split() for line in machine.file("/proc/1/net/tcp").read_text().splitlines()[1:]
    ]
    return {int(fields[1].split(":")[1], 16) for fields in sockets if fields[3] == "0A"}


@pytest.fixture
def machine(booted: Machine) -> Machine:
    """The machine without mail, archives, logs or pings."""
    booted.clear()
    booted.run("truncate", "--size=0", _PINGS)
    return booted


def pings(machine: Machine) -> list[str]:
    """Return the paths that were requested from the monitor."""
    return re.findall(r'"GET (\S+) HTTP', machine.file(_PINGS).read_text())
