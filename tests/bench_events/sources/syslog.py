"""Syslog: one `manage.py prestage_listen`, and devices or a relay that send to it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil

from tests.bench_events.sources.base import Plan, Served, running

__all__ = ["SyslogSource"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogSource:
    """A way to send syslog.

    Attributes:
        name: What it is called.
        kind: `udp` or `tcp`.
        sender: Module of the process that sends.
        settings: Keys of `PRESTAGE` that it needs.
    """

    name: str
    kind: str
    sender: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_lossy(self) -> bool:
        """Whether the kernel may drop what is sent."""
        return self.kind == "udp"

    def options(self, plan: Plan, served: Served | None) -> dict[str, Any]:
        """Return what the sender is told."""
        assert served is not None
        return {"port": served.port, "events": plan.events, "devices": plan.devices}

    @contextmanager
    def serving(self, plan: Plan) -> Iterator[Served]:
        """Run the listener."""
        log = plan.folder / "listener.log"
        command = ["-m", "django", "prestage_listen", f"--syslog-{self.kind}", "127.0.0.1:0"]
        with running(command, log=log, is_ready=lambda text: "listening for" in text) as process:
            found = re.search(r"listening for syslog at \w+ 127\.0\.0\.1:(\d+)", log.read_text())
            assert found is not None
            listener = psutil.Process(process.pid)
            yield Served(root=listener, worker=listener, port=int(found[1]))
