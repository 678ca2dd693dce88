"""`manage.py prestage run` and `retry`: start a job and follow it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.utils import timezone

from prestage_plugin.models import Job
from prestage_plugin.states import JobState
from tests.prestage_plugin.commands.calling import Answer, refusal_of, run_parallel_to, the_job
from tests.prestage_plugin.services.build import (
    failure,
    make_devices,
    make_user,
    run_job,
    start,
    states_of,
)

pytestmark = pytest.mark.django_db


def later() -> str:
    return (timezone.now() + timedelta(hours=1)).isoformat()


def test_the_command_follows_the_job_to_its_success(monkeypatch: pytest.MonkeyPatch) -> None:
    make_devices("pe1", "pe2")
    run_parallel_to(monkeypatch, {})
    answer = Answer("run")
    job = the_job()
    assert answer.status == 0
    assert answer.out.splitlines() == [
        f"Job #{job.pk} is accepted: Prestage all devices, 2 devices.",
        f"Job #{job.pk} ended as Success: 2 of 2 devices prestaged.",
    ]


def test_a_failure_is_status_1_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    make_devices("pe1", "pe2")
    run_parallel_to(monkeypatch, {"pe1": failure()})
    answer = Answer("run")
    assert answer.status == 1
    assert "1 failed (1 unreachable)." in answer.out
    assert f"manage.py prestage retry {the_job().pk}" in answer.err


def test_a_cancelled_job_is_status_3(monkeypatch: pytest.MonkeyPatch) -> None:
    make_devices("pe1")
    monkeypatch.setattr(
        "prestage_plugin.management.prestage_cli.following.time.sleep",
        lambda _seconds: call_command("prestage", "cancel", str(the_job().pk)),
    )
    assert Answer("run").status == 3


def test_ctrl_c_leaves_the_job_running_and_says_how_to_cancel_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_devices("pe1")

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("prestage_plugin.management.prestage_cli.following.time.sleep", interrupt)
    answer = Answer("run")
    assert answer.status == 130
    assert f"manage.py prestage cancel {the_job().pk}" in answer.err
    assert the_job().state == JobState.SCHEDULED


def test_without_a_worker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    make_devices("pe1")
    run_parallel_to(monkeypatch, {})
    assert "start manage.py prestage_worker" in Answer("run").err


def test_options_become_the_jobs() -> None:
    make_devices("pe1", "pe2", "ce1")
    Answer(
        "run",
        *("--filter", "name=pe*", "--filter", "platform=junos"),
        *("--discover-only", "--dry-run", "--profile", "extended", "--policy", "all"),
        "--no-wait",
    )
    job = the_job()
    assert sorted(states_of(job)) == ["pe1", "pe2"]
    assert (job.job_type, job.dry_run) == ("discover-only", True)
    assert (job.profile, job.capability_policy) == ("extended", "all")
    assert job.username == "system"


def test_named_devices() -> None:
    make_devices("pe1", "pe2", "ce1")
    Answer("run", "--device", "pe1", "pe2", "--no-wait")
    assert sorted(states_of(the_job())) == ["pe1", "pe2"]


def test_a_job_for_later_is_not_waited_for() -> None:
    make_devices("pe1")
    answer = Answer("run", "--at", later())
    assert (answer.status, the_job().planned_at) == (0, None)
    assert "starts at" in answer.out


def test_a_time_without_offset_is_in_the_sites_zone(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    make_devices("pe1")
    Answer("run", "--at", "2099-06-01 09:00")
    assert the_job().scheduled_for.isoformat() == "2099-06-01T00:00:00+00:00"


def test_a_user_starts_jobs_with_the_users_permissions() -> None:
    make_devices("pe1")
    user = make_user("alice")
    assert refusal_of("run", "--user", "alice").endswith("[user-may-not-run]")
    user.user_permissions.add(Permission.objects.get(codename="run_job"))
    Answer("run", "--user", "alice", "--no-wait")
    assert (the_job().user, the_job().username) == (user, "alice")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--device", "nope"), "Not in the inventory: nope. [unknown-devices]"),
        (("--filter", "name=x*"), "[no-devices]"),
        (("--filter", "colour=red"), "[bad-scope]"),
        (("--filter", "name"), "write KEY=VALUE, and each key only once. [bad-scope]"),
        (("--filter", "name=a", "--filter", "name=b"), "[bad-scope]"),
        (("--at", "tomorrow"), "'tomorrow' is no time; write it like 2026-12-01T02:00+01:00."),
        (("--at", "2020-01-01T00:00Z"), "[in-the-past]"),
        (("--user", "bob"), "There is no user bob. [unknown-user]"),
    ],
)
def test_bad_input_is_one_sentence_with_a_code(arguments: tuple[str, ...], text: str) -> None:
    make_devices("pe1")
    refusal = refusal_of("run", *arguments)
    assert text in refusal
    assert "\n" not in refusal
    assert not Job.objects.exists()


def test_the_failed_devices_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make_devices("pe1", "pe2")
    job = run_job(start(), {"pe1": failure()})
    run_parallel_to(monkeypatch, {})
    answer = Answer("retry", str(job.pk))
    retry = Job.objects.latest("pk")
    assert (answer.status, retry.retry_of, list(states_of(retry))) == (0, job, ["pe1"])


def test_all_runs_the_whole_job_again() -> None:
    make_devices("pe1", "pe2")
    job = run_job(start(), {"pe1": failure()})
    Answer("retry", str(job.pk), "--all", "--no-wait")
    assert sorted(states_of(Job.objects.latest("pk"))) == ["pe1", "pe2"]


def test_nothing_to_retry() -> None:
    make_devices("pe1")
    job = run_job(start(), {})
    assert refusal_of("retry", str(job.pk)).endswith("[nothing-to-retry]")


def test_names_cannot_control_the_terminal() -> None:
    make_devices("pe1\x1b[31m")
    answer = Answer("run", "--device", "pe1\x1b[31m", "--no-wait")
    assert "pe1?[31m" in answer.out
    assert "\x1b" not in answer.out
