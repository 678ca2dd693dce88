"""What a message or a notification means to auto prestaging."""

from dataclasses import dataclass
from enum import Enum, auto

__all__ = ["Meaning", "Verdict"]


class Meaning(Enum):
    """What it is to us."""

    CHANGE = auto()
    OWN = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it is to us, whose login is behind it as far as it is known, and what it says."""

    meaning: Meaning
    actor: str = ""
    detail: str = ""
