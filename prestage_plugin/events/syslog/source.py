"""Syslog as a source: receivers on any number of addresses, over UDP and TCP."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.syslog.endpoint import Endpoint
from prestage_plugin.events.syslog.intake import Counts, Intake, Relays
from prestage_plugin.events.syslog.limits import Limits
from prestage_plugin.events.syslog.tcp import Connections, TcpReceiver
from prestage_plugin.events.syslog.udp import UdpReceiver

__all__ = ["SyslogOptions", "SyslogSource"]

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
"""How often the kernel's counters and the connections are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogOptions:
    """Where syslog is received, and what of whom counts.

    Attributes:
        udp: Where datagrams are received.
        tcp: Where connections are accepted.
        relays: Addresses or networks that speak for other devices.
        ignored_users: Logins whose commits are no change to us.
        limits: What is put up with.
    """

    udp: Sequence[Endpoint] = ()
    tcp: Sequence[Endpoint] = ()
    relays: Sequence[str] = ()
    ignored_users: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)


class SyslogSource:
    """Hears of commits from the syslog messages of devices.

    Args:
        options: Where, and what counts.

    Attributes:
        is_listening: Set when every address is listened at.
    """

    name = "syslog"

    def __init__(self, options: SyslogOptions) -> None:
        self.is_listening = asyncio.Event()
        self._options = options
        self._counts = Counts()
        self._stop = asyncio.Event()
        self._datagrams: list[UdpReceiver] = []
        self._streams: list[TcpReceiver] = []
        self._connections: Connections | None = None

    @property
    def endpoints(self) -> list[tuple[str, Endpoint]]:
        """Where it listens, as `udp` or `tcp` and the address with the real port."""
        return [
            *(("udp", receiver.endpoint) for receiver in self._datagrams),
            *(("tcp", receiver.endpoint) for receiver in self._streams),
        ]

    def stop(self) -> None:
        """Ask `run` to end."""
        self._stop.set()

    def counters(self) -> dict[str, int]:
        """Return what it has counted since it began."""
        return asdict(self._counts) | {"connections": len(self._connections or ())}

    async def run(self, handover: HandOver) -> None:
        """Receive until `stop` is called, and then what was sent before that.

        Raises:
            Refused: An address cannot be listened at.
        """
        try:
            connections = self._open(handover)
            while not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), _LOOK_SECONDS)
                connections.close_overdue()
                for receiver in self._datagrams:
                    receiver.look()
            await self._drain(connections)
        finally:
            self._close()

    def _open(self, handover: HandOver) -> Connections:
        options = self._options
        intake = Intake(
            handover=handover,
            relays=Relays(options.relays),
            ignored_users=options.ignored_users,
            counts=self._counts,
        )
        connections = Connections(intake=intake, limits=options.limits)
        self._connections = connections
        for endpoint in options.udp:
            self._datagrams.append(
                UdpReceiver(endpoint=endpoint, intake=intake, limits=options.limits)
            )
        for endpoint in options.tcp:
            self._streams.append(TcpReceiver(endpoint=endpoint, connections=connections))
        for kind, endpoint in self.endpoints:
            logger.info("listening for syslog at %s %s", kind, endpoint)
        self.is_listening.set()
        return connections

    async def _drain(self, connections: Connections) -> None:
        for stream in self._streams:
            stream.close()
        self._streams.clear()
        await connections.drain()
        for receiver in self._datagrams:
            await receiver.drain()

    def _close(self) -> None:
        for stream in self._streams:
            stream.close()
        for receiver in self._datagrams:
            receiver.close()
        self._streams.clear()
        self._datagrams.clear()
        if self._connections is not None:
            self._connections.close()
