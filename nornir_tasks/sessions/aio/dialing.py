"""A TCP connection made on an event loop."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from nornir_tasks.sessions import dialing
from nornir_tasks.sessions.dialing import Address

__all__ = ["connect", "resolve"]


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Look a host up, in a thread of its own when it is a name.

    The system's lookup knows no limit and cannot be stopped; a loop's own pool of threads would
    soon be full of lookups that hang.

    Args:
        host: A name, an IPv4 or an IPv6 address.
        port: TCP port.

    Raises:
        PrestageError: `unreachable` when the name does not resolve.
    """
    if dialing.is_address(host):
        return dialing.look_up(host, port)
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[Address]] = loop.create_future()

    def settle(found: Sequence[Address]) -> None:
        if answer.done():
            return
        if found:
            answer.set_result(found)
        else:
            answer.set_exception(dialing.unresolved(host))

    def ask() -> None:
        found: Sequence[Address] = ()
        with suppress(OSError, UnicodeError):
            found = dialing.look_up(host, port)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=ask, name="prestage-resolver", daemon=True).start()
    return await answer


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
