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

__all__ = ["Line"]

Address = tuple[socket.AddressFamily, Any]


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
        if _is_address(host):
            return _look_up(host, port)

        def ask() -> None:
            try:
                self._addresses.put(_look_up(host, port))
            except (OSError, UnicodeError) as error:
                self._addresses.put(OSError(str(error)))

        threading.Thread(target=ask, name="prestage-resolver", daemon=True).start()
        try:
            answer = self._addresses.get(timeout=timeout)
        except Empty:
            text = f"The name {host} did not resolve within {timeout:g} seconds."
            raise PrestageError(ErrorCode.UNREACHABLE, text) from None
        if isinstance(answer, OSError):
            raise PrestageError(ErrorCode.UNREACHABLE, f"The name {host} does not resolve.")
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


def _look_up(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
