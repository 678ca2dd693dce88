"""One TCP connection that brings syslog messages."""

import asyncio
import socket
import time
from collections.abc import Callable

from prestage_plugin.events.syslog.framing import Framer, FramingError
from prestage_plugin.events.syslog.intake import Intake
from prestage_plugin.events.syslog.limits import Limits

__all__ = ["Connection"]

_AT_ONCE = 64 * 1024
"""Bytes that are read before others on the event loop have their turn."""
_LAST_READS = 64
"""Turns that are taken at the end, for what the kernel still has."""

# All connections read through this, one after the other on the same event loop, so an idle one
# costs no buffer.
_shared_buffer = memoryview(bytearray(_AT_ONCE))


class Connection:
    """Reads messages from one peer until either side closes.

    While there is no room for what they may become it does not read, and TCP makes the peer wait.

    Args:
        opened: The socket, which does not block.
        sender: Address of the peer.
        intake: What every message goes through.
        limits: Of sizes and times.
        on_close: Called when it is closed, whoever closed it.
    """

    def __init__(
        self,
        opened: socket.socket,
        *,
        sender: str,
        intake: Intake,
        limits: Limits,
        on_close: "Callable[[Connection], None]",
    ) -> None:
        self.sender = sender
        self._is_open = True
        self._on_close = on_close
        self._socket = opened
        self._intake = intake
        self._limits = limits
        self._framer = Framer(limit=limits.message)
        self._heard_at = time.monotonic()
        self._is_paused = False
        self._is_ending = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(opened, self._on_readable)

    @property
    def is_overdue(self) -> bool:
        """Whether the peer has been silent for too long, not counting what we made it wait."""
        inside = self._framer.is_inside
        limit = self._limits.stalled_seconds if inside else self._limits.idle_seconds
        return not self._is_paused and time.monotonic() - self._heard_at > limit

    def close(self) -> None:
        """Close it; a message that has begun is taken as far as it came."""
        if not self._is_open:
            return
        self._is_open = False
        rest = self._framer.finish()
        if rest is not None:
            self._intake.take(rest, self.sender)
        self._intake.counts.cut += self._framer.cut
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._on_close(self)

    async def drain(self) -> None:
        """Take what was read and what the kernel still has, and close."""
        self._is_ending = True
        self._loop.remove_reader(self._socket)
        for _turn in range(_LAST_READS):
            while not self._take():
                await self._intake.handover.room()
            if not self._is_open or not self._read():
                break
            await asyncio.sleep(0)
        self.close()

    def _on_readable(self) -> None:
        if self._read():
            self._go_on()

    def _go_on(self) -> None:
        """Take what was read, and wait for room when there is not enough."""
        if not self._is_open or self._is_ending:
            return
        if self._take():
            if self._is_paused and self._is_open:
                self._is_paused = False
                self._heard_at = time.monotonic()
                self._loop.add_reader(self._socket, self._on_readable)
            return
        self._is_paused = True
        self._loop.remove_reader(self._socket)
        self._intake.handover.call_when_room(self._go_on)

    def _read(self) -> bool:
        """Read once; return whether something came. Nothing at all is the end of the stream."""
        try:
            size = self._socket.recv_into(_shared_buffer)
        except BlockingIOError:
            return False
        except OSError:  # the peer has reset the connection
            size = 0
        if not size:
            self.close()
            return False
        self._heard_at = time.monotonic()
        self._framer.feed(bytes(_shared_buffer[:size]))
        return True

    def _take(self) -> bool:
        """Take the messages that are complete; return False when there is no room for the next."""
        handover, intake = self._intake.handover, self._intake
        try:
            while not handover.is_full:
                message = self._framer.next_message()
                if message is None:
                    return True
                intake.take(message, self.sender)
        except FramingError:
            intake.counts.malformed += 1
            self._framer.discard()
            self.close()
            return True
        return False
