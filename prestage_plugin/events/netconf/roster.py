"""The devices that are to be subscribed to, as the inventory has them at the moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connections
from nornir.core import Nornir
from nornir.core.inventory import Host

from nornir_tasks.inventory import limit
from nornir_tasks.sessions.connection import CONNECTION_NAME
from prestage_plugin.inventory import get_nornir
from prestage_plugin.models import Device

__all__ = ["Member", "Roster"]


@dataclass(frozen=True, slots=True)
class Member:
    """One device, the same as another one as long as a session with it need not be another one.

    Attributes:
        name: In the inventory.
        device_id: Primary key.
        address: Where it is dialled, for people.
        host: What the inventory says about it.
        access: Everything that matters to a session, credentials included.
    """

    name: str
    device_id: int
    address: str
    host: Host = field(compare=False, repr=False)
    access: tuple[object, ...] = field(repr=False)

    @classmethod
    def of(cls, host: Host, device_id: int) -> "Member":
        """Return the member that a host of the inventory is."""
        options = host.get_connection_parameters(CONNECTION_NAME)
        access = (options.hostname, options.port, options.username, options.password)
        address = options.hostname or host.name
        return cls(host.name, device_id, address, host, (*access, repr(options.extras)))


class Roster:
    """Reads the devices, again and again; in any thread, one at a time.

    A device is in it when `prestage_sync` has put it into the database and it is still in the
    inventory. Looking at the database is cheap; the inventory is loaded anew only when one of its
    files changed or `prestage_sync` found something else than before.

    Args:
        devices: Which: all, or those that an expression picks (`nornir_tasks.inventory.limit`).
    """

    def __init__(self, devices: str | None = None) -> None:
        self._devices = devices
        self._seen: tuple[Any, Nornir] | None = None

    def load(self) -> Mapping[str, Member] | None:
        """Return all devices by name; None when nothing has changed since the last time.

        Raises:
            PrestageError: `inventory` or `bad-request`.
            DatabaseError: The database does not answer.
            OSError: A file of the inventory cannot be looked at.
        """
        try:
            rows = _rows()
        finally:
            # This thread may be another one next time.
            connections.close_all()
        fingerprint = hash(repr(rows))
        nornir = get_nornir(generation=fingerprint)
        if self._seen is not None and self._seen == (fingerprint, nornir):
            return None
        keys = {name: key for key, name, *_rest in rows}
        picked = nornir if self._devices is None else limit(nornir, self._devices)
        hosts = picked.inventory.hosts
        members = {
            name: Member.of(host, keys[name]) for name, host in hosts.items() if name in keys
        }
        self._seen = (fingerprint, nornir)
        return members


def _rows() -> list[tuple[Any, ...]]:
    there = Device.objects.filter(in_inventory=True, parent__isnull=True).order_by("pk")
    return list(there.values_list("pk", "name", "address", "platform", "groups"))
