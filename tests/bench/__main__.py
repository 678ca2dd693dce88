"""`make bench`: how fast a whole job is, against a plain script and against the physical limit.

Each chapter is a process of its own, because Django is set up in it. Within a chapter everything
that is compared is measured in turns, so that what else the machine does hits all of it. Writes the
figures into docs/performance.md and the charts into docs/images/performance.svg.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from tests.bench import document
from tests.bench.chapter import Chapter

CHAPTERS: dict[str, tuple[str, dict[str, int]]] = {
    "throughput": ("throughput", {}),
    "unchanged": ("unchanged", {"size": 30_000}),
    "unchanged-large": ("unchanged", {"size": 1_000_000}),
    "slow": ("slow", {}),
    "scale": ("scale", {}),
    "waiting": ("waiting", {}),
    "role": ("role", {}),
}
"""Module and options of each chapter, by its name."""

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    """Measure what is asked for, print it, and write it down when it is everything."""
    arguments = parse()
    if arguments.json:
        [name] = arguments.chapters
        json.dump(asdict(measure(name, arguments)), sys.stdout)
        return
    chapters = [run(name, arguments) for name in arguments.chapters]
    if arguments.chapters != list(CHAPTERS):
        return
    written = document.write(
        chapters, page=DOCS / "performance.md", picture=DOCS / "images" / "performance.svg"
    )
    sys.stdout.write(written)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("chapters", nargs="*", choices=[[], *CHAPTERS], help="default: all")
    parser.add_argument("--devices", type=int, default=1000, help="routers (1000)")
    parser.add_argument("--turns", type=int, default=3, help="turns (3)")
    parser.add_argument(
        "--scale", type=int, default=100, help="percentage of the 10,000 devices and of tries (100)"
    )
    parser.add_argument("--json", action="store_true", help="print one chapter for a program")
    arguments = parser.parse_args()
    arguments.chapters = arguments.chapters or list(CHAPTERS)
    return arguments


def measure(name: str, arguments: argparse.Namespace) -> Chapter:
    """Measure one chapter in this process."""
    module, options = CHAPTERS[name]
    vars(arguments).update(options)
    chapter: Chapter = import_module(f"tests.bench.chapters.{module}").measure(arguments)
    return chapter


def run(name: str, arguments: argparse.Namespace) -> Chapter:
    """Measure one chapter in a process of its own, and print it.

    Raises:
        SystemExit: It failed.
    """
    sys.stderr.write(f"{name} ...\n")
    numbers = (f"--{each}={getattr(arguments, each)}" for each in ("devices", "turns", "scale"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", name, "--json", *numbers],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the chapter {name} failed")
    chapter = Chapter.from_json(json.loads(done.stdout))
    sys.stderr.write(document.as_text(chapter))
    return chapter


if __name__ == "__main__":
    main()
