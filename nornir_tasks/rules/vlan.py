"""VLAN pool profiles and used VLAN IDs (prestaging spec, section 4)."""

from collections.abc import Iterable
from typing import Final

__all__ = ["MAXIMUM_RANGE", "RESERVED_LOW_RANGE", "merge_ranges", "vlan_pool"]

MAXIMUM_RANGE: Final = (1, 4094)
RESERVED_LOW_RANGE: Final = (512, 4094)

_RESERVING: Final = frozenset({"vlan-ccc", "vlan-vpls"})


def vlan_pool(encapsulation: str) -> tuple[int, int]:
    """Return the usable VLAN IDs of a port, inclusive (low, high).

    Args:
        encapsulation: The port's physical encapsulation; `vlan-ccc` and `vlan-vpls` keep 1 to 511
            for themselves.
    """
    return RESERVED_LOW_RANGE if encapsulation in _RESERVING else MAXIMUM_RANGE


def merge_ranges(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the ranges sorted, with those that touch or overlap made one."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)
