"""The SSH connection until the device has let us in: who the device is, and who we are."""

import asyncio
import socket
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import asyncssh

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.aio.connection import SshConnection
from nornir_tasks.sessions.aio.endpoint import Endpoint
from nornir_tasks.sessions.aio.failures import end_of_connection
from nornir_tasks.sessions.aio.keys import AgentKey, agent_key_pair
from nornir_tasks.sessions.aio.options import connection_options
from nornir_tasks.sessions.failures import Phase, classify_failure

__all__ = ["Login"]

KEEPALIVE_SECONDS = 60.0
"""Seconds of silence after which the device is asked whether it is there."""
KEEPALIVE_TRIES = 3
_GONE_SECONDS = 1.0


class Login(asyncssh.SSHClient):
    """One SSH connection, as asyncssh tells of it.

    Args:
        endpoint: The device.

    Attributes:
        connection: asyncssh's connection.
        lost: Why the connection has ended; None as long as it has not.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        loop = asyncio.get_running_loop()
        self._endpoint = endpoint
        self._keys = deque(endpoint.credentials.keys)
        self._password = endpoint.credentials.password
        self._password_requests = 0
        self._line: socket.socket | None = None
        self._agent: asyncssh.SSHAgentClient | None = None
        self._refusal: PrestageError | None = None
        self._made = False
        self._verified: asyncio.Future[None] = loop.create_future()
        self._authenticated: asyncio.Future[None] = loop.create_future()
        self._gone = asyncio.Event()
        self.lost: Exception | None = None
        options = connection_options(endpoint, lambda: self)
        self.connection = SshConnection(loop, options)

    async def handshake(self, line: socket.socket) -> None:
        """Exchange keys on a TCP connection and verify the device's host key.

        Args:
            line: Connected and not blocking; from now on it belongs to the SSH connection.

        Raises:
            PrestageError: The host key is not the known one.
            Exception: Whatever asyncssh makes of a connection that fails.
        """
        self._line = line
        await asyncio.get_running_loop().create_connection(lambda: self.connection, sock=line)
        await self._verified

    async def finish(self) -> None:
        """Wait until the device has let us in.

        Raises:
            PrestageError: `authentication`.
            Exception: Whatever asyncssh makes of a connection that fails.
        """
        try:
            await self._authenticated
        except asyncssh.PermissionDenied:
            credentials = self._endpoint.credentials
            means = "password" if credentials.password is not None else "key"
            text = f"The device rejected the login of {credentials.username} with this {means}."
            raise PrestageError(ErrorCode.AUTHENTICATION, text) from None

    def cut(self) -> None:
        """End the connection at once; never raises, may be called twice."""
        line, self._line = self._line, None
        if line is not None:
            # A process that was forked meanwhile holds the socket as well: closing does not end it.
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self.connection.abort()

    async def gone(self) -> None:
        """Wait until nothing of the connection is left, one second at most; cut it before."""
        if self._made:
            timer = asyncio.get_running_loop().call_later(_GONE_SECONDS, self._gone.set)
            await self._gone.wait()
            timer.cancel()

    def keep_alive(self) -> None:
        """Notice a device that went away without a word, although nothing is asked of it."""
        self.connection.set_keepalive(KEEPALIVE_SECONDS, KEEPALIVE_TRIES)

    # What asyncssh calls.

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:  # noqa: ARG002
        """Note that there is something to wait for in the end."""
        self._made = True

    def validate_host_public_key(
        self,
        host: str,  # noqa: ARG002 - asyncssh's signature
        addr: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        key: asyncssh.SSHKey,
    ) -> bool:
        """Decide on the host key, at the first and every later exchange of keys."""
        try:
            self._endpoint.policy.verify(key.public_data)
        except Exception as error:  # noqa: BLE001 - a key that could not be verified is refused
            self._refusal = classify_failure(error, Phase.HANDSHAKE)
            return False
        return True

    def begin_auth(self, username: str) -> None:  # noqa: ARG002 - asyncssh's signature
        """Note that the device is the one it should be, and log in with what there is."""
        _settle(self._verified)
        ways = [b"publickey"] if self._keys else []
        if self._password is not None:
            ways.append(b"password")
        self.connection.log_in_by(ways)

    async def public_key_auth_requested(self) -> asyncssh.SSHKey | asyncssh.SSHKeyPair | None:
        """Return the next key to try; None after the last."""
        while self._keys:
            key = self._keys.popleft()
            if not isinstance(key, AgentKey):
                assert isinstance(key, asyncssh.SSHKey)
                return key
            self._leave_agent()
            with suppress(LookupError):
                self._agent, pair = await agent_key_pair(key)
                return pair
        return None

    def password_auth_requested(self) -> str | None:
        """Return the password, once: a second attempt could lock the account."""
        self._password_requests += 1
        return self._password if self._password_requests == 1 else None

    def kbdint_auth_requested(self) -> str | None:
        """Let the device ask for the password, when it takes it in no other way.

        A device that takes it in the other way has said so when it refused the password, so that
        asyncssh has asked for it a second time.
        """
        if self._password is None or self._password_requests > 1:
            return None
        return ""

    def kbdint_challenge_received(
        self,
        name: str,  # noqa: ARG002 - asyncssh's signature
        instructions: str,  # noqa: ARG002
        lang: str,  # noqa: ARG002
        prompts: Sequence[tuple[str, bool]],
    ) -> list[str] | None:
        """Answer one question with the password; more than one is more than we know."""
        if not prompts:
            return []
        password, self._password = self._password, None
        return [password] if len(prompts) == 1 and password is not None else None

    def auth_completed(self) -> None:
        """Note that the device has let us in."""
        self._password = None
        self._leave_agent()
        _settle(self._authenticated)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why the connection ended; asyncssh calls this exactly once."""
        self._leave_agent()
        self.lost = self._refusal or end_of_connection(exc)
        for waiting in (self._verified, self._authenticated):
            _settle(waiting, self.lost)
        self._gone.set()

    def _leave_agent(self) -> None:
        if self._agent is not None:
            self._agent.close()
            self._agent = None


def _settle(future: asyncio.Future[None], error: Exception | None = None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
        return
    future.set_exception(error)
    future.exception()  # nobody may be waiting for it, and that is no mistake
