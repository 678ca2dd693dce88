"""The child of `LabProcess`: its order comes as one JSON line on standard input.

It answers with one JSON line when it listens, and ends when its standard input is closed.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

from nornir_tasks.errors import PrestageError
from nornir_tasks.lab.fleet import Fleet
from nornir_tasks.lab.options import LabOptions
from nornir_tasks.lab.server import Lab
from nornir_tasks.lab.serving import run_until_signalled

__all__: list[str] = []


def main() -> int:
    """Run the lab and return the exit status."""
    # Faults make asyncssh warn about exactly what they are there for.
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL)
    line = sys.stdin.readline()
    if not line:
        return 1
    order = json.loads(line)
    try:
        asyncio.run(
            run_until_signalled(
                Fleet.from_rows(order["fleet"]),
                LabOptions(**order["options"]),
                Path(order["directory"]),
                _ready,
            )
        )
    except PrestageError as error:
        _say({"error": error.text})
        return 2
    return 0


def _ready(lab: Lab, ended: asyncio.Event) -> None:
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    _say({"port": lab.port})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
