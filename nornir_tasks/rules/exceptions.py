"""A person's overrides for one device (prestaging spec, sections 1 and 2)."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["ExceptionKind", "Overrides", "RoleException", "read_overrides"]


class ExceptionKind(StrEnum):
    """What a person can override."""

    EXCLUDE = "exclude"
    LOOPBACK = "loopback"
    INCLUDE_INTERFACE = "include-interface"
    EXCLUDE_INTERFACE = "exclude-interface"


@dataclass(frozen=True, slots=True)
class RoleException:
    """One override.

    Attributes:
        kind: One of `ExceptionKind`, or its text.
        value: An IPv4 address for `loopback`, a port's name for the interface kinds, else empty.
    """

    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Overrides:
    """All exceptions of one device, ready to apply.

    Attributes:
        excluded: The device is taken out.
        loopback: The address to use; None to let the rules choose.
        interfaces: Whether to recommend, by name of the interface.
    """

    excluded: bool
    loopback: str | None
    interfaces: dict[str, bool]


def read_overrides(exceptions: Iterable[RoleException]) -> Overrides:
    """Check exceptions and put them together.

    Of two loopbacks the last one counts. An interface both included and excluded is excluded.

    Raises:
        PrestageError: `bad-request` for an unknown kind, an address that is no IPv4 address, or
            an interface without a name.
    """
    excluded, loopback, interfaces = False, None, dict[str, bool]()
    for exception in exceptions:
        value = exception.value.strip()
        match _kind(exception):
            case ExceptionKind.EXCLUDE:
                excluded = True
            case ExceptionKind.LOOPBACK:
                loopback = _address(value)
            case kind:
                if not value:
                    raise PrestageError(
                        ErrorCode.BAD_REQUEST, f"An exception of kind {kind} names no interface."
                    )
                included = kind is ExceptionKind.INCLUDE_INTERFACE
                interfaces[value] = included and interfaces.get(value, True)
    return Overrides(excluded, loopback, interfaces)


def _kind(exception: RoleException) -> ExceptionKind:
    try:
        return ExceptionKind(exception.kind)
    except ValueError:
        raise PrestageError(
            ErrorCode.BAD_REQUEST,
            f"{exception.kind!r} is no kind of exception; use one of: {', '.join(ExceptionKind)}.",
        ) from None


def _address(value: str) -> str:
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError:
        raise PrestageError(
            ErrorCode.BAD_REQUEST, f"{value!r} is no IPv4 address for a loopback exception."
        ) from None
