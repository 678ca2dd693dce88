"""Hand a job over to another user (jobs spec, section 6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.models import Job, JobTransition, Schedule
from prestage_plugin.permissions import may_run
from prestage_plugin.sentences import in_english
from prestage_plugin.states import JobState

__all__ = ["ReassignReport", "reassign_job", "reassign_jobs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignReport:
    """What became of several jobs.

    Attributes:
        reassigned: Primary keys of the jobs that are the target's now.
        refused: Why the others are not, by primary key.
    """

    reassigned: tuple[int, ...]
    refused: dict[int, Refused]


def reassign_job(*, job_id: int, to_username: str, actor: str) -> Job:
    """Make a job that has not ended another user's; repeating it changes nothing.

    A job that waits for its time takes its series with it, so that the next one does not return
    to an owner who may be gone.

    The job's history gets a row whose states are equal: a transition of the owner alone.

    Args:
        job_id: Primary key of the job.
        to_username: Login of the new owner.
        actor: Login of who reassigns.

    Raises:
        Refused: `unknown-job`; `unknown-user`, `inactive-user` or `user-may-not-run`, about the
            new owner; `already-finished`, a conflict.
    """
    user = _owner(to_username)
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None:
            raise Refused("unknown-job", f"There is no job #{job_id}.")
        if job.is_terminal:
            with in_english():
                text = (
                    f"Job #{job_id} cannot be reassigned: "
                    f"it already ended as {job.get_state_display()}."
                )
            raise Refused("already-finished", text, conflict=True)
        if job.user_id != user.pk:
            _hand_over(job, user, actor)
    if job.schedule_id is not None and job.state == JobState.SCHEDULED:
        # After the commit: who plans a series takes its row before the rows of its jobs.
        Schedule.objects.filter(pk=job.schedule_id).update(user=user, username=job.username)
    return job


def reassign_jobs(*, job_ids: Iterable[int], to_username: str, actor: str) -> ReassignReport:
    """Reassign several jobs, each for itself; those that cannot be are reported.

    Args:
        job_ids: Primary keys of the jobs.
        to_username: Login of the new owner.
        actor: Login of who reassigns.

    Raises:
        Refused: About the new owner, as `reassign_job`; then nothing was written.
    """
    _owner(to_username)
    reassigned: list[int] = []
    refused: dict[int, Refused] = {}
    for job_id in job_ids:
        try:
            reassign_job(job_id=job_id, to_username=to_username, actor=actor)
        except Refused as refusal:
            refused[job_id] = refusal
        else:
            reassigned.append(job_id)
    return ReassignReport(reassigned=tuple(reassigned), refused=refused)


def _hand_over(job: Job, user: User, actor: str) -> None:
    before, job.user, job.username = job.username, user, user.get_username()
    job.save(update_fields=["user", "username"])
    JobTransition.objects.create(
        job=job,
        at=timezone.now(),
        from_state=job.state,
        to_state=job.state,
        actor=actor,
        reason=f"Reassigned from {before} to {job.username}.",
    )


def _owner(username: str) -> User:
    model = get_user_model()
    user = model.objects.filter(**{model.USERNAME_FIELD: username}).first()
    if user is None:
        raise Refused("unknown-user", f"There is no user {username}.")
    if not user.is_active:
        raise Refused("inactive-user", f"The user {username} is not active.")
    if not may_run(user):
        raise Refused(
            "user-may-not-run",
            f"The user {username} may not run jobs; that needs the permission prestage.run_job.",
        )
    return user
