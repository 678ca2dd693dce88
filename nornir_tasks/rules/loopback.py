"""Which loopback address identifies a device (prestaging spec, section 3, loopback choice)."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from nornir_tasks.facts import DeviceFacts, LoopbackAddress

__all__ = ["LoopbackChoice", "choose_loopback", "is_usable"]

_DROPPED: Final = tuple(
    # To ask a network takes ten times as long as to compare numbers.
    (int(network.network_address), int(network.broadcast_address))
    for network in map(
        ipaddress.IPv4Network,
        ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"),
    )
)


@dataclass(frozen=True, slots=True)
class LoopbackChoice:
    """The usable loopback addresses of a device.

    Attributes:
        candidates: Best first, each address once.
    """

    candidates: tuple[LoopbackAddress, ...] = ()

    @property
    def address(self) -> str | None:
        """The address that identifies the device; None when there is none."""
        return self.candidates[0].address if self.candidates else None

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The other usable addresses, best first."""
        return tuple(candidate.address for candidate in self.candidates[1:])


def is_usable(address: str) -> bool:
    """Return whether an IPv4 address can identify a device: no loopback, link-local, ... range."""
    number = int(ipaddress.IPv4Address(address))
    return not any(low <= number <= high for low, high in _DROPPED)


def choose_loopback(facts: DeviceFacts) -> LoopbackChoice:
    """Order a device's loopback addresses.

    `primary` first, then `preferred`, then the router id, then the numerically lowest.
    """
    usable = (candidate for candidate in facts.loopbacks if is_usable(candidate.address))

    def order(candidate: LoopbackAddress) -> tuple[bool, bool, bool, int]:
        return (
            not candidate.primary,
            not candidate.preferred,
            candidate.address != facts.router_id,
            int(ipaddress.IPv4Address(candidate.address)),
        )

    best: dict[str, LoopbackAddress] = {}
    for candidate in sorted(usable, key=order):
        best.setdefault(candidate.address, candidate)
    return LoopbackChoice(tuple(best.values()))
