"""The devices of the benchmark, and which of them each event is of."""

__all__ = ["address_of", "events_of", "name_of"]

_HOSTS = 250
"""Addresses that are used of each 127.x.y.0/24; all of 127/8 answers on Linux."""
_FIRST = 16


def name_of(number: int) -> str:
    """Return the name of a device; they are counted from 0."""
    return f"r{number:05}"


def address_of(number: int) -> str:
    """Return the address of a device, one of this machine's own."""
    network, host = divmod(number, _HOSTS)
    high, low = divmod(network, _HOSTS)
    return f"127.{_FIRST + high}.{low}.{host + 1}"


def events_of(number: int, *, events: int, devices: int) -> int:
    """Return how many of all events are of one device: they take turns."""
    each, rest = divmod(events, devices)
    return each + (number < rest)
