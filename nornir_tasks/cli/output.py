"""How evaluations look: a table for people, JSON for programs (shared by the subcommands)."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nornir_tasks.evaluation import Evaluation, Role

__all__ = ["evaluation_json", "printable", "render_json", "render_table", "write_table"]

_STYLES = {Role.N_PE: "green", Role.P: "cyan", Role.UNKNOWN: "yellow"}
_HEADINGS = ("Device", "Role", "Reason", "Loopback", "Ready for", "UNI", "Warnings")
_WHOLE = ("Device", "Role", "Reason", "Loopback", "UNI")
# Where the output is no terminal, nobody's window decides how wide a line may be.
_FILE_WIDTH = 200


def render_table(evaluations: Iterable[Evaluation]) -> Table:
    """Return a table with one row for each evaluation; warnings only where there are any."""
    shown = list(evaluations)
    headings = list(_HEADINGS)
    if not any(evaluation.warnings for evaluation in shown):
        headings.remove("Warnings")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in headings:
        # Names and addresses stay whole in a narrow terminal; lists can be broken.
        table.add_column(heading, no_wrap=heading in _WHOLE, overflow="fold")
    for evaluation in shown:
        table.add_row(*_cells(evaluation)[: len(headings)])
    return table


def write_table(evaluations: Iterable[Evaluation], stream: TextIO) -> None:
    """Write the table to a stream, in colour where it is a terminal that has them."""
    width = None if stream.isatty() else _FILE_WIDTH
    Console(file=stream, width=width).print(render_table(evaluations))


def evaluation_json(source: str, evaluation: Evaluation) -> dict[str, Any]:
    """Return one entry of `results`.

    Args:
        source: Where the configuration came from: a file's name, or a device's.
        evaluation: What the rules say about it.
    """
    return {"source": source, **evaluation.as_dict()}


def render_json(results: Sequence[dict[str, Any]]) -> str:
    """Return the JSON document of several results, ending in a line break."""
    return json.dumps({"results": results}, indent=2) + "\n"


def printable(text: str) -> str:
    """Return text of a stranger on one line and without characters that control a terminal."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def _cells(evaluation: Evaluation) -> list[Text]:
    role = Text(evaluation.role.value, style=_STYLES[evaluation.role])
    reason = ", ".join((evaluation.reason, *evaluation.flags))
    rest = (
        reason,
        evaluation.loopback or "none",
        ", ".join(evaluation.capabilities) or "none",
        f"{evaluation.uni_count} of {len(evaluation.interfaces)}",
        ", ".join(evaluation.warnings),
    )
    return [Text(printable(evaluation.device)), role, *(Text(printable(cell)) for cell in rest)]
