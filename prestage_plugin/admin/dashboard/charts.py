"""The geometry of the charts, which templates write as SVG: no script, no inline style.

Lengths are in the units of the SVG's own coordinates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Column", "Columns", "Piece", "Segment", "Share", "shares", "stacked_columns"]

BAR_WIDTH = 600.0
_CHART_HEIGHT = 100.0
_STEP = 60.0
_COLUMN = 36.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a whole is cut into.

    Attributes:
        key: Ends the names of CSS classes.
        label: Its word.
        count: How many.
        url: Where these are listed; empty for nowhere.
    """

    key: str
    label: str
    count: int
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A share as a part of a horizontal bar."""

    share: Share
    percent: int
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a column."""

    key: str
    label: str
    count: int
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column with its parts, from the bottom to the top."""

    label: str
    total: int
    x: float
    middle: float
    top: float
    pieces: list[Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns beside each other.

    Attributes:
        columns: From left to right.
        legend: Keys and words of the parts that there are.
        most: The total of the highest column.
        width: Of all of them.
        base: Where they stand.
        column_width: Of one.
    """

    columns: list[Column]
    legend: list[tuple[str, str]]
    most: int
    width: float
    base: float = _CHART_HEIGHT
    column_width: float = _COLUMN


def shares(parts: Sequence[Share]) -> list[Segment]:
    """Return shares as parts of one bar; those of nothing have no width.

    Args:
        parts: In the order of the bar.
    """
    total = sum(part.count for part in parts)
    segments: list[Segment] = []
    x = 0.0
    for part in parts:
        width = BAR_WIDTH * part.count / total if total else 0.0
        percent = round(100 * part.count / total) if total else 0
        segments.append(Segment(share=part, percent=percent, x=round(x, 1), width=round(width, 1)))
        x += width
    return segments


def stacked_columns(
    spans: Sequence[tuple[str, Mapping[str, int]]], words: Mapping[str, str]
) -> Columns:
    """Return a column for each span, its parts in the order of the words.

    Args:
        spans: Label of each, and its counts by key.
        words: Words of the keys; other keys are left out.
    """
    totals = [sum(counts[key] for key in words) for _label, counts in spans]
    most = max(totals, default=0)
    return Columns(
        columns=[
            _column(number, label, counts, words, most)
            for number, (label, counts) in enumerate(spans)
        ],
        legend=[
            (key, word)
            for key, word in words.items()
            if any(counts[key] for _label, counts in spans)
        ],
        most=most,
        width=len(spans) * _STEP,
    )


def _column(
    number: int, label: str, counts: Mapping[str, int], words: Mapping[str, str], most: int
) -> Column:
    x = number * _STEP + (_STEP - _COLUMN) / 2
    top = _CHART_HEIGHT
    pieces = []
    for key, word in words.items():
        if not counts[key]:
            continue
        height = _CHART_HEIGHT * counts[key] / most
        top -= height
        pieces.append(
            Piece(key=key, label=word, count=counts[key], y=round(top, 1), height=round(height, 1))
        )
    return Column(
        label=label,
        total=sum(piece.count for piece in pieces),
        x=x,
        middle=x + _COLUMN / 2,
        top=round(top, 1),
        pieces=pieces,
    )
