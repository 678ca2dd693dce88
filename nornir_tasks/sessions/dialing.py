"""A TCP connection that is bounded in time and can be ended from outside in every phase."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["Address", "Line", "is_address", "look_up", "unresolved"]

Address = tuple[socket.AddressFamily, Any]
"""Family and address of a TCP endpoint, as `socket.connect` wants it."""


class Line:
    """The TCP connection of one session; `cut` is the kill switch.

    Shutting a socket down wakes every thread that waits on it, so no phase of SSH or NETCONF
    outlives a cut, whatever library waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._cut = False
        self._addresses: SimpleQueue[list[Address] | OSError] = SimpleQueue()

    def dial(
        self, host: str, port: int, timeout: float, *, admit: Callable[[], None]
    ) -> socket.socket:
        """Connect and return the socket, with Nagle's algorithm off.

        Args:
            host: A name, an IPv4 or an IPv6 address.
            port: TCP port.
            timeout: Seconds for looking the name up and for all attempts to connect together.
            admit: Called right before the first packet; what it raises keeps it from being sent.

        Raises:
            OSError: Of the last address that was tried; `TimeoutError` when time was up.
            PrestageError: `unreachable` when the name does not resolve, or not in time.
        """
        until = time.monotonic() + timeout
        failure: OSError = TimeoutError()
        for family, address in self._resolve(host, port, timeout):
            seconds = until - time.monotonic()
            if seconds <= 0:
                raise TimeoutError
            admit()
            try:
                return self._connect(family, address, seconds)
            except OSError as error:
                failure = error
        raise failure

    def _resolve(self, host: str, port: int, timeout: float) -> list[Address]:
        """Look the name up in a thread of its own: the system's lookup knows no limit."""
        if is_address(host):
            return look_up(host, port)

        def ask() -> None:
            try:
                self._addresses.put(look_up(host, port))
            except (OSError, UnicodeError) as error:
                self._addresses.put(OSError(str(error)))

        threading.Thread(target=ask, name="prestage-resolver", daemon=True).start()
        try:
            answer = self._addresses.get(timeout=timeout)
        except Empty:
            raise unresolved(host, timeout) from None
        if isinstance(answer, OSError):
            raise unresolved(host)
        return answer

    def _connect(self, family: socket.AddressFamily, address: Any, timeout: float) -> socket.socket:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._take(connection)
            connection.settimeout(timeout)
            connection.connect(address)
            connection.getpeername()  # fails when the line was cut meanwhile
            # Without it each small SSH packet waits for the acknowledgement of the one before.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            connection.close()
            raise
        return connection

    def _take(self, connection: socket.socket) -> None:
        with self._lock:
            if self._cut:
                raise ConnectionAbortedError
            self._socket = connection

    def cut(self) -> None:
        """End the connection at once; from any thread, any number of times."""
        with self._lock:
            self._cut = True
            connection = self._socket
        self._addresses.put(ConnectionAbortedError())
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut the line and give the socket back."""
        self.cut()
        if self._socket is not None:
            self._socket.close()


def look_up(host: str, port: int) -> list[Address]:
    """Return the TCP addresses of a host in the system's order of preference.

    Blocks without any limit when `host` is a name and the resolver does not answer.

    Args:
        host: A name, an IPv4 or an IPv6 address.
        port: TCP port.

    Raises:
        OSError: The name does not resolve.
        UnicodeError: The name cannot be one.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def is_address(host: str) -> bool:
    """Tell whether a host is an IPv4 or IPv6 address, which needs no lookup."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def unresolved(host: str, seconds: float | None = None) -> PrestageError:
    """Return the error for a name that does not resolve, or not within some seconds."""
    text = f"The name {host} does not resolve."
    if seconds is not None:
        text = f"The name {host} did not resolve within {seconds:g} seconds."
    return PrestageError(ErrorCode.UNREACHABLE, text)
