"""Subscriptions to real sessions of simulated devices (prestaging spec, section 6)."""

import asyncio
import logging
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.sessions.aio import session
from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.netconf import backoff, source
from prestage_plugin.models import Device
from prestage_plugin.services.inventory import sync_devices
from tests.prestage_plugin.events.netconf.subscribing import change_yaml, run, subscribing, use
from tests.prestage_plugin.events.syslog.receiving import until

pytestmark = pytest.mark.django_db(transaction=True)

PE1, PE2, PE3, PE4 = (f"npe-{number:05}" for number in range(1, 5))
SUBSCRIBED = ("", "subscribed")
CHANGED = ("alice", "netconf-config-change")
BROKEN = ("refuses", "no-banner", "wrong-password", "changed-host-key", "unknown-host-key")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do within a test what takes minutes otherwise."""
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.1)
    monkeypatch.setattr(backoff, "LONGEST_SECONDS", 0.5)
    monkeypatch.setattr(source, "REFRESH_SECONDS", 0.1)
    monkeypatch.setattr(source, "DIARY_SECONDS", 0.1)


@pytest.fixture(scope="module")
def shared_lab() -> Iterator[LabProcess]:
    """Four devices of both kinds of framing; two of them offer notifications."""
    fleet = Fleet.of({"npe": 4})
    with LabProcess(fleet, framing="mixed", host_key="ed25519", notifications=50) as lab:
        yield lab


@pytest.fixture
def lab(shared_lab: LabProcess, settings: Any) -> LabProcess:
    use(settings, shared_lab)
    return shared_lab


@pytest.fixture
def loud(lab: LabProcess) -> list[str]:
    """The devices that offer notifications."""
    names = (PE1, PE2, PE3, PE4)
    found = [name for name in names if lab.control("show", name)["notifies"]]
    assert len(found) == 2
    return found


def each_once(names: list[str], said: tuple[str, str]) -> Counter[tuple[str, str, str]]:
    return Counter((name, *said) for name in names)


async def control(lab: LabProcess, *arguments: str) -> Any:
    return await asyncio.to_thread(lab.control, *arguments)


def test_only_devices_that_offer_notifications_are_subscribed_to(
    lab: LabProcess, loud: list[str]
) -> None:
    async def scenario() -> None:
        async with subscribing() as it:
            await it.until(connected=2, unsupported=2)
            assert await it.heard() == each_once(loud, SUBSCRIBED)
            statistics = await control(lab, "statistics")
            # The others were asked and left alone.
            assert (statistics["subscriptions_open"], statistics["sessions_open"]) == (2, 2)

    run(scenario())
    assert lab.statistics()["sessions_open"] == 0


def test_a_change_of_a_device_is_handed_over_once(lab: LabProcess, loud: list[str]) -> None:
    async def scenario() -> None:
        async with subscribing() as it:
            await it.until(connected=2, unsupported=2)
            await it.heard()
            for name in (PE1, PE2, PE3, PE4):
                await control(lab, "commit", name)
            await it.until(triggers=2)
            assert await it.heard() == each_once(loud, CHANGED)

    run(scenario())


def test_own_changes_are_dropped_but_not_what_a_device_rolls_back_by_itself(
    lab: LabProcess, loud: list[str]
) -> None:
    name = loud[0]

    async def scenario() -> None:
        async with subscribing(ignored_users=["alice"]) as it:
            await it.until(connected=2, unsupported=2)
            await it.heard()
            await control(lab, "commit", name)
            await control(lab, "commit-confirmed", name, "ce", "0.2")
            await it.until(own=2, triggers=1)
            assert await it.heard() == each_once([name], ("", "netconf-config-change"))

    run(scenario())


def test_own_sessions_are_heard_of_and_trigger_nothing(lab: LabProcess, loud: list[str]) -> None:
    async def scenario() -> None:
        async with subscribing() as it:
            await it.until(connected=2, unsupported=2)
            await it.heard()
            async with subscribing() as other:
                await other.until(connected=2, unsupported=2)
            await until(lambda: it.count("received") >= 4)  # they came and went
            assert it.count("triggers") == 0
            assert await it.heard() == Counter()

    run(scenario())


def test_after_every_reconnect_the_device_counts_as_changed_once(
    lab: LabProcess, loud: list[str]
) -> None:
    async def scenario() -> None:
        async with subscribing() as it:
            await it.until(connected=2, unsupported=2)
            for times in (1, 2):
                await it.heard()
                await control(lab, "drop-subscriptions")
                await it.until(reconnects=2 * times, connected=2, failed=0)
                assert await it.heard() == each_once(loud, SUBSCRIBED)
            await control(lab, "commit", loud[0])
            await it.until(triggers=1)

    run(scenario())


def test_an_expression_picks_the_devices(lab: LabProcess, loud: list[str]) -> None:
    async def scenario() -> None:
        async with subscribing(devices=f"*,!{loud[0]}") as it:
            await it.until(connected=1, unsupported=2)
            assert await it.heard() == each_once(loud[1:], SUBSCRIBED)

    run(scenario())


def test_an_expression_that_picks_nothing_is_said_once(
    lab: LabProcess, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with subscribing(devices="group:nobody"):
            await until(lambda: "group:nobody" in caplog.text)
            await asyncio.sleep(0.5)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert caplog.text.count("No device of the inventory matches") == 1


def test_a_limit_of_open_files_that_is_too_low_is_said(
    lab: LabProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(source, "_OTHER_FILES", 10**9)

    async def scenario() -> None:
        async with subscribing():
            await until(lambda: "too few for 4 sessions" in caplog.text)

    with caplog.at_level(logging.WARNING):
        run(scenario())


def test_the_pace_is_kept(lab: LabProcess) -> None:
    async def scenario() -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        async with subscribing(per_second=4.0) as it:
            await it.until(connected=2, unsupported=2)
            assert clock() - began > 0.74  # three intervals after the first

    run(scenario())


def test_a_device_that_left_the_inventory_is_left_and_one_that_came_is_heard(
    lab: LabProcess, loud: list[str], settings: Any, tmp_path: Path
) -> None:
    gone = loud[0]
    devices = Device.objects.filter(name=gone)

    async def scenario() -> None:
        async with subscribing() as it:
            await it.until(connected=2, unsupported=2)
            await it.heard()
            await asyncio.to_thread(set_in_inventory, False)
            await it.until(connected=1)
            await until_subscribed(lab, 1)
            await asyncio.to_thread(set_in_inventory, True)
            await it.until(connected=2, reconnects=0)
            assert await it.heard() == each_once([gone], SUBSCRIBED)
            await until_subscribed(lab, 2)

    def set_in_inventory(there: bool) -> None:
        devices.update(in_inventory=there)
        close_connection()

    run(scenario())


async def until_subscribed(lab: LabProcess, number: int) -> None:
    await until(lambda: lab.statistics()["subscriptions_open"] == number)


def close_connection() -> None:
    from django.db import connection

    connection.close()


def test_a_device_with_another_address_is_reached_there(settings: Any, tmp_path: Path) -> None:
    fleet = Fleet.of({"npe": 2})
    with LabProcess(fleet, notifications=100, directory=tmp_path / "lab") as lab:
        use(settings, lab)
        hosts = lab.inventory_directory / "hosts.yaml"

        def swap(content: dict[str, Any]) -> None:
            content[PE1]["hostname"] = content[PE2]["hostname"]

        def move() -> None:
            change_yaml(hosts, swap)
            sync_devices()
            close_connection()

        async def scenario() -> None:
            async with subscribing() as it:
                await it.until(connected=2)
                await it.heard()
                await asyncio.to_thread(move)
                await it.until(subscriptions=3, connected=2)
                assert await it.heard() == each_once([PE1], SUBSCRIBED)
                devices = (await control(lab, "statistics"))["devices"]
                assert devices[PE1]["subscriptions_open"] == 0
                assert devices[PE2]["subscriptions_open"] == 2

        run(scenario())


def test_broken_devices_keep_nobody_from_the_others_and_come_back_when_mended(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    faults = dict.fromkeys((*BROKEN, "drop-after-auth"), 1)
    fleet = Fleet.of({"npe": 2}, faults=faults)
    down = next(device.name for device in fleet.devices if device.fault == "drop-after-auth")
    with LabProcess(fleet, notifications=100, directory=tmp_path / "lab") as lab:
        use(settings, lab)

        async def scenario() -> None:
            async with subscribing(logins=2) as it:
                await it.until(connected=2, failed=len(faults))
                await asyncio.sleep(1)  # for more attempts
                assert it.count("failed") == len(faults)
                await control(lab, "set-fault", down, "none")
                await it.until(connected=3, failed=len(faults) - 1, reconnects=0)
                assert (await it.heard())[(down, *SUBSCRIBED)] == 1
                statistics = await control(lab, "statistics")
                assert statistics["devices"][down]["connections"] > 2
                rejected = next(d.name for d in fleet.devices if d.fault == "wrong-password")
                assert statistics["devices"][rejected]["connections"] == 1

        with caplog.at_level(logging.INFO):
            run(scenario())
        password = str(lab_defaults(lab)["password"])
    assert caplog.text.count(down) == 2  # once when it failed, once when it was back
    assert "authentication" in caplog.text
    assert password not in caplog.text


def lab_defaults(lab: LabProcess) -> dict[str, Any]:
    found: dict[str, Any] = {}
    change_yaml(lab.inventory_directory / "defaults.yaml", found.update)
    return found


def test_a_full_queue_owes_each_device_one_event_however_many_came(
    lab: LabProcess, loud: list[str]
) -> None:
    async def scenario() -> None:
        async with subscribing(handover=HandOver(capacity=2)) as it:
            await it.until(connected=2, unsupported=2)
            assert it.handover.is_full
            for _each in range(3):
                for name in (PE1, PE2, PE3, PE4):
                    await control(lab, "commit", name)
            await it.until(triggers=6, merged=4)
            assert it.handover.waiting == 2
            handed_over: Counter[tuple[str, str, str]] = Counter()
            for _each in range(3):
                handed_over += await it.heard()
            assert handed_over == each_once(loud, SUBSCRIBED) + each_once(loud, CHANGED)
            assert it.count("merged") == 4, "all that was heard is accounted for"

    run(scenario())


def test_what_is_owed_is_handed_over_at_the_end(lab: LabProcess, loud: list[str]) -> None:
    async def scenario() -> None:
        async with subscribing(handover=HandOver(capacity=1)) as it:
            await it.until(connected=2, unsupported=2)
            assert it.handover.waiting == 1
        assert it.handover.waiting == 2
        assert await it.heard() == each_once(loud, SUBSCRIBED)

    run(scenario())


def test_an_inventory_that_cannot_be_read_for_a_while_leaves_the_sessions_as_they_are(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with LabProcess(Fleet.of({"npe": 1}), notifications=100, directory=tmp_path / "lab") as lab:
        use(settings, lab)
        hosts = lab.inventory_directory / "hosts.yaml"
        content = hosts.read_text()

        async def scenario() -> None:
            async with subscribing() as it:
                await it.until(connected=1)
                hosts.write_text("{")
                await until(lambda: "cannot be read now" in caplog.text)
                await control(lab, "commit", PE1)
                await it.until(triggers=1)
                hosts.write_text(content)
                await asyncio.sleep(0.5)
                assert (it.count("connected"), it.count("subscriptions")) == (1, 1)

        with caplog.at_level(logging.WARNING):
            run(scenario())
    assert caplog.text.count("cannot be read now") == 1


@pytest.mark.usefixtures("lab")
def test_a_defect_of_its_own_ends_it_instead_of_leaving_it_deaf(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_arguments: object) -> None:
        raise TypeError("a defect")

    monkeypatch.setattr(source.NetconfSource, "_adopt", fail)

    async def scenario() -> None:
        with pytest.raises(TypeError, match="a defect"):
            await asyncio.wait_for(source.NetconfSource(source.NetconfOptions()).run(HandOver()), 9)

    run(scenario())


def test_it_ends_in_time_although_devices_hang(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "CLOSE_SECONDS", 0.5)
    monkeypatch.setattr(session, "CLOSE_SECONDS", 3600.0)  # for a device's answer to a farewell
    fleet = Fleet.of({"npe": 5})
    with LabProcess(fleet, notifications=100, directory=tmp_path / "lab") as lab:
        use(settings, lab)

        async def scenario() -> None:
            assert lab._child is not None
            clock = asyncio.get_running_loop().time
            async with subscribing() as it:
                await it.until(connected=5)
                lab._child.send_signal(signal.SIGSTOP)
                began = clock()
            assert clock() - began < 10
            assert it.count("connected") == 0
            assert len(asyncio.all_tasks()) == 1

        try:
            run(scenario())
        finally:
            assert lab._child is not None
            lab._child.send_signal(signal.SIGCONT)


def test_it_ends_at_once_while_sessions_are_being_opened(lab: LabProcess) -> None:
    async def scenario() -> None:
        async with subscribing(per_second=1.0) as it:
            await until(lambda: it.count("waiting_devices") == 3)
        assert len(asyncio.all_tasks()) == 1

    run(scenario())
    assert lab.statistics()["sessions_open"] == 0
