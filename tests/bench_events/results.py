"""What one measurement found out."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

__all__ = ["Measurement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One source on one database. CPU is in seconds, memory in MiB.

    Attributes:
        source: Name of the source.
        database: Name of the database.
        sent: Events that were sent.
        accepted: Events of these that are in the inbox.
        earlier: Events that were there before; the ticks take them in as well.
        dropped: Datagrams that the kernel dropped, as the listener tells it.
        merged: Events that became one with another of their device, as the listener tells it.
        refused: Messages that were not accepted, as their sender was told.
        seconds: From the first that was sent until the last row was written.
        receiver_cpu: Of the process that receives.
        sender_cpu: Of the process that sends.
        database_cpu: Of the database server, where there is one on this machine.
        other_share: Share of the machine's CPU that everything else took, from 0 to 1.
        memory_before: Of the process that receives, when it is ready.
        memory_peak: At most.
        memory_after: When everything is written.
        taking: Seconds of each tick that took events in.
        starting: Seconds of the tick that started the jobs.
        tick_before: Memory of the process that ticks, before.
        tick_peak: At most.
        changes: Rows of changes that came of the events.
        jobs: Auto jobs.
        reads: Device rows of these jobs, each of which is one read.
        read_devices: Different devices among them.
    """

    source: str
    database: str
    sent: int
    accepted: int
    earlier: int
    dropped: int
    merged: int
    refused: int
    seconds: float
    receiver_cpu: float
    sender_cpu: float
    database_cpu: float
    other_share: float
    memory_before: float
    memory_peak: float
    memory_after: float
    taking: list[float]
    starting: float
    tick_before: float
    tick_peak: float
    changes: int
    jobs: int
    reads: int
    read_devices: int

    @property
    def rate(self) -> float:
        """Accepted events per second."""
        return self.accepted / self.seconds if self.seconds else 0.0

    @property
    def missing(self) -> int:
        """Events of which nobody knows what became; there must be none."""
        return self.sent - self.accepted - self.dropped - self.merged - self.refused

    def as_json(self) -> str:
        """Return it as one line."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Measurement":
        """Read what `as_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        return cls(**values)
