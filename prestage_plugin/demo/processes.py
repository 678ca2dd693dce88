"""The demo's processes: each ends with the demo, whatever happens."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

__all__ = ["Cluster", "ProcessEndedError", "Server"]

POLITE_SECONDS = 10.0


class ProcessEndedError(Exception):
    """One of the demo's processes has ended before the demo."""


class _ManagementProcess:
    """A management command of the ready-made site in a process group of its own.

    Ctrl-C in the terminal does not reach it: the demo ends its processes in order.
    """

    command: tuple[str, ...] = ()

    def __init__(self, *, log: Path) -> None:
        self._log = log
        self._file: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._file = self._log.open("wb")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "django", *self.command],
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process is not None
        assert self._file is not None
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(POLITE_SECONDS)
        # Nothing is left of the group when it ended in order.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._file.close()

    def wait(self) -> None:
        """Wait until the process ends.

        Raises:
            ProcessEndedError: It ended by itself.
        """
        assert self._process is not None
        self._process.wait()
        self.check()

    def check(self) -> None:
        """Do nothing while the process runs.

        Raises:
            ProcessEndedError: It has ended by itself.
        """
        assert self._process is not None
        if self._process.poll() is not None:
            raise ProcessEndedError(f"The {self.command[0]} ended; its log says why: {self._log}")


class Cluster(_ManagementProcess):
    """The worker that carries the job: a django-q2 cluster and what watches over it."""

    command = ("prestage_worker",)


class Server(_ManagementProcess):
    """The web server of the admin.

    Args:
        port: TCP port on 127.0.0.1.
        log: Where its output goes.
    """

    def __init__(self, *, port: int, log: Path) -> None:
        super().__init__(log=log)
        self.command = ("runserver", "--noreload", f"127.0.0.1:{port}")
