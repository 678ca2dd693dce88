"""The promises of the jobs spec, section 7, after and while something was killed."""

import time
from collections import Counter

from django.db import Error, connection

from prestage_plugin.models import Device, Job, JobDevice, RoleChange
from prestage_plugin.states import JobState, RoleChangeKind
from tests.chaos.site import Site
from tests.prestage_plugin.engine.invariants import Watch, check_tables

__all__ = ["assert_kept", "see_through"]

LONGEST_PAUSE = 60.0
"""Seconds without a new result after which a job does not go on."""
_LOOK_SECONDS = 0.2


def see_through(job: Job, site: Site, *, grace: float = 0.0) -> Job:
    """Watch a job until it has ended; it may pause for 60 seconds, and percent never falls.

    Args:
        job: The job.
        site: Its site, for its logs.
        grace: Seconds more that the scenario takes before a cluster is up.
    """
    watch = Watch()
    finished, moved_at = -1, time.monotonic()
    while True:
        try:
            job.refresh_from_db()
            watch.look()
        except Error:
            connection.close_if_unusable_or_obsolete()
        else:
            if job.is_terminal:
                return job
        if job.finished != finished:
            finished, moved_at = job.finished, time.monotonic()
        pause = time.monotonic() - moved_at
        assert pause < LONGEST_PAUSE + grace, (
            f"{job} stands still at {job.percent} %\n{site.logs()}"
        )
        time.sleep(_LOOK_SECONDS)


def assert_kept(job: Job, site: Site, *, state: JobState = JobState.SUCCESS) -> None:
    """Assert that nothing was lost, done twice, or done by two at once."""
    check_tables()
    states = Counter(JobDevice.objects.filter(job=job).values_list("state", flat=True))
    assert job.state == state, f"{job.summary}\n{site.logs()}"
    assert states.total() == job.total == len(site.lab.fleet.devices)
    if state == JobState.SUCCESS:
        assert set(states) <= {"prestaged", "unchanged"}, job.summary
    _each_device_was_assigned_once()
    statistics = site.lab.statistics()
    assert statistics["max_concurrent_per_device"] == 1, "two sessions with one device"
    assert statistics["sessions_open"] == 0


def _each_device_was_assigned_once() -> None:
    assigned = RoleChange.objects.filter(kind=RoleChangeKind.ASSIGNED)
    per_device = Counter(assigned.values_list("device_id", flat=True))
    assert set(per_device.values()) <= {1}, "a device was assigned twice"
    assert Device.objects.exclude(assigned_role="").count() == len(per_device)
