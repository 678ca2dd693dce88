"""Which messages tell of a change, and whose it is (prestaging spec, section 6)."""

from collections.abc import Callable

import pytest

from prestage_plugin.events.syslog import commits
from prestage_plugin.events.syslog.commits import Commits
from prestage_plugin.events.syslog.message import parse_message
from prestage_plugin.events.verdict import Meaning, Verdict
from tests.prestage_plugin.events.syslog.samples import (
    COMPLETED,
    REQUESTED,
    ROLLED_BACK,
    classic,
    structured,
)

CHANGE, OWN, OTHER = Meaning

Writer = Callable[..., bytes]
both = pytest.mark.parametrize("write", [classic, structured])


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def judge(clock: Clock) -> Callable[..., Verdict]:
    judge = Commits(ignored_users=["prestage"], clock=clock)

    def of(data: bytes, device: str = "10.0.0.1") -> Verdict:
        return judge.judge(parse_message(data), device=device)

    return of


@both
def test_a_commit_is_a_change_by_whom_requested_it(
    judge: Callable[..., Verdict], write: Writer
) -> None:
    assert judge(write(REQUESTED, user="jdoe")).meaning is OTHER
    assert judge(write("UI_COMMIT_PROGRESS")).meaning is OTHER
    assert judge(write(COMPLETED)) == Verdict(CHANGE, "jdoe")


@both
def test_a_commit_by_ourselves_is_none(judge: Callable[..., Verdict], write: Writer) -> None:
    judge(write(REQUESTED, user="prestage"))
    assert judge(write(COMPLETED)).meaning is OWN


@both
def test_our_reads_are_none(judge: Callable[..., Verdict], write: Writer) -> None:
    assert judge(write("UI_NETCONF_CMD", user="prestage")).meaning is OTHER


def test_a_completion_that_names_its_user_needs_no_request(judge: Callable[..., Verdict]) -> None:
    assert judge(structured(COMPLETED, user="prestage")).meaning is OWN
    judge(structured(REQUESTED, user="prestage"))
    assert judge(structured(COMPLETED, user="jdoe")) == Verdict(CHANGE, "jdoe")


def test_a_rollback_is_a_change_whosever_commit_it_was(judge: Callable[..., Verdict]) -> None:
    judge(classic(REQUESTED, user="prestage"))
    assert judge(classic(ROLLED_BACK)).meaning is CHANGE


def test_sessions_on_one_device_are_not_mixed_up(judge: Callable[..., Verdict]) -> None:
    """Somebody commits while our own commit is under way, and their request was not heard."""
    judge(classic(REQUESTED, user="prestage", process=1))
    assert judge(classic(COMPLETED, process=2)) == Verdict(CHANGE, "")
    assert judge(classic(COMPLETED, process=1)).meaning is OWN


def test_devices_are_not_mixed_up(judge: Callable[..., Verdict]) -> None:
    judge(classic(REQUESTED, user="prestage"))
    assert judge(classic(COMPLETED), "10.0.0.2") == Verdict(CHANGE, "")


def test_the_last_request_of_a_session_counts(judge: Callable[..., Verdict]) -> None:
    judge(classic(REQUESTED, user="prestage"))
    judge(classic(REQUESTED, user="jdoe"))
    assert judge(classic(COMPLETED)) == Verdict(CHANGE, "jdoe")


def test_a_request_is_forgotten_after_a_while(judge: Callable[..., Verdict], clock: Clock) -> None:
    judge(classic(REQUESTED, user="prestage"))
    clock.now += commits.REMEMBERED_SECONDS
    assert judge(classic(COMPLETED)).meaning is OWN
    clock.now += 1
    assert judge(classic(COMPLETED)) == Verdict(CHANGE, "")


def test_no_more_requests_are_remembered_than_there_is_room_for(
    judge: Callable[..., Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "MOST_REMEMBERED", 3)
    for number in range(5):
        judge(classic(REQUESTED, user="prestage"), f"10.0.0.{number}")
    meanings = [judge(classic(COMPLETED), f"10.0.0.{number}").meaning for number in range(5)]
    assert meanings == [CHANGE, CHANGE, OWN, OWN, OWN]
