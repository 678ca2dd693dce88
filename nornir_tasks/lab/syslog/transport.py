"""How messages get to the collector."""

from typing import Protocol

__all__ = ["Transport"]


class Transport(Protocol):
    """Takes messages and never blocks.

    Attributes:
        sent: Messages that were handed to the kernel.
        dropped: Messages that were given up.
        waiting: Messages that wait to be sent.
    """

    sent: int
    dropped: int
    waiting: int

    @property
    def connections(self) -> int:
        """Connections that are open."""
        ...

    def send(self, message: bytes, *, device: str, source: str | None) -> None:
        """Send a message.

        Args:
            message: As it goes into a datagram.
            device: Name of the device.
            source: Address that it sends from; None leaves the choice to the kernel.
        """
        ...

    async def room(self) -> None:
        """Wait until sending more does not only make more messages wait."""
        ...

    async def close(self) -> None:
        """Give back everything; messages that wait are given up."""
        ...
