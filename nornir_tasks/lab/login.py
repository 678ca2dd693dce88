"""SSH up to the point where a NETCONF session starts: host keys and logins."""

import hmac
from collections.abc import Callable

import asyncssh

from nornir_tasks.lab.device import RunningDevice
from nornir_tasks.lab.session import NetconfSession

__all__ = ["USER_NAME", "Credentials", "Login", "connection_options"]

USER_NAME = "lab"

# AES-GCM is three times cheaper here than ChaCha20; the CTR modes are for clients without it.
CIPHERS = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes128-ctr")
KEY_EXCHANGES = ("curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group14-sha256")


class Credentials:
    """Who may log in.

    Args:
        password: The password of user `lab`.
        key: The public key of user `lab`.
    """

    __slots__ = ("_key", "_password")

    def __init__(self, password: str, key: asyncssh.SSHKey) -> None:
        self._password = password.encode()
        self._key = key.public_data

    def password_is_valid(self, username: str, password: str) -> bool:
        """Check a password in constant time."""
        return username == USER_NAME and hmac.compare_digest(self._password, password.encode())

    def key_is_valid(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Check a public key."""
        return username == USER_NAME and key.public_data == self._key


class Login(asyncssh.SSHServer):
    """One SSH connection.

    Args:
        credentials: Who may log in.
        find: Returns the device that a connection dialled.
        open_session: Makes the session on a device of a user at an address.
        connections: The lab's open connections; this one adds and removes itself.
        session_limit: NETCONF sessions that a device accepts at the same time.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        find: Callable[[tuple[str, int]], RunningDevice],
        open_session: Callable[[RunningDevice, str, str], NetconfSession],
        connections: set[asyncssh.SSHServerConnection],
        session_limit: int,
    ) -> None:
        self._credentials = credentials
        self._find = find
        self._open_session = open_session
        self._connections = connections
        self._session_limit = session_limit
        self._connection: asyncssh.SSHServerConnection
        self._device: RunningDevice

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Find the device that was dialled."""
        self._connection = conn
        self._device = self._find(conn.get_extra_info("sockname"))
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        del exc
        self._connections.discard(self._connection)

    def password_auth_supported(self) -> bool:
        """Offer passwords."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Accept the lab's password, unless the device has the fault `wrong-password`."""
        return self._device.fault != "wrong-password" and self._credentials.password_is_valid(
            username, password
        )

    def public_key_auth_supported(self) -> bool:
        """Offer keys."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Accept the lab's key, unless the device has the fault `wrong-password`."""
        return self._device.fault != "wrong-password" and self._credentials.key_is_valid(
            username, key
        )

    def session_requested(self) -> NetconfSession | bool:
        """Open a session, or refuse it for lack of resources.

        Raises:
            asyncssh.ChannelOpenError: Reason "resource shortage" (RFC 4254, section 5.1), for
                the fault `session-limit` and when the device has all the sessions it accepts.
        """
        if self._device.fault == "drop-after-auth":
            self._connection.abort()
            return False
        full = len(self._device.sessions) >= self._session_limit
        if full or self._device.fault == "session-limit":
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_RESOURCE_SHORTAGE, "maximum number of sessions reached"
            )
        user: str = self._connection.get_extra_info("username")
        host: str = self._connection.get_extra_info("peername")[0]
        return self._open_session(self._device, user, host)


def connection_options(
    key: asyncssh.SSHKey, make_login: Callable[[], Login]
) -> asyncssh.SSHServerConnectionOptions:
    """Return the options of all connections that present one host key.

    They are made once, because asyncssh takes longer to make them than to use them.
    """
    return asyncssh.SSHServerConnectionOptions(
        server_factory=make_login,
        server_host_keys=[key],
        server_version="OpenSSH_7.9 lab",
        encryption_algs=CIPHERS,
        kex_algs=KEY_EXCHANGES,
        compression_algs=None,
        kbdint_auth=False,
        gss_host=None,
        agent_forwarding=False,
        line_editor=False,
        encoding=None,
    )
