"""How Junos writes names and numbers: interfaces, AS numbers, VLAN IDs."""

import re
from functools import lru_cache
from typing import Final

__all__ = ["ALL", "as_number", "logical_name", "natural_key", "physical_name", "vlan_range"]

ALL: Final = "all"

_AS_NUMBER = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,5}))?")
_VLANS = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")
_DIGITS = re.compile(r"([0-9]+)")
_HIGHEST_AS = 2**32 - 1
_HIGHEST_ASDOT_PART = 2**16 - 1
_HIGHEST_VLAN = 4094
_LONG = 64


def logical_name(name: str) -> str:
    """Return the name with its unit: `ge-0/0/0` means `ge-0/0/0.0`; `all` stays `all`."""
    return name if name == ALL or "." in name else f"{name}.0"


def physical_name(name: str) -> str:
    """Return the name without its unit."""
    return name.partition(".")[0]


def as_number(text: str) -> int | None:
    """Return an AS number in plain notation; None when the text is none.

    Args:
        text: Plain (`65546`) or asdot notation (`1.10`), RFC 5396.
    """
    match = _AS_NUMBER.fullmatch(text)
    if match is None:
        return None
    high, low = match.groups()
    if low is None:
        number = int(high)
    elif max(int(high), int(low)) > _HIGHEST_ASDOT_PART:
        return None
    else:
        number = (int(high) << 16) + int(low)
    return number if 0 < number <= _HIGHEST_AS else None


def vlan_range(text: str) -> tuple[int, int] | None:
    """Return the VLAN IDs of `100`, `100-200` or `0x8100.100`; None for anything else.

    Only valid IDs (1 to 4094) are returned; 0, the priority tag, is none.
    """
    return _known_vlans(text) if len(text) <= _LONG else _vlan_range(text)


def _vlan_range(text: str) -> tuple[int, int] | None:
    match = _VLANS.fullmatch(text.rpartition(".")[2])
    if match is None:
        return None
    low, high = int(match[1]), int(match[2] or match[1])
    return (low, high) if 0 < low <= high <= _HIGHEST_VLAN else None


def natural_key(name: str) -> tuple[int | str, ...]:
    """Return a sort key that puts `ge-0/0/2` before `ge-0/0/10`."""
    # The routers of a fleet name their ports alike; what is long is no name of theirs.
    return _known_key(name) if len(name) <= _LONG else _natural_key(name)


def _natural_key(name: str) -> tuple[int | str, ...]:
    text, *numbers = _DIGITS.split(name)
    key: list[int | str] = [text]
    for digits, text in zip(numbers[::2], numbers[1::2], strict=True):
        # The number of digits decides first; int() refuses absurdly long numbers.
        significant = digits.lstrip("0")
        key += len(significant), significant, text
    return tuple(key)


_known_key = lru_cache(maxsize=8192)(_natural_key)
_known_vlans = lru_cache(maxsize=8192)(_vlan_range)
