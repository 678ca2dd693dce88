"""A few hundred requests made from the schema; `make fuzz-api` sends thousands."""

import re
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT

CALLERS = "superuser,owner,viewer,token events,nobody"


@pytest.mark.slow
def test_no_answer_is_outside_the_schema() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--examples", "1", "--thorough", ""]
    result = subprocess.run(
        [*command, "--callers", CALLERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    *_callers, last = result.stdout.splitlines()
    cases, worked, faults = map(int, re.findall(r"\d+", last))
    assert cases >= 400
    assert worked >= 40
    assert faults == 0
    assert result.stdout.count("stateful") == len(CALLERS.split(","))
