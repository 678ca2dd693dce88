from datetime import timedelta

import pytest

from prestage_plugin.models import Job
from prestage_plugin.services.estimate import duration_of, time_left
from prestage_plugin.states import JobState
from tests.prestage_plugin.services.build import NOON

MINUTE = timedelta(minutes=1)


def job(**values: object) -> Job:
    usual: dict[str, object] = {"state": JobState.IN_PROGRESS, "started_at": NOON}
    return Job(**usual | {"total": 100, "prestaged": 20} | values)


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({}, 4 * MINUTE),
        ({"failed": 30}, MINUTE),
        ({"cancelled": 20}, 3 * MINUTE),
        ({"prestaged": 100}, timedelta()),
        ({"prestaged": 0}, None),
        ({"state": JobState.SCHEDULED, "started_at": None}, None),
        ({"state": JobState.SUCCESS, "ended_at": NOON}, None),
        ({"cancel_requested_at": NOON}, None),
        ({"started_at": NOON + MINUTE - timedelta(seconds=1)}, None),
    ],
)
def test_the_time_left_follows_from_the_pace(
    values: dict[str, object], left: timedelta | None
) -> None:
    assert time_left(job(**values), now=NOON + MINUTE) == left


@pytest.mark.parametrize(
    ("values", "duration"),
    [
        ({}, MINUTE),
        ({"ended_at": NOON + 3 * MINUTE}, 3 * MINUTE),
        ({"started_at": None}, None),
        # The clocks of two hosts differ.
        ({"started_at": NOON + 2 * MINUTE}, timedelta()),
    ],
)
def test_the_duration_grows_until_the_end(
    values: dict[str, object], duration: timedelta | None
) -> None:
    assert duration_of(job(**values), now=NOON + MINUTE) == duration
