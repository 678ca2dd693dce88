"""Follow a job to its end, with a live bar on a terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error as DatabaseFault
from django.db import close_old_connections
from django.utils import timezone
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from prestage_plugin.management.prestage_cli.terminal import Terminal
from prestage_plugin.models import Job
from prestage_plugin.services.health import HealthStatus, health
from prestage_plugin.states import JobState

__all__ = ["DETACHED", "follow"]

DETACHED = 130
"""Exit status after Ctrl-C, by convention 128 and the signal's number; the job goes on."""

_EXITS = {JobState.SUCCESS: 0, JobState.FAILURE: 1, JobState.CANCELLED: 3}
_LOOK_SECONDS = 0.5
_DATABASE_SECONDS = 60.0
"""How long the database may be away before following is given up."""


def follow(job: Job, terminal: Terminal) -> int:
    """Show how a job goes on until it has ended.

    Args:
        job: The job.
        terminal: Where to write to.

    Returns:
        The exit status: 0 Success, 1 Failure, 3 Cancelled, `DETACHED` after Ctrl-C.
    """
    _tell_when_nobody_works(terminal)
    try:
        with _display(terminal) as show:
            while not job.is_terminal:
                show(job)
                time.sleep(_LOOK_SECONDS)
                _look_again(job)
            show(job)
    except KeyboardInterrupt:
        terminal.hint(
            f"Detached; job #{job.pk} goes on. Look at it with: manage.py prestage status "
            f"{job.pk}; cancel it with: manage.py prestage cancel {job.pk}"
        )
        return DETACHED
    terminal.say(f"Job #{job.pk} ended as {job.get_state_display()}: {job.summary}.")
    if job.failed:
        terminal.hint(
            f"See which devices failed with: manage.py prestage status {job.pk}; "
            f"try them again with: manage.py prestage retry {job.pk}"
        )
    return _EXITS[JobState(job.state)]


def _look_again(job: Job) -> None:
    give_up = time.monotonic() + _DATABASE_SECONDS
    while True:
        try:
            job.refresh_from_db()
        except DatabaseFault:
            if time.monotonic() > give_up:
                raise
            close_old_connections()
            time.sleep(1)
        else:
            return


def _tell_when_nobody_works(terminal: Terminal) -> None:
    for check in health().checks:
        if check.name == "workers" and check.status is not HealthStatus.OK:
            terminal.hint(check.text)


@contextmanager
def _display(terminal: Terminal) -> Iterator[Callable[[Job], None]]:
    if terminal.live is None:
        yield lambda _job: None
        return
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=terminal.live,
        transient=True,
    )
    task = progress.add_task("", total=None, failed=0, rate="")

    def show(job: Job) -> None:
        progress.update(
            task,
            description=f"Job #{job.pk} {job.get_state_display()}",
            completed=job.finished,
            total=job.total or None,
            failed=job.failed,
            rate=_rate(job),
        )

    with progress:
        yield show


def _rate(job: Job) -> str:
    if job.started_at is None or not job.finished:
        return ""
    seconds = ((job.ended_at or timezone.now()) - job.started_at).total_seconds()
    return f"{job.finished / max(seconds, 1):.1f} devices/s"
