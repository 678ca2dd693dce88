"""How many devices an event loop has in flight."""

import pytest

from nornir_tasks.flight.pace import Pace


def after(pace: Pace, *, beats: int, late: float, full: bool = True) -> int:
    for _ in range(beats):
        pace.beat(late, full=full)
    return pace.limit


def test_it_begins_with_the_least() -> None:
    assert Pace(50, 400).limit == 50


def test_a_loop_with_time_to_spare_gets_more_until_the_most() -> None:
    pace = Pace(50, 400)
    assert 50 < after(pace, beats=5, late=0.001) < 100
    assert after(pace, beats=100, late=0.001) == 400


def test_a_loop_that_is_late_gets_fewer_until_the_least() -> None:
    pace = Pace(50, 400)
    after(pace, beats=100, late=0.001)
    assert after(pace, beats=5, late=0.2) < 400
    assert after(pace, beats=100, late=0.2) == 50


def test_a_loop_that_catches_up_after_a_burst_has_time_to_spare() -> None:
    pace = Pace(50, 400)
    for _ in range(20):
        after(pace, beats=4, late=0.5)
        pace.beat(0.001, full=True)
    assert pace.limit == 400


@pytest.mark.parametrize(("begin", "limit"), [(None, 50), (10, 50), (200, 200), (900, 400)])
def test_it_begins_where_the_run_before_it_ended(begin: int | None, limit: int) -> None:
    assert Pace(50, 400, begin=begin).limit == limit


def test_more_is_of_no_use_where_there_are_not_enough_devices() -> None:
    assert after(Pace(50, 400), beats=100, late=0.001, full=False) == 50


@pytest.mark.parametrize("late", [0.001, 0.02, 0.2])
def test_bounds_that_leave_no_choice_are_kept(late: float) -> None:
    assert after(Pace(50, 20), beats=100, late=late) == 50
