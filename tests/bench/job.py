"""What is measured: the whole job, from its submission to Success, database rows included."""

import os
import time
from collections.abc import Callable, Sequence

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - after the set-up

from prestage_plugin.models import Job  # noqa: E402 - after the set-up
from prestage_plugin.services.inventory import sync_devices  # noqa: E402 - after the set-up
from prestage_plugin.services.scope import Scope  # noqa: E402 - after the set-up
from prestage_plugin.services.submit import JobRequest, submit_job  # noqa: E402
from prestage_plugin.states import JobState  # noqa: E402 - after the set-up

__all__ = ["create_site", "run_job", "submit", "wait"]

LONGEST = 1800.0
OBSERVE_SECONDS = 0.5


def create_site() -> None:
    """Create the tables and a device for every router."""
    call_command("migrate", verbosity=0)
    sync_devices()


def run_job(
    *,
    read_all: bool = True,
    names: Sequence[str] | None = None,
    observe: Callable[[int], object] | None = None,
) -> Job:
    """Prestage devices and return the job when it has ended; see `submit` and `wait`.

    Raises:
        RuntimeError: It did not end as a success.
    """
    job = wait(submit(read_all=read_all, names=names), observe)
    if job.state != JobState.SUCCESS:
        failed = job.devices.exclude(error_code="").values_list("device_name", "error_text")
        raise RuntimeError(f"job {job} is {job.state}: {job.summary}; {list(failed[:5])}")
    return job


def submit(*, read_all: bool = True, names: Sequence[str] | None = None) -> Job:
    """Submit a job.

    Args:
        read_all: Also read configurations that have not changed.
        names: Of the devices; None for all.
    """
    scope = Scope() if names is None else Scope(kind="devices", devices=tuple(names))
    return submit_job(request=JobRequest(read_all=read_all, scope=scope), user=None)


def wait(job: Job, observe: Callable[[int], object] | None = None) -> Job:
    """Wait until a job has ended, and return it.

    Args:
        job: The job.
        observe: Called twice a second with the number of devices that are done.

    Raises:
        TimeoutError: It takes too long.
    """
    give_up, look_at = time.monotonic() + LONGEST, 0.0
    while not job.is_terminal:
        now = time.monotonic()
        if now > give_up:
            raise TimeoutError(f"job {job} is still {job.state}")
        if observe is not None and now >= look_at:
            observe(job.finished)
            look_at = now + OBSERVE_SECONDS
        time.sleep(0.05)
        job.refresh_from_db()
    return job
