import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from nornir_tasks.errors import PrestageError
from nornir_tasks.lab import Fleet, LabProcess

FLEET = Fleet.of({"npe": 1})
COMMAND = [sys.executable, "-m", "nornir_tasks"]


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def gone(process: psutil.Process) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_the_child_and_its_files_are_gone_after_the_with_block() -> None:
    before = children()
    with LabProcess(FLEET, host_key="ed25519") as lab:
        child = next(process for process in children() if process not in before)
        directory = lab.inventory_directory
        assert (directory / "config.yaml").exists()
    assert gone(child)
    assert not directory.exists()
    lab.stop()


def test_a_taken_port_is_one_clear_sentence() -> None:
    with LabProcess(FLEET, host_key="ed25519") as lab:
        second = LabProcess(FLEET, host_key="ed25519", port=lab.port)
        with pytest.raises(PrestageError, match=f"cannot listen on port {lab.port}"), second:
            pass
        assert not second.inventory_directory.exists()


def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import pathlib, time, sys\n"
        "from nornir_tasks.lab import Fleet, LabProcess\n"
        "lab = LabProcess(Fleet.of({'npe': 1}), host_key='ed25519',"
        " directory=pathlib.Path(sys.argv[1]))\n"
        "lab.start()\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    directory = tmp_path / "lab"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(directory)], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
    assert gone(child)
    assert not directory.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_runs_until_a_signal_and_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    directory = tmp_path / "lab"
    arguments = ["lab", "--devices", "20", "--latency", "1", "--inventory", str(directory)]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith("20 routers listen on port ")
        assert str(directory / "config.yaml") in line
        answer = subprocess.run(
            [*COMMAND, "lab-control", "--inventory", str(directory), "list"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer.stdout.count('"address"') == 20
        os.kill(process.pid, number)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
    assert not directory.exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["lab", "--inventory", "{}", "--kinds", "npe"], "--kinds takes KIND=NUMBER"),
        (["lab", "--inventory", "{}", "--kinds", "npe=1", "--faulty", "5"], "either --kinds"),
        (["lab", "--inventory", "{}", "--size", "5"], "size of a configuration"),
        (["lab", "--inventory", "{}", "--framing", "2.0"], "framing"),
        (["lab", "--inventory", "{}", "--host-key", "dsa"], "host key type"),
        (["lab", "--inventory", "/proc/nowhere"], "cannot be written"),
        (["lab-control", "--inventory", "{}", "list"], "No lab answers"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_status_two(
    tmp_path: Path, arguments: list[str], text: str
) -> None:
    filled = [argument.format(tmp_path) for argument in arguments]
    done = subprocess.run([*COMMAND, *filled], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert text in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
