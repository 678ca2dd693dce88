"""`kill -9` of any process, or of all of them (jobs spec, section 7, promises 1 to 3)."""

from collections.abc import Callable

import psutil
import pytest

from prestage_plugin.models import Worker
from prestage_plugin.services.submit import JobRequest, submit_job
from tests.chaos.conftest import SiteMaker
from tests.chaos.promises import assert_kept, see_through
from tests.chaos.site import Host, Site, has_results, until

pytestmark = pytest.mark.slow

VICTIMS: dict[str, Callable[[Host], list[psutil.Process]]] = {
    "busy worker": lambda host: host.busy_workers()[:1],
    "monitor": lambda host: [host.monitor],
    "pusher": lambda host: [host.pusher],
    "sentinel": lambda host: [host.sentinel],
    "cluster's parent": lambda host: [host.parent],
}


@pytest.mark.parametrize("backend", ["sqlite", "postgres-redis"])
@pytest.mark.parametrize(
    "victim",
    [pytest.param(name, marks=[pytest.mark.smoke] * (name == "busy worker")) for name in VICTIMS],
)
def test_a_job_survives_the_death_of_one_process(
    make_site: SiteMaker, victim: str, backend: str
) -> None:
    site = make_site(backend)
    host = site.start_host()
    job = submit_job(request=JobRequest(), user=None)
    until(lambda: has_results(job))
    [process] = VICTIMS[victim](host)
    process.kill()
    assert_kept(see_through(job, site), site)


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgres-redis", marks=pytest.mark.smoke)]
)
def test_jobs_survive_the_death_of_the_idle_worker_that_holds_the_queues_lock(
    make_site: SiteMaker, backend: str
) -> None:
    site = make_site(backend, devices=100)
    host = site.start_host()
    job = submit_job(request=JobRequest(), user=None)
    until(lambda: has_results(job))
    host.idle_worker().kill()
    # The two that are busy with the first job go on; nobody can take the second one.
    second = submit_job(request=JobRequest(), user=None)
    assert_kept(see_through(job, site), site)
    assert_kept(see_through(second, site), site)
    assert Worker.objects.get().restarts == 1


@pytest.mark.parametrize("backend", ["sqlite", "postgres-redis"])
def test_a_job_survives_the_death_of_the_supervisor(make_site: SiteMaker, backend: str) -> None:
    site = make_site(backend)
    host = site.start_host()
    job = submit_job(request=JobRequest(), user=None)
    until(lambda: has_results(job))
    everything = host.family()
    host.supervisor.kill()
    host.reap()
    assert psutil.wait_procs(everything, timeout=10)[1] == []
    host.start()
    assert_kept(see_through(job, site), site)


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgres-redis", marks=pytest.mark.smoke)]
)
def test_a_job_survives_the_death_of_everything(make_site: SiteMaker, backend: str) -> None:
    site = make_site(backend)
    host = site.start_host()
    job = submit_job(request=JobRequest(), user=None)
    until(lambda: has_results(job))
    _kill_all_that_there_is(site, host)
    host.start()
    assert_kept(see_through(job, site), site)


def _kill_all_that_there_is(site: Site, host: Host) -> None:
    host.kill()
    if site.redis is not None:
        site.redis.kill()
        site.redis.start()
    if site.postgres is not None:
        site.postgres.stop()
        site.postgres.start()
