"""The benchmark of events works; how fast anything is, is no matter of a test."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.page import BEGIN, END, write_page
from tests.bench_events.__main__ import PAGE
from tests.bench_events.databases import DATABASES, why_left_out
from tests.bench_events.fleet import address_of, events_of, name_of
from tests.bench_events.sources import SOURCES

EVENTS, DEVICES = 200, 20
ROOT = Path(__file__).parents[1]


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.bench_events", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("source", list(SOURCES))
def test_every_event_is_accepted_and_every_device_is_read_once(source: str) -> None:
    # Each database with every other source, for the sake of time.
    database = DATABASES[list(SOURCES).index(source) % len(DATABASES)]
    if why_left_out(database):
        database = "sqlite"
    done = bench(
        *("--events", str(EVENTS), "--devices", str(DEVICES)),
        *("--sources", source, "--databases", database),
    )
    assert done.returncode == 0, done.stderr
    [row] = [line for line in done.stdout.splitlines() if line.startswith(f"| {source}, ")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[0] == f"{source}, {database}"
    assert re.fullmatch(r"[\d,]+", cells[1])
    # A subscription is an event of its own, and none of those that are measured.
    earlier = f" ({DEVICES} earlier)" if source == "netconf" else ""
    assert cells[2] == f"{EVENTS} = {EVENTS} + 0{earlier}"
    assert cells[-1] == f"{DEVICES}, 1, {DEVICES}"


def test_the_help_teaches() -> None:
    done = bench("--help")
    assert done.returncode == 0
    for word in (*SOURCES, *DATABASES, "--write", "examples:"):
        assert word in done.stdout


@pytest.mark.parametrize("wrong", [("--events", "0"), ("--sources", "rumours"), ("--devices", "x")])
def test_what_cannot_be_measured_is_refused(wrong: tuple[str, str]) -> None:
    done = bench(*wrong)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_devices_take_turns_and_have_an_address_of_this_machine_each() -> None:
    addresses = {address_of(number) for number in range(10_000)}
    assert len(addresses) == len({name_of(number) for number in range(10_000)}) == 10_000
    assert all(address.startswith("127.") for address in addresses)
    assert sum(events_of(number, events=203, devices=20) for number in range(20)) == 203


def test_the_table_goes_between_the_marks_of_the_page(tmp_path: Path) -> None:
    text = PAGE.read_text()
    assert text.count(BEGIN) == text.count(END) == 1
    copy = tmp_path / "page.md"
    copy.write_text(text)
    write_page(copy, "a table\n")
    write_page(copy, "another table\n")
    written = copy.read_text()
    assert f"{BEGIN}\nanother table\n{END}" in written
    assert "a table\n" not in written.replace("another table", "")
    assert written.startswith(text[: text.index(BEGIN)])
    assert written.endswith(text[text.index(END) :])
