"""The command line of `python -m tests.fuzz`, which is read before Django is set up."""

import argparse

__all__ = ["parse"]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="See make fuzz-api.")
    add = parser.add_argument
    add(
        "--database",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="what the site is on (default: %(default)s)",
    )
    add(
        "--examples", type=int, default=10, help="requests of each operation (default: %(default)s)"
    )
    add("--callers", help="only these, with commas between (default: every kind)")
    add(
        "--thorough",
        default="superuser,owner",
        help="for whom every keyword of every schema is gone through, which would show the same "
        "for the others (default: %(default)s)",
    )
    add("--seconds", type=int, help="go on for so long (default: only the examples)")
    add("--at-least", type=int, default=0, help="cases; fewer are a fault (default: any number)")
    add("--seed", type=int, default=1, help="the same seed sends the same (default: %(default)s)")
    return parser.parse_args()
