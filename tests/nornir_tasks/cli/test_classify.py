"""`python -m nornir_tasks classify`: offline, for files and standard input."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nornir_tasks.cli import main

FOLDER = Path(__file__).parents[2] / "fixtures" / "junos"
NPE = str(FOLDER / "mx-npe.xml")
SYSTEMS = str(FOLDER / "logical-systems.xml")


def results(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["results"]
    return found


def test_the_json_has_the_promised_shape(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "--format", "json", NPE]) == 0
    (result,) = results(capsys.readouterr().out)
    assert set(result) >= {
        "source",
        "device",
        "role",
        "loopback",
        "loopback_alternatives",
        "flags",
        "capabilities",
        "rules",
        "interfaces",
        "warnings",
    }
    assert (result["source"], result["device"], result["role"]) == (NPE, "pe1", "N-PE")
    assert [rule["id"] for rule in result["rules"]] == ["R1", "R2", "R3", "R4", "R5", "R6"]
    assert result["rules"][3]["verdict"] == "pass"
    assert result["rules"][3]["evidence"] == [
        {"path": "protocols/ldp/interface[lo0.0]", "value": ""}
    ]
    port = next(port for port in result["interfaces"] if port["name"] == "ge-0/0/2")
    assert port["verdict"] == "recommended"
    assert port["rule"] == "in-service"
    assert port["in_use"] is True
    assert port["vlan_pool"] == [512, 4094]
    assert port["warnings"] == []


def test_a_logical_system_is_a_result_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "--format", "json", SYSTEMS, NPE]) == 0
    found = results(capsys.readouterr().out)
    assert [(result["source"], result["device"]) for result in found] == [
        (SYSTEMS, "host1"),
        (SYSTEMS, "host1:LS-PE"),
        (SYSTEMS, "host1:LS-P"),
        (NPE, "pe1"),
    ]


def test_profile_and_policy_are_applied(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(FOLDER / "mx-p.xml")
    roles = []
    for options in ([], ["--profile", "extended"], ["--capability-policy", "none"]):
        assert main(["classify", "--format", "json", *options, path]) == 0
        roles.append(results(capsys.readouterr().out)[0]["role"])
    assert roles == ["UNKNOWN", "P", "N-PE"]


def test_the_table_shows_every_device(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", NPE, SYSTEMS]) == 0
    table = capsys.readouterr().out
    for word in ("pe1", "N-PE", "10.0.0.1", "capabilities", "host1:LS-P", "ebgp", "5 of 14"):
        assert word in table


def test_standard_input_is_read_for_a_dash(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(NPE).read_bytes())))
    assert main(["classify", "--format", "json", "-"]) == 0
    (result,) = results(capsys.readouterr().out)
    assert (result["source"], result["device"]) == ("-", "pe1")


BAD = {
    "empty.xml": b"",
    "cut.xml": b"<configuration><system>",
    "other.xml": b"<html/>",
    "text.conf": b"system { host-name r1; }",
    "bomb.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "two.xml": b"<a><configuration/><configuration/></a>",
    "deep.xml": b"<a>" * 300 + b"</a>" * 300,
}


@pytest.mark.parametrize("format_", ["json", "table"])
def test_each_bad_file_is_one_line_and_the_others_are_still_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str
) -> None:
    paths = []
    for name, data in BAD.items():
        (tmp_path / name).write_bytes(data)
        paths.append(str(tmp_path / name))
    paths += [str(tmp_path / "missing.xml"), str(tmp_path), "null\0byte"]
    assert main(["classify", "--format", format_, *paths[:3], NPE, *paths[3:]]) == 2
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert len(lines) == len(paths)
    for line, path in zip(lines, paths, strict=True):
        assert line.startswith(f"error: {path.replace(chr(0), '?')}: ")
    assert "pe1" in captured.out
    assert "Traceback" not in captured.err


def test_json_is_printed_also_when_every_file_is_bad(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "--format", "json", "/nowhere.xml"]) == 2
    assert results(capsys.readouterr().out) == []


def test_a_host_name_cannot_control_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil.xml"
    name = "<system><host-name>\u009b31m[bold]r1[/bold]</host-name></system>"
    path.write_text(f"<configuration>{name}</configuration>", encoding="utf-8")
    assert main(["classify", str(path)]) == 0
    table = capsys.readouterr().out
    assert "?31m[bold]r1[/bold]" in table


def test_the_reason_of_a_bad_file_has_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    main(["classify", "/nowhere.xml"])
    assert capsys.readouterr().err == (
        "error: /nowhere.xml: the file cannot be read: No such file or directory. [bad-request]\n"
    )


def test_the_command_works_as_a_program_with_help_that_teaches() -> None:
    command = [sys.executable, "-m", "nornir_tasks", "classify"]
    shown = subprocess.run(
        [*command, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "examples:" in shown.stdout
    with Path(NPE).open("rb") as file:
        judged = subprocess.run(
            [*command, "-"], stdin=file, capture_output=True, text=True, check=True, timeout=60
        )
    assert "pe1" in judged.stdout
    assert judged.stderr == ""


def test_unknown_options_are_refused_by_name() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["classify", "--profile", "cisco", NPE])
    assert caught.value.code == 2
