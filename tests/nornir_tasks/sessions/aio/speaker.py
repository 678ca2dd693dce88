"""A NETCONF server that says what a test wants it to say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from nornir_tasks.sessions.aio import Endpoint
from nornir_tasks.sessions.credentials import Credentials
from nornir_tasks.sessions.host_keys import HostKeyPolicy
from nornir_tasks.sessions.settings import SessionSettings

HELLO = (
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>'
    "<capability>urn:ietf:params:netconf:base:1.0</capability>"
    "<capability>urn:ietf:params:netconf:capability:notification:1.0</capability>"
    "</capabilities><session-id>1</session-id></hello>]]>]]>"
)


class _Session(asyncssh.SSHServerSession[bytes]):
    def __init__(self, hello: str, answer: bytes, noise: bytes) -> None:
        self._hello = hello
        self._answer = answer
        self._noise = noise
        self._received = b""

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        return True

    def session_started(self) -> None:
        if self._noise:
            self._channel.write_stderr(self._noise)
        self._channel.write(self._hello.encode())

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._received += data
        while b"]]>]]>" in self._received:
            message, _, self._received = self._received.partition(b"]]>]]>")
            if b"message-id" in message:
                identity = message.split(b'message-id="')[1].split(b'"')[0]
                self._channel.write(self._answer.replace(b"ID", identity))


class _Server(asyncssh.SSHServer):
    def __init__(self, session: _Session, connections: list[asyncssh.SSHServerConnection]) -> None:
        self._session = session
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return False

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        return self._session


@asynccontextmanager
async def speaking(
    answer: bytes, *, hello: str = HELLO, noise: bytes = b""
) -> AsyncIterator[Endpoint]:
    """Serve on this event loop; gives the endpoint.

    Args:
        answer: What is said to every request; `ID` stands for its message id.
        hello: What is said first.
        noise: What is said on standard error before it.
    """
    connections: list[asyncssh.SSHServerConnection] = []
    server = await asyncssh.create_server(
        lambda: _Server(_Session(hello, answer, noise), connections),
        "127.0.0.1",
        0,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        encoding=None,
    )
    settings = SessionSettings(hostkey_verify=False, connect_timeout=10, rpc_timeout=10)
    try:
        yield Endpoint(
            host="127.0.0.1",
            port=server.get_port(),
            credentials=Credentials("u", "p"),
            policy=HostKeyPolicy("127.0.0.1", server.get_port(), settings),
            settings=settings,
        )
    finally:
        server.close()
        await server.wait_closed()
        # A client that was cut off in a test has not said good-bye.
        for connection in connections:
            connection.abort()
            await connection.wait_closed()
