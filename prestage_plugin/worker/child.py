"""The cluster's process group, seen from the supervisor: start, stop in order, kill."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

from prestage_plugin.services.workers import WORKER_VARIABLE

__all__ = ["ClusterProcess"]


class ClusterProcess:
    """One running cluster.

    It has a process group of its own: a signal to the whole group of the supervisor, as Ctrl-C in
    a terminal sends it, hangs django-q2's shutdown when it reaches the workers (traps A.2).

    Args:
        worker: Name of the supervisor.
        processes: Number of worker processes; 0 for what `Q_CLUSTER` says.
    """

    def __init__(self, *, worker: str, processes: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "prestage_plugin.worker.cluster", "--processes", str(processes)],
            env=os.environ | {WORKER_VARIABLE: worker},
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        """Whether the cluster's parent process has ended, in order or not."""
        return self._process.poll() is not None

    def stop(self, *, patience: float) -> bool:
        """Ask the cluster to end and wait for it; then nothing of it is left.

        Args:
            patience: Seconds to wait.

        Returns:
            Whether it ended in order.
        """
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        in_order = self.ended
        self.kill()
        return in_order

    def kill(self) -> None:
        """End every process of the group at once, orphans of a dead parent included."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
