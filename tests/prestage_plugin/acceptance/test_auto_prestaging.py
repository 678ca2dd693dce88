"""Auto prestaging as a whole: a real fleet that tells of its changes, a listener, a worker."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from nornir_tasks.lab import Fleet, LabProcess
from prestage_plugin.models import ChangeEvent, DeviceChange, Job, ListenerStatus
from prestage_plugin.states import EventState, JobState, JobType
from tests.ports import free_port
from tests.prestage_plugin.admin.page import table
from tests.prestage_plugin.cluster import running_cluster
from tests.prestage_plugin.events.listening import Listening, prestage_listen, send_stream, until
from tests.prestage_plugin.events.netconf.subscribing import use
from tests.prestage_plugin.events.syslog.samples import classic

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WORKER = ("prestage_worker", "--processes", "2")
WAIT, IDLE = 3.0, 1.5
"""Seconds, instead of 20 and 10."""
A_FEW_SECONDS = 5.0
"""For the read, the ticks of the worker, and a busy machine."""
AUTO = {"AUTO": True, "AUTO_WAIT": WAIT, "AUTO_IDLE": IDLE}
ROWS = "//table[@id='result_list']"
PE1, PE2, PE3 = (f"npe-{number:05}" for number in range(1, 4))


class Site:
    """A lab whose devices tell of their changes by syslog and by notifications, and a worker."""

    def __init__(self, lab: LabProcess, *, udp: int, folder: Path) -> None:
        self.lab = lab
        self.udp, self.tcp = udp, free_port()
        self._folder = folder

    @contextmanager
    def listener(self) -> Iterator[Listening]:
        addresses = (f"127.0.0.1:{self.udp}", f"127.0.0.1:{self.tcp}")
        arguments = ("--syslog-udp", addresses[0], "--syslog-tcp", addresses[1], "--netconf")
        self._folder.mkdir(exist_ok=True)
        with prestage_listen(
            *arguments,
            folder=self._folder,
            settings=AUTO,
            inventory=self.lab.inventory_directory,
        ) as listening:
            yield listening

    def contacts(self, name: str) -> int:
        """Connections that a device has accepted so far."""
        return int(self.lab.statistics()["devices"][name]["connections"])

    def role_of(self, name: str) -> str:
        """The role that a correct client finds out."""
        return str(self.lab.control("show", name)["truth"]["role_csd"])


@pytest.fixture
def site(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("PRESTAGE_TEST_SETTINGS", json.dumps(AUTO))
    udp = free_port()
    lab = LabProcess(
        Fleet.of({"npe": 3}),
        notifications=100,
        syslog=f"udp:127.0.0.1:{udp}",
        syslog_format="mixed",
        directory=tmp_path / "lab",
    )
    with lab:
        use(settings, lab)
        settings.PRESTAGE |= AUTO
        with running_cluster(
            inventory=lab.inventory_directory, log=tmp_path / "log", command=WORKER
        ):
            yield Site(lab, udp=udp, folder=tmp_path / "listener")


@pytest.fixture
def admin() -> Client:
    user = User.objects.create_superuser("root")
    client = Client()
    client.force_login(user)
    return client


def recommended(admin: Client, name: str) -> str:
    """The recommended role of a device, as the list of devices shows it."""
    [row] = [row for row in table(admin.get("/admin/prestage/device/"), ROWS) if name in row]
    # The page puts a question mark behind a role that nobody has confirmed.
    return row[row.index("junos") + 1].removesuffix(" ?")


def settled(*, subscribed: int) -> bool:
    """Whether so many subscriptions were heard of, and all that was heard is done with."""
    return (
        ChangeEvent.objects.filter(source="netconf", detail="subscribed").count() >= subscribed
        and not ChangeEvent.objects.filter(state__in=EventState.inbox()).exists()
        and not DeviceChange.objects.pending().exists()
        and not Job.objects.filter(state__in=JobState.active()).exists()
    )


def auto_jobs() -> list[int]:
    return list(
        Job.objects.filter(job_type=JobType.AUTO).order_by("pk").values_list("pk", flat=True)
    )


def seconds_until(condition: Callable[[], bool]) -> float:
    began = time.monotonic()
    until(condition)
    return time.monotonic() - began


def test_a_change_that_is_told_in_three_ways_is_one_read_and_shows_in_the_admin(
    site: Site, admin: Client
) -> None:
    lab = site.lab
    with site.listener() as listening:
        until(lambda: settled(subscribed=3))
        assert recommended(admin, PE1) == "N-PE"
        jobs, events = auto_jobs(), ChangeEvent.objects.count()
        contacts = {name: site.contacts(name) for name in (PE1, PE2, PE3)}

        address = lab.control("set-kind", PE1, "ce")["address"]
        send_stream(address, site.tcp, classic() + b"\n")
        took = seconds_until(lambda: recommended(admin, PE1) == site.role_of(PE1))
        assert took < WAIT + A_FEW_SECONDS
        assert site.role_of(PE1) == "P"

        until(lambda: settled(subscribed=3))
        [job] = [Job.objects.get(pk=key) for key in auto_jobs() if key not in jobs]
        assert (job.name, job.state) == (f"Auto prestage {PE1}", JobState.SUCCESS)
        told = ChangeEvent.objects.order_by("pk")[events:]
        assert sorted((each.source, each.device.name) for each in told) == [
            ("netconf", PE1),
            ("syslog", PE1),
            ("syslog", PE1),
        ]
        assert {each.change.job_id for each in told if each.change is not None} == {job.pk}
        assert site.contacts(PE1) - contacts[PE1] == 1

        # Devices tell of our read as well: a login, a request, a logout. All of it is nothing.
        time.sleep(2 * (WAIT + IDLE))
        assert ChangeEvent.objects.count() == events + 3
        assert len(auto_jobs()) == len(jobs) + 1
        assert site.contacts(PE1) - contacts[PE1] == 1
        assert [site.contacts(name) for name in (PE2, PE3)] == [contacts[PE2], contacts[PE3]]
        assert listening.end() == 0
    counters = ListenerStatus.objects.get().counters
    assert counters["netconf"]["received"] > counters["netconf"]["triggers"] == 1
    assert counters["syslog"]["received"] > counters["syslog"]["triggers"] == 2
    assert counters["netconf"]["failed"] == counters["netconf"]["reconnects"] == 0


def test_commit_confirmed_and_then_commit_during_the_read_ends_with_the_second_configuration(
    site: Site, admin: Client
) -> None:
    lab = site.lab
    with site.listener() as listening:
        until(lambda: settled(subscribed=3))
        jobs, contacts = auto_jobs(), site.contacts(PE1)
        lab.control("set-latency", "1500")
        lab.control("commit-confirmed", PE1, "ce", "60")
        until(lambda: site.contacts(PE1) > contacts)
        lab.control("set-kind", PE1, "no-loopback")
        lab.control("set-latency", "0")
        assert not lab.control("show", PE1)["unconfirmed"]
        until(lambda: len(auto_jobs()) == len(jobs) + 2)
        until(lambda: settled(subscribed=3))
        assert recommended(admin, PE1) == site.role_of(PE1) == "UNKNOWN"
        assert site.contacts(PE1) - contacts == 2
        assert listening.end() == 0


def test_a_listener_that_is_killed_loses_nothing_that_it_wrote_and_makes_up_for_the_rest(
    site: Site, admin: Client
) -> None:
    lab = site.lab
    with site.listener() as listening:
        until(lambda: settled(subscribed=3))
        events = ChangeEvent.objects.count()
        until(lambda: lab.control("commit", PE2) and ChangeEvent.objects.count() > events)
        written = set(ChangeEvent.objects.values_list("pk", flat=True))
        os.kill(listening.process.pid, 9)
        listening.process.wait()
    until(lambda: lab.statistics()["subscriptions_open"] == 0)
    until(lambda: settled(subscribed=3))
    contacts = {name: site.contacts(name) for name in (PE1, PE2, PE3)}
    # Nobody hears of this one.
    lab.control("set-kind", PE1, "ce")
    assert written <= set(ChangeEvent.objects.values_list("pk", flat=True))
    with site.listener() as listening:
        until(lambda: settled(subscribed=6))
        assert recommended(admin, PE1) == "P"
        again = ChangeEvent.objects.exclude(pk__in=written).filter(detail="subscribed")
        assert sorted(again.values_list("device__name", flat=True)) == [PE1, PE2, PE3]
        # A subscription and a read.
        assert {name: site.contacts(name) - contacts[name] for name in contacts} == {
            PE1: 2,
            PE2: 2,
            PE3: 2,
        }
        assert listening.end() == 0
    assert written <= set(ChangeEvent.objects.values_list("pk", flat=True))
