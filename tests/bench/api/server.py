"""What a 304 costs a web server's process, and what of it an application that does nothing costs.

One client sends one request after the other over one connection, so that nothing waits for
anything, and all the CPU of the server's processes is theirs.
"""

import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.bench.machine import cpu_of_tree
from tests.ports import free_port

__all__ = ["SERVERS", "cost_of_304", "nothing"]

SERVERS: Mapping[str, list[str]] = {
    "gunicorn, gthread": ["gunicorn", "--worker-class", "gthread", "--threads", "8"],
    "gunicorn, sync": ["gunicorn", "--worker-class", "sync"],
}
"""Their command lines; the worker class `sync` opens a connection for each request."""

_SITE, _NOTHING = "prestage_plugin.site.wsgi:application", "tests.bench.api.server:nothing"


def nothing(_environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer 304 as the site does, and do nothing else (a WSGI application)."""
    headers = [
        ("ETag", '"0123456789abcdef0123-0123456789abcdef0123"'),
        ("Cache-Control", "private, no-cache"),
        ("Vary", "Accept, Accept-Language, Authorization, Cookie"),
    ]
    start_response("304 Not Modified", headers)
    return []


def cost_of_304(
    *, environment: Mapping[str, str], path: str, secret: str, count: int
) -> list[dict[str, Any]]:
    """Return milliseconds of CPU of a 304, by server: of the site, and of an empty application.

    Args:
        environment: Of the site.
        path: Of a document.
        secret: Of a token that may read it.
        count: Requests that are measured.
    """
    folder = Path(environment["PRESTAGE_DATA"])
    found = []
    for name, command in SERVERS.items():
        row: dict[str, Any] = {"server": name}
        for key, application in (("site", _SITE), ("nothing", _NOTHING)):
            with _server(command, application, environment, folder) as (port, process):
                row[key] = _measure(port, process, path, secret, count)
        found.append(row)
    return found


@contextmanager
def _server(
    command: list[str], application: str, environment: Mapping[str, str], folder: Path
) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    line = [sys.executable, "-m", *command, application, "--bind", f"127.0.0.1:{port}"]
    line += ["--workers", "1", "--keep-alive", "60", "--log-level", "warning"]
    line += ["--no-control-socket"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(line, env=dict(environment), stdout=log, stderr=log)
    try:
        server = psutil.Process(process.pid)
        give_up = time.monotonic() + 60
        while not server.children():
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError((folder / "server.log").read_text())
            time.sleep(0.1)
        yield port, server
    finally:
        process.terminate()
        process.wait(60)


def _measure(port: int, server: psutil.Process, path: str, secret: str, count: int) -> float:
    headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:

        def ask() -> int:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            headers["If-None-Match"] = response.headers.get("ETag", "")
            return response.status

        for _ in range(20):
            ask()
        before = cpu_of_tree(server)
        statuses = {ask() for _ in range(count)}
        spent = cpu_of_tree(server) - before
    if statuses != {304}:
        raise RuntimeError(f"not only 304: {statuses}")
    return spent / count * 1000
