"""A TCP transport that sends what is written in one turn of the loop in one piece."""

import asyncio
from typing import Any

__all__ = ["GatheringTransport"]


class GatheringTransport(asyncio.Transport):
    """Passes everything on to another transport, and writes to it once in a turn of the loop.

    asyncssh writes two packets for each message, and several messages in a row: without this each
    of them costs a system call and, because Nagle's algorithm is off, a segment on the wire.

    Args:
        transport: The loop's own.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes in the next turn of the loop."""
        if not self._written:
            self._loop.call_soon(self._flush)
        self._written.append(bytes(data))

    def abort(self) -> None:
        """End the connection at once; what was not sent is lost."""
        self._written.clear()
        self._transport.abort()

    def close(self) -> None:
        """End the connection when everything has been sent."""
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Tell whether the connection is ending or has ended."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the transport knows about the connection."""
        return self._transport.get_extra_info(name, default)

    def _flush(self) -> None:
        if self._written:
            data = b"".join(self._written)
            self._written.clear()
            self._transport.write(data)
