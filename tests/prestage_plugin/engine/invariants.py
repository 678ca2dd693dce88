"""What must be true of the tables at every moment, whatever happened (jobs spec, 2, 4 and 7)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from django.db.models import Q

from prestage_plugin.models import Job, JobDevice, JobTransition, Shard
from prestage_plugin.states import JOB_TRANSITIONS, DeviceState, JobState, ShardState

__all__ = ["Watch", "check_tables"]

_COUNTED = [*DeviceState.finished(), DeviceState.CANCELLED]


def check_tables() -> None:
    """Assert what one look at the tables can tell."""
    for job in Job.objects.all():
        _counts_are_those_of_the_rows(job)
        _history_leads_to_the_state(job)
        _nothing_is_open_in_a_job_that_ended(job)
    _one_holder_per_device()


def _counts_are_those_of_the_rows(job: Job) -> None:
    rows = Counter(job.devices.values_list("state", flat=True))
    assert {state: getattr(job, state) for state in _COUNTED} == {
        state: rows[state] for state in _COUNTED
    }, f"{job}: the counts differ from the rows"
    assert rows.total() == job.total, f"{job}: a device was lost or appeared"


def _history_leads_to_the_state(job: Job) -> None:
    rows = list(job.transitions.order_by("pk").values_list("from_state", "to_state"))
    assert rows[0] == ("", JobState.SCHEDULED)
    assert rows[-1][1] == job.state, f"{job}: the history does not lead to its state"
    for before, after in pairwise(rows):
        assert before[1] == after[0]
        assert JobState(after[1]) in JOB_TRANSITIONS[JobState(after[0])]


def _nothing_is_open_in_a_job_that_ended(job: Job) -> None:
    if job.state in {JobState.SUCCESS, JobState.FAILURE}:
        assert not job.shards.filter(state__in=ShardState.open()).exists()
    closed = job.shards.exclude(state__in=ShardState.open())
    assert not JobDevice.objects.filter(shard__in=closed, state__in=DeviceState.open()).exists()
    assert (job.percent == 100) == (job.state in {JobState.SUCCESS, JobState.FAILURE})


def _one_holder_per_device() -> None:
    held = JobDevice.objects.filter(holds_device=True)
    names = Counter(held.values_list("device_name", flat=True))
    assert set(names.values()) <= {1}, "two jobs hold one device"
    idle = held.exclude(shard__state=ShardState.RUNNING)
    assert not idle.exists(), "a device is held by a shard that nobody works on"


class Watch:
    """What must be true from one look at the tables to the next."""

    def __init__(self) -> None:
        self._percent: dict[int, int] = {}
        self._history: Sequence[tuple[object, ...]] = []
        self._results: Mapping[int, tuple[object, ...]] = {}
        self._attempts: dict[int, int] = {}

    def look(self) -> None:
        """Assert that percents and attempts only rose and that results and history stayed."""
        self._percent = _not_fallen(
            self._percent, {job.pk: job.percent for job in Job.objects.all()}, "percent"
        )
        self._attempts = _not_fallen(
            self._attempts, dict(Shard.objects.values_list("pk", "attempt")), "attempt"
        )
        history = list(JobTransition.objects.order_by("pk").values_list())
        assert history[: len(self._history)] == self._history, "a row of the history changed"
        self._history = history
        finished = JobDevice.objects.exclude(Q(state__in=DeviceState.open()))
        results = {row[0]: row for row in finished.values_list()}
        for key, result in self._results.items():
            assert results.get(key) == result, "a device's result changed"
        self._results = results


def _not_fallen(before: dict[int, int], now: dict[int, int], name: str) -> dict[int, int]:
    for key, value in before.items():
        assert now[key] >= value, f"the {name} of {key} fell from {value} to {now[key]}"
    return now
