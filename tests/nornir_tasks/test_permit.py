"""No device is contacted unless somebody saw a moment ago that it may be (jobs spec, section 5)."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from nornir.core import Nornir
from nornir.core.task import Task

from nornir_tasks.cancel import CancelToken
from nornir_tasks.errors import ErrorCode
from nornir_tasks.guard import current_guard
from nornir_tasks.outcome import HostError, NotStarted, outcome_of
from nornir_tasks.permit import StartPermit
from nornir_tasks.runner import PrestageRunner

pytestmark = pytest.mark.usefixtures("nothing_left")

Make = Callable[..., Nornir]


def hosts(count: int) -> dict[str, dict[str, Any]]:
    return {f"pe{number}": {} for number in range(1, count + 1)}


def contact(task: Task) -> str:
    """A task that contacts its device, as opening a session does."""
    current_guard().admit()
    return "contacted"


def test_no_device_is_contacted_while_nobody_says_that_the_run_may_go_on(nornir_of: Make) -> None:
    """The caller cannot look whether the run was cancelled; when it can, it was."""
    token, permit = CancelToken(), StartPermit(60)
    contacts: list[str] = []
    runner = PrestageRunner(cancel=token, permit=permit, on_tick=token.cancel, tick=0.2)
    runner.on_contact = lambda name, _at: contacts.append(name)
    results = nornir_of(**hosts(3)).with_runner(runner).run(contact)
    assert all(outcome_of(name, results[name]) == NotStarted(name) for name in results)
    assert contacts == []


def test_devices_are_contacted_as_soon_as_the_permit_is_renewed(nornir_of: Make) -> None:
    permit = StartPermit(60)
    contacts: dict[str, float] = {}
    looked_at: list[float] = []

    def look() -> None:
        looked_at.append(time.monotonic())
        permit.renew(seen_at=looked_at[-1])

    runner = PrestageRunner(permit=permit, on_tick=look, tick=0.05)
    runner.on_contact = contacts.__setitem__
    results = nornir_of(**hosts(3)).with_runner(runner).run(contact)
    assert [results[name].result for name in results] == ["contacted"] * 3
    assert min(contacts.values()) >= looked_at[0]


def test_a_permit_lapses_by_when_the_look_began_not_by_when_it_was_heard_of() -> None:
    permit = StartPermit(0.2)
    permit.renew(seen_at=time.monotonic() - 0.2)
    assert not permit.wait(0)
    permit.renew(seen_at=time.monotonic() + 60)
    assert permit.wait(0)


def test_a_host_that_waits_for_the_permit_meets_its_deadline(nornir_of: Make) -> None:
    runner = PrestageRunner(permit=StartPermit(60), deadline=0.2)
    results = nornir_of(**hosts(2)).with_runner(runner).run(contact)
    outcomes = [outcome_of(name, result) for name, result in results.items()]
    codes = {each.code for each in outcomes if isinstance(each, HostError)}
    assert codes == {ErrorCode.TIMEOUT_DEADLINE}
