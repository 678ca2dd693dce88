"""What the tests of the services are made of."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import timezone

from nornir_tasks.errors import ErrorCode
from nornir_tasks.evaluation import Evaluation, Role, RuleVerdict, Verdict
from nornir_tasks.facts import DeviceFacts
from nornir_tasks.outcome import Discovery, HostError
from prestage_plugin.models import Device, Job, JobDevice, Shard
from prestage_plugin.services import clock
from prestage_plugin.services.lifecycle import Claim, claim_shard, end_shard
from prestage_plugin.services.results import DeviceResult, StopSignal, record
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import ShardState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def set_clock(patch: pytest.MonkeyPatch, now: Callable[[], datetime]) -> None:
    """Let every clock tell this time: the host's and the database's."""
    patch.setattr(timezone, "now", now)
    patch.setattr(clock, "database_now", now)


def make_devices(*names: str) -> list[Device]:
    return [Device.objects.create(name=name, platform="junos") for name in names]


def make_user(name: str = "alice") -> User:
    user = get_user_model().objects.create_user(name)
    assert isinstance(user, User)
    return user


def start(request: JobRequest | None = None) -> Job:
    return submit_job(request=request or JobRequest(), user=None)


def claim_all(job: Job) -> list[Claim]:
    shard_ids = Shard.objects.filter(job=job).order_by("number").values_list("pk", flat=True)
    claims = [claim_shard(shard_id=shard_id, worker="test") for shard_id in shard_ids]
    return [claim for claim in claims if claim is not None]


def evaluation(
    device: str,
    role: Role = Role.N_PE,
    *,
    fingerprint: str = "1",
    loopback: str | None = "10.0.0.1",
    reason: str = "capabilities",
) -> Evaluation:
    return Evaluation(
        device=device,
        role=role,
        reason=reason,
        loopback=loopback,
        loopback_alternatives=(),
        flags=(),
        capabilities=("l3",),
        rules=(RuleVerdict("R3", "loopback", Verdict.PASS, "lo0.0 has an address."),),
        interfaces=(),
        warnings=(),
        profile="csd",
        capability_policy="any",
        sources=("configuration",),
        fingerprint=fingerprint,
    )


def discovery(*evaluations: Evaluation) -> Discovery:
    facts = tuple(DeviceFacts(device=each.device, platform="junos") for each in evaluations)
    return Discovery(evaluations[0].device, evaluations, facts, NOON, NOON)


def failure(code: ErrorCode = ErrorCode.UNREACHABLE) -> HostError:
    return HostError(code, "No route to the device.")


def finish(claim: Claim, outcomes: dict[str, Discovery | HostError]) -> StopSignal:
    results = [
        DeviceResult(device_name=name, started_at=NOON, ended_at=NOON, outcome=outcome)
        for name, outcome in outcomes.items()
    ]
    return record(claim=claim, started={}, results=results)


def run_job(job: Job, outcomes: dict[str, Discovery | HostError]) -> Job:
    """Do what a worker does, with these outcomes; devices not named become N-PE."""
    for claim in claim_all(job):
        names = JobDevice.objects.filter(shard_id=claim.shard_id).values_list(
            "device_name", flat=True
        )
        finish(claim, {name: outcomes.get(name) or discovery(evaluation(name)) for name in names})
        end_shard(shard_id=claim.shard_id, state=ShardState.DONE)
    job.refresh_from_db()
    return job


def states_of(job: Job) -> dict[str, str]:
    return dict(JobDevice.objects.filter(job=job).values_list("device_name", "state"))


def history_of(job: Job) -> Sequence[tuple[str, str, str]]:
    return list(job.transitions.values_list("from_state", "to_state", "actor"))
