"""What `discover` prints: the evaluations in three formats, and the devices that failed."""

import csv
import json
from collections.abc import Mapping, Sequence
from typing import TextIO

from nornir_tasks.cli.output import evaluation_json, printable, write_table
from nornir_tasks.errors import REGISTRY
from nornir_tasks.evaluation import Evaluation
from nornir_tasks.outcome import Discovery, HostError

__all__ = ["FORMATS", "write_failures", "write_results"]

FORMATS = ("table", "json", "csv")

_COLUMNS = (
    "device",
    "role",
    "reason",
    "loopback",
    "capabilities",
    "uni",
    "interfaces",
    "warnings",
    "error_code",
    "error",
)


def write_results(
    discoveries: Sequence[Discovery],
    errors: Mapping[str, HostError],
    output: str,
    stream: TextIO,
) -> None:
    """Write what was found, in the order of the inventory.

    Args:
        discoveries: Devices that were read.
        errors: Devices that failed, by name; the table leaves them out, `write_failures` has them.
        output: One of `FORMATS`. JSON is that of `classify` with a list `errors` beside
            `results`; CSV has a row for each device and logical system.
        stream: Where to.
    """
    found = [(d.host, evaluation) for d in discoveries for evaluation in d.evaluations]
    if output == "json":
        document = {
            "results": [evaluation_json(host, evaluation) for host, evaluation in found],
            "errors": [
                {"device": name, "code": error.code, "text": error.text}
                for name, error in errors.items()
            ],
        }
        stream.write(json.dumps(document, indent=2) + "\n")
    elif output == "csv":
        writer = csv.DictWriter(stream, _COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(_row(evaluation) for _, evaluation in found)
        writer.writerows(
            {"device": _cell(name), "error_code": error.code, "error": _cell(error.text)}
            for name, error in errors.items()
        )
    elif found:
        write_table((evaluation for _, evaluation in found), stream)


def write_failures(errors: Mapping[str, HostError], stream: TextIO) -> None:
    """Write one line for each device that failed: name, code, what happened, what to do."""
    for name, error in errors.items():
        action = REGISTRY[error.code].action
        stream.write(printable(f"{name}: {error.code}: {error.text} {action}") + "\n")


def _row(evaluation: Evaluation) -> dict[str, object]:
    return {
        "device": _cell(evaluation.device),
        "role": evaluation.role.value,
        "reason": _cell(evaluation.reason),
        "loopback": _cell(evaluation.loopback or ""),
        "capabilities": _cell(" ".join(evaluation.capabilities)),
        "uni": evaluation.uni_count,
        "interfaces": len(evaluation.interfaces),
        "warnings": _cell(" ".join(evaluation.warnings)),
    }


def _cell(text: str) -> str:
    """Keep a spreadsheet from taking a device's text for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
