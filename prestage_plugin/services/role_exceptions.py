"""People's exceptions for devices (prestaging spec, section 1): check, set and remove them."""

import ipaddress

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, RoleException

__all__ = ["add_exception", "checked_value", "remove_exception"]

Kind = RoleException.Kind


def add_exception(
    *, device: Device, kind: str, value: str, note: str, author: User
) -> RoleException:
    """Set an exception; it counts from the device's next run on.

    Args:
        device: The device or logical system.
        kind: One of `RoleException.Kind`.
        value: Depends on the kind, see `checked_value`.
        note: For people.
        author: Who sets it.

    Raises:
        Refused: `bad-exception`, or `exception-exists`; nothing was written.
    """
    checked = checked_value(kind=kind, value=value)
    if kind == Kind.LOOPBACK and device.exceptions.filter(kind=kind).exists():
        raise _exists("A device can have one exception for the loopback.")
    try:
        with transaction.atomic():
            return RoleException.objects.create(
                device=device, kind=kind, value=checked, note=note, author=author
            )
    except IntegrityError:
        raise _exists("The device has this exception already.") from None


def remove_exception(*, exception_id: int) -> bool:
    """Remove an exception; it counts until the device's next run.

    Returns:
        Whether there was one.
    """
    deleted, _by_model = RoleException.objects.filter(pk=exception_id).delete()
    return bool(deleted)


def checked_value(*, kind: str, value: str) -> str:
    """Return the value of an exception as it is kept.

    Args:
        kind: One of `RoleException.Kind`.
        value: Empty for `exclude`, an IPv4 address for `loopback`, else the name of an interface.

    Raises:
        Refused: `bad-exception`.
    """
    value = value.strip()
    if kind == Kind.EXCLUDE:
        if value:
            raise _bad("This kind of exception has no value; leave it empty.")
        return value
    if kind == Kind.LOOPBACK:
        try:
            return str(ipaddress.IPv4Address(value))
        except ValueError:
            raise _bad("Enter an IPv4 address, such as 10.0.0.1.") from None
    if not value:
        raise _bad("Enter the name of the interface, such as ge-0/0/1.")
    return value


def _bad(text: str) -> Refused:
    return Refused("bad-exception", text)


def _exists(text: str) -> Refused:
    return Refused("exception-exists", text, conflict=True)
