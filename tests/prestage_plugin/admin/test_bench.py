"""The benchmark of the admin still runs; its numbers are for `make bench-admin`."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

TINY = (
    *("--jobs", "600", "900", "--devices", "10", "120", "--calls", "1", "--turns", "1"),
    *("--backends", "sqlite"),
)


@pytest.mark.slow
def test_the_benchmark_writes_its_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.admin", *TINY, "--output", str(page)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    text = page.read_text(encoding="utf-8")
    assert "| page | 600 jobs | 900 jobs | ratio | CPU |" in text
    assert "| a job: details |" in text
