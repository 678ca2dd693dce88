"""Syslog over TCP (RFC 6587): who may connect, and for how long."""

import asyncio
import errno
import logging
import socket
from collections import Counter

from prestage_plugin.events.syslog.connection import Connection
from prestage_plugin.events.syslog.endpoint import Endpoint, open_socket
from prestage_plugin.events.syslog.intake import Intake
from prestage_plugin.events.syslog.limits import Limits

__all__ = ["Connections", "TcpReceiver"]

logger = logging.getLogger(__name__)

_AT_ONCE = 64
"""Connections that are accepted before others on the event loop have their turn."""
_PAUSE_SECONDS = 1.0
"""How long nobody is accepted when the process may not open more files."""

_NO_MORE_FILES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

# A peer that has vanished is noticed after about three minutes.
_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 6),
)


class Connections:
    """All open connections, over all receivers.

    Args:
        intake: What every message goes through.
        limits: How many, and for how long.
    """

    def __init__(self, *, intake: Intake, limits: Limits) -> None:
        self._intake = intake
        self._limits = limits
        self._most = limits.possible_connections
        self._open: set[Connection] = set()
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, opened: socket.socket, sender: str) -> None:
        """Read from a new peer, or close its connection when there are too many."""
        most = self._limits.connections_per_address
        if len(self._open) >= self._most or self._by_address[sender] >= most:
            self._intake.counts.refused += 1
            opened.close()
            return
        for level, option, value in _KEEPALIVE:
            opened.setsockopt(level, option, value)
        connection = Connection(
            opened,
            sender=sender,
            intake=self._intake,
            limits=self._limits,
            on_close=self._on_close,
        )
        self._open.add(connection)
        self._by_address[sender] += 1

    def close_overdue(self) -> None:
        """Close the connections that were silent for too long."""
        overdue = [connection for connection in self._open if connection.is_overdue]
        for connection in overdue:
            self._intake.counts.expired += 1
            connection.close()

    async def drain(self) -> None:
        """Take what peers have sent so far, and close all connections."""
        for connection in list(self._open):
            await connection.drain()

    def close(self) -> None:
        """Close all connections."""
        for connection in list(self._open):
            connection.close()

    def _on_close(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._by_address[connection.sender] -= 1
        if not self._by_address[connection.sender]:
            del self._by_address[connection.sender]


class TcpReceiver:
    """Accepts connections at one address.

    Args:
        endpoint: Where to listen.
        connections: Where accepted connections go.

    Raises:
        Refused: The operating system does not allow it.
    """

    def __init__(self, *, endpoint: Endpoint, connections: Connections) -> None:
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._resumption: asyncio.TimerHandle | None = None
        self._socket = open_socket("tcp", endpoint)
        self._loop.add_reader(self._socket, self._on_readable)

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        address, port = self._socket.getsockname()[:2]
        return Endpoint(address, port)

    def close(self) -> None:
        """Accept nobody any more."""
        if self._resumption is not None:
            self._resumption.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _on_readable(self) -> None:
        for _each in range(_AT_ONCE):
            try:
                opened, sender = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _NO_MORE_FILES:
                    self._pause()
                    return
                continue  # the peer has gone again
            opened.setblocking(False)
            self._connections.admit(opened, sender[0])

    def _pause(self) -> None:
        logger.warning("no more connections can be opened; raise the limit of open files")
        self._loop.remove_reader(self._socket)
        self._resumption = self._loop.call_later(
            _PAUSE_SECONDS, self._loop.add_reader, self._socket, self._on_readable
        )
