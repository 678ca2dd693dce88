"""What became of an event, for people (prestaging spec, section 6)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from prestage_plugin.models import ChangeEvent, Device, Job
from prestage_plugin.services.auto import mute_devices
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.states import EventFate
from tests.prestage_plugin.services.build import failure, finish, make_devices, run_job, start
from tests.prestage_plugin.services.changes import (
    AUTO,
    WAIT,
    change,
    pass_time,
    read,
    reserve,
    settle,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def auto(settings: Any) -> None:
    settings.PRESTAGE = AUTO


def auto_job() -> Job:
    job = settle()
    assert job is not None
    return job


def muted() -> None:
    mute_devices(device_ids=Device.objects.values_list("pk", flat=True))
    coalesce()


def muted_later() -> None:
    coalesce()
    mute_devices(device_ids=Device.objects.values_list("pk", flat=True))
    pass_time(WAIT + 1)
    assert coalesce() is None


def left_the_inventory() -> None:
    coalesce()
    Device.objects.update(in_inventory=False)


def absorbed() -> None:
    read(reserve(start()), "pe1")
    coalesce()


def found_unchanged() -> None:
    run_job(start(), {})
    read(reserve(auto_job()), "pe1")


def failed() -> None:
    finish(reserve(auto_job()), {"pe1": failure()})


def absorbed_and_failed() -> None:
    finish(reserve(start()), {"pe1": failure()})
    coalesce()


def cancelled() -> None:
    cancel_job(job_id=auto_job().pk, actor="bob")


def read_by_its_job() -> None:
    run_job(auto_job(), {})


FATES: list[tuple[Callable[[], object], EventFate]] = [
    (lambda: None, EventFate.RECEIVED),
    (muted, EventFate.MUTED),
    (muted_later, EventFate.MUTED),
    (coalesce, EventFate.PENDING),
    (left_the_inventory, EventFate.NOT_IN_INVENTORY),
    (auto_job, EventFate.STARTED),
    (read_by_its_job, EventFate.STARTED),
    (absorbed, EventFate.ABSORBED),
    (found_unchanged, EventFate.UNCHANGED),
    (failed, EventFate.FAILED),
    (absorbed_and_failed, EventFate.FAILED),
    (cancelled, EventFate.CANCELLED),
]


@pytest.mark.parametrize(("happened", "fate"), FATES)
def test_an_event_says_what_became_of_it(happened: Callable[[], object], fate: EventFate) -> None:
    make_devices("pe1")
    change("pe1")
    happened()
    events = ChangeEvent.objects.with_fates()
    event = events.latest("pk")
    assert event.fate == fate
    found = [each for each in EventFate if event in events.of_fates([each])]
    assert found == [fate]


def test_there_is_no_other_fate() -> None:
    assert {fate for _happened, fate in FATES} == set(EventFate)


@pytest.mark.parametrize(("happened", "fate"), FATES)
def test_every_fate_that_a_job_decided_names_the_job(
    happened: Callable[[], object], fate: EventFate
) -> None:
    make_devices("pe1")
    change("pe1")
    happened()
    answer = ChangeEvent.objects.with_fates().latest("pk").change
    undecided = list(EventFate)[:4]
    assert (answer is None or answer.job is None) == (fate in undecided)


def test_the_fates_of_any_number_of_events_are_one_query() -> None:
    devices = make_devices(*(f"pe{number}" for number in range(30)))
    for device in devices:
        change(device.name)
    for count in (1, 30):
        with CaptureQueriesContext(connection) as queries:
            fates = [event.fate for event in ChangeEvent.objects.with_fates()[:count]]
        assert (len(fates), len(queries)) == (count, 1)
