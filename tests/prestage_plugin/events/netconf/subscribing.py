"""A source that subscribes to the devices of a lab, and what it hands over."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import ruamel.yaml
from django.db import connection

from nornir_tasks.lab import LabProcess
from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.netconf.source import NetconfOptions, NetconfSource
from prestage_plugin.events.notice import Notice
from prestage_plugin.inventory import forget_nornir
from prestage_plugin.models import Device
from prestage_plugin.services.inventory import sync_devices
from tests.prestage_plugin.events.syslog.receiving import until

PATIENCE = 20.0
SHORT_LIMITS = {"connect_timeout": 3, "rpc_timeout": 3}


class Subscribing:
    """A source that runs."""

    def __init__(self, source: NetconfSource, handover: HandOver) -> None:
        self.source = source
        self.handover = handover
        self._names: dict[int | None, str] = {}
        self._heard: list[tuple[str, str, str]] = []

    def count(self, name: str) -> int:
        return self.source.counters()[name]

    async def until(self, **counts: int) -> None:
        """Wait until the source has counted so many."""
        await until(
            lambda: {name: self.count(name) for name in counts} == counts,
            lambda: f"{counts} expected, but it is {self.source.counters()}",
        )

    async def heard(self) -> Counter[tuple[str, str, str]]:
        """Return device, actor and detail of what was handed over since the last time."""
        return await asyncio.to_thread(self._take)

    def _take(self) -> Counter[tuple[str, str, str]]:
        found: Counter[tuple[str, str, str]] = Counter()
        names = dict(Device.objects.values_list("pk", "name"))
        connection.close()
        while batch := self.handover.take():
            found.update(
                (names[notice.device_id or 0], notice.actor, notice.detail) for notice in batch
            )
            assert all(is_complete(notice) for notice in batch)
        return found


def is_complete(notice: Notice) -> bool:
    return notice.source == "netconf" and bool(notice.sender)


@asynccontextmanager
async def subscribing(
    *, handover: HandOver | None = None, **options: Any
) -> AsyncIterator[Subscribing]:
    """Run a source, and see that it ends when it is told to."""
    handover = HandOver() if handover is None else handover
    source = NetconfSource(NetconfOptions(**{"per_second": 200.0} | options))
    run = asyncio.create_task(source.run(handover))
    try:
        yield Subscribing(source, handover)
    finally:
        source.stop()
        await asyncio.wait_for(run, PATIENCE)


def use(settings: Any, lab: LabProcess) -> None:
    """Make the lab's inventory the site's, with limits that broken devices run into soon."""
    change_yaml(lab.inventory_directory / "defaults.yaml", add_short_limits)
    settings.PRESTAGE = {"NORNIR_CONFIG": str(lab.inventory_directory / "config.yaml")}
    forget_nornir()
    sync_devices()


def add_short_limits(defaults: dict[str, Any]) -> None:
    extras = defaults["connection_options"]["netconf"].setdefault("extras", {})
    extras.update(SHORT_LIMITS)


def change_yaml(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Rewrite a file of the inventory."""
    yaml = ruamel.yaml.YAML(typ="safe", pure=True)
    content = yaml.load(path)
    change(content)
    with path.open("w") as file:
        yaml.dump(content, file)
    forget_nornir()


def run(scenario: Any) -> None:
    """Run a scenario on an event loop, without the connection of the test's thread."""
    connection.close()
    asyncio.run(scenario)
