"""The lab itself: one listener, thousands of routers behind it."""

import asyncio
import contextlib
import itertools
import secrets
import socket
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

import asyncssh

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab.counters import total
from nornir_tasks.lab.device import ReplyCache, RunningDevice
from nornir_tasks.lab.events import Caller, CommitEvent
from nornir_tasks.lab.fleet import Fleet, SimulatedDevice
from nornir_tasks.lab.keys import LabKeys
from nornir_tasks.lab.line import Line
from nornir_tasks.lab.listening import LOCALHOST, Listeners, is_loopback
from nornir_tasks.lab.login import Credentials, Login, connection_options
from nornir_tasks.lab.notification_storm import NotificationStorm
from nornir_tasks.lab.options import LabOptions
from nornir_tasks.lab.session import NetconfSession
from nornir_tasks.lab.syslog import Origin, SyslogTarget, SystemLog
from nornir_tasks.lab.timing import Latency
from nornir_tasks.lab.truth import Truth

__all__ = ["Lab"]

CLOSE_TIMEOUT = 5.0

# A simulated RSA key was made by ourselves a second ago; checking it again for each connection
# costs ten times as much as the rest of the handshake.
asyncssh.set_default_skip_rsa_key_validation(True)


class Lab:
    """A fleet of simulated routers, served by the running event loop.

    Use it with `async with`; afterwards no socket, task or connection is left.

    Args:
        fleet: The devices.
        options: How they behave.

    Attributes:
        fleet: The devices as they were when the lab started.
        password: Password of user `lab`, new for each lab.
        keys: Host keys and the client's key.
        latency: Can be changed while the lab runs.
        observers: Called with a `CommitEvent` after each commit on any device.
        log: The devices' system logs, None when the options name no collector.
        storm: Notifies all subscribers of commits that never were.
    """

    def __init__(self, fleet: Fleet, options: LabOptions | None = None) -> None:
        self.fleet = fleet
        self.options = options or LabOptions()
        self.password = secrets.token_urlsafe(18)
        self.keys = LabKeys.generate(self.options.host_key)
        self.latency = Latency(self.options.latency_ms, self.options.jitter_ms)
        self.observers: list[Callable[[CommitEvent], None]] = []
        self.log = _system_log(self.options)
        self._running: dict[str, RunningDevice] = {}
        self.storm = NotificationStorm(self._running.values, user=self.options.commit_user)
        self._cache = ReplyCache()
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._session_ids = itertools.count(1)
        self._options: dict[bytes, asyncssh.SSHServerConnectionOptions] = {}
        self._listeners: Listeners

    async def __aenter__(self) -> Self:
        self._prepare_options()
        self._listeners = Listeners(
            self.fleet, port=self.options.port, port_per_device=self.options.port_per_device
        )
        for listener in self._listeners.sockets:
            self._spawn(self._accept(listener))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.storm.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listeners.close()
        for device in self._running.values():
            device.cancel_rollback()
        connections = list(self._connections)
        for connection in connections:
            connection.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await asyncio.gather(*(connection.wait_closed() for connection in connections))
        if self.log is not None:
            await self.log.close()

    @property
    def port(self) -> int:
        """TCP port of the listener (of the first device's, with a port per device)."""
        return self._listeners.port

    def endpoint(self, device: SimulatedDevice) -> tuple[str, int]:
        """Return the address and port that the inventory names for a device."""
        return self._listeners.endpoint(device)

    def device(self, name: str) -> RunningDevice:
        """Return a device's state.

        Raises:
            PrestageError: Code `not-in-inventory`; there is no such device.
        """
        known = self._running.get(name)
        if known is None:
            try:
                described = self.fleet[name]
            except KeyError:
                raise PrestageError(
                    ErrorCode.NOT_IN_INVENTORY, f"The lab has no device {name!r}."
                ) from None
            known = RunningDevice(
                described,
                observe=self._committed,
                cache=self._cache,
                log=self.log,
                notifies=self.options.notifies(described.index),
            )
            self._running[name] = known
        return known

    def origins(self) -> list[Origin]:
        """Return all devices as origins of messages."""
        return [
            Origin.of(device) if running is None else running.origin
            for device in self.fleet
            for running in (self._running.get(device.name),)
        ]

    def drop_subscriptions(self) -> int:
        """End all sessions that are subscribed to notifications, and return their number."""
        return sum(device.drop_subscriptions() for device in self._running.values())

    def fault_of(self, device: SimulatedDevice) -> str | None:
        """Return the fault that a device has now."""
        running = self._running.get(device.name)
        return device.fault if running is None else running.fault

    def kind_of(self, device: SimulatedDevice) -> str:
        """Return the kind that a device has now."""
        running = self._running.get(device.name)
        return device.kind if running is None else running.device.kind

    def truth_of(self, device: SimulatedDevice) -> Truth | None:
        """Return the truth about a device as it is now; None when nobody knows it."""
        running = self._running.get(device.name)
        return device.truth if running is None else running.truth

    def statistics(self) -> dict[str, Any]:
        """Return counters: sums, and under `devices` those of each device that was dialled."""
        sums = total({name: device.statistics for name, device in self._running.items()})
        return {
            **sums,
            "notifications": self.storm.statistics(),
            "syslog": None if self.log is None else self.log.statistics(),
        }

    def _committed(self, event: CommitEvent) -> None:
        for observer in self.observers:
            observer(event)

    def _prepare_options(self) -> None:
        for key in itertools.chain.from_iterable(self.keys.host.values()):
            self._options[key.public_data] = connection_options(key, self._make_login)

    def _make_login(self) -> Login:
        return Login(
            credentials=Credentials(self.password, self.keys.client),
            find=self._dialled,
            open_session=self._open_session,
            connections=self._connections,
            session_limit=self.options.session_limit,
        )

    def _dialled(self, sockname: tuple[str, int]) -> RunningDevice:
        name = self._listeners.dialled(sockname)
        assert name is not None, "connections to unknown addresses are closed before SSH starts"
        return self.device(name)

    def _open_session(self, device: RunningDevice, user: str, host: str) -> NetconfSession:
        return NetconfSession(
            device,
            caller=Caller(next(self._session_ids), user, host),
            chunked=self.options.chunked(device.device.index),
            latency=self.latency,
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, peer = await loop.sock_accept(listener)
            except OSError:
                # Out of file descriptors, or the peer is gone: give others time to finish.
                await asyncio.sleep(0.05)
                continue
            name = self._listeners.dialled(client.getsockname())
            if name is None or not is_loopback(peer[0]):
                client.close()
                continue
            self._spawn(self._serve(client, self.device(name)))

    async def _serve(self, client: socket.socket, device: RunningDevice) -> None:
        device.statistics.connections += 1
        loop = asyncio.get_running_loop()
        if device.fault == "no-banner":
            await _ignore(client)
            return
        changed = device.fault == "changed-host-key"
        choose = self.keys.changed_key if changed else self.keys.known_key
        options = self._options[choose(device.device).public_data]
        try:
            # What `asyncssh.run_server` does, less making the options anew for each connection.
            await loop.connect_accepted_socket(lambda: Line(loop, options), client)
        except OSError:
            client.close()
        except asyncio.CancelledError:
            client.close()
            raise


def _system_log(options: LabOptions) -> SystemLog | None:
    if options.syslog is None:
        return None
    return SystemLog(
        SyslogTarget.parse(options.syslog),
        layout=options.syslog_format,
        address=LOCALHOST if options.port_per_device else None,
    )


async def _ignore(client: socket.socket) -> None:
    """Say nothing until the client hangs up."""
    with client, contextlib.suppress(OSError):
        while await asyncio.get_running_loop().sock_recv(client, 4096):
            pass
