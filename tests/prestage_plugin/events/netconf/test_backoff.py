"""The pauses between two attempts at a device."""

import pytest

from nornir_tasks.errors import ErrorCode
from prestage_plugin.events.netconf.backoff import (
    FIRST_SECONDS,
    LONGEST_SECONDS,
    RARELY_SECONDS,
    UNSUPPORTED_SECONDS,
    longest_pause,
    pause_after,
    pause_of_unsupported,
)

DRAWN = 200


def test_the_bound_doubles_with_each_failure_and_has_an_end() -> None:
    bounds = [longest_pause(failures) for failures in range(1, 30)]
    assert bounds[:3] == [FIRST_SECONDS, 2 * FIRST_SECONDS, 4 * FIRST_SECONDS]
    assert bounds == sorted(bounds)
    assert bounds[-1] == LONGEST_SECONDS
    assert longest_pause(10**9) == LONGEST_SECONDS


@pytest.mark.parametrize("failures", [1, 4, 100])
def test_pauses_are_spread_over_the_whole_of_it(failures: int) -> None:
    bound = longest_pause(failures)
    pauses = [pause_after(failures, ErrorCode.UNREACHABLE) for _each in range(DRAWN)]
    assert all(0 <= pause <= bound for pause in pauses)
    assert min(pauses) < bound / 4
    assert max(pauses) > bound * 3 / 4


@pytest.mark.parametrize("code", [ErrorCode.AUTHENTICATION, ErrorCode.HOST_KEY_MISMATCH])
def test_what_only_a_person_can_mend_is_tried_rarely_from_the_start(code: ErrorCode) -> None:
    pauses = [pause_after(1, code) for _each in range(DRAWN)]
    assert all(RARELY_SECONDS / 2 <= pause <= RARELY_SECONDS for pause in pauses)
    assert len(set(pauses)) > DRAWN / 2


def test_a_device_without_notifications_is_asked_about_once_an_hour() -> None:
    pauses = [pause_of_unsupported() for _each in range(DRAWN)]
    assert all(UNSUPPORTED_SECONDS / 2 <= pause <= UNSUPPORTED_SECONDS for pause in pauses)
    assert len(set(pauses)) > DRAWN / 2
