"""The system logs of a fleet."""

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from nornir_tasks.lab.fleet import SimulatedDevice
from nornir_tasks.lab.storm import Storm
from nornir_tasks.lab.syslog.datagrams import Datagrams
from nornir_tasks.lab.syslog.junos import commit_completed
from nornir_tasks.lab.syslog.message import LogEntry, classic, structured
from nornir_tasks.lab.syslog.streams import Streams
from nornir_tasks.lab.syslog.target import SyslogTarget
from nornir_tasks.lab.syslog.transport import Transport

__all__ = ["LAYOUTS", "Origin", "SystemLog"]

LAYOUTS = ("classic", "structured", "mixed")

# Junos numbers its product families in the SD-ID; these were seen on real routers.
PRODUCTS = (129, 29, 18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who logs.

    Attributes:
        device: Name of the device.
        index: Its number in the fleet.
        address: Its address.
        host_name: The host-name of its configuration.
    """

    device: str
    index: int
    address: str
    host_name: str

    @classmethod
    def of(cls, device: SimulatedDevice, host_name: str | None = None) -> Self:
        """Return a device as an origin; generated configurations have the name as host-name."""
        return cls(
            device=device.name,
            index=device.index,
            address=device.address,
            host_name=device.name if host_name is None else host_name,
        )


class SystemLog:
    """Sends what devices log to one collector, each from its own address.

    Args:
        target: The collector.
        layout: `classic` (RFC 3164), `structured` (RFC 5424) or `mixed`, where every other device
            is structured.
        address: What all devices send from where they share one; None when each has its own.
    """

    def __init__(self, target: SyslogTarget, *, layout: str, address: str | None = None) -> None:
        self._target = target
        self._layout = layout
        self._address = address
        self._transport: Transport = (
            Datagrams(target) if target.transport == "udp" else Streams(target)
        )
        self._storm = Storm()

    def write(self, origin: Origin, entries: Iterable[LogEntry]) -> None:
        """Log on behalf of a device; needs a running event loop and does not wait."""
        source = self._target.source(self._address or origin.address)
        for entry in entries:
            message = self._encode(origin, entry)
            self._transport.send(message, device=origin.device, source=source)

    def start_storm(
        self, origins: Sequence[Origin], *, count: int, per_second: float | None
    ) -> None:
        """Log completed commits that never were, by each device in turn, in the background.

        Args:
            origins: The devices.
            count: Messages in sum.
            per_second: Messages per second; None sends as fast as the lab can.

        Raises:
            PrestageError: Code `inventory`; a storm goes on already.
        """
        entry = commit_completed()

        async def send(origin: Origin) -> None:
            await self._transport.room()
            self.write(origin, (entry,))

        self._storm.start(itertools.cycle(origins), send, count=count, per_second=per_second)

    def statistics(self) -> dict[str, Any]:
        """Return counters, ready for JSON."""
        return {
            "sent": self._transport.sent,
            "dropped": self._transport.dropped,
            "waiting": self._transport.waiting,
            "connections": self._transport.connections,
            "storm_left": self._storm.left,
        }

    async def close(self) -> None:
        """End the storm and give back the transport."""
        await self._storm.close()
        await self._transport.close()

    def _encode(self, origin: Origin, entry: LogEntry) -> bytes:
        now = time.time()
        if self._layout == "structured" or (self._layout == "mixed" and origin.index % 2 == 1):
            product = PRODUCTS[origin.index % len(PRODUCTS)]
            return structured(entry, host_name=origin.host_name, seconds=now, product=product)
        return classic(entry, host_name=origin.host_name, seconds=now)
