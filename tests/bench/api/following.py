"""A crowd follows one job on a real server while a real worker carries it, and once while not.

`main` runs on the site of its environment, in a process of its own, and prints what it measured as
JSON. Django must be set up before this module is imported.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from prestage_plugin.models import Job
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.services.tokens import create_token
from tests.bench.api.crowd import Crowd, Seen
from tests.bench.job import create_site
from tests.bench.machine import cpu_of_tree
from tests.bench.site import worker
from tests.ports import free_port

__all__ = ["main"]

WORKERS, THREADS = 2, 8
"""Of gunicorn."""

TOKENS = 20
WARM = 3.0
"""Seconds."""

LONGEST = 600.0


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One run.

    Attributes:
        seconds: How long the job, or the idle crowd, took.
        devices: Of the job; 0 when nothing was carried.
        requests: That the crowd sent.
        failed: Of these, what was answered neither with 200 nor with 304.
        unchanged: Of these, answered with 304.
        server_cpu: Seconds of CPU of the web server's processes.
        crowd_cpu: Seconds of CPU of the crowd, which runs on the same machine.
        p50: Milliseconds until an answer.
        p99: Likewise.
        errors: What went wrong, by name.
    """

    seconds: float
    devices: int
    requests: int
    failed: int
    unchanged: int
    server_cpu: float
    crowd_cpu: float
    p50: float
    p99: float
    errors: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where a crowd goes.

    Attributes:
        port: Of the web server.
        server: Its processes.
        secrets: Tokens.
        clients: How many.
        every: Seconds between two looks of one.
    """

    port: int
    server: psutil.Process
    secrets: list[str]
    clients: int
    every: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--every", type=float, required=True)
    parser.add_argument("--turns", type=int, required=True)
    parser.add_argument("--idle", type=float, required=True, help="seconds")
    arguments = parser.parse_args()
    create_site()
    user = User.objects.create_superuser("root")
    secrets = [
        create_token(user=user, name=f"bench {number}", scopes=["read"], created_by="bench")[1]
        for number in range(TOKENS)
    ]
    folder = Path(os.environ["PRESTAGE_DATA"])
    with web_server(folder) as (port, server), worker(folder=folder):
        scene = Scene(
            port=port,
            server=server,
            secrets=secrets,
            clients=arguments.clients,
            every=arguments.every,
        )
        # So that everything is warm.
        carry(None)
        asyncio.run(look_at_nothing_new(scene, WARM))
        found: dict[str, Any] = {
            "idle": asdict(asyncio.run(look_at_nothing_new(scene, arguments.idle))),
            "alone": [],
            "followed": [],
        }
        for turn in range(arguments.turns):
            kinds = [("alone", None), ("followed", scene)]
            for name, who in kinds if turn % 2 else kinds[::-1]:
                found[name].append(asdict(carry(who)))
    sys.stdout.write(f"{json.dumps(found)}\n")


@contextmanager
def web_server(folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Serve the site with gunicorn."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "prestage_plugin.site.wsgi"]
    command += ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    command += ["--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60"]
    command += ["--worker-connections", "4000", "--log-level", "warning", "--no-control-socket"]
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        server = psutil.Process(process.pid)
        give_up = time.monotonic() + 30
        while len(server.children()) < WORKERS:
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError((folder / "gunicorn.log").read_text())
            time.sleep(0.1)
        yield port, server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


async def look_at_nothing_new(scene: Scene, seconds: float) -> Turn:
    """Let the crowd follow a job that waits for its time."""
    job = await asyncio.to_thread(_in_thread, _scheduled)
    before = _costs(scene)
    async with _crowd(scene, job) as crowd:
        await asyncio.sleep(seconds)
    return _turn(scene, crowd.seen, before, seconds, devices=0)


def carry(scene: Scene | None) -> Turn:
    """Carry a job of all devices, alone or while a crowd follows it."""
    job = submit_job(request=JobRequest(read_all=True), user=None)
    if scene is None:
        ended = _wait(job)
        return _turn(None, Seen(), (0.0, 0.0), _seconds(ended), devices=ended.total)
    before = _costs(scene)
    seen = asyncio.run(_followed(scene, job))
    ended = _wait(job)
    return _turn(scene, seen, before, _seconds(ended), devices=ended.total)


async def _followed(scene: Scene, job: Job) -> Seen:
    async with _crowd(scene, job) as crowd:
        await asyncio.to_thread(_in_thread, lambda: _wait(job))
    return crowd.seen


def _in_thread(work: Any) -> Any:
    try:
        return work()
    finally:
        connection.close()


def _scheduled() -> Job:
    tomorrow = timezone.now() + timedelta(days=1)
    return submit_job(request=JobRequest(scheduled_for=tomorrow), user=None)


def _wait(job: Job) -> Job:
    give_up = time.monotonic() + LONGEST
    job = Job.objects.get(pk=job.pk)
    while not job.is_terminal and time.monotonic() < give_up:
        time.sleep(0.1)
        job.refresh_from_db()
    if job.state != "success":
        raise RuntimeError(f"{job} is {job.state}: {job.summary}")
    return job


def _seconds(job: Job) -> float:
    assert job.ended_at is not None
    return (job.ended_at - job.created_at).total_seconds()


def _crowd(scene: Scene, job: Job) -> Crowd:
    return Crowd(
        port=scene.port,
        path=f"/prestage/api/v1/jobs/{job.pk}/",
        secrets=scene.secrets,
        clients=scene.clients,
        every=scene.every,
    )


def _costs(scene: Scene) -> tuple[float, float]:
    own = psutil.Process().cpu_times()
    return cpu_of_tree(scene.server), own.user + own.system


def _turn(
    scene: Scene | None, seen: Seen, before: tuple[float, float], seconds: float, *, devices: int
) -> Turn:
    after = _costs(scene) if scene is not None else before
    return Turn(
        seconds=seconds,
        devices=devices,
        requests=sum(seen.statuses.values()) + sum(seen.errors.values()),
        failed=seen.failed,
        unchanged=seen.statuses[304],
        server_cpu=after[0] - before[0],
        crowd_cpu=after[1] - before[1],
        p50=seen.percentile(50),
        p99=seen.percentile(99),
        errors=dict(seen.errors),
    )
