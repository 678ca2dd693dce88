"""A lab in a process of its own, for tests and for the demonstration."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab.control import call
from nornir_tasks.lab.fleet import Fleet
from nornir_tasks.lab.options import LabOptions

__all__ = ["LabProcess"]

START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0


class LabProcess:
    """A lab in a child process; use it with `with`.

    The child ends with its parent, however that ends. Nothing of it is left afterwards: the
    inventory is removed as well, because its credentials are of no use any more.

    Args:
        fleet: The devices.
        latency_ms: See `LabOptions`, like all that follow but the last.
        jitter_ms: Milliseconds.
        framing: `1.0`, `1.1` or `mixed`.
        host_key: `ed25519`, `ecdsa`, `rsa` or `mixed`.
        port: 0 takes a free one.
        session_limit: Per device.
        addressing: `auto`, `addresses` or `ports`.
        commit_user: Login of who commits by `control`.
        syslog: `udp:ADDRESS:PORT`, `tcp:ADDRESS:PORT` or None.
        syslog_format: `classic`, `structured` or `mixed`.
        notifications: Percentage of devices that clients can subscribe to.
        directory: Where the inventory goes; a temporary directory when None.

    Attributes:
        fleet: The devices as they were at the start.
        port: TCP port of the listener.
        inventory_directory: Holds config.yaml, hosts.yaml, groups.yaml, defaults.yaml,
            known_hosts, truth.json and client_key.
    """

    def __init__(
        self,
        fleet: Fleet,
        latency_ms: float = 0.0,
        jitter_ms: float = 0.0,
        framing: str = "1.0",
        host_key: str = "mixed",
        port: int = 0,
        session_limit: int = 8,
        addressing: str = "auto",
        *,
        commit_user: str = "alice",
        syslog: str | None = None,
        syslog_format: str = "classic",
        notifications: float = 0.0,
        directory: Path | None = None,
    ) -> None:
        self.fleet = fleet
        self.options = LabOptions(
            latency_ms,
            jitter_ms,
            framing,
            host_key,
            port,
            session_limit,
            addressing,
            commit_user,
            syslog,
            syslog_format,
            notifications,
        )
        self.port = 0
        self._temporary = directory is None
        self.inventory_directory = directory or Path(tempfile.gettempdir())
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    @property
    def pid(self) -> int:
        """Process number of the lab while it runs, e.g. to see what it costs."""
        assert self._child is not None
        return self._child.pid

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the child and wait until it listens.

        Raises:
            PrestageError: It did not start; the text says why.
        """
        if self._temporary:
            self.inventory_directory = Path(tempfile.mkdtemp(prefix="prestage-lab-"))
        self._child = subprocess.Popen(
            [sys.executable, "-m", "nornir_tasks.lab"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # A Ctrl-C on the terminal is for the parent, which ends the child.
            start_new_session=True,
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self.port = self._handshake(self._child.stdin, self._child.stdout)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the child; does nothing when it has ended."""
        child, self._child = self._child, None
        if child is None:
            return
        assert child.stdin is not None
        assert child.stdout is not None
        # Closing its standard input asks the child to end.
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
        try:
            child.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()
        if self._temporary:
            shutil.rmtree(self.inventory_directory, ignore_errors=True)

    def control(self, command: str, *arguments: str) -> Any:
        """Run a control command, e.g. `control("set-kind", "npe-00001", "ce")`.

        Raises:
            PrestageError: The lab refused it.
        """
        return call(self.inventory_directory, command, *arguments)

    def statistics(self) -> dict[str, Any]:
        """Return the lab's counters; see `Lab.statistics`."""
        statistics: dict[str, Any] = self.control("statistics")
        return statistics

    def _handshake(self, stdin: IO[str], stdout: IO[str]) -> int:
        order = {
            "fleet": self.fleet.rows(),
            "options": {name: getattr(self.options, name) for name in LabOptions.__slots__},
            "directory": str(self.inventory_directory),
        }
        assert self._child is not None
        watchdog = threading.Timer(START_TIMEOUT, self._child.kill)
        watchdog.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                stdin.write(json.dumps(order) + "\n")
                stdin.flush()
            line = stdout.readline()
        finally:
            watchdog.cancel()
            watchdog.join()
        answer: dict[str, Any] = {"error": "The lab's process ended at its start."}
        if line:
            answer = json.loads(line)
        if "error" in answer:
            raise PrestageError(ErrorCode.INVENTORY, answer["error"])
        return int(answer["port"])
