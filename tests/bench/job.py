"""What is measured: the whole job, from its submission to Success, database rows included."""

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - after the set-up

from prestage_plugin.models import Job  # noqa: E402 - after the set-up
from prestage_plugin.services.inventory import sync_devices  # noqa: E402 - after the set-up
from prestage_plugin.services.submit import JobRequest, submit_job  # noqa: E402
from prestage_plugin.states import JobState  # noqa: E402 - after the set-up

__all__ = ["create_site", "run_job"]

LONGEST = 600.0


def create_site() -> None:
    """Create the tables and a device for every router."""
    call_command("migrate", verbosity=0)
    sync_devices()


def run_job(*, read_all: bool = True) -> Job:
    """Prestage every device and return the job when it has ended.

    Args:
        read_all: Also read configurations that have not changed.

    Raises:
        RuntimeError: It did not end as a success.
    """
    job = submit_job(request=JobRequest(read_all=read_all), user=None)
    give_up = time.monotonic() + LONGEST
    while not job.is_terminal and time.monotonic() < give_up:
        time.sleep(0.05)
        job.refresh_from_db()
    if job.state != JobState.SUCCESS:
        raise RuntimeError(f"job {job} is {job.state}: {job.summary}")
    return job
