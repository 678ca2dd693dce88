"""A database with data of every kind, and users of every kind who look at it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from prestage_plugin.models import (
    ApiToken,
    ChangeEvent,
    Job,
    ListenerStatus,
    RoleException,
    Schedule,
    UnknownSender,
    Worker,
)
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.auto import mute_devices
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.directory import forget_directory
from prestage_plugin.services.events import Heard, accept_events, note_changes
from prestage_plugin.services.listeners import ListenerReport, report
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.schedule_edit import pause_schedule
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.services.tokens import create_token, revoke_token
from prestage_plugin.states import ChangeSource, JobType, TokenScope
from tests.prestage_plugin.factories import OPERATOR, make_device, make_evaluated_device, make_user
from tests.prestage_plugin.services.build import claim_all, failure, run_job

__all__ = ["World", "make_world"]

CANCELLER = (*OPERATOR, "view_all_jobs", "cancel_any_job")
AGES = timedelta(days=1)
DAILY = {"repeat": "daily", "start": "2030-11-24T02:00", "zone": "Europe/Berlin"}


@dataclass(frozen=True, kw_only=True)
class World:
    """What there is.

    Attributes:
        users: By what they are: viewer, owner, other, auditor, canceller, superuser.
        tokens: Secrets: one of the superuser for each scope, one that expired, one revoked.
        running: A job of the owner with devices in flight.
        failed: A job of the owner that ended with a failed device.
        schedule: An active schedule of the owner.
        device: A device with a recommendation, evidence, an exception and events.
        assigned: A device with an assigned role.
        exception: The exception of `device`.
        sender: An unknown sender.
        listener: A listener that runs.
        token: The token of the superuser that may read.
    """

    users: Mapping[str, User]
    tokens: Mapping[str, str]
    running: int
    failed: int
    schedule: int
    device: int
    assigned: int
    exception: int
    sender: int
    listener: int
    token: int


def make_world() -> World:
    """Fill the database."""
    forget_directory()
    users = {
        "viewer": make_user("viewer", "view_job", "view_device"),
        "owner": make_user("alice", *OPERATOR),
        "other": make_user("bob", *OPERATOR),
        "auditor": make_user("eve", *OPERATOR, "view_all_jobs"),
        "canceller": make_user("carol", *CANCELLER),
        "superuser": User.objects.create_superuser("root"),
    }
    owner = users["owner"]
    device = make_evaluated_device("pe1", groups=["edge"])
    make_device("pe1:LS1", parent=device, recommended_role="P")
    assigned = make_evaluated_device("pe2", assigned_role="P", assigned_at=timezone.now())
    for name in ("pe3", "a/b c", "\u00e4"):
        make_device(name)
    make_device("gone", in_inventory=False)
    exception = RoleException.objects.create(device=device, kind="exclude", author=owner)
    # So that the site is well, however long somebody looks at it.
    later = timezone.now() + AGES
    Worker.objects.create(name="w", started_at=timezone.now(), seen_at=later, proof_at=later)
    failed, running = _jobs(owner)
    _events(device, assigned)
    tokens = _tokens(users["superuser"])
    return World(
        users=users,
        tokens=tokens,
        running=running,
        failed=failed,
        schedule=_schedules(owner),
        device=device.pk,
        assigned=assigned.pk,
        exception=exception.pk,
        sender=UnknownSender.objects.order_by("pk")[0].pk,
        listener=_listeners(),
        token=ApiToken.objects.get(name="read").pk,
    )


def _jobs(owner: User) -> tuple[int, int]:
    def submit(*names: str, **more: Any) -> Job:
        scope = Scope(kind="devices", devices=names)
        return submit_job(request=JobRequest(scope=scope, **more), user=owner)

    failed = run_job(submit("pe1", "pe3", dry_run=True), {"pe3": failure()})
    assert failed.state == "failure"
    run_job(submit("pe1", job_type=JobType.DISCOVER_ONLY), {})
    cancel_job(job_id=submit("pe3").pk, actor="alice")
    submit("pe3", scheduled_for=timezone.now() + timedelta(days=900))
    submit("a/b c")
    running = submit("pe1", "pe2", name="running")
    claim_all(running)
    cancelled = submit("pe3", name="being cancelled")
    claim_all(cancelled)
    cancel_job(job_id=cancelled.pk, actor="alice")
    return failed.pk, running.pk


def _schedules(owner: User) -> int:
    recurrence = Recurrence.from_json(DAILY)
    made: list[Schedule] = [
        create_schedule(request=JobRequest(name=name), recurrence=recurrence, user=owner)
        for name in ("active", "paused")
    ]
    pause_schedule(schedule_id=made[1].pk, actor="alice")
    return made[0].pk


def _events(device: Any, assigned: Any) -> None:
    note_changes(devices=[assigned], source=ChangeSource.NETCONF, detail="committed")
    coalesce()
    note_changes(devices=[device], source=ChangeSource.SYSLOG, detail="UI_COMMIT_COMPLETED")
    mute_devices(device_ids=[assigned.pk])
    ChangeEvent.objects.filter(device=assigned).update(sender="192.0.2.1", actor="carol")
    heard = [
        Heard(source=ChangeSource.SYSLOG, device_id=None, sender=f"192.0.2.{n}") for n in (7, 8)
    ]
    accept_events(heard=heard)


def _listeners() -> int:
    counters = {"syslog": {"received": 7, "triggers": 3}}
    running = ListenerReport(name="collector syslog", started_at=timezone.now(), counters=counters)
    report(listener=running)
    report(listener=replace(running, name="old netconf", lost=2, ended=True))
    return ListenerStatus.objects.get(name=running.name).pk


def _tokens(user: User) -> dict[str, str]:
    secrets = {}
    for name in (*map(str, TokenScope), "expired", "revoked"):
        scopes = list(TokenScope) if name in {"expired", "revoked"} else [name]
        token, secrets[name] = create_token(user=user, name=name, scopes=scopes, created_by="root")
        if name == "expired":
            ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
        elif name == "revoked":
            revoke_token(token_id=token.pk)
    return secrets
