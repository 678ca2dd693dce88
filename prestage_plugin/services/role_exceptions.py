"""People's exceptions for devices (prestaging spec, section 1): check, set and remove them."""

import ipaddress
from collections.abc import Callable, Mapping

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, RoleException
from prestage_plugin.services.device_locks import family_of, lock_devices
from prestage_plugin.services.reevaluation import reevaluate

__all__ = ["add_exception", "change_exception", "checked_value", "remove_exception"]

Kind = RoleException.Kind


def add_exception(
    *, device: Device, kind: str, value: str, note: str, author: User, actor: str = ""
) -> RoleException:
    """Set an exception; it counts at once where facts of the device are stored.

    Args:
        device: The device or logical system.
        kind: One of `RoleException.Kind`.
        value: Depends on the kind, see `checked_value`.
        note: For people.
        author: Who sets it.
        actor: As histories show it, with the token that was used; the author's login when empty.

    Raises:
        Refused: `bad-exception`, or `exception-exists`; nothing was written.
    """
    checked = checked_value(kind=kind, value=value)
    try:
        with transaction.atomic():
            # Two people at a time would set two loopbacks.
            lock_devices(family_of(device.pk))
            _refuse_second_loopback(device.exceptions.all(), kind)
            row = RoleException.objects.create(
                device=device, kind=kind, value=checked, note=note, author=author
            )
            reevaluate(device_id=device.pk, actor=actor or author.get_username())
    except IntegrityError:
        raise _exists("The device has this exception already.") from None
    return row


def change_exception(
    *,
    exception_id: int,
    change: Mapping[str, str],
    actor: str,
    check: Callable[[RoleException], None] = lambda _row: None,
) -> RoleException:
    """Change an exception; it counts at once as in `add_exception`, and its author stays.

    Args:
        exception_id: Primary key.
        change: New values of `kind`, `value` and `note`; the others stay as they are.
        actor: Who does, as histories show it.
        check: Called with the locked row before anything is written; what it raises goes on.

    Raises:
        Refused: `bad-exception`, or `exception-exists`; nothing was written.
        RoleException.DoesNotExist: There is none.
    """
    with transaction.atomic():
        lock_devices(family_of(RoleException.objects.get(pk=exception_id).device_id))
        row = RoleException.objects.select_for_update().get(pk=exception_id)
        check(row)
        for name in ("kind", "value", "note"):
            setattr(row, name, change.get(name, getattr(row, name)))
        row.value = checked_value(kind=row.kind, value=row.value)
        _refuse_second_loopback(row.device.exceptions.exclude(pk=row.pk), row.kind)
        try:
            with transaction.atomic():
                row.save(update_fields=["kind", "value", "note"])
        except IntegrityError:
            raise _exists("The device has this exception already.") from None
        reevaluate(device_id=row.device_id, actor=actor)
    return row


def remove_exception(*, exception_id: int, actor: str) -> bool:
    """Remove an exception; the rules decide again at once, as in `add_exception`.

    Args:
        exception_id: Primary key.
        actor: Who does, as histories show it.

    Returns:
        Whether there was one.
    """
    with transaction.atomic():
        row = RoleException.objects.filter(pk=exception_id).first()
        if row is None:
            return False
        lock_devices(family_of(row.device_id))
        row.delete()
        reevaluate(device_id=row.device_id, actor=actor)
    return True


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


def _refuse_second_loopback(others: QuerySet[RoleException], kind: str) -> None:
    if kind == Kind.LOOPBACK and others.filter(kind=kind).exists():
        raise _exists("A device can have one exception for the loopback.")


def _bad(text: str) -> Refused:
    return Refused("bad-exception", text)


def _exists(text: str) -> Refused:
    return Refused("exception-exists", text, conflict=True)
