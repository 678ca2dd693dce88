"""One thing that can be done with rows, in the words that people read before and after."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model
from django.utils.translation import gettext_lazy, ngettext

from prestage_plugin.sentences import translate_sentence

__all__ = ["Forecast", "Outcome", "Report", "Verb"]

RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What would happen to one row.

    Attributes:
        row: The row.
        text: One sentence.
        possible: Whether anything would happen.
        state: How the row is now, where that is not its `get_state_display`.
    """

    row: Model
    text: str
    possible: bool
    state: Any = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one row.

    Attributes:
        code: By which outcomes are counted, e.g. `cancelled` or a refusal's code.
        done: Whether anything happened.
        reason: Why nothing did, when no words belong to the code.
        started: The row that it led to.
    """

    code: str
    done: bool = False
    reason: str = ""
    started: Model | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done with all of the rows.

    Attributes:
        done: The rows to which something happened.
        started: The rows that were made.
        text: The counts, e.g. `3 cancelled, 1 stopping, 2 already finished`.
    """

    done: list[Model]
    started: list[Model]
    text: str


class Verb(ABC, Generic[RowT]):
    """What an administrator does with the rows that were selected.

    Args:
        user: Who does it.
        rows: With which rows; the user may see all of them.
        data: What was sent with the confirmation; None before it.
    """

    name: ClassVar[str]
    label: ClassVar[Any]
    title: ClassVar[Any]
    button: ClassVar[Any]
    note: ClassVar[Any] = ""
    state_label: ClassVar[Any] = gettext_lazy("State")
    history: ClassVar[str]
    """What the admin's own history says of a row to which something happened."""

    def __init__(self, *, user: User, rows: Sequence[RowT], data: Any = None) -> None:
        self.user = user
        self.rows = rows
        self.form = self.make_form(data)

    @classmethod
    def is_offered_to(cls, user: User | AnonymousUser) -> bool:
        """Whether the action is in the menu at all; what may be done is asked for each row."""
        del user
        return True

    def make_form(self, data: Any) -> forms.Form:
        """Return what is asked beside the confirmation; nothing, usually."""
        return forms.Form(data)

    @abstractmethod
    def foresee(self, row: RowT) -> Forecast:
        """Say what would happen to a row."""

    @abstractmethod
    def carry_out(self, row: RowT) -> Outcome:
        """Do it to a row; the form is valid."""

    @abstractmethod
    def words(self, code: str, count: int) -> str:
        """Return the words for a number of rows with an outcome, e.g. `3 cancelled`; or nothing."""

    def carry_out_all(self) -> Report:
        """Do it to each of the rows, and count what was done and what was not, and why."""
        outcomes = [(row, self.carry_out(row)) for row in self.rows]
        return Report(
            done=[row for row, outcome in outcomes if outcome.done],
            started=[outcome.started for _row, outcome in outcomes if outcome.started is not None],
            text=self._describe([outcome for _row, outcome in outcomes]),
        )

    def _describe(self, outcomes: Sequence[Outcome]) -> str:
        # Where there are words for a code they say why; elsewhere the refusal's sentence does.
        counts = Counter(
            (each.code, "" if self.words(each.code, 1) else each.reason) for each in outcomes
        )
        # What was done comes first, whatever was selected first.
        done = {outcome.code for outcome in outcomes if outcome.done}
        order = sorted(counts, key=lambda key: (key[0] not in done, key))
        return ", ".join(self._count(code, reason, counts[code, reason]) for code, reason in order)

    def _count(self, code: str, reason: str, count: int) -> str:
        words = self.words(code, count)
        if words:
            return words
        text = ngettext("%(count)d skipped (%(reason)s)", "%(count)d skipped (%(reason)s)", count)
        why = translate_sentence(reason) or code
        return text % {"count": count, "reason": why.rstrip(".")}
