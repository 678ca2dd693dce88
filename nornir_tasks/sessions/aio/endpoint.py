"""Everything that a session needs to know before it starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nornir.core.inventory import Host

from nornir_tasks.sessions.aio.keys import AsyncsshKeys
from nornir_tasks.sessions.connection import CONNECTION_NAME
from nornir_tasks.sessions.credentials import Credentials
from nornir_tasks.sessions.host_keys import HostKeyPolicy
from nornir_tasks.sessions.settings import SessionSettings, checked_address

__all__ = ["Endpoint"]

_KEYS = AsyncsshKeys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One device and how to talk to it. Files have been read, names not been looked up.

    Attributes:
        host: Name or address.
        port: TCP port.
        credentials: What to log in with.
        policy: Decides whether the device is who it should be.
        settings: Timeouts and limits.
    """

    host: str
    port: int
    credentials: Credentials
    policy: HostKeyPolicy = field(repr=False)
    settings: SessionSettings

    @classmethod
    def of(cls, host: Host) -> "Endpoint":
        """Return the endpoint of an inventory's host, from its connection `netconf`; see `prepare`.

        Raises:
            PrestageError: `inventory` or `credentials`.
        """
        parameters = host.get_connection_parameters(CONNECTION_NAME)
        return cls.prepare(
            hostname=parameters.hostname,
            port=parameters.port,
            username=parameters.username,
            password=parameters.password,
            extras=parameters.extras,
        )

    @classmethod
    def prepare(
        cls,
        *,
        hostname: str | None,
        port: int | None,
        username: str | None,
        password: str | None,
        extras: Mapping[str, Any] | None,
    ) -> "Endpoint":
        """Check what an inventory says about a device, and read its keys.

        Reads files: an encrypted key takes a quarter of a second when it is read for the first
        time, so on an event loop this belongs into `asyncio.to_thread`.

        Args:
            hostname: Name or address.
            port: TCP port; 830 when the inventory has none.
            username: Login.
            password: Password, and pass phrase of the private key.
            extras: See `SessionSettings`.

        Raises:
            PrestageError: `inventory` or `credentials`.
        """
        host, checked_port = checked_address(hostname, port)
        settings = SessionSettings.from_extras(extras)
        return cls(
            host=host,
            port=checked_port,
            credentials=Credentials.gather(username, password, settings, _KEYS),
            policy=HostKeyPolicy(host, checked_port, settings),
            settings=settings,
        )
