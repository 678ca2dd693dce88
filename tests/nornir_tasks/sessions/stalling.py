"""An SSH server that plays along up to one phase and then says nothing more."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paramiko

REFUSED = "refused-subsystem"
"""Not a stall: the server has SSH and no NETCONF."""
PHASES = ("tcp", "key-exchange", "login", "channel", "subsystem")


class _Server(paramiko.ServerInterface):  # type: ignore[misc]  # paramiko has no types
    def __init__(self, phase: str, over: threading.Event) -> None:
        self.phase = phase
        self.over = over

    def _stall_in(self, phase: str) -> None:
        if self.phase == phase:
            self.over.wait(60)

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self._stall_in("login")
        return int(paramiko.AUTH_SUCCESSFUL)

    def check_channel_request(self, kind: str, number: int) -> int:
        self._stall_in("channel")
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_subsystem_request(self, channel: Any, name: str) -> bool:
        self._stall_in("subsystem")
        return self.phase != REFUSED


@contextmanager
def stalling_server(phase: str, key: Any) -> Iterator[int]:
    """Serve one connection that stalls in `phase`; gives the port."""
    over = threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        if phase == "tcp":
            with _full_queue(port):
                yield port
            return
        thread = threading.Thread(target=_serve, args=(listener, phase, key, over))
        thread.start()
        try:
            yield port
        finally:
            over.set()
            thread.join()


@contextmanager
def _full_queue(port: int) -> Iterator[None]:
    """Fill the listener's queue, so that the kernel answers no further connection."""
    waiting = []
    try:
        for _ in range(3):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
            waiting.append(connection)
        yield
    finally:
        for connection in waiting:
            connection.close()


def _serve(listener: socket.socket, phase: str, key: Any, over: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection:
        if phase == "key-exchange":
            connection.sendall(b"SSH-2.0-stalling\r\n")
            over.wait(60)
            return
        transport = paramiko.Transport(connection)
        transport.set_log_channel("nornir_tasks.sessions.transport")
        transport.add_server_key(key)
        ready = threading.Event()
        transport.start_server(event=ready, server=_Server(phase, over))
        over.wait(60)
        transport.close()
        transport.join(5)
