"""nornir-netconf's connection plugin, hardened, under the name `netconf` that its tasks use."""

import uuid
from typing import Any

import nornir_netconf.plugins.connections
from lxml import etree
from ncclient.manager import Manager
from ncclient.operations import RaiseMode
from nornir.core.configuration import Config
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir_netconf.plugins.connections import CONNECTION_NAME
from nornir_netconf.plugins.connections import Netconf as StockNetconf

from nornir_tasks.errors import PrestageError
from nornir_tasks.sessions.credentials import Credentials
from nornir_tasks.sessions.handlers import handler_for
from nornir_tasks.sessions.messages import CLOSE_SECONDS, build_request
from nornir_tasks.sessions.settings import SessionSettings, checked_address
from nornir_tasks.sessions.ssh import HardenedSession

__all__ = ["CONNECTION_NAME", "HardenedNetconf", "install"]


class HardenedNetconf(StockNetconf):  # type: ignore[misc]  # nornir-netconf has no types
    """Opens hardened sessions; `connection` is ncclient's `Manager`, as with the stock plugin.

    Attributes:
        connection: ncclient's manager.
        session: The session below it.
    """

    connection: Any
    session: HardenedSession

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None = None,
        platform: str | None = None,
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,  # noqa: ARG002 - Nornir's signature
    ) -> None:
        """Open the session; Nornir calls this with what the inventory says.

        Args:
            hostname: Name or address.
            username: Login.
            password: Password, and pass phrase of the private key.
            port: TCP port; 830 when the inventory has none.
            platform: E.g. `junos`.
            extras: See `SessionSettings`; hosts share this mapping, it is not changed.
            configuration: Nornir's configuration; its SSH client file is not used, because a
                proxy or a key from there would come as a surprise in a server.

        Raises:
            PrestageError: Every failure.
        """
        address = checked_address(hostname, port)
        settings = SessionSettings.from_extras(extras)
        handler = handler_for(platform, dict(settings.ncclient.get("device_params", {})))
        handler.add_additional_netconf_params(dict(settings.ncclient.get("nc_params", {})))
        credentials = Credentials.gather(username, password, settings)
        self.session = HardenedSession(handler, settings)
        self.session.connect(*address, credentials)
        errors = settings.ncclient.get("errors_params", {})
        options = {
            "timeout": settings.rpc_timeout,
            "raise_mode": errors.get("raise_mode", RaiseMode.ALL),
        } | dict(settings.ncclient.get("manager_params", {}))
        self.connection = Manager(self.session, handler, **options)

    def close(self) -> None:
        """Say goodbye to the device within two seconds and end the session; never raises."""
        try:
            if self.session.connected:
                message_id = uuid.uuid4().urn
                request = build_request(etree.Element("close-session"), message_id)
                self.session.exchange(message_id, request, CLOSE_SECONDS)
        except PrestageError:
            pass  # the session ends anyway
        finally:
            self.session.close()


def install() -> None:
    """Put the hardened plugin in the place of nornir-netconf's; safe to call again.

    Nornir refuses a second class under a registered name, so both the class that the entry point
    loads and, when Nornir has already loaded it, the registered one are replaced.
    """
    nornir_netconf.plugins.connections.Netconf = HardenedNetconf
    if CONNECTION_NAME in ConnectionPluginRegister.available:
        ConnectionPluginRegister.available[CONNECTION_NAME] = HardenedNetconf
