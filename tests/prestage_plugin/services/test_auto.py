"""The settings of auto prestaging (prestaging spec, section 6)."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from prestage_plugin.errors import Refused
from prestage_plugin.models import AutoSettings, Job
from prestage_plugin.services.auto import (
    AutoPolicy,
    auto_policy,
)
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobType
from tests.prestage_plugin.services.build import make_devices, run_job, start
from tests.prestage_plugin.services.changes import (
    AUTO,
    IDLE,
    WAIT,
    change,
    change_settings,
    pass_time,
    settle,
    states,
)

pytestmark = pytest.mark.django_db

SITE = AutoPolicy(enabled=True, wait=WAIT, idle=IDLE, most_jobs=4, muted_sources=frozenset())


@pytest.fixture(autouse=True)
def auto(settings: Any) -> None:
    settings.PRESTAGE = AUTO


def test_the_policy_is_the_sites_until_somebody_changes_it(settings: Any) -> None:
    assert auto_policy() == SITE
    settings.PRESTAGE = {"AUTO": False, "AUTO_WAIT": 1, "AUTO_IDLE": 0.5, "AUTO_JOBS": 9}
    assert auto_policy() == AutoPolicy(
        enabled=False, wait=1, idle=0.5, most_jobs=9, muted_sources=frozenset()
    )


def test_what_was_changed_holds_and_what_is_empty_is_the_sites(settings: Any) -> None:
    change_settings(enabled=False, idle=3, muted_sources=["syslog", "webhook", "syslog"])
    assert auto_policy() == AutoPolicy(
        enabled=False,
        wait=WAIT,
        idle=3,
        most_jobs=4,
        muted_sources=frozenset({"syslog", "webhook"}),
        was_off=True,
    )
    settings.PRESTAGE = AUTO | {"AUTO_WAIT": 77, "AUTO_IDLE": 78, "AUTO": True}
    assert (auto_policy().wait, auto_policy().idle, auto_policy().enabled) == (77, 3, False)
    change_settings()
    assert (auto_policy().idle, auto_policy().enabled) == (78, True)
    assert AutoSettings.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wait", 0),
        ("wait", -1),
        ("wait", float("nan")),
        ("wait", float("inf")),
        ("wait", 1e300),
        ("wait", 86_401),
        ("wait", "soon"),
        ("idle", 0.05),
        ("idle", float("nan")),
        ("idle", float("-inf")),
        ("idle", 86_401),
        ("most_jobs", 0),
        ("most_jobs", -1),
        ("most_jobs", 2**70),
        ("most_jobs", "many"),
        ("enabled", "perhaps"),
        ("muted_sources", ["syslog", "rumours"]),
        ("muted_sources", [""]),
    ],
)
def test_a_bad_value_is_refused_and_nothing_is_written(name: str, value: Any) -> None:
    change_settings(wait=30, muted_sources=["netconf"])
    before = auto_policy()
    with pytest.raises(Refused) as refusal:
        change_settings(**{"wait": 5, "idle": 5, "most_jobs": 5} | {name: value})
    assert refusal.value.code == "bad-auto-settings"
    assert "\n" not in refusal.value.text
    assert auto_policy() == before


@pytest.mark.parametrize("seconds", [0.1, 86_400])
def test_the_limits_themselves_are_good(seconds: float) -> None:
    make_devices("pe1")
    change("pe1")
    change_settings(wait=seconds, idle=seconds)
    assert (auto_policy().wait, auto_policy().idle) == (seconds, seconds)
    coalesce()
    assert len(states()) == 1


def test_the_database_refuses_a_second_row() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AutoSettings.objects.create(pk=2)


def test_new_times_hold_for_changes_that_wait_already() -> None:
    make_devices("pe1")
    change("pe1")
    pass_time(5)
    assert coalesce() is None
    change_settings(idle=4)
    assert coalesce() is not None


def test_no_more_auto_jobs_at_a_time_than_the_limit(settings: Any) -> None:
    settings.PRESTAGE = AUTO | {"AUTO_JOBS": 2}
    make_devices("pe1", "pe2", "pe3", "pe4")
    jobs = []
    for name in ("pe1", "pe2"):
        change(name)
        jobs.append(settle())
    change("pe3")
    change("pe4")
    assert settle() is None
    assert None not in jobs
    assert jobs[0] is not None
    run_job(jobs[0], {})
    last = coalesce()
    assert last is not None
    # What had to wait is one job.
    assert last.total == 2
    change_settings(most_jobs=3)
    assert Job.objects.count() == 3


def test_other_jobs_do_not_count_towards_the_limit(settings: Any) -> None:
    settings.PRESTAGE = AUTO | {"AUTO_JOBS": 1}
    make_devices("pe1", "pe2")
    start(JobRequest(scope=Scope(kind="devices", devices=("pe2",))))
    ended = start(JobRequest(job_type=JobType.AUTO))
    run_job(ended, {})
    change("pe1")
    assert settle() is not None
