"""NETCONF's two framings, on bytes (RFC 6242, section 4).

ncclient decodes every read on its own and dies on a character that a read cuts in two; it also
copies the whole buffer for each read of a chunk. These never decode and never look back.
"""

import re
from typing import Protocol

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["ChunkedFraming", "EndOfMessageFraming", "Framing"]

END_OF_MESSAGE = b"]]>]]>"
_LONGEST_HEADER = len(b"\n#4294967295\n")
_HEADER = re.compile(rb"\n#(?:([1-9][0-9]{0,9})|#)\n")


class Framing(Protocol):
    """One direction of a session cut into messages, and messages put into frames.

    Attributes:
        limit: Largest message in bytes; may be changed between two messages.
    """

    limit: int

    def feed(self, data: bytes) -> list[bytes]:
        """Take received bytes and return the messages that they complete.

        Raises:
            PrestageError: `reply-too-large` as soon as a message exceeds the limit, `bad-reply`
                when the bytes are not framed as they should be.
        """
        ...

    def wrap(self, message: bytes) -> bytes:
        """Return a message as it is sent."""
        ...


class EndOfMessageFraming:
    """Messages end with `]]>]]>`: NETCONF 1.0, and every hello.

    Args:
        limit: Largest message in bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """See `Framing.feed`."""
        self._buffer += data
        messages = []
        while (end := self._buffer.find(END_OF_MESSAGE, self._searched)) >= 0:
            _check_size(end, self.limit)
            message = bytes(self._buffer[:end]).strip()
            del self._buffer[: end + len(END_OF_MESSAGE)]
            self._searched = 0
            if message:
                messages.append(message)
        self._searched = max(0, len(self._buffer) - len(END_OF_MESSAGE) + 1)
        _check_size(self._searched, self.limit)
        return messages

    def wrap(self, message: bytes) -> bytes:
        """See `Framing.wrap`."""
        return message + END_OF_MESSAGE


class ChunkedFraming:
    """Messages come in chunks that say their size: NETCONF 1.1.

    Args:
        limit: Largest message in bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer = bytearray()
        self._message = bytearray()
        self._missing = 0

    def feed(self, data: bytes) -> list[bytes]:
        """See `Framing.feed`."""
        self._buffer += data
        messages = []
        while self._buffer:
            if self._missing:
                self._take_chunk()
            elif self._buffer.startswith(b"\n\n"):
                del self._buffer[:1]  # some devices end a message, or the hello, with a line break
            elif (header := _HEADER.match(self._buffer)) is None:
                self._check_header()
                break
            else:
                size = header.group(1)  # read before the buffer that it points into changes
                del self._buffer[: header.end()]
                if size is None:
                    messages.append(bytes(self._message))
                    self._message.clear()
                else:
                    self._missing = int(size)
                    _check_size(len(self._message) + self._missing, self.limit)
        return messages

    def wrap(self, message: bytes) -> bytes:
        """See `Framing.wrap`."""
        return b"\n#%d\n%b\n##\n" % (len(message), message)

    def _take_chunk(self) -> None:
        part = self._buffer[: self._missing]
        del self._buffer[: self._missing]
        self._message += part
        self._missing -= len(part)

    def _check_header(self) -> None:
        """Refuse at once what can never become a header, instead of waiting for more of it."""
        start = bytes(self._buffer[:2])
        if not b"\n#".startswith(start) or len(self._buffer) > _LONGEST_HEADER:
            raise PrestageError(
                ErrorCode.BAD_REPLY, "The device broke the chunked framing of NETCONF 1.1."
            )


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise PrestageError(
            ErrorCode.REPLY_TOO_LARGE, f"The device's reply is larger than {limit} bytes."
        )
