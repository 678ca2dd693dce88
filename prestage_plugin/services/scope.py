"""Which devices a job is about: the entire inventory, a filter, or named devices (spec, 3)."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from prestage_plugin.errors import Refused
from prestage_plugin.models import Device
from prestage_plugin.sentences import marked
from prestage_plugin.states import RoleChoice

__all__ = ["FILTER_KEYS", "Scope"]

FILTER_KEYS = ("name", "platform", "group", "recommended_role", "assigned_role")
"""What a filter can name; every given key must match. `name` may hold `*` and `?`."""

_ROLE_KEYS = ("recommended_role", "assigned_role")
_MISSING_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The scope of a job.

    Attributes:
        kind: `all`, `filter` or `devices`.
        filter: For `filter`: values by key, see `FILTER_KEYS`.
        devices: For `devices`: device names.
    """

    kind: Literal["all", "filter", "devices"] = "all"
    filter: tuple[tuple[str, str], ...] = ()
    devices: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Scope":
        """Read the form that `as_json` writes and that the API accepts.

        Raises:
            Refused: `bad-scope`, naming what is wrong.
        """
        given = [key for key in ("filter", "devices") if document.get(key) is not None]
        unknown = sorted(set(document) - {"kind", "filter", "devices"})
        if unknown:
            raise Refused("bad-scope", f"The scope has unknown keys: {', '.join(unknown)}.")
        if len(given) > 1:
            raise Refused("bad-scope", "A scope has either a filter or devices, not both.")
        if document.get("devices") is not None:
            return cls(kind="devices", devices=_device_names(document["devices"]))
        if document.get("filter") is not None:
            return cls(kind="filter", filter=_filter_items(document["filter"]))
        if document.get("kind", "all") != "all":
            raise Refused("bad-scope", f"A scope of kind {document['kind']!r} is incomplete.")
        return cls()

    def as_json(self) -> dict[str, Any]:
        """Return a document for the database and the API."""
        if self.kind == "devices":
            return {"kind": self.kind, "devices": list(self.devices)}
        if self.kind == "filter":
            return {"kind": self.kind, "filter": dict(self.filter)}
        return {"kind": self.kind}

    def describe(self) -> str:
        """Return words for a job's name, e.g. `all devices`, `pe1`, `12 devices`."""
        if self.kind == "devices":
            if len(self.devices) == 1:
                return self.devices[0]
            return marked(f"{len(self.devices)} devices")
        if self.kind == "filter":
            pairs = ", ".join(f"{key} {value}" for key, value in self.filter)
            return marked(f"devices with {pairs}")
        return marked("all devices")

    def resolve(self) -> list[Device]:
        """Return the devices in the order of their names.

        Raises:
            Refused: `unknown-devices` when a named device is not in the inventory,
                `no-devices` when nothing is left.
        """
        devices = list(Device.objects.prestageable().order_by("name"))
        if self.kind == "devices":
            devices = self._named(devices)
        elif self.kind == "filter":
            devices = [device for device in devices if self._matches(device)]
        if not devices:
            raise Refused("no-devices", self._nothing())
        return devices

    def _named(self, devices: list[Device]) -> list[Device]:
        wanted = set(self.devices)
        found = [device for device in devices if device.name in wanted]
        missing = sorted(wanted - {device.name for device in found})
        if missing:
            shown = ", ".join(missing[:_MISSING_SHOWN])
            more = f" and {len(missing) - _MISSING_SHOWN} more" if missing[_MISSING_SHOWN:] else ""
            raise Refused("unknown-devices", f"Not in the inventory: {shown}{more}.")
        return found

    def _matches(self, device: Device) -> bool:
        for key, value in self.filter:
            if key == "name":
                if not fnmatchcase(device.name, value):
                    return False
            elif key == "group":
                if value not in device.groups:
                    return False
            elif getattr(device, key) != value:
                return False
        return True

    def _nothing(self) -> str:
        if self.kind == "filter":
            return f"No device matches the filter ({self.describe()})."
        return (
            "There are no devices yet. Synchronise the inventory first: "
            "manage.py prestage_sync, or the button on the page of devices."
        )


def _device_names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise Refused("bad-scope", "The scope's devices must be a list of device names.")
    if not value:
        raise Refused("bad-scope", "The scope names no device.")
    return tuple(dict.fromkeys(value))


def _filter_items(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not value:
        raise Refused("bad-scope", "The scope's filter must be an object with at least one key.")
    unknown = sorted(set(value) - set(FILTER_KEYS))
    if unknown:
        raise Refused(
            "bad-scope",
            f"A filter cannot name {', '.join(unknown)}; it can name {', '.join(FILTER_KEYS)}.",
        )
    for key, wanted in value.items():
        if not isinstance(wanted, str):
            raise Refused("bad-scope", f"The filter's {key} must be text.")
        if key in _ROLE_KEYS and wanted not in {"", *RoleChoice.values}:
            raise Refused("bad-scope", f"The filter's {key} must be N-PE, P, UNKNOWN or empty.")
    return tuple(sorted(value.items()))
