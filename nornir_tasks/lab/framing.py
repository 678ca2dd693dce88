"""NETCONF messages on a byte stream: end-of-message and chunked framing (RFC 6242, section 4)."""

from collections.abc import Iterator
from random import Random

__all__ = ["ChunkedFraming", "EndOfMessageFraming", "Framing", "FramingError"]

END_OF_MESSAGE = b"]]>]]>"
MESSAGE_LIMIT = 16 * 1024 * 1024


class FramingError(Exception):
    """The peer's bytes are no NETCONF frames."""


class EndOfMessageFraming:
    """NETCONF 1.0: a message ends with `]]>]]>`."""

    def __init__(self, rest: bytes = b"") -> None:
        self._buffer = bytearray(rest)
        self._searched = 0

    @property
    def rest(self) -> bytes:
        """Bytes that were received after the last message."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take received bytes and yield the messages that are complete.

        Raises:
            FramingError: The message is larger than 16 MiB.
        """
        self._buffer += data
        while (end := self._buffer.find(END_OF_MESSAGE, self._searched)) >= 0:
            message = bytes(self._buffer[:end])
            del self._buffer[: end + len(END_OF_MESSAGE)]
            self._searched = 0
            yield message
        # The delimiter may be cut between two reads.
        self._searched = max(0, len(self._buffer) - len(END_OF_MESSAGE) + 1)
        if len(self._buffer) > MESSAGE_LIMIT:
            raise FramingError("The message is too large.")

    def encode(self, message: bytes) -> bytes:
        """Return the message as it goes on the wire."""
        return self.start(message) + END_OF_MESSAGE

    def start(self, part: bytes) -> bytes:
        """Return a part of a message that is not finished."""
        return part


class ChunkedFraming:
    """NETCONF 1.1: a message is a row of chunks, each with its size in front.

    Sizes vary, and the first multi-byte character of a message is always cut in two, because
    both are allowed and both break careless clients.

    Args:
        rest: Bytes that were received behind the hello.
        seed: Makes the same sizes again.
    """

    def __init__(self, rest: bytes = b"", seed: int = 0) -> None:
        self._buffer = bytearray(rest)
        self._chunks: list[bytes] = []
        self._size = 0
        self._random = Random(seed)  # noqa: S311 - chunk sizes are no secret

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take received bytes and yield the messages that are complete.

        Raises:
            FramingError: The bytes are no chunks, or the message is larger than 16 MiB.
        """
        self._buffer += data
        while (header := self._header()) is not None:
            length, start = header
            if length == 0:
                del self._buffer[:start]
                message = b"".join(self._chunks)
                self._chunks, self._size = [], 0
                yield message
                continue
            if len(self._buffer) < start + length:
                return
            self._chunks.append(bytes(self._buffer[start : start + length]))
            self._size += length
            del self._buffer[: start + length]
            if self._size > MESSAGE_LIMIT:
                raise FramingError("The message is too large.")

    def encode(self, message: bytes) -> bytes:
        """Return the message as it goes on the wire."""
        return self.start(message) + b"\n##\n"

    def start(self, part: bytes) -> bytes:
        """Return a part of a message that is not finished, in chunks."""
        frames = bytearray()
        for chunk in self._cut(part):
            frames += b"\n#%d\n" % len(chunk)
            frames += chunk
        return bytes(frames)

    def _header(self) -> tuple[int, int] | None:
        """Return the size of the next chunk (0: end of message) and where its data starts."""
        if len(self._buffer) < 4:
            return None
        end = self._buffer.find(b"\n", 2, 14)
        if self._buffer[:2] != b"\n#" or (end < 0 and len(self._buffer) >= 14):
            raise FramingError("A chunk header is expected.")
        if end < 0:
            return None
        text = bytes(self._buffer[2:end])
        if text == b"#":
            return 0, end + 1
        if not text.isdigit() or text.startswith(b"0") or int(text) > MESSAGE_LIMIT:
            raise FramingError("The size of a chunk is not valid.")
        return int(text), end + 1

    def _cut(self, message: bytes) -> Iterator[bytes]:
        wide = next((at for at, byte in enumerate(message[:65536]) if byte >= 0xC0), None)
        start = 0
        if wide is not None:
            yield message[: wide + 1]
            start = wide + 1
        while start < len(message):
            size = self._random.choice((7, 512, 1460, 4096, 16384, 65536))
            yield message[start : start + size]
            start += size


Framing = EndOfMessageFraming | ChunkedFraming
