"""What became of several devices, each for itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from prestage_plugin.errors import Refused

__all__ = ["DeviceReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """What became of several devices.

    Attributes:
        changed: Names of the devices that are as was wanted now and were not before.
        refused: Why the others are not, by name.
    """

    changed: tuple[str, ...]
    refused: Mapping[str, Refused]
