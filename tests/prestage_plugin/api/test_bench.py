"""The benchmark of the API still runs; its numbers are for `make bench-api`."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

TINY = (
    *("--jobs", "30", "60", "--calls", "1", "--polls", "1", "--turns", "1", "--backends", "sqlite"),
    *("--served", "5"),
    *("--clients", "5", "--every", "0.2", "--idle", "0.5", "--job-turns", "1", "--devices", "4"),
)


@pytest.mark.slow
def test_the_benchmark_writes_its_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.api", *TINY, "--output", str(page)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    text = page.read_text(encoding="utf-8")
    assert "| request | 30 jobs | 60 jobs | ratio |" in text
    assert "| SQLite | poll: 304 |" in text
    assert "| SQLite | gunicorn, gthread |" in text
    followed = [line.split("|") for line in text.splitlines() if "| runs |" in line]
    assert [cells[5].strip() for cells in followed] == ["0"], text
