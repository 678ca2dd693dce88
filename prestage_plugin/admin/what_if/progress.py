"""How far a fleet was looked at: counts that travel in the query string from page to page.

So the server keeps nothing, and each answer says what was found so far without having held it.
"""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict

from prestage_plugin.services.what_if import ProspectPage, Tally
from prestage_plugin.states import RoleChoice

__all__ = ["Progress"]

_MOST_DIGITS = 9
_COUNTS = ("examined", "unknown", "changed", "drifting")
_CHANGES = ("role", "loopback", "uni_count")
"""What is counted by what would be another."""

_MOVE = ">"


@dataclass(slots=True, kw_only=True)
class Progress:
    """What was found so far.

    Attributes:
        after: Name of the last device that was looked at; empty at the beginning and at the end.
        shown: Rows that were shown.
        tally: Of everything that was looked at.
    """

    after: str = ""
    shown: int = 0
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def from_query(cls, query: QueryDict) -> "Progress":
        """Read what the last page wrote; what makes no sense counts as nothing."""
        tally = Tally()
        for name in _COUNTS:
            setattr(tally, name, _number(query.get(name, "")))
        for now, then in ((now, then) for now in RoleChoice for then in RoleChoice):
            tally.roles[now, then] = _number(query.get(f"{now}{_MOVE}{then}", ""))
        for name in _CHANGES:
            tally.changes[name] = _number(query.get(f"changes_{name}", ""))
        after = query.get("after", "").replace("\x00", "")
        return cls(after=after, shown=_number(query.get("shown", "")), tally=tally)

    def add(self, page: ProspectPage, *, shown: int) -> None:
        """Add what a page found.

        Args:
            page: The page.
            shown: How many of its prospects are shown.
        """
        for name in _COUNTS:
            setattr(self.tally, name, getattr(self.tally, name) + getattr(page.tally, name))
        self.tally.roles.update(page.tally.roles)
        self.tally.changes.update(page.tally.changes)
        self.shown += shown
        self.after = page.last

    def query(self) -> str:
        """Return the query string of the next page, beside the question."""
        tally = self.tally
        values: dict[str, object] = {"after": self.after, "shown": self.shown}
        values |= {name: getattr(tally, name) for name in _COUNTS}
        values |= {f"{now}{_MOVE}{then}": count for (now, then), count in tally.roles.items()}
        values |= {f"changes_{name}": tally.changes[name] for name in _CHANGES}
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def moves(self) -> list[tuple[str, str, int]]:
        """Roles now and then with the number of devices, the most frequent first."""
        found = [(*move, count) for move, count in self.tally.roles.items() if count]
        return sorted(found, key=lambda each: (-each[2], each))


def _number(text: str) -> int:
    good = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if good else 0
