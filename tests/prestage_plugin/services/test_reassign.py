"""Handing a job over to another user (jobs spec, section 6)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_cancel
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.reassign import reassign_job, reassign_jobs
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.submit import JobRequest, submit_job
from tests.prestage_plugin.services.build import history_of, make_devices, make_user, run_job, start

pytestmark = pytest.mark.django_db


def runner(name: str) -> User:
    user = make_user(name)
    user.user_permissions.add(Permission.objects.get(codename="run_job"))
    return user


def for_later(user: User | None, key: str = "") -> Job:
    make_devices(f"pe{Job.objects.count()}")
    later = JobRequest(scheduled_for=timezone.now() + timedelta(hours=1))
    return submit_job(request=later, user=user, idempotency_key=key)


def test_the_job_is_the_new_owners_from_then_on() -> None:
    alice, bob = runner("alice"), runner("bob")
    job = for_later(alice)
    reassign_job(job_id=job.pk, to_username="bob", actor="carol")
    job.refresh_from_db()
    assert (job.user, job.username) == (bob, "bob")
    assert list(Job.objects.visible_to(bob)) == [job]
    assert not Job.objects.visible_to(alice).exists()
    assert (may_cancel(bob, job), may_cancel(alice, job)) == (True, False)


def test_the_history_says_who_gave_it_from_whom_to_whom() -> None:
    runner("bob")
    job = for_later(None)
    reassign_job(job_id=job.pk, to_username="bob", actor="carol")
    assert history_of(job)[-1] == ("scheduled", "scheduled", "carol")
    last = job.transitions.last()
    assert last is not None
    assert last.reason == "Reassigned from system to bob."


def test_repeating_it_changes_nothing() -> None:
    runner("bob")
    job = for_later(None)
    for _time in range(2):
        reassign_job(job_id=job.pk, to_username="bob", actor="carol")
    assert len(history_of(job)) == 2


def test_a_job_that_has_ended_stays_whose_it_was() -> None:
    runner("bob")
    make_devices("pe1")
    job = run_job(start(), {})
    with pytest.raises(Refused, match="already ended as Success") as refusal:
        reassign_job(job_id=job.pk, to_username="bob", actor="carol")
    assert (refusal.value.code, refusal.value.conflict) == ("already-finished", True)


def test_only_those_who_may_run_jobs_get_one() -> None:
    make_user("guest")
    left = runner("left")
    left.is_active = False
    left.save()
    job = for_later(None)
    for name, code in (
        ("nobody", "unknown-user"),
        ("left", "inactive-user"),
        ("guest", "user-may-not-run"),
    ):
        with pytest.raises(Refused, match=name) as refusal:
            reassign_job(job_id=job.pk, to_username=name, actor="carol")
        assert refusal.value.code == code
    job.refresh_from_db()
    assert job.username == "system"


def test_several_jobs_are_reassigned_each_for_itself() -> None:
    runner("bob")
    waiting = for_later(None)
    ended = run_job(start(), {})
    report = reassign_jobs(job_ids=[waiting.pk, ended.pk, 99], to_username="bob", actor="carol")
    assert report.reassigned == (waiting.pk,)
    codes = {job_id: refusal.code for job_id, refusal in report.refused.items()}
    assert codes == {ended.pk: "already-finished", 99: "unknown-job"}


def test_a_bad_owner_is_refused_once_for_all() -> None:
    with pytest.raises(Refused, match="nobody"):
        reassign_jobs(job_ids=[], to_username="nobody", actor="carol")


def test_the_idempotency_key_stays_that_of_who_sent_it() -> None:
    alice, bob = runner("alice"), runner("bob")
    job, other = for_later(alice, "k1"), for_later(bob, "k1")
    reassign_job(job_id=job.pk, to_username="bob", actor="carol")
    again = JobRequest(scheduled_for=job.scheduled_for)
    assert submit_job(request=again, user=alice, idempotency_key="k1") == job
    same = JobRequest(scheduled_for=other.scheduled_for)
    assert submit_job(request=same, user=bob, idempotency_key="k1") == other


def test_the_next_run_of_a_series_takes_the_series_with_it() -> None:
    make_devices("pe1")
    rule = Recurrence.from_json(
        {"repeat": "daily", "start": "2090-11-24T02:00", "zone": "Europe/Berlin"}
    )
    series = create_schedule(request=JobRequest(), recurrence=rule, user=make_user("alice"))
    runner("bob")

    reassign_job(job_id=series.jobs.get().pk, to_username="bob", actor="carol")

    cancel_job(job_id=series.jobs.get().pk, actor="bob")
    next_one = series.jobs.latest("pk")
    assert (next_one.state, next_one.username) == ("scheduled", "bob")
