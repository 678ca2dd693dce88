"""Messages out of a stream of bytes (RFC 6587), without any socket."""

import re

__all__ = ["Framer", "FramingError"]

_LONGEST_COUNT = 6
"""Digits of an octet count; more are over any limit."""

_BLANK = re.compile(rb"[\r\n\0]*")


class FramingError(Exception):
    """The stream cannot be understood any more."""


class Framer:
    """Cuts a stream into messages; both ways of framing may be mixed, one message at a time.

    A message that begins with a digit is counted in octets (RFC 6587, section 3.4.1): an octet
    count that is malformed or over the limit ends the stream, because nothing says where the next
    message begins. Any other ends with a line feed (section 3.4.2): a longer one is cut, and its
    rest is skipped. No more than one message and what was fed last is kept.

    Args:
        limit: Bytes of a message that are kept, at most.

    Attributes:
        cut: Messages of which a part is missing.
    """

    def __init__(self, *, limit: int) -> None:
        self.cut = 0
        self._limit = limit
        self._data = b""
        self._at = 0
        self._head: bytes | None = None
        """The kept part of a message that is too long, while its rest is skipped."""

    @property
    def is_inside(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._head is not None or self._at < len(self._data)

    def feed(self, data: bytes) -> None:
        """Add what came next."""
        self._data = self._data[self._at :] + data
        self._at = 0

    def next_message(self) -> bytes | None:
        """Return the next message; None when it has not come completely yet.

        Raises:
            FramingError: An octet count is malformed or over the limit.
        """
        if self._head is None:
            self._skip_blank()
            if self._at < len(self._data) and self._data[self._at] in b"0123456789":
                return self._counted()
        return self._line()

    def finish(self) -> bytes | None:
        """Return the message that the end of the stream has cut short, or left without its end."""
        rest = self._head or self._data[self._at :]
        self.discard()
        if rest[:1].isdigit():
            rest = rest.partition(b" ")[2]
            self.cut += bool(rest)
        return rest or None

    def discard(self) -> None:
        """Forget what is left."""
        self._data, self._at, self._head = b"", 0, None

    def _skip_blank(self) -> None:
        """Skip empty lines, such as some senders put behind counted messages."""
        blank = _BLANK.match(self._data, self._at)
        assert blank is not None
        self._at = blank.end()

    def _counted(self) -> bytes | None:
        blank = self._data.find(b" ", self._at, self._at + _LONGEST_COUNT + 1)
        digits = self._data[self._at : blank if blank >= 0 else self._at + _LONGEST_COUNT + 1]
        if not digits.isdigit() or digits[:1] == b"0" or len(digits) > _LONGEST_COUNT:
            raise FramingError("An octet count is malformed.")
        if blank < 0:
            return None
        if int(digits) > self._limit:
            raise FramingError("An octet count is over the limit.")
        end = blank + 1 + int(digits)
        if end > len(self._data):
            return None
        message = self._data[blank + 1 : end]
        self._at = end
        return message

    def _line(self) -> bytes | None:
        end = self._data.find(b"\n", self._at)
        stop = end if end >= 0 else len(self._data)
        if self._head is None and stop - self._at > self._limit:
            self._head = self._data[self._at : self._at + self._limit]
            self.cut += 1
        if end < 0:
            if self._head is not None:
                self._at = stop
            return None
        message = self._data[self._at : end] if self._head is None else self._head
        self._head = None
        self._at = end + 1
        return message
