"""Syslog over UDP (RFC 5426)."""

import socket

from nornir_tasks.lab.syslog.target import SyslogTarget

__all__ = ["Datagrams"]


class Datagrams:
    """Sends each message as a datagram of its own; a lost one is lost, as it is with routers.

    Args:
        target: The collector.
    """

    def __init__(self, target: SyslogTarget) -> None:
        self._target = target
        self.sent = 0
        self.dropped = 0
        self.waiting = 0

    @property
    def connections(self) -> int:
        """None at any time."""
        return 0

    def send(self, message: bytes, *, device: str, source: str | None) -> None:
        """Send a message; see `Transport`."""
        del device
        # A socket for each message costs microseconds; one for each of thousands of devices
        # would use up the files that their sessions need.
        try:
            with socket.socket(self._target.family, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                if source is not None:
                    sender.bind((source, 0))
                sender.sendto(message, (self._target.address, self._target.port))
        except OSError:
            self.dropped += 1
        else:
            self.sent += 1

    async def room(self) -> None:
        """Return at once: nothing waits."""

    async def close(self) -> None:
        """Do nothing: nothing is kept."""
