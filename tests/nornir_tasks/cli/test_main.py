"""What every subcommand of `python -m nornir_tasks` has in common."""

import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "junos").glob("*.xml"))


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "nornir_tasks", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("command", ["", "discover", "classify", "lab", "lab-control"])
def test_help_is_there(command: str) -> None:
    result = run(*filter(None, [command]), "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "usage: python -m nornir_tasks" in result.stdout


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "nornir_tasks", "classify", "--format", "json", *FIXTURES],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize(
    "arguments",
    [
        ("discover", "--inventory", "/nowhere"),
        ("classify", "/nowhere.xml"),
        ("lab", "--inventory", "/proc/nowhere"),
        ("lab-control", "--inventory", "/nowhere", "list"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr
