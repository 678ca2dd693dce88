"""What one part of the benchmark found: tables, plots, and promises that are kept or not."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Bars", "Chapter", "Curve", "Promise", "Table"]


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised, and what was measured.

    Attributes:
        what: In words.
        wanted: In words, e.g. `at least 8 x`.
        measured: In words, e.g. `8.4 x`.
        kept: Whether it is enough.
    """

    what: str
    wanted: str
    measured: str
    kept: bool

    @classmethod
    def at_least(cls, what: str, least: float, measured: float, unit: str = "") -> "Promise":
        """A figure that may not be smaller."""
        return cls(what, f"at least {least:g}{unit}", f"{measured:.3g}{unit}", measured >= least)

    @classmethod
    def at_most(cls, what: str, most: float, measured: float, unit: str = "") -> "Promise":
        """A figure that may not be greater."""
        return cls(what, f"at most {most:g}{unit}", f"{measured:.3g}{unit}", measured <= most)


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        head: Its columns.
        rows: As many cells in each.
    """

    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart.

    Attributes:
        title: What is shown, with its unit.
        values: By label.
    """

    title: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """A line chart.

    Attributes:
        title: What is shown.
        x: What runs to the right, with its unit.
        y: What goes up, with its unit.
        lines: Points by label.
    """

    title: str
    x: str
    y: str
    lines: dict[str, list[tuple[float, float]]]


@dataclass(slots=True)
class Chapter:
    """One part of the benchmark.

    Attributes:
        title: A headline.
        text: How it was measured.
        tables: What was measured.
        promises: What of it was promised.
        bars: Drawn beside it.
        curves: Drawn beside it.
    """

    title: str
    text: str
    tables: list[Table] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    bars: list[Bars] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Chapter":
        """Read what `dataclasses.asdict` made of one."""
        return cls(
            title=values["title"],
            text=values["text"],
            tables=[Table(**each) for each in values["tables"]],
            promises=[Promise(**each) for each in values["promises"]],
            bars=[Bars(**each) for each in values["bars"]],
            curves=[Curve(**each) for each in values["curves"]],
        )
