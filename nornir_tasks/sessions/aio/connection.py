"""asyncssh's connection, without what costs time and serves nobody here."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import asyncssh
from asyncssh.constants import MSG_IGNORE
from asyncssh.logging import SSHLogger

from nornir_tasks.sessions.aio.transport import GatheringTransport

__all__ = ["SshConnection"]

# asyncssh tells of every connection and of its end; what goes wrong is reported anyway.
_LOGGER = logging.getLogger("asyncssh")
_LOGGER.setLevel(logging.WARNING)


class SshConnection(asyncssh.SSHClientConnection):
    """A client's connection that sends in larger pieces and reports why it failed.

    What is overridden has no underscore, but not all of it is documented by asyncssh: the tests
    see that it is still called.

    Args:
        loop: The running one.
        options: See `connection_options`.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: asyncssh.SSHClientConnectionOptions
    ) -> None:
        self._quiet = not _LOGGER.isEnabledFor(logging.INFO)
        self._over = False
        super().__init__(loop, options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put something between asyncssh and the socket."""
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(GatheringTransport(transport))

    def eof_received(self) -> None:
        """Wait one turn of the loop before the end is reported.

        asyncssh handles some messages in a task. When it fails, e.g. because no algorithm is
        shared, and the device hangs up at once for the same reason, that reason must come first.
        """
        asyncio.get_running_loop().call_soon(super().eof_received)

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        """Send a packet, but not the empty one that asyncssh puts in front of each.

        It would make up for a weakness of ciphers in CBC mode (RFC 4251, section 9.3.1), none of
        which is offered. Without it half as many packets are made and encrypted. Nor are those
        that would be thrown away because the connection has been ended.
        """
        if pkttype == MSG_IGNORE or self._over:
            return
        # What a packet is for, e.g. a channel, would only log that it was sent.
        super().send_packet(pkttype, *args, handler=None if self._quiet else handler)

    def abort(self) -> None:
        """End the connection at once."""
        self._over = True
        super().abort()

    def log_in_by(self, ways: Sequence[bytes]) -> None:
        """Say how to log in before the device says what it takes, as ncclient does.

        asyncssh would ask for that with an attempt to log in by nothing, which costs a round trip
        and 5 % of a session's CPU. It has no public way to leave this out.

        Args:
            ways: Names of methods (RFC 4252), the one that is tried first in front.
        """
        self._auth_methods = list(ways)

    # asyncssh makes the text of some hundred log lines for a session before it finds out that
    # nobody wants to read them: 6 % of its time.

    @property
    def logger(self) -> SSHLogger:
        """What tells of this connection: nothing, unless somebody wants to know."""
        return _SILENCE if self._quiet else super().logger

    def log_sent_packet(self, *args: Any, **kwargs: Any) -> None:
        """Log a packet if somebody wants to know."""
        if not self._quiet:
            super().log_sent_packet(*args, **kwargs)

    def log_received_packet(self, *args: Any, **kwargs: Any) -> None:
        """Log a packet if somebody wants to know."""
        if not self._quiet:
            super().log_received_packet(*args, **kwargs)


class _Silence(SSHLogger):
    """Logs nothing, for a connection and all of its parts."""

    def get_child(self, child: str = "", context: str = "") -> SSHLogger:  # noqa: ARG002
        return self

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        pass

    def info(self, msg: object, *args: object, **kwargs: Any) -> None:
        pass

    def debug1(self, msg: str, *args: object, **kwargs: object) -> None:
        pass

    def debug2(self, msg: str, *args: object, **kwargs: object) -> None:
        pass

    def packet(self, pktid: int | None, packet: bytes, msg: str, *args: Any, **kwargs: Any) -> None:
        pass


_SILENCE = _Silence()
