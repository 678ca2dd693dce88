"""Cancel is acknowledged at once, and no new device is started later than 1 s after (spec, 5)."""

import time
from datetime import datetime, timedelta

import pytest
from django.db.models import Max
from django.utils import timezone

from prestage_plugin.models import Job
from prestage_plugin.services.cancel import CancelOutcome, cancel_job
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobState
from tests.chaos.conftest import SiteMaker
from tests.chaos.promises import assert_kept, see_through
from tests.chaos.site import Host, Site, has_results, until

pytestmark = pytest.mark.slow

AT_ONCE = 3.0
"""Seconds within which a cancel must be acknowledged; generous, for a machine that is busy."""
LATEST_START = timedelta(seconds=1)
backends = pytest.mark.parametrize("backend", ["sqlite", "postgres-redis"])


def start(site: Site) -> tuple[Job, Host]:
    host = site.start_host()
    job = submit_job(request=JobRequest(), user=None)
    until(lambda: has_results(job))
    return job, host


def cancel(job: Job) -> datetime:
    """Cancel and return the moment after which no device may be contacted."""
    asked = time.monotonic()
    assert cancel_job(job_id=job.pk, actor="bob") in CancelOutcome
    assert time.monotonic() - asked < AT_ONCE
    return timezone.now() + LATEST_START


@backends
@pytest.mark.parametrize("wedged", [False, True], ids=["healthy", "wedged"])
def test_no_new_device_is_started(make_site: SiteMaker, backend: str, wedged: bool) -> None:
    site = make_site(backend, devices=100 if wedged else 400)
    job, host = start(site)
    if wedged:
        host.idle_worker().kill()
    promised = cancel(job)
    job = see_through(job, site)
    assert_kept(job, site, state=JobState.CANCELLED)
    # By the workers' own record; the lab shares the machine and may count late.
    assert job.devices.aggregate(at=Max("started_at"))["at"] < promised, site.logs()
    assert 0 < job.cancelled < job.total
    assert job.prestaged == site.lab.statistics()["connections"], site.logs()


@backends
def test_a_job_is_cancelled_while_every_host_is_down(make_site: SiteMaker, backend: str) -> None:
    site = make_site(backend, devices=400)
    job, host = start(site)
    host.kill()
    cancel(job)
    contacted = site.lab.statistics()["connections"]
    host.start()
    job = see_through(job, site)
    assert_kept(job, site, state=JobState.CANCELLED)
    assert site.lab.statistics()["connections"] == contacted
    assert 0 < job.cancelled < job.total
