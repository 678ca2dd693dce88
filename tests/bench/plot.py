"""The benchmark's picture: bars and lines as SVG, readable on light and on dark pages."""

from collections.abc import Iterable
from html import escape

from tests.bench.chapter import Bars, Curve

__all__ = ["draw"]

WIDTH, ROW, LEFT, RIGHT, TOP = 760, 26, 230, 90, 34
HEIGHT = 180
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}"
    ".bar{fill:#2f6fab}.line{fill:none;stroke:#2f6fab;stroke-width:2}.axis{stroke:#8c959f}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6cb0f0}.line{stroke:#6cb0f0}}"
)


def draw(bars: Iterable[Bars], curves: Iterable[Curve]) -> str:
    """Return one SVG document with all charts, one below the other."""
    parts: list[str] = []
    y = 0
    for chart in bars:
        drawn, height = _bars(chart, y)
        parts += drawn
        y += height
    for curve in curves:
        drawn, height = _curve(curve, y)
        parts += drawn
        y += height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" '
        f'height="{y}" role="img" aria-label="Results of make bench">\n<style>{STYLE}</style>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _bars(chart: Bars, top: int) -> tuple[list[str], int]:
    scale = (WIDTH - LEFT - RIGHT) / max(chart.values.values())
    parts = [_text(0, top + 20, chart.title, "title")]
    for number, (label, value) in enumerate(chart.values.items()):
        y = top + TOP + number * ROW
        length = value * scale
        parts += [
            _text(0, y + 14, label),
            f'<rect class="bar" x="{LEFT}" y="{y}" width="{length:.1f}" height="18"/>',
            _text(LEFT + length + 6, y + 14, f"{value:.3g}"),
        ]
    return parts, TOP + len(chart.values) * ROW + 14


def _curve(chart: Curve, top: int) -> tuple[list[str], int]:
    points = [point for line in chart.lines.values() for point in line]
    most_x, most_y = max(x for x, _ in points), max(y for _, y in points) * 1.1
    left, right, bottom = 60, WIDTH - 20, top + TOP + HEIGHT

    def place(x: float, y: float) -> str:
        return f"{left + x / most_x * (right - left):.1f},{bottom - y / most_y * HEIGHT:.1f}"

    parts = [
        _text(0, top + 20, f"{chart.title}, {chart.y}", "title"),
        f'<path class="axis" fill="none" d="M{left},{top + TOP}V{bottom}H{right}"/>',
        _text(0, top + TOP + 10, f"{most_y:.0f}"),
        _text(0, bottom, "0"),
        _text(left, bottom + 18, "0"),
        _text(right - 150, bottom + 18, f"{most_x:,.0f} {chart.x}"),
    ]
    parts += [
        f'<path class="line" d="M{" ".join(place(x, y) for x, y in line)}"/>'
        for line in chart.lines.values()
    ]
    return parts, TOP + HEIGHT + 40


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
