"""Accept what was heard of devices: one insert, whatever the source (prestaging spec, section 6).

Deciding what it means is left to `services.coalesce`, so that a source is never kept waiting, and
what was accepted is not lost whatever is killed afterwards.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from prestage_plugin.models import ChangeEvent, Device, UnknownSender, WebhookReceipt
from prestage_plugin.services.columns import MOST_ROWS, insert_rows, insert_statement
from prestage_plugin.states import ChangeSource, EventState

__all__ = ["MOST_UNKNOWN_SENDERS", "Accepted", "Heard", "accept_events", "note_changes"]

MOST_UNKNOWN_SENDERS = 1000
"""Senders that are counted one by one; later ones are counted together."""

OTHER_SENDERS = "other senders"

_Sender = tuple[str, str]
"""Source and name."""

_BATCH = 500
_SENDER_LENGTH = 64
_ACTOR_LENGTH = 64
_DETAIL_LENGTH = 120
_EVENT_COLUMNS = ("device", "source", "sender", "actor", "detail", "state")
_UNIQUE_VIOLATION = "23505"
"""The SQLSTATE of PostgreSQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a source has heard.

    Attributes:
        source: Where.
        device_id: Primary key of the device, never of a logical system; None when it is unknown.
        sender: Address or name of who said it, for people.
        actor: Login of who changed the device, as far as it was said.
        detail: What was said, in a few words without secrets, e.g. `UI_COMMIT_COMPLETED`.
    """

    source: ChangeSource
    device_id: int | None
    sender: str = ""
    actor: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of a batch, in numbers of events.

    Attributes:
        known: Events of known devices, which were written down.
        unknown: Events that were only counted.
        repeated: Whether the message was here before, so that nothing was written.
    """

    known: int
    unknown: int
    repeated: bool = False


class _RepeatedError(Exception):
    """The message was here before."""


def accept_events(*, heard: Sequence[Heard], receipt: uuid.UUID | None = None) -> Accepted:
    """Write events down; when this returns, they survive whatever is killed.

    Args:
        heard: Any number, from any sources. An event whose device was deleted a moment ago counts
            as unknown.
        receipt: What identifies the message that brought them, if it can come twice. It is
            written with the events or not at all, so a message whose sender did not learn what
            became of it can be sent again: it is neither lost nor taken twice.

    Returns:
        How many were of known devices, and how many were only counted.
    """
    try:
        return _write(heard, receipt)
    except IntegrityError:
        # Most databases look at foreign keys only when the transaction ends.
        return _write(_without_deleted(heard), receipt)


def note_changes(*, devices: Sequence[Device], source: ChangeSource, detail: str) -> None:
    """Write down that devices changed, in the caller's transaction.

    Args:
        devices: Devices, never logical systems.
        source: Where it was heard of.
        detail: What happened, in a few words.
    """
    accept_events(
        heard=[Heard(source=source, device_id=device.pk, detail=detail) for device in devices]
    )


def _write(heard: Sequence[Heard], receipt: uuid.UUID | None) -> Accepted:
    known = [each for each in heard if each.device_id is not None]
    unknown = [each for each in heard if each.device_id is None]
    try:
        if not unknown and _fits_one_statement(known, receipt):
            _write_at_once(known, receipt)
        else:
            _write_together(known, unknown, receipt)
    except _RepeatedError:
        return Accepted(known=0, unknown=0, repeated=True)
    return Accepted(known=len(known), unknown=len(unknown))


def _write_together(
    known: Sequence[Heard], unknown: Sequence[Heard], receipt: uuid.UUID | None
) -> None:
    with transaction.atomic():
        if receipt is not None:
            _take(receipt)
        _create(known)
        if unknown:
            _count(unknown)


def _fits_one_statement(known: Sequence[Heard], receipt: uuid.UUID | None) -> bool:
    """Tell whether one statement can write everything, which needs no transaction around it.

    Every statement is a journey to PostgreSQL and back: this makes one of four.
    """
    return (
        receipt is not None
        and 0 < len(known) <= MOST_ROWS
        and connection.vendor == "postgresql"
        and not connection.in_atomic_block
    )


