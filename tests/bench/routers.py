"""Simulated routers that are not the limit: `server.c` sends what the lab would, rendered before.

The lab answers in Python and takes more CPU for a session than we do. What it would answer does not
change from request to request, so a server in C can send it from files.
"""

import asyncio
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from lxml import etree

from nornir_tasks.lab import Fleet
from nornir_tasks.lab.events import Caller
from nornir_tasks.lab.inventory import LabInventory
from nornir_tasks.lab.keys import LabKeys
from nornir_tasks.lab.options import LabOptions
from nornir_tasks.lab.rpcs import answer
from nornir_tasks.lab.server import Lab
from nornir_tasks.platforms import get_platform
from tests.bench.program import compile_program

__all__ = ["Routers"]

SOURCE = Path(__file__).with_name("server.c")
ASKED = Caller(1, "lab")
STOP_SECONDS = 10.0


class Routers:
    """A fleet of the lab that the C server serves; use it with `with`.

    Args:
        fleet: The devices.
        folder: For everything that is written; a new one.
        latency_ms: Milliseconds before each reply.

    Attributes:
        fleet: The devices.
        inventory_directory: Their Nornir inventory, as the lab writes it.
        port: TCP port.
    """

    def __init__(self, fleet: Fleet, folder: Path, *, latency_ms: float) -> None:
        self.fleet = fleet
        self.inventory_directory = folder / "inventory"
        self.port = 0
        self._replies = folder / "replies"
        self._host_key = folder / "host_key"
        self._latency_ms = latency_ms
        self._program = compile_program(SOURCE, folder)
        self._server: subprocess.Popen[str] | None = None
        self._lab = Lab(fleet, LabOptions(host_key="ed25519"))

    @property
    def pid(self) -> int:
        """Process number of the server while it runs."""
        assert self._server is not None
        return self._server.pid

    def __enter__(self) -> Self:
        self._replies.mkdir()
        self._use_one_host_key()
        asyncio.run(self._write_inventory())
        self.render()
        self._server = subprocess.Popen(
            [
                self._program,
                self._host_key,
                str(self.port),
                f"{self._latency_ms:.0f}",
                self._replies,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._server.stdout is not None
        if not self._server.stdout.readline():
            raise RuntimeError("server.c did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.communicate(timeout=STOP_SECONDS)

    @property
    def sent(self) -> int:
        """Bytes of configurations that were sent until now."""
        count: int = struct.unpack("Q", (self._replies / "sent").read_bytes())[0]
        return count

    def commit(self, names: Iterable[str]) -> None:
        """Commit on some devices, which changes the time of their last commit and no more."""
        chosen = list(names)
        for name in chosen:
            self._lab.device(name).store.touch(user="bench")
        self.render(chosen)

    def render(self, names: Iterable[str] | None = None) -> None:
        """Write what devices answer from now on.

        Args:
            names: None for all.
        """
        platform = get_platform("junos")
        requests = dict(zip(("configuration", "ports"), platform.requests(), strict=True))
        probe = platform.probe("commit:0")
        assert probe is not None
        requests["probe"] = probe
        for device in self.fleet if names is None else (self.fleet[name] for name in names):
            for kind, request in requests.items():
                self._write(f"{device.address}.{kind}", self._answer(device.name, request))

    def _answer(self, name: str, request: etree._Element) -> bytes:
        """Render a reply, in ASCII: ncclient loses a device whose characters it reads in halves."""
        reply = answer(self._lab.device(name), ASKED, request)
        return reply.decode().encode("ascii", "xmlcharrefreplace")

    def _write(self, name: str, content: bytes) -> None:
        # Replaced in one step: the server reads at any moment.
        draft = self._replies / ".draft"
        draft.write_bytes(content)
        draft.replace(self._replies / name)

    def _use_one_host_key(self) -> None:
        keys = self._lab.keys
        first = keys.host["ed25519"][0]
        self._lab.keys = LabKeys(keys.choice, {"ed25519": (first,)}, keys.client)
        self._host_key.touch(mode=0o600)
        self._host_key.write_bytes(first.export_private_key())

    async def _write_inventory(self) -> None:
        """Let the lab choose a port and describe itself; it does not run any longer than that."""
        async with self._lab:
            self.port = self._lab.port
            LabInventory(self.inventory_directory).write(self._lab)
