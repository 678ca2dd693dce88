"""Commits that `lab-control` makes in the name of an operator."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from nornir_tasks.errors import PrestageError
from nornir_tasks.lab import CommitEvent, Fleet, Lab, LabInventory, LabOptions, LabProcess
from nornir_tasks.lab.commands import execute

from .client import COMMITTED, find, session
from .test_candidate import describe

FLEET = Fleet.of({"npe": 2, "p": 1})
NPE = FLEET.devices[0]


class Control:
    """Runs commands in this process, so that a test sees what observers see."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self.lab = lab
        self.inventory = LabInventory(directory)
        self.inventory.write(lab)
        self.events: list[CommitEvent] = []
        lab.observers.extend((self.events.append, self.inventory.follow(lab)))

    def __call__(self, command: str, *arguments: str) -> Any:
        return execute(self.lab, self.inventory, command, list(arguments))

    def written_truth(self, name: str) -> Any:
        return json.loads((self.inventory.directory / "truth.json").read_text())[name]


def test_a_commit_changes_nothing_but_the_commit_time_and_the_user(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            Lab(FLEET, LabOptions(commit_user="bob", host_key="ed25519")) as lab,
            session(lab, NPE) as raw,
        ):
            control = Control(lab, tmp_path)
            before = await raw.rpc(COMMITTED)
            shown = control("commit", NPE.name)
            after = await raw.rpc(COMMITTED)
            seconds, user = "c:configuration/@junos:commit-seconds", "//@junos:commit-user"
            assert int(find(after, seconds)[0]) > int(find(before, seconds)[0])
            assert find(after, user) == ["bob"]
            assert find(before, "//c:name") == find(after, "//c:name")
            assert shown["kind"] == "npe"
            assert shown["truth"] == NPE.truth.as_dict()
            (event,) = control.events
            assert (event.user, event.session_id, event.operation) == ("bob", None, "")

    asyncio.run(scenario())


def test_a_commit_leaves_the_candidate_of_others_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(host_key="ed25519")) as lab, session(lab, NPE) as raw:
            await raw.rpc(describe("unfinished"))
            Control(lab, tmp_path)("commit", NPE.name)
            assert lab.device(NPE.name).store.modified
            assert lab.device(NPE.name).store.generated

    asyncio.run(scenario())


def test_an_unconfirmed_commit_brings_back_kind_truth_and_configuration(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(host_key="ed25519")) as lab, session(lab, NPE) as raw:
            control = Control(lab, tmp_path)
            undone = asyncio.Event()
            lab.observers.append(lambda event: undone.set() if event.rollback else None)
            names = find(await raw.rpc(COMMITTED), "//c:name")
            risky = control("commit-confirmed", NPE.name, "ce", "0.2")
            assert (risky["kind"], risky["unconfirmed"]) == ("ce", True)
            assert control.written_truth(NPE.name)["role_csd"] == "P"
            async with asyncio.timeout(10):
                await undone.wait()
            shown = control("show", NPE.name)
            assert (shown["kind"], shown["unconfirmed"]) == ("npe", False)
            assert shown["commit_seconds"] > risky["commit_seconds"]
            assert shown["truth"] == NPE.truth.as_dict() == control.written_truth(NPE.name)
            assert find(await raw.rpc(COMMITTED), "//c:name") == names
            assert [(e.user, e.confirmed, e.rollback) for e in control.events] == [
                ("alice", True, False),
                ("root", False, True),
            ]

    asyncio.run(scenario())


@pytest.mark.parametrize("command", ["confirm", "commit"])
def test_a_confirmed_commit_stays(tmp_path: Path, command: str) -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(host_key="ed25519")) as lab:
            control = Control(lab, tmp_path)
            control("commit-confirmed", NPE.name, "ce", "0.2")
            assert control(command, NPE.name)["unconfirmed"] is False
            await asyncio.sleep(0.4)
            assert control("show", NPE.name)["kind"] == "ce"
            assert [event.rollback for event in control.events] == [False, False]

    asyncio.run(scenario())


def test_a_client_confirms_what_the_operator_committed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(host_key="ed25519")) as lab, session(lab, NPE) as raw:
            control = Control(lab, tmp_path)
            control("commit-confirmed", NPE.name, "ce", "60")
            await raw.rpc("<commit/>")
            shown = control("show", NPE.name)
            assert (shown["kind"], shown["unconfirmed"]) == ("ce", False)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("commit",), "Use it as: commit DEVICE"),
        (("commit", "pe9"), "The lab has no device 'pe9'"),
        (("confirm", "npe-00001"), "No commit on npe-00001 waits"),
        (("commit-confirmed", "npe-00001", "ce", "soon"), "number of seconds, not 'soon'"),
        (("commit-confirmed", "npe-00001", "ce", "nan"), "number of seconds, not 'nan'"),
        (("commit-confirmed", "npe-00001", "ce", "0"), "longer than 0 seconds"),
        (("commit-confirmed", "npe-00001", "toaster", "5"), "There is no kind 'toaster'"),
    ],
)
def test_wrong_commits_are_refused_and_change_nothing(
    tmp_path: Path, command: tuple[str, ...], text: str
) -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(host_key="ed25519")) as lab:
            control = Control(lab, tmp_path)
            with pytest.raises(PrestageError, match=text):
                control(*command)
            assert control.events == []

    asyncio.run(scenario())


def test_a_lab_in_a_process_takes_the_same_commands() -> None:
    with LabProcess(FLEET, host_key="ed25519", commit_user="bob") as lab:
        lab.control("commit-confirmed", NPE.name, "ce", "600")
        assert lab.control("confirm", NPE.name)["commit_user"] == "bob"
