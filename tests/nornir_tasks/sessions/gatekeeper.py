"""An SSH server that writes down what is tried to log in with, and has no NETCONF."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paramiko

Attempt = tuple[str, str]
"""How, and with which password or kind of key; `none` only asks what else there is."""


class Gatekeeper(paramiko.ServerInterface):  # type: ignore[misc]  # paramiko has no types
    """Offers some ways to log in and accepts one password, or one public key.

    Args:
        offered: Ways to log in, with commas.
        accepted: The password, or the public key as SSH sends it; None accepts nothing.
    """

    def __init__(self, offered: str, accepted: str | bytes | None) -> None:
        self.offered = offered
        self.accepted = accepted
        self.attempts: list[Attempt] = []

    def get_allowed_auths(self, username: str) -> str:
        return self.offered

    def check_auth_none(self, username: str) -> int:
        return self._judge("none", "", "")

    def check_auth_password(self, username: str, password: str) -> int:
        return self._judge("password", password, password)

    def check_auth_publickey(self, username: str, key: Any) -> int:
        return self._judge("publickey", key.get_name(), key.asbytes())

    def check_auth_interactive(self, username: str, submethods: str) -> Any:
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        [response] = responses
        return self._judge("keyboard-interactive", response, response)

    def check_channel_request(self, kind: str, number: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_subsystem_request(self, channel: Any, name: str) -> bool:
        return False

    def _judge(self, way: str, shown: str, presented: str | bytes) -> int:
        # A client may ask whether a key would do before it signs with it.
        if (way, shown) not in self.attempts or way != "publickey":
            self.attempts.append((way, shown))
        accepted = way in self.offered and presented == self.accepted
        return int(paramiko.AUTH_SUCCESSFUL if accepted else paramiko.AUTH_FAILED)


@contextmanager
def gatekeeper(
    key: Any, offered: str, accepted: str | bytes | None = None
) -> Iterator[tuple[int, list[Attempt]]]:
    """Serve one connection; gives the port and the list of attempts.

    Args:
        key: The host key (paramiko).
        offered: Ways to log in, with commas.
        accepted: The password, or the public key as SSH sends it; None accepts nothing.
    """
    server, over = Gatekeeper(offered, accepted), threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        thread = threading.Thread(target=_serve, args=(listener, key, server, over))
        thread.start()
        try:
            yield listener.getsockname()[1], server.attempts
        finally:
            over.set()
            with socket.socket() as unblock:
                unblock.connect_ex(listener.getsockname())
            thread.join()


def _serve(listener: socket.socket, key: Any, server: Gatekeeper, over: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection:
        if over.is_set():
            return
        transport = paramiko.Transport(connection)
        transport.set_log_channel("nornir_tasks.sessions.transport")
        transport.add_server_key(key)
        transport.start_server(event=threading.Event(), server=server)
        over.wait(60)
        transport.close()
        transport.join(5)
