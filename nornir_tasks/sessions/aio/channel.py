"""The SSH channel that carries a dialogue (RFC 6242)."""

from collections.abc import Callable

import asyncssh

from nornir_tasks.sessions.aio.dialogue import Dialogue
from nornir_tasks.sessions.aio.failures import end_of_connection

__all__ = ["NetconfChannel"]


class NetconfChannel(asyncssh.SSHClientSession[bytes]):
    """Passes bytes on, and hangs up when the dialogue has ended.

    Args:
        reply_limit: Largest reply in bytes.
        hang_up: Ends the SSH connection.

    Attributes:
        dialogue: What is said on the channel.
    """

    def __init__(self, reply_limit: int, hang_up: Callable[[], None]) -> None:
        self._hang_up = hang_up
        self._channel: asyncssh.SSHClientChannel[bytes]
        self.dialogue = Dialogue(self._write, reply_limit)

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """Remember the channel."""
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """Take what the device says; its standard error is no NETCONF."""
        if datatype is None:
            self.dialogue.receive(data)
            if self.dialogue.failure is not None:
                self._hang_up()

    def eof_received(self) -> bool:
        """End the session: the device has nothing more to say."""
        self.dialogue.end(EOFError())
        self._hang_up()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """End the session."""
        self.dialogue.end(end_of_connection(exc))

    def _write(self, data: bytes) -> None:
        self._channel.write(data)
