"""Accept what was heard of devices: one insert, whatever the source (prestaging spec, section 6).

Deciding what it means is left to `services.coalesce`, so that a source is never kept waiting, and
what was accepted is not lost whatever is killed afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from prestage_plugin.models import ChangeEvent, Device, UnknownSender
from prestage_plugin.states import ChangeSource

__all__ = ["MOST_UNKNOWN_SENDERS", "Accepted", "Heard", "accept_events", "note_changes"]

MOST_UNKNOWN_SENDERS = 1000
"""Senders that are counted one by one; later ones are counted together."""

OTHER_SENDERS = "other senders"

_BATCH = 500
_SENDER_LENGTH = 64
_ACTOR_LENGTH = 64
_DETAIL_LENGTH = 120


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
    """What became of a batch, in numbers of events."""

    known: int
    unknown: int


def accept_events(*, heard: Sequence[Heard]) -> Accepted:
    """Write events down; when this returns, they survive whatever is killed.

    Args:
        heard: Any number, from any sources. An event whose device was deleted a moment ago counts
            as unknown.

    Returns:
        How many were of known devices, and how many were only counted.
    """
    known = [each for each in heard if each.device_id is not None]
    unknown = [each for each in heard if each.device_id is None]
    with transaction.atomic():
        gone = _insert(known)
        _count([*unknown, *gone])
    return Accepted(known=len(known) - len(gone), unknown=len(unknown) + len(gone))


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


def _insert(known: Sequence[Heard]) -> list[Heard]:
    """Insert events and return those whose device is not there any more."""
    try:
        with transaction.atomic():
            _create(known)
    except IntegrityError:
        ids = {each.device_id for each in known if each.device_id is not None}
        there = set(Device.objects.filter(pk__in=ids).values_list("pk", flat=True))
        _create([each for each in known if each.device_id in there])
        return [each for each in known if each.device_id not in there]
    return []


def _create(known: Sequence[Heard]) -> None:
    ChangeEvent.objects.bulk_create(
        [
            ChangeEvent(
                device_id=each.device_id,
                source=each.source,
                sender=_plain(each.sender, _SENDER_LENGTH),
                actor=_plain(each.actor, _ACTOR_LENGTH),
                detail=_plain(each.detail, _DETAIL_LENGTH),
            )
            for each in known
            if each.device_id is not None
        ],
        batch_size=_BATCH,
    )


def _count(unknown: Sequence[Heard]) -> None:
    """Count events by source and sender; of many new senders at once, in few statements.

    Anybody who can forge addresses chooses how many there are, and must not be able to keep the
    events of devices waiting by it.
    """
    told: dict[str, dict[str, tuple[int, str]]] = {}
    for each in unknown:
        senders = told.setdefault(str(each.source), {})
        sender = _plain(each.sender, _SENDER_LENGTH) or "unnamed"
        count, _detail = senders.get(sender, (0, ""))
        senders[sender] = (count + 1, _plain(each.detail, _DETAIL_LENGTH))
    for source, senders in sorted(told.items()):
        names = sorted(senders)
        for begin in range(0, len(names), _BATCH):
            _add(source, {name: senders[name] for name in names[begin : begin + _BATCH]})


def _add(source: str, senders: dict[str, tuple[int, str]]) -> None:
    """Add counts; new senders get rows as long as there are not too many."""
    rows = UnknownSender.objects.filter(source=source)
    # Locked in one order, so that two processes cannot wait for each other for ever.
    locked = rows.select_for_update().filter(sender__in=senders).order_by("pk")
    known = set(locked.values_list("sender", flat=True))
    new = [name for name in senders if name not in known]
    room = max(0, MOST_UNKNOWN_SENDERS - UnknownSender.objects.count()) if new else 0
    if len(new) > room:
        rest = [senders.pop(name) for name in new[room:]]
        count, _detail = senders.get(OTHER_SENDERS, (0, ""))
        senders[OTHER_SENDERS] = (count + sum(each for each, _detail in rest), rest[-1][1])
    _make_rows(source, [name for name in senders if name not in known])
    alike: dict[tuple[int, str], list[str]] = {}
    for name, count_and_detail in senders.items():
        alike.setdefault(count_and_detail, []).append(name)
    for (count, detail), names in alike.items():
        rows.filter(sender__in=names).update(
            events=F("events") + count, last_at=Now(), detail=detail
        )


def _make_rows(source: str, senders: Sequence[str]) -> None:
    """Make rows that count nothing yet, unless another process was faster."""
    UnknownSender.objects.bulk_create(
        [
            UnknownSender(source=source, sender=name, first_at=Now(), last_at=Now())
            for name in senders
        ],
        ignore_conflicts=True,
    )


def _plain(text: str, length: int) -> str:
    """Return one line without characters that a database or a terminal chokes on."""
    text = text[:512]
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:length]
