"""What a body says, whoever sent it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Ignored", "Message", "Subject"]


class Ignored(StrEnum):
    """Why something starts nothing; stable machine codes."""

    REPLAY = "replay"
    """The same message was accepted before."""
    USER = "ignored-user"
    """Its user is in `AUTO_IGNORED_USERS`."""
    OWN_KEYS = "own-keys"
    """Only keys of `WEBHOOK_OWN_KEYS` changed."""
    EVENT = "event"
    """It is no creation, update or deletion."""
    MODEL = "model"
    """Its object is none of a device, an interface, an IP address or a cable."""
    DELETED = "device-deleted"
    """The next synchronisation of the inventory will notice."""
    NO_DEVICE = "no-device"
    """The object belongs to no device."""
    NOT_UNDERSTOOD = "not-understood"
    """It is none of the known bodies, or names a device in no known way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A device, as a sender calls it.

    Attributes:
        names: Names that it has or had.
        addresses: Addresses without prefix length; they count when no name is known.
        is_device: Whether it is surely a device, known or not.
    """

    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    is_device: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a body says.

    Attributes:
        subjects: The devices that changed.
        actor: Login of who changed them; empty when it was not said.
        detail: What happened, in a few words.
        ignored: How much of the message starts nothing, by reason.
    """

    subjects: tuple[Subject, ...] = ()
    actor: str = ""
    detail: str = ""
    ignored: Mapping[Ignored, int] = field(default_factory=dict)
