"""The clock of one host is five minutes off."""

from datetime import timedelta

import pytest
from django.utils import timezone

from prestage_plugin.models import Shard, Worker
from prestage_plugin.services.submit import JobRequest, submit_job
from tests.chaos.conftest import SiteMaker
from tests.chaos.promises import assert_kept, see_through
from tests.chaos.site import has_results, until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("offset", ["300", "-300"])
@pytest.mark.parametrize("backend", ["postgres", "postgres-redis"])
def test_hosts_whose_clocks_differ_share_a_job(
    make_site: SiteMaker, backend: str, offset: str
) -> None:
    site = make_site(backend, devices=400)
    right = site.start_host()
    wrong = site.start_host(PRESTAGE_TEST_CLOCK=offset)
    ahead = Worker.objects.get(name__endswith=f":{wrong.supervisor.pid}").seen_at - timezone.now()
    assert abs(ahead) > timedelta(minutes=4)

    job = submit_job(request=JobRequest(), user=None)
    until(lambda: has_results(job))
    right.busy_workers()[0].kill()
    job = see_through(job, site)

    assert_kept(job, site)
    # Only the shard of the killed worker was taken over: nobody's lease looked run out.
    assert sum(Shard.objects.values_list("crashes", flat=True)) == 1
    assert not any(Worker.objects.values_list("restarts", flat=True))
