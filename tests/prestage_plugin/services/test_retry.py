"""Doing a job again (jobs spec, section 6)."""

import pytest

from nornir_tasks.errors import ErrorCode
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, Job
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.retry import retry_failed, run_again
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobState, JobType
from tests.prestage_plugin.services.build import (
    failure,
    make_devices,
    make_user,
    run_job,
    start,
    states_of,
)

pytestmark = pytest.mark.django_db

SPECIAL = JobRequest(
    job_type=JobType.DISCOVER_ONLY,
    dry_run=True,
    profile="extended",
    capability_policy="all",
    failure_threshold=20,
)


def options_of(job: Job) -> tuple[object, ...]:
    return (
        job.job_type,
        job.dry_run,
        job.profile,
        job.capability_policy,
        job.failure_threshold,
    )


def failed_job(*failed: str) -> Job:
    return run_job(start(SPECIAL), {name: failure() for name in failed})


def test_the_failed_devices_alone_are_tried_again_with_the_same_options() -> None:
    make_devices("pe1", "pe2", "pe3")
    job = failed_job("pe1", "pe3")
    retry = retry_failed(job_id=job.pk, user=make_user("bob"))
    assert sorted(states_of(retry)) == ["pe1", "pe3"]
    assert options_of(retry) == options_of(job) == ("discover-only", True, "extended", "all", 20)
    assert (retry.name, retry.username) == (f"Retry of #{job.pk}", "bob")
    retry.refresh_from_db()
    assert retry.retry_of == job
    assert list(job.retries.all()) == [retry]
    assert run_job(retry, {}).state == JobState.SUCCESS


def test_a_retry_can_be_retried() -> None:
    make_devices("pe1", "pe2")
    first = failed_job("pe1", "pe2")
    second = run_job(
        retry_failed(job_id=first.pk, user=None), {"pe2": failure(ErrorCode.AUTHENTICATION)}
    )
    third = retry_failed(job_id=second.pk, user=None)
    assert (sorted(states_of(third)), third.retry_of) == (["pe2"], second)


def test_devices_that_left_the_inventory_are_left_out() -> None:
    _pe1, pe2, pe3 = make_devices("pe1", "pe2", "pe3")
    job = failed_job("pe1", "pe2", "pe3")
    Device.objects.filter(pk=pe2.pk).update(in_inventory=False)
    pe3.delete()
    assert sorted(states_of(retry_failed(job_id=job.pk, user=None))) == ["pe1"]


def test_when_none_is_left_the_retry_is_refused_and_nothing_written() -> None:
    make_devices("pe1", "pe2")
    job = failed_job("pe1")
    Device.objects.update(in_inventory=False)
    with pytest.raises(Refused, match=f"No failed device of job #{job.pk} is in the inventory"):
        retry_failed(job_id=job.pk, user=None)
    assert Job.objects.count() == 1


def test_there_is_nothing_to_retry_where_nothing_failed_or_has_ended() -> None:
    make_devices("pe1", "pe2")
    good = run_job(start(), {})
    running = start()
    cancelled = start()
    cancel_job(job_id=cancelled.pk, actor="bob")
    for job in (good, running, cancelled):
        with pytest.raises(Refused) as refusal:
            retry_failed(job_id=job.pk, user=None)
        assert (refusal.value.code, refusal.value.conflict) == ("nothing-to-retry", True)
    assert "has not ended yet" in refused(running)
    assert "No device" in refused(good)


def refused(job: Job) -> str:
    with pytest.raises(Refused) as refusal:
        retry_failed(job_id=job.pk, user=None)
    return refusal.value.text


def test_running_again_takes_scope_and_options_and_the_devices_of_today() -> None:
    make_devices("pe1", "pe2", "ce1")
    scope = Scope.from_json({"filter": {"name": "pe*"}})
    job = run_job(start(JobRequest(scope=scope, dry_run=True, name="My routers")), {})
    make_devices("pe3")
    again = run_again(job_id=job.pk, user=make_user("bob"))
    assert sorted(states_of(again)) == ["pe1", "pe2", "pe3"]
    assert (again.scope, options_of(again)) == (job.scope, options_of(job))
    assert (again.name, again.username, again.retry_of) == ("My routers", "bob", None)


def test_running_again_waits_for_the_end_of_the_first() -> None:
    make_devices("pe1")
    with pytest.raises(Refused) as refusal:
        run_again(job_id=start().pk, user=None)
    assert (refusal.value.code, refusal.value.conflict) == ("not-finished", True)


@pytest.mark.parametrize("service", [retry_failed, run_again])
def test_a_job_that_does_not_exist_is_named(service: object) -> None:
    assert callable(service)
    with pytest.raises(Refused, match="There is no job #99") as refusal:
        service(job_id=99, user=None)
    assert refusal.value.code == "unknown-job"
