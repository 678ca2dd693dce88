"""Accept a job: check the request, write the job and, when it is due, its work (spec, 3)."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from prestage_plugin.conf import get_settings
from prestage_plugin.errors import Refused
from prestage_plugin.models import SYSTEM_USER, Job, JobTransition
from prestage_plugin.services.plan import plan_job
from prestage_plugin.services.rule_choice import choose_rules
from prestage_plugin.services.scope import Scope
from prestage_plugin.states import JobState, JobType

__all__ = ["JobRequest", "checked_values", "name_of", "submit_job"]

_NAME_LENGTH = 200
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What a user asks for.

    Attributes:
        scope: Which devices.
        job_type: What is done with them.
        name: Name of the job; made from type and scope when empty.
        dry_run: Discover and report, write nothing about the devices.
        read_all: Transfer also the configurations that have not changed since their evaluation.
        profile: Rule profile; the site's when empty.
        capability_policy: `any`, `all` or `none`; the site's when empty.
        failure_threshold: Percentage of failed devices that a Success survives; the site's
            when None.
        scheduled_for: When to start; now when None.
    """

    scope: Scope = field(default_factory=Scope)
    job_type: JobType = JobType.MANUAL
    name: str = ""
    dry_run: bool = False
    read_all: bool = False
    profile: str = ""
    capability_policy: str = ""
    failure_threshold: int | None = None
    scheduled_for: datetime | None = None

    def fingerprint(self) -> str:
        """Return a hash that is equal exactly for equal requests."""
        document = {
            "scope": self.scope.as_json(),
            "job_type": str(self.job_type),
            "name": self.name,
            "dry_run": self.dry_run,
            "read_all": self.read_all,
            "profile": self.profile,
            "capability_policy": self.capability_policy,
            "failure_threshold": self.failure_threshold,
            "scheduled_for": self.scheduled_for.isoformat() if self.scheduled_for else None,
        }
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def submit_job(
    *, request: JobRequest, user: User | None, idempotency_key: str = "", actor: str = ""
) -> Job:
    """Accept a job, or return the one that the same request made before.

    The job, its device rows, its shards and their messages are one transaction.

    Args:
        request: What to do.
        user: Who wants it; None for the system.
        idempotency_key: The same key and request give the same job (jobs spec, section 3).
        actor: Who submits, for the history; the user's login when empty.

    Raises:
        Refused: `in-the-past`, `unknown-profile`, `bad-policy`, `bad-threshold`, `no-devices`,
            `unknown-devices`, or `idempotency-key-reused` for the same key with another request.
    """
    username = user.get_username() if user is not None else SYSTEM_USER
    earlier = _earlier(username, idempotency_key, request)
    if earlier is not None:
        return earlier
    if request.scheduled_for is not None and request.scheduled_for < timezone.now():
        raise Refused("in-the-past", "The start time is in the past; leave it out to start now.")
    values = checked_values(request)
    try:
        with transaction.atomic():
            job = _create(request, user, idempotency_key, values, actor or username)
            if job.scheduled_for <= timezone.now():
                plan_job(job=job)
    except IntegrityError:
        # The same key raced us: the other one's job is ours too.
        earlier = _earlier(username, idempotency_key, request)
        if earlier is None:
            raise
        return earlier
    return job


def _earlier(username: str, key: str, request: JobRequest) -> Job | None:
    if not key:
        return None
    job = Job.objects.filter(submitted_by=username, idempotency_key=key).first()
    if job is not None and job.request_hash != request.fingerprint():
        raise Refused(
            "idempotency-key-reused",
            f"The idempotency key was used for another request, job #{job.pk}; take a new key.",
        )
    return job


def checked_values(request: JobRequest) -> dict[str, Any]:
    """Return the columns of a request that the site's settings complete.

    Raises:
        Refused: `unknown-profile`, `bad-policy`, `bad-threshold` or `unknown-devices`.
    """
    rules = choose_rules(profile=request.profile, capability_policy=request.capability_policy)
    threshold = request.failure_threshold
    if threshold is None:
        threshold = get_settings().failure_threshold
    if not 0 <= threshold <= _PERCENT:
        raise Refused("bad-threshold", "The failure threshold is a percentage from 0 to 100.")
    if request.scope.kind == "devices":
        request.scope.resolve()
    return {
        "profile": rules.profile,
        "capability_policy": rules.capability_policy,
        "failure_threshold": threshold,
    }


def _create(
    request: JobRequest,
    user: User | None,
    idempotency_key: str,
    values: dict[str, Any],
    actor: str,
) -> Job:
    now = timezone.now()
    username = user.get_username() if user is not None else SYSTEM_USER
    job = Job.objects.create(
        name=name_of(request),
        job_type=request.job_type,
        user=user,
        username=username,
        scope=request.scope.as_json(),
        dry_run=request.dry_run,
        read_all=request.read_all,
        submitted_by=username,
        idempotency_key=idempotency_key,
        request_hash=request.fingerprint() if idempotency_key else "",
        created_at=now,
        scheduled_for=request.scheduled_for or now,
        **values,
    )
    JobTransition.objects.create(
        job=job, at=now, to_state=JobState.SCHEDULED, actor=actor, reason="Submitted."
    )
    return job


def name_of(request: JobRequest) -> str:
    """Return the name of the request's jobs, made from type and scope when none is given."""
    verbs = {
        JobType.MANUAL: "Prestage",
        JobType.AUTO: "Auto prestage",
        JobType.DISCOVER_ONLY: "Discover roles of",
        JobType.ASSIGN: "Assign roles of",
    }
    made = f"{verbs[request.job_type]} {request.scope.describe()}"
    return (request.name or made)[:_NAME_LENGTH]
