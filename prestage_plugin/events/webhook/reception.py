"""From the message to the inbox: look the devices up, and write everything down at once."""

import uuid
from collections import Counter
from dataclasses import dataclass

from prestage_plugin.events.webhook.bodies.message import Ignored, Message, Subject
from prestage_plugin.services.directory import Directory, get_directory
from prestage_plugin.services.events import Heard, accept_events
from prestage_plugin.states import ChangeSource

__all__ = ["Reception", "receive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What became of a message, in numbers of devices.

    Attributes:
        accepted: Events that are in the inbox now.
        unknown: Devices that we do not know.
        ignored: What starts nothing, by reason.
    """

    accepted: int
    unknown: int
    ignored: Counter[Ignored]


def receive(message: Message, *, sender: str, receipt: uuid.UUID | None) -> Reception:
    """Write down what a message says; when this returns, it survives whatever is killed.

    Args:
        message: What was said. A device that it names twice has changed once.
        sender: Name of the sender.
        receipt: What identifies the message, if anything does.
    """
    ignored = Counter(message.ignored)
    known: dict[int, None] = {}
    unknown = 0
    directory = get_directory() if message.subjects else None
    for subject in message.subjects:
        found = _find(subject, directory) if directory else None
        if found is not None:
            known[found] = None
        elif subject.is_device:
            unknown += 1
        else:
            ignored[Ignored.NO_DEVICE] += 1
    heard = [_heard(message, sender, pk) for pk in [*known, *([None] * unknown)]]
    if not heard:
        return Reception(accepted=0, unknown=0, ignored=ignored)
    accepted = accept_events(heard=heard, receipt=receipt)
    if accepted.repeated:
        ignored[Ignored.REPLAY] += len(heard)
    return Reception(accepted=accepted.known, unknown=accepted.unknown, ignored=ignored)


def _find(subject: Subject, directory: Directory) -> int | None:
    for name in subject.names:
        if (found := directory.find(name=name)) is not None:
            return found
    for address in subject.addresses:
        if (found := directory.find(address=address)) is not None:
            return found
    return None


def _heard(message: Message, sender: str, device_id: int | None) -> Heard:
    return Heard(
        source=ChangeSource.WEBHOOK,
        device_id=device_id,
        sender=sender,
        actor=message.actor,
        detail=message.detail,
    )
