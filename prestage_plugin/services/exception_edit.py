"""Change what a person overrides for one device, and let that count at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from nornir_tasks.evaluation import complete_document
from prestage_plugin.errors import Refused
from prestage_plugin.models import DeviceEvaluation, RoleException
from prestage_plugin.sentences import marked
from prestage_plugin.services.device_locks import family_of, lock_devices
from prestage_plugin.services.reevaluation import reevaluate
from prestage_plugin.services.role_exceptions import checked_value

__all__ = ["Edited", "choose_loopback", "judge_interfaces", "set_excluded"]

Kind = RoleException.Kind

_INTERFACE_KINDS = {True: Kind.INCLUDE_INTERFACE, False: Kind.EXCLUDE_INTERFACE}


_WORDS = {
    Kind.EXCLUDE: "Exclude from N-PE",
    Kind.LOOPBACK: "Another loopback",
    Kind.INCLUDE_INTERFACE: "Include interface as UNI",
    Kind.EXCLUDE_INTERFACE: "Exclude interface as UNI",
}
"""The kinds in English, as the history holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What came of a change.

    Attributes:
        changed: Exceptions that were set or removed; none when it was so already.
        applied: Whether the recommendation is as they say now; otherwise the next job applies them.
    """

    changed: tuple[str, ...]
    applied: bool


def set_excluded(*, device_id: int, excluded: bool, note: str, author: User) -> Edited:
    """Take a device out of the N-PEs, or let the rules decide again.

    Args:
        device_id: The device or logical system.
        excluded: Which of both.
        note: For people.
        author: Who wants it.
    """
    wanted = [(Kind.EXCLUDE, "")] if excluded else []
    return _replace(device_id, [Kind.EXCLUDE], None, wanted, note, author)


def choose_loopback(*, device_id: int, address: str, note: str, author: User) -> Edited:
    """Use another address as the loopback, or let the rules choose again.

    Args:
        device_id: The device or logical system.
        address: IPv4 address; empty to let the rules choose.
        note: For people.
        author: Who wants it.

    Raises:
        Refused: `bad-exception`.
    """
    value = checked_value(kind=Kind.LOOPBACK, value=address) if address.strip() else ""
    wanted = [(Kind.LOOPBACK, value)] if value else []
    return _replace(device_id, [Kind.LOOPBACK], None, wanted, note, author)


def judge_interfaces(
    *, device_id: int, names: Sequence[str], as_uni: bool | None, note: str, author: User
) -> Edited:
    """Include interfaces as UNI, exclude them, or let the rules decide again.

    Args:
        device_id: The device or logical system.
        names: The interfaces; those of its last evaluation, or of exceptions that it has.
        as_uni: Whether they can face customers; None to let the rules decide.
        note: For people.
        author: Who wants it.

    Raises:
        Refused: `no-interfaces`, or `unknown-interface`.
    """
    chosen = list(dict.fromkeys(names))
    if not chosen:
        raise Refused("no-interfaces", "Choose at least one interface.")
    if as_uni is not None and set(chosen) - _interfaces_of(device_id):
        raise Refused("unknown-interface", "The device has not all of these interfaces.")
    kinds = list(_INTERFACE_KINDS.values())
    wanted = [(_INTERFACE_KINDS[as_uni], name) for name in chosen] if as_uni is not None else []
    return _replace(device_id, kinds, chosen, wanted, note, author)


def _interfaces_of(device_id: int) -> set[str]:
    found = DeviceEvaluation.objects.filter(device=device_id).values_list("result", flat=True)
    results = map(complete_document, found)
    return {each["name"] for result in results for each in result.get("interfaces", ())}


def _replace(
    device_id: int,
    kinds: Sequence[str],
    values: Sequence[str] | None,
    wanted: Sequence[tuple[str, str]],
    note: str,
    author: User,
) -> Edited:
    """Let a device have these exceptions of some kinds, and of some values, and no other."""
    with transaction.atomic():
        # Two people at a time would set two loopbacks.
        lock_devices(family_of(device_id))
        found = RoleException.objects.filter(device=device_id, kind__in=kinds)
        if values is not None:
            found = found.filter(value__in=values)
        rows = {(row.kind, row.value): row for row in found}
        removed = [row for key, row in rows.items() if key not in set(wanted)]
        RoleException.objects.filter(pk__in=[row.pk for row in removed]).delete()
        added = RoleException.objects.bulk_create(
            RoleException(device_id=device_id, kind=kind, value=value, note=note, author=author)
            for kind, value in wanted
            if (kind, value) not in rows
        )
        changed = bool(added or removed)
        applied = not changed or reevaluate(device_id=device_id, actor=author.get_username())
    texts = [*(_told("-", row) for row in removed), *(_told("+", row) for row in added)]
    return Edited(changed=tuple(texts), applied=applied)


def _told(sign: str, row: RoleException) -> str:
    words = _WORDS[Kind(row.kind)]
    return marked(f"{sign} {words} {row.value}") if row.value else marked(f"{sign} {words}")
