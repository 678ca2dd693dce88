"""`manage.py prestage` as a process: exit statuses, errors, a terminal and a real cluster."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from nornir_tasks.lab import Fleet, LabProcess
from prestage_plugin.models import Job
from prestage_plugin.states import JobState
from tests.prestage_plugin.acceptance.test_main_job import synchronise
from tests.prestage_plugin.cluster import running_cluster
from tests.prestage_plugin.commands.calling import NO_DATABASE, process

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_errors_are_one_line_and_status_2_on_the_command_line(tmp_path: Path) -> None:
    result = process("prestage", "retry", "99", folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "CommandError: There is no job #99. [unknown-job]\n"
    assert process("prestage", folder=tmp_path).returncode == 2


def test_a_database_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    result = process("prestage", "status", folder=tmp_path, database=NO_DATABASE)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.endswith("(manage.py migrate). [database]\n")


@pytest.mark.parametrize(
    "subcommand", ["run", "retry", "schedule", "cancel", "status", "purge", "export"]
)
def test_help_teaches_with_examples(subcommand: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("prestage", subcommand, "--help")
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert f"examples:\n  manage.py prestage {subcommand}" in out


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_run_follows_a_real_job_on_a_terminal_and_ctrl_c_detaches(
    settings: Any, tmp_path: Path
) -> None:
    with LabProcess(Fleet.of({"npe": 40}), latency_ms=50, directory=tmp_path / "lab") as lab:
        synchronise(settings, lab)
        with running_cluster(
            inventory=lab.inventory_directory,
            log=tmp_path / "log",
            command=("prestage_worker", "--processes", "1"),
        ):
            status, shown = on_a_terminal("prestage", "run")
            assert status == 0, shown
            assert "40 of 40 devices prestaged" in shown
            assert "40/40" in shown
            status, shown = on_a_terminal("prestage", "run", interrupt_at="is accepted")
            assert status == 130, shown
            assert "Detached" in shown
            give_up = time.monotonic() + 60
            while not Job.objects.latest("pk").is_terminal:
                assert time.monotonic() < give_up
                time.sleep(0.1)
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.SUCCESS}


def on_a_terminal(*arguments: str, interrupt_at: str | None = None) -> tuple[int, str]:
    """Run a command on a terminal of its own; return its exit status and what it showed."""
    ours, theirs = pty.openpty()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PRESTAGE_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "COLUMNS": "160",
        "TERM": "xterm",
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "django", *arguments],
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break  # the last one who had the terminal open is gone
            if not piece:
                break
            shown += piece
            if interrupt_at is not None and interrupt_at.encode() in shown:
                interrupt_at = None
                time.sleep(0.3)  # let it begin to follow
                child.send_signal(signal.SIGINT)
        return child.wait(30), shown.decode()
    finally:
        os.close(ours)
        if child.poll() is None:
            child.kill()
            child.wait()
