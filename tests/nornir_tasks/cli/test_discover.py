"""`python -m nornir_tasks discover` as an engineer uses it."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_tasks.cli import main
from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.lab import SimulatedDevice as Device

Captured = pytest.CaptureFixture[str]


def fault(fleet: Fleet, name: str) -> Device:
    return next(device for device in fleet if device.fault == name)


def discover(lab: LabProcess, *arguments: str) -> int:
    return main(["discover", "--inventory", str(lab.inventory_directory), *arguments])


def test_devices_that_work_are_a_table_and_status_0(lab: LabProcess, capsys: Captured) -> None:
    assert discover(lab, "--limit", "npe-00001,p-00001") == 0
    shown = capsys.readouterr()
    assert "npe-00001" in shown.out
    assert "N-PE" in shown.out
    assert shown.err == ""


def test_a_device_that_fails_is_a_line_on_standard_error_and_status_1(
    lab: LabProcess, fleet: Fleet, capsys: Captured, lab_password: str
) -> None:
    broken = fault(fleet, "rpc-error").name
    assert discover(lab, "--limit", f"npe-00001,{broken}") == 1
    shown = capsys.readouterr()
    assert "npe-00001" in shown.out
    assert shown.err.startswith(f"{broken}: rpc-error: The device answered with an error")
    assert shown.err.count("\n") == 1
    assert lab_password not in shown.out + shown.err


def test_json_has_the_shape_of_classify_and_the_errors(
    lab: LabProcess, fleet: Fleet, capsys: Captured
) -> None:
    broken = fault(fleet, "wrong-password").name
    names = f"logical-systems-00001,{broken}"
    assert discover(lab, "--limit", names, "--format", "json") == 1
    document = json.loads(capsys.readouterr().out)
    assert [result["device"] for result in document["results"]] == [
        "logical-systems-00001",
        "logical-systems-00001:LS1",
        "logical-systems-00001:LS2",
    ]
    assert {result["source"] for result in document["results"]} == {"logical-systems-00001"}
    first = document["results"][1]
    assert first["role"] == "N-PE"
    assert {"rules", "interfaces", "loopback", "flags", "warnings"} <= set(first)
    [error] = document["errors"]
    assert (error["device"], error["code"]) == (broken, "authentication")


def test_csv_has_one_row_for_each_device(lab: LabProcess, fleet: Fleet, capsys: Captured) -> None:
    broken = fault(fleet, "unknown-host-key").name
    assert discover(lab, "--limit", f"p-00001,{broken}", "--format", "csv") == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["device"], row["role"], row["error_code"]) for row in rows] == [
        ("p-00001", "UNKNOWN", ""),
        (broken, "", "host-key-unknown"),
    ]


def test_the_profile_and_the_policy_are_used(lab: LabProcess, capsys: Captured) -> None:
    options = ["--limit", "p-00001", "--format", "csv"]
    discover(lab, *options, "--profile", "extended")
    assert "p-00001,P,core-only" in capsys.readouterr().out
    discover(lab, *options, "--capability-policy", "none")
    assert "p-00001,N-PE" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["--workers", "0"], ["--deadline", "x"], ["--deadline", "inf"], ["--profile", "none"]],
)
def test_bad_options_are_status_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["discover", *arguments])
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--limit", "nobody"], ["--inventory", "/nowhere"]])
def test_bad_input_is_one_sentence_and_status_2(
    lab: LabProcess, arguments: list[str], capsys: Captured
) -> None:
    assert discover(lab, *arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1


@pytest.fixture
def slow_lab() -> Iterator[LabProcess]:
    with LabProcess(Fleet.of({"npe": 30}, seed=2), latency_ms=300) as lab:
        yield lab


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_prints_what_was_found_and_is_status_130(
    slow_lab: LabProcess, presses: int, tmp_path: Path
) -> None:
    """The first one lets devices in flight finish, the second one cuts them off."""
    command = [sys.executable, "-m", "nornir_tasks", "discover", "--format", "json"]
    command += ["--inventory", str(slow_lab.inventory_directory), "--workers", "3"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as process:
        _wait_until_some_have_finished(slow_lab, 4)
        for press in range(presses):
            if press:
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    document = json.loads(out)
    found, failed = len(document["results"]), len(document["errors"])
    assert found >= 3
    assert f"Interrupted: {30 - found - failed} of 30 devices were not started." in err
    assert {error["code"] for error in document["errors"]} <= {"aborted"}
    assert "Traceback" not in err


def _wait_until_some_have_finished(lab: LabProcess, count: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if lab.statistics()["sessions_opened"] >= count:
            return
        time.sleep(0.05)
    raise AssertionError("the devices were not asked")
