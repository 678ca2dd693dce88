"""How long people wait: for the first device, for a cancel, for a change to become a role."""

import time
from argparse import Namespace
from typing import TYPE_CHECKING

from tests.bench.chapter import Chapter, Promise, Table
from tests.bench.stand import stand

if TYPE_CHECKING:
    from prestage_plugin.models import Job

__all__ = ["SHARES", "distribution", "measure"]

TRIES = 20
DEVICES = 400
MOST_AFTER_CANCEL = 1.0
SHARES = (0, 50, 90, 100)


def measure(options: Namespace) -> Chapter:
    """Submit and cancel, again and again."""
    tries = max(2, TRIES * options.scale // 100)
    with stand(devices=DEVICES):
        firsts = [_time_to_first() for _ in range(tries)]
        cancels = [_cancel(0.3 + 0.1 * (number % 10)) for number in range(tries)]
    lasts = [last for last, _closed in cancels]
    chapter = Chapter(
        "Waiting",
        f"{tries} tries each, jobs of {DEVICES} devices, 30 KB, 50 ms before each reply, 2 worker "
        "processes. Seconds. The cancels come 0.3 to 1.2 s after the submission.",
    )
    chapter.tables = [
        Table(
            ["", *(f"{share} %" for share in SHARES)],
            [
                distribution("from submission to the first device contacted", firsts),
                distribution("from a cancel to the last device contacted", lasts),
                distribution(
                    "from a cancel to the job's end", [closed for _last, closed in cancels]
                ),
            ],
        )
    ]
    chapter.promises = [
        Promise.at_most(
            "from a cancel to the last device contacted", MOST_AFTER_CANCEL, max(lasts), " s"
        )
    ]
    return chapter


def _time_to_first() -> float:
    from tests.bench.job import submit, wait

    started = time.time()
    return min(_contacts(wait(submit()))) - started


def _cancel(after: float) -> tuple[float, float]:
    """Cancel a job after some seconds; return when the last contact was, and when it ended."""
    from prestage_plugin.services.cancel import cancel_job
    from tests.bench.job import submit, wait

    job = submit()
    time.sleep(after)
    cancel_job(job_id=job.pk, actor="bench")
    acknowledged = time.time()
    job = wait(job)
    assert job.ended_at is not None
    last = max(_contacts(job), default=acknowledged)
    return last - acknowledged, job.ended_at.timestamp() - acknowledged


def _contacts(job: "Job") -> list[float]:
    """Return when each device that was contacted was."""
    from prestage_plugin.models import JobDevice

    rows = JobDevice.objects.filter(job=job)
    moments = rows.values_list("started_at", flat=True)
    return [moment.timestamp() for moment in moments if moment is not None]


def distribution(name: str, seconds: list[float]) -> list[str]:
    """Return a row with a name and the seconds within which each share of `SHARES` was over."""
    ordered = sorted(seconds)
    return [name, *(f"{ordered[round((len(ordered) - 1) * share / 100)]:.2f}" for share in SHARES)]
