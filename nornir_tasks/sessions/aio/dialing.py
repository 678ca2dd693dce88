"""A TCP connection made on an event loop."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

from nornir_tasks.sessions import dialing
from nornir_tasks.sessions.aio.daemon import in_daemon
from nornir_tasks.sessions.dialing import Address

__all__ = ["connect", "resolve"]


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Look a name up, in a thread of its own.

    The system's lookup knows no limit and cannot be stopped.

    Args:
        host: A name.
        port: TCP port.

    Raises:
        PrestageError: `unreachable` when it does not resolve.
    """

    def ask() -> Sequence[Address]:
        with suppress(OSError, UnicodeError):
            return dialing.look_up(host, port)
        return ()

    found = await in_daemon(ask, name="prestage-resolver")
    if not found:
        raise dialing.unresolved(host)
    return found


async def connect(
    target: Address, may_begin: Callable[[], bool] | None = None
) -> socket.socket | None:
    """Return a connected socket that does not block, with Nagle's algorithm off.

    Args:
        target: Where to connect to.
        may_begin: Asked right before the first packet, whatever else the loop has to do.

    Returns:
        None when it must not be contacted now; then nothing was sent.

    Raises:
        OSError: The connection was refused, or there is no way to it.
        Exception: Whatever `may_begin` raises.
    """
    family, address = target
    if may_begin is not None and not may_begin():
        return None
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, address)
        # Without it each small SSH packet waits for the acknowledgement of the one before.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection
