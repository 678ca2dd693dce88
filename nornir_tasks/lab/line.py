"""An SSH connection of the lab that knows whether the kernel takes what is written to it."""

import asyncio

import asyncssh

__all__ = ["Line"]


class Line(asyncssh.SSHServerConnection):
    """One SSH connection; asyncssh itself writes on, whatever the kernel takes.

    Args:
        loop: The running event loop.
        options: Of the connection.

    Attributes:
        taken: Set unless something waits in this process to be sent.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: asyncssh.SSHServerConnectionOptions
    ) -> None:
        super().__init__(loop, options)
        self.taken = asyncio.Event()
        self.taken.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask to be told as soon as the kernel does not take all."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=0)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None = None) -> None:
        """Let nobody wait any longer."""
        self.taken.set()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait: the client does not read fast enough."""
        self.taken.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self.taken.set()
