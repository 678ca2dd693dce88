"""Two hosts share one job; one is killed in the middle, the other finishes it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from prestage_plugin.models import Shard
from prestage_plugin.services.submit import JobRequest, submit_job
from tests.chaos.conftest import SiteMaker
from tests.chaos.network import can_make_namespaces, network_namespace
from tests.chaos.promises import assert_kept, see_through
from tests.chaos.site import Site, has_results, until

pytestmark = pytest.mark.slow

HOSTS = ("north", "south")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def prefixes(site: Site, stack: ExitStack) -> list[list[str]]:
    """What runs a program on each host; two process groups where there are no namespaces."""
    if not can_make_namespaces():
        return [[], []]
    assert site.postgres is not None
    assert site.redis is not None
    ports = [site.lab.port, site.postgres.port, site.redis.port]
    return [
        stack.enter_context(network_namespace(f"prestage-{name}-{os.getpid()}", ports=ports))
        for name in HOSTS
    ]


def test_the_other_host_finishes_a_job_of_1000_devices(
    stack: ExitStack, make_site: SiteMaker
) -> None:
    site = make_site("postgres-redis", devices=1000, latency_ms=1000)
    north, south = (site.start_host(prefix) for prefix in prefixes(site, stack))
    job = submit_job(request=JobRequest(), user=None)
    until(lambda: has_results(job, 200))
    assert len(workers_of(job.pk)) == 2, "both hosts have a part of the job"
    north.kill()
    job = see_through(job, site)
    assert_kept(job, site)
    [survivor] = {name for name in workers_of(job.pk) if name.endswith(f":{south.supervisor.pid}")}
    taken_over = Shard.objects.filter(job=job, attempt=2)
    assert set(taken_over.values_list("worker", flat=True)) == {survivor}


def workers_of(job_id: int) -> set[str]:
    names = Shard.objects.filter(job_id=job_id).exclude(worker="")
    return set(names.values_list("worker", flat=True))
