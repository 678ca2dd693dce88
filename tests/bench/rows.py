"""The last stages of `tests.bench.stages`: what a worker does with a database for its devices.

Importing this sets Django up, so the environment has to be made first.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after the set-up
from django.db import connections  # noqa: E402 - after the set-up

from nornir_tasks.outcome import Discovery  # noqa: E402 - after the set-up
from prestage_plugin import garbage  # noqa: E402 - after the set-up
from prestage_plugin.models import Device, DeviceEvaluation, Job, Shard  # noqa: E402
from prestage_plugin.services.knowledge import knowledge_of  # noqa: E402 - after the set-up
from prestage_plugin.services.lifecycle import claim_shard, end_shard  # noqa: E402
from prestage_plugin.services.reservation import reserve_devices  # noqa: E402
from prestage_plugin.services.results import DeviceResult, record  # noqa: E402
from prestage_plugin.services.submit import JobRequest, submit_job  # noqa: E402
from prestage_plugin.states import ShardState  # noqa: E402 - after the set-up

if TYPE_CHECKING:
    from tests.bench.stages import Stopwatch

__all__ = ["Site"]


class Site:
    """A database with some devices, which one worker prestages in one batch.

    Args:
        names: Of the devices.
    """

    def __init__(self, names: Sequence[str]) -> None:
        call_command("migrate", verbosity=0)
        garbage.collect_rarely()
        garbage.keep()
        self._names = names

    def close(self) -> None:
        """Let go of the database."""
        connections.close_all()

    def write(self, discoveries: Sequence[Discovery], watch: "Stopwatch") -> None:
        """Write what was found about devices that are new, and then about the same again."""
        Device.objects.all().delete()
        Job.objects.all().delete()
        Device.objects.bulk_create([Device(name=name, platform="junos") for name in self._names])
        self._job(discoveries, watch, "rows of new devices")
        assert DeviceEvaluation.objects.count() >= len(self._names)
        self._job(discoveries, watch, "rows of the same again")

    def _job(self, discoveries: Sequence[Discovery], watch: "Stopwatch", stage: str) -> None:
        job = submit_job(request=JobRequest(read_all=True), user=None)
        for shard_id in Shard.objects.filter(job=job).values_list("pk", flat=True):
            self._shard(job, shard_id, discoveries, watch, stage)
        watch.turn()
        job.refresh_from_db()
        assert job.prestaged + job.unchanged == len(self._names), job.summary

    def _shard(
        self,
        job: Job,
        shard_id: int,
        discoveries: Sequence[Discovery],
        watch: "Stopwatch",
        stage: str,
    ) -> None:
        with watch.stage("prepare"):
            claim = claim_shard(shard_id=shard_id, worker="bench")
            assert claim is not None
            names = set(reserve_devices(claim=claim))
            knowledge = knowledge_of(job=job, names=list(names))
        found = [each for each in discoveries if each.host in names]
        with watch.stage(stage):
            started = {each.host: each.read_started_at for each in found}
            record(claim=claim, started=started, results=[])
            results = [
                DeviceResult(
                    device_name=each.host,
                    started_at=each.read_started_at,
                    ended_at=each.read_ended_at,
                    rules_key=knowledge.rules_keys[each.host],
                    outcome=each,
                )
                for each in found
            ]
            record(claim=claim, started={}, results=results)
        end_shard(shard_id=shard_id, state=ShardState.DONE)
