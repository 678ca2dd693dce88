"""The database and the broker fail, lie or are late (jobs spec, section 7)."""

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django_q.brokers import get_broker
from django_q.models import OrmQ

from prestage_plugin import queue
from prestage_plugin.models import Job
from prestage_plugin.services.submit import JobRequest, submit_job
from tests.chaos.conftest import SiteMaker
from tests.chaos.promises import assert_kept, see_through
from tests.chaos.site import Site, has_results, until

pytestmark = pytest.mark.slow


def start_and_wait_for_results(site: Site) -> Job:
    site.start_host()
    job = submit_job(request=JobRequest(), user=None)
    until(lambda: has_results(job))
    return job


@pytest.mark.parametrize(
    "backend", ["postgres", pytest.param("postgres-redis", marks=pytest.mark.smoke)]
)
def test_a_job_survives_a_restart_of_postgresql(make_site: SiteMaker, backend: str) -> None:
    site = make_site(backend)
    job = start_and_wait_for_results(site)
    assert site.postgres is not None
    site.postgres.stop()
    time.sleep(3)
    site.postgres.start()
    assert_kept(see_through(job, site), site)


@pytest.mark.smoke
def test_a_job_survives_that_redis_was_restarted_and_lost_its_messages(
    make_site: SiteMaker,
) -> None:
    site = make_site("postgres-redis", devices=400)
    job = start_and_wait_for_results(site)
    assert site.redis is not None
    site.redis.kill()
    time.sleep(3)
    site.redis.start()
    assert_kept(see_through(job, site), site)


def test_a_job_survives_that_redis_was_emptied(make_site: SiteMaker) -> None:
    site = make_site("postgres-redis", devices=400)
    job = start_and_wait_for_results(site)
    assert site.redis is not None
    site.redis.empty()
    assert_kept(see_through(job, site), site)


def test_a_job_that_was_accepted_while_redis_was_away_is_carried_later(
    make_site: SiteMaker,
) -> None:
    site = make_site("postgres-redis", devices=50)
    assert site.redis is not None
    site.redis.kill()
    job = submit_job(request=JobRequest(), user=None)
    site.redis.start()
    site.start_host()
    assert_kept(see_through(job, site), site)


def test_a_job_survives_that_another_writer_locks_sqlite_for_ten_seconds(
    make_site: SiteMaker,
) -> None:
    site = make_site("sqlite")
    job = start_and_wait_for_results(site)
    other = sqlite3.connect(site.folder / "prestage.sqlite3", isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    time.sleep(10)
    other.execute("ROLLBACK")
    other.close()
    assert_kept(see_through(job, site), site)


@pytest.mark.parametrize("backend", ["sqlite", "postgres-redis"])
def test_messages_that_come_twice_and_one_that_never_comes_are_not_visible(
    make_site: SiteMaker, backend: str
) -> None:
    site = make_site(backend)
    job = submit_job(request=JobRequest(), user=None)
    lost, *others = job.shards.order_by("pk").values_list("pk", flat=True)
    if site.redis is None:
        OrmQ.objects.all().delete()
    else:
        site.redis.empty()
    queue.enqueue_shards(others)
    queue.enqueue_shards(others)
    assert get_broker().queue_size() == 2 * len(others)
    site.start_host()
    job = see_through(job, site)
    assert_kept(job, site)
    assert set(job.shards.values_list("attempt", flat=True)) == {1}
    assert job.shards.get(pk=lost).state == "done"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB where the site's data goes."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("a file system of its own cannot be mounted here (it takes root)")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_job_survives_a_full_disk(small_disk: Path, make_site: SiteMaker) -> None:
    site = make_site("sqlite")
    job = start_and_wait_for_results(site)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    time.sleep(10)
    assert shutil.disk_usage(small_disk).free == 0
    ballast.unlink()
    assert_kept(see_through(job, site), site)
