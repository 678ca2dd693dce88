"""Call our management commands, in this process and as processes."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from prestage_plugin.models import Job
from tests.prestage_plugin.services.build import run_job

ROOT = Path(__file__).parents[3]
NO_DATABASE = "prestage_no_such_database"
"""Does not exist in PostgreSQL; with SQLite it is an empty file in the test's folder."""


class Answer:
    """What a command printed, and its exit status."""

    def __init__(self, *arguments: str) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.status = 0
        try:
            call_command("prestage", *arguments, stdout=out, stderr=err)
        except SystemExit as ended:
            self.status = int(str(ended.code))
        self.out, self.err = out.getvalue(), err.getvalue()


def refusal_of(*arguments: str) -> str:
    with pytest.raises(CommandError) as refusal:
        call_command("prestage", *arguments)
    assert refusal.value.returncode == 2
    return str(refusal.value)


def the_job() -> Job:
    return Job.objects.get()


def run_parallel_to(monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, Any]) -> None:
    """Let a worker do the newest job while the command waits between two looks at it."""

    def work(_seconds: float) -> None:
        run_job(Job.objects.latest("pk"), outcomes)

    monkeypatch.setattr("prestage_plugin.management.prestage_cli.following.time.sleep", work)


def process(
    *arguments: str, folder: Path, database: str | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command as a process in a folder, on the test's database or another one."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PRESTAGE_TEST_DATABASE": database or str(connection.settings_dict["NAME"]),
        "PRESTAGE_NORNIR_CONFIG": str(ROOT / "inventory" / "config.yaml"),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "django", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
