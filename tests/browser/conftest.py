"""One lab, one cluster, one server and one browser for all of these tests."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test.utils import setup_databases, teardown_databases
from selenium.webdriver import Chrome

from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.lab.control import call
from prestage_plugin.errors import Refused
from prestage_plugin.inventory import forget_nornir
from prestage_plugin.models import Job, Schedule
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.inventory import sync_devices
from prestage_plugin.services.schedule import cancel_schedule
from tests.browser.chromium import console_errors, look, running_chromium
from tests.browser.person import Person
from tests.browser.server import running_server
from tests.prestage_plugin.cluster import running_cluster, wait_for
from tests.prestage_plugin.factories import OPERATOR, make_user

DEVICES = 60
BROKEN = {"wrong-password": 2, "refuses": 1}
LATENCY_MS = 150
PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabProcess]:
    kinds = Counter(device.kind for device in Fleet.generate(devices=DEVICES, seed=5))
    fleet = Fleet.of(kinds, faults=BROKEN, seed=5)
    directory = tmp_path_factory.mktemp("lab")
    with LabProcess(fleet, latency_ms=LATENCY_MS, directory=directory) as process:
        yield process


@pytest.fixture
def slow_devices(lab: LabProcess) -> Iterator[None]:
    """Let a job last much longer than the test."""
    call(lab.inventory_directory, "set-latency", str(10 * LATENCY_MS))
    yield
    call(lab.inventory_directory, "set-latency", str(LATENCY_MS))


@pytest.fixture(scope="session")
def database(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """One database for all tests: the processes that stand on it outlive each of them."""
    with django_db_blocker.unblock():
        config = setup_databases(verbosity=0, interactive=False)
        yield
        teardown_databases(config, verbosity=0)


@pytest.fixture(scope="session")
def site(
    lab: LabProcess, database: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a site with devices, a worker and users; the tests share it."""
    inventory, logs = lab.inventory_directory, tmp_path_factory.mktemp("logs")
    settings.PRESTAGE = {"NORNIR_CONFIG": str(inventory / "config.yaml")}
    forget_nornir()
    sync_devices()
    make_user("alice", *OPERATOR, "view_schedule", password=PASSWORD)
    User.objects.create_superuser("admin", password=PASSWORD)
    with (
        running_server(inventory=inventory, log=logs / "server") as address,
        # Few at a time, so that there is something to watch.
        running_cluster(
            inventory=inventory,
            log=logs / "worker",
            command=("prestage_worker",),
            WORKERS=4,
            MOST_WORKERS=4,
        ),
    ):
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chrome]:
    with running_chromium() as driver:
        yield driver


@pytest.fixture
def person(chromium: Chrome, site: str) -> Iterator[Person]:
    """Somebody at the browser; the console must stay without errors."""
    look(chromium, "light")
    console_errors(chromium)
    yield Person(chromium, site)
    assert console_errors(chromium) == []


@pytest.fixture
def operator(person: Person) -> Person:
    """Alice, who starts jobs and looks at the own ones."""
    person.enter_as(User.objects.get(username="alice"))
    return person


@pytest.fixture
def administrator(person: Person) -> Person:
    person.enter_as(User.objects.get(username="admin"))
    return person


@pytest.fixture(autouse=True)
def quiet(site: str) -> Iterator[None]:
    """After each test, end the jobs and series that it left."""
    yield
    for schedule in Schedule.objects.active():
        cancel_schedule(schedule_id=schedule.pk, actor="test")
    for job in Job.objects.active():
        with suppress(Refused):  # it ended meanwhile
            cancel_job(job_id=job.pk, actor="test", force=True)
        wait_for(job)


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where the screenshots go; continuous integration keeps them."""
    return Path(__file__).parents[2] / "build" / "screenshots"