def _write_at_once(known: Sequence[Heard], receipt: uuid.UUID | None) -> None:
    first, identity = insert_statement(WebhookReceipt, ["id"], [[receipt]])
    second, values = insert_statement(ChangeEvent, _EVENT_COLUMNS, [_row(each) for each in known])
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"WITH receipt AS ({first}) {second}", [*identity, *values])
    except IntegrityError as error:
        # Only the receipt's key is unique; what else is violated is the reference to a device.
        if getattr(error.__cause__, "sqlstate", "") == _UNIQUE_VIOLATION:
            raise _RepeatedError from None
        raise


def _take(receipt: uuid.UUID) -> None:
    try:
        insert_rows(WebhookReceipt, ["id"], [[receipt]])
    except IntegrityError:
        raise _RepeatedError from None


def _without_deleted(heard: Sequence[Heard]) -> list[Heard]:
    ids = {each.device_id for each in heard if each.device_id is not None}
    there = set(Device.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [each if each.device_id in there else replace(each, device_id=None) for each in heard]


def _create(known: Sequence[Heard]) -> None:
    insert_rows(ChangeEvent, _EVENT_COLUMNS, [_row(each) for each in known])


def _row(each: Heard) -> list[Any]:
    """Return the values of `_EVENT_COLUMNS`."""
    return [
        each.device_id,
        each.source.value,
        _plain(each.sender, _SENDER_LENGTH),
        _plain(each.actor, _ACTOR_LENGTH),
        _plain(each.detail, _DETAIL_LENGTH),
        EventState.NEW.value,
    ]


def _count(unknown: Sequence[Heard]) -> None:
    """Count events by sender; a new one gets a row as long as there are not too many."""
    counts = Counter[_Sender]()
    details: dict[_Sender, str] = {}
    for each in unknown:
        sender = (str(each.source), _plain(each.sender, _SENDER_LENGTH) or "unnamed")
        counts[sender] += 1
        details[sender] = _plain(each.detail, _DETAIL_LENGTH)
    for source, name in _admit(counts):
        together = (source, OTHER_SENDERS)
        counts[together] += counts.pop((source, name))
        details[together] = details[source, name]
    _lock(counts)
    alike: dict[tuple[str, int, str], list[str]] = {}
    for source, name in sorted(counts):
        key = (source, counts[source, name], details[source, name])
        alike.setdefault(key, []).append(name)
    for (source, count, detail), names in alike.items():
        for start in range(0, len(names), _BATCH):
            UnknownSender.objects.filter(
                source=source, sender__in=names[start : start + _BATCH]
            ).update(events=F("events") + count, last_at=Now(), detail=detail)


def _lock(senders: Collection[_Sender]) -> None:
    """Let processes that count the same senders take their rows in the same order."""
    names = sorted({name for _source, name in senders})
    for start in range(0, len(names), _BATCH):
        some = UnknownSender.objects.filter(sender__in=names[start : start + _BATCH])
        list(some.order_by("pk").select_for_update().values_list("pk"))


def _admit(senders: Collection[_Sender]) -> list[_Sender]:
    """Make rows for new senders; return those that are counted together with others."""
    new = sorted(set(senders) - _known(senders))
    if not new:
        return []
    room = max(0, MOST_UNKNOWN_SENDERS - UnknownSender.objects.count())
    too_many = new[room:]
    rows = {*new[:room], *((source, OTHER_SENDERS) for source, _name in too_many)}
    # Another process may be faster with one of them.
    UnknownSender.objects.bulk_create(
        [
            UnknownSender(source=source, sender=name, first_at=Now(), last_at=Now())
            for source, name in sorted(rows)
        ],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    return [each for each in too_many if each not in rows]


def _known(senders: Collection[_Sender]) -> set[_Sender]:
    names = sorted({name for _source, name in senders})
    rows = UnknownSender.objects.values_list("source", "sender")
    return {
        row
        for start in range(0, len(names), _BATCH)
        for row in rows.filter(sender__in=names[start : start + _BATCH])
    }


def _plain(text: str, length: int) -> str:
    """Return one line without characters that a database or a terminal chokes on."""
    text = text[:512]
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:length]
