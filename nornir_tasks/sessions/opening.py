"""Open a device's session for the duration of a task, whatever happens in it."""

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from lxml import etree
from nornir.core.inventory import Host
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.task import Task

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.guard import current_guard
from nornir_tasks.reply import Reply
from nornir_tasks.sessions.aio import AsyncsshSession, Endpoint
from nornir_tasks.sessions.base import DeviceSession
from nornir_tasks.sessions.connection import CONNECTION_NAME, HardenedNetconf
from nornir_tasks.sessions.failures import Phase, classify_failure
from nornir_tasks.sessions.messages import build_request
from nornir_tasks.sessions.settings import Engine, SessionSettings

__all__ = ["NcclientSession", "open_session"]


class NcclientSession:
    """The `DeviceSession` on the hardened `netconf` connection.

    Args:
        plugin: The open connection.
    """

    def __init__(self, plugin: HardenedNetconf) -> None:
        self._plugin = plugin

    @property
    def capabilities(self) -> frozenset[str]:
        """Capability URIs of the device's hello."""
        return frozenset(self._plugin.connection.server_capabilities)

    def ask(self, request: etree._Element) -> Reply:
        """See `DeviceSession.ask`."""
        session = self._plugin.session
        message_id = uuid.uuid4().urn
        message = build_request(request, message_id)
        reply = session.exchange(message_id, message, session.settings.rpc_timeout)
        return Reply(reply, session.settings.reply_limit)

    def rpc(self, request: etree._Element) -> etree._Element:
        """See `DeviceSession.rpc`."""
        return self.ask(request).document()

    def close(self) -> None:
        """See `DeviceSession.close`."""
        self._plugin.close()

    def abort(self) -> None:
        """See `DeviceSession.abort`."""
        self._plugin.session.abort()


@contextmanager
def open_session(task: Task) -> Iterator[DeviceSession]:
    """Open a session with the task's host and close it at the end of the block.

    Connecting takes one of the runner's login slots. A connection `netconf` that is already open is
    closed first: it is not on this run's leash, and one session per device is the limit.

    Args:
        task: A Nornir task that has its host. The extra `engine` of its connection `netconf` says
            on which library the session is; on ncclient it is that very connection.

    Raises:
        PrestageError: Every failure to open the session.
    """
    host = task.host
    _close(host)
    settings = SessionSettings.from_extras(host.get_connection_parameters(CONNECTION_NAME).extras)
    if settings.engine is Engine.ASYNCSSH:
        with closing(_open_asyncssh(host)) as session:
            yield session
        return
    try:
        yield _open_ncclient(task)
    finally:
        _close(host)


def _open_ncclient(task: Task) -> DeviceSession:
    try:
        with current_guard().login_slot():
            task.host.get_connection(CONNECTION_NAME, task.nornir.config)
    except PrestageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the plugin or Nornir raised
        raise classify_failure(error, Phase.DIAL) from None
    plugin = task.host.connections[CONNECTION_NAME]
    if not isinstance(plugin, HardenedNetconf):
        registered = ConnectionPluginRegister.available.get(CONNECTION_NAME)
        text = f"The connection netconf is {registered!r}, not the hardened one."
        raise PrestageError(ErrorCode.INTERNAL, text)
    return NcclientSession(plugin)


def _open_asyncssh(host: Host) -> DeviceSession:
    endpoint = Endpoint.of(host)
    with current_guard().login_slot():
        return AsyncsshSession.open(endpoint)


def _close(host: Host) -> None:
    if CONNECTION_NAME in host.connections:
        # Ours never raises; a stock connection that is left over may.
        with suppress(Exception):
            host.close_connection(CONNECTION_NAME)
