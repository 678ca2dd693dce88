"""Syslog over UDP (RFC 5426): one datagram, one message."""

import asyncio
import contextlib
import socket
import struct

from prestage_plugin.events.syslog.endpoint import Endpoint, open_socket
from prestage_plugin.events.syslog.intake import Intake
from prestage_plugin.events.syslog.limits import Limits

__all__ = ["UdpReceiver"]

_AT_ONCE = 500
"""Datagrams that are read before others on the event loop have their turn."""
_LAST_READS = 100
"""Turns that are taken at the end, for what the kernel still has."""

# From Linux's <asm-generic/socket.h> and <linux/sock_diag.h>; Python has no names for them.
_SO_RCVBUFFORCE = 33
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("=9I")
_MEMINFO_DROPS = 8
_COUNTER_SIZE = 2**32


class UdpReceiver:
    """Reads datagrams from one socket.

    Many are read at one wake-up of the event loop. While there is no room for what they may
    become, none is read: the kernel keeps them in its buffer, and counts those that it drops.

    Args:
        endpoint: Where to listen.
        intake: What every message goes through.
        limits: Size of a message and of the kernel's buffer.

    Raises:
        Refused: The operating system does not allow it.
    """

    def __init__(self, *, endpoint: Endpoint, intake: Intake, limits: Limits) -> None:
        self._intake = intake
        self._limit = limits.message
        # One byte more, to tell a message that is too long.
        self._buffer = memoryview(bytearray(limits.message + 1))
        self._drops_seen = 0
        self._is_ending = False
        self._loop = asyncio.get_running_loop()
        self._socket = open_socket("udp", endpoint)
        _enlarge_buffer(self._socket, limits.receive_buffer)
        self._loop.add_reader(self._socket, self._on_readable)

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        address, port = self._socket.getsockname()[:2]
        return Endpoint(address, port)

    def look(self) -> None:
        """Count what the kernel has dropped since the last look."""
        drops = _dropped(self._socket)
        # The kernel's counter has 32 bits and begins anew at 0.
        self._intake.counts.dropped += (drops - self._drops_seen) % _COUNTER_SIZE
        self._drops_seen = drops

    async def drain(self) -> None:
        """Read what the kernel still has, and no more."""
        self._is_ending = True
        self._loop.remove_reader(self._socket)
        for _turn in range(_LAST_READS):
            await self._intake.handover.room()
            if self._read():
                break
            await asyncio.sleep(0)
        self.look()

    def close(self) -> None:
        """Close the socket."""
        self._is_ending = True
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _on_readable(self) -> None:
        self._read()
        if self._intake.handover.is_full:
            self._loop.remove_reader(self._socket)
            self._intake.handover.call_when_room(self._resume)

    def _resume(self) -> None:
        if not self._is_ending:
            self._loop.add_reader(self._socket, self._on_readable)

    def _read(self) -> bool:
        """Read some datagrams; return whether there were no more."""
        handover = self._intake.handover
        for _each in range(_AT_ONCE):
            if handover.is_full:
                return False
            try:
                size, sender = self._socket.recvfrom_into(self._buffer)
            except BlockingIOError:
                return True
            except OSError:  # what the kernel reports here is about a datagram, not the socket
                continue
            if size > self._limit:
                self._intake.counts.cut += 1
                size = self._limit
            self._intake.take(bytes(self._buffer[:size]), sender[0])
        return False


def _enlarge_buffer(receiver: socket.socket, size: int) -> None:
    """Ask for a receive buffer; root gets it, others as much as the system allows."""
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    with contextlib.suppress(OSError):
        receiver.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)


def _dropped(receiver: socket.socket) -> int:
    """Return how many datagrams the kernel has dropped at this socket; 0 where it cannot tell."""
    try:
        answer = receiver.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        drops: int = _MEMINFO.unpack(answer)[_MEMINFO_DROPS]
    except (OSError, struct.error):
        return 0
    return drops
