"""Something of everything that the admin shows, without a device, a worker or a queue."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from nornir_tasks.outcome import Discovery, HostError
from nornir_tasks.rules import evaluate
from nornir_tasks.sessions.failures import Phase, classify_failure
from prestage_plugin.models import Device, Job, RoleException, UnknownSender
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.events import note_changes
from prestage_plugin.services.listeners import ListenerReport, report
from prestage_plugin.services.results import record
from prestage_plugin.services.retry import retry_failed
from prestage_plugin.services.roles import unassign_roles
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.schedule_edit import pause_schedule
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.services.tokens import create_token
from prestage_plugin.states import ChangeSource, JobType, Repeat, TokenScope
from tests.nornir_tasks.configurations import device as configuration_of
from tests.nornir_tasks.configurations import facts_of, port
from tests.prestage_plugin.services.build import NOON, claim_all, discovery, run_job
from tests.prestage_plugin.stored import BORDER, L3, store

__all__ = ["NAMES", "make_world"]

NAMES = frozenset({"alice", "pe1", "pe2", "pe3", "pe4", "Nightly", "collector", "ticket"})
"""What is called so here, and is therefore in no language."""


def make_world(user: User) -> None:
    """Make devices with roles, jobs in every state, series, events, listeners and tokens."""
    _make_devices(user)
    _make_jobs(user)
    _make_series(user)
    _make_events()
    create_token(
        user=user, name="collector", scopes=list(TokenScope), expires_at=None, created_by="alice"
    )


def _make_devices(user: User) -> None:
    store("pe1", L3, address="10.0.0.1", evaluated_at=timezone.now(), groups=["collector"])
    store("pe2", BORDER, address="10.0.0.2", assigned_role="N-PE", assigned_by="alice")
    for name in ("pe3", "pe4"):
        Device.objects.create(name=name, platform="junos", address="10.0.0.3")
    RoleException.objects.create(
        device=Device.objects.get(name="pe1"), kind="exclude", note="ticket", author=user
    )


def _discovered(name: str, protocols: str) -> Discovery:
    [facts] = facts_of(configuration_of(interfaces=port("ge-0/0/1"), protocols=protocols))
    return discovery(replace(evaluate(facts), device=name))


def _make_jobs(user: User) -> None:
    timeout = classify_failure(TimeoutError(), Phase.RPC)
    lost = classify_failure(EOFError(), Phase.LOGIN)
    ended = run_job(
        submit_job(request=JobRequest(failure_threshold=10), user=user),
        {
            "pe1": _discovered("pe1", L3),
            "pe2": HostError(lost.code, lost.text),
            "pe3": HostError(timeout.code, timeout.text),
        },
    )
    assert ended.failed
    retry_failed(job_id=ended.pk, user=user)
    cancel_job(job_id=Job.objects.latest("pk").pk, actor="alice")
    unassign_roles(device_ids=[Device.objects.get(name="pe1").pk], actor="alice")
    later = JobRequest(scheduled_for=timezone.now() + timedelta(days=2), dry_run=True)
    cancel_job(job_id=submit_job(request=later, user=user).pk, actor="alice")
    discover = JobRequest(
        job_type=JobType.DISCOVER_ONLY, scope=Scope(kind="devices", devices=("pe1", "pe2"))
    )
    (claim,) = claim_all(submit_job(request=discover, user=user))
    record(claim=claim, started={"pe1": NOON}, results=[])


def _make_series(user: User) -> None:
    def rule(repeat: Repeat, **values: object) -> Recurrence:
        start = datetime(2036, 12, 31, 2)  # noqa: DTZ001 - a time on the wall
        return Recurrence.from_json(
            {"repeat": repeat, "start": start.isoformat(), "zone": "Europe/Berlin", **values}
        )

    rules = [
        rule(Repeat.MONTHLY),
        rule(Repeat.YEARLY, until="2050-01-31"),
        rule(Repeat.HOURLY, every=3, count=7),
        rule(Repeat.WEEKLY, weekdays=["wed", "fri"]),
    ]
    series = [
        create_schedule(request=JobRequest(name="Nightly"), recurrence=each, user=user)
        for each in rules
    ]
    pause_schedule(schedule_id=series[0].pk, actor="alice")


def _make_events() -> None:
    devices = list(Device.objects.filter(name__in=["pe1", "pe2"]))
    note_changes(devices=devices, source=ChangeSource.PLATFORM, detail="changed")
    UnknownSender.objects.create(
        source="syslog", sender="10.0.0.9", events=3, first_at=NOON, last_at=timezone.now()
    )
    counters = {"syslog": {"received": 1234, "triggers": 7, "dropped": 3}}
    report(listener=ListenerReport(name="collector", started_at=NOON, counters=counters, lost=3))
