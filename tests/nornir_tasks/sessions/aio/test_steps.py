"""Steps are bounded in time one by one, and none goes on after an abort."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.aio.steps import Steps
from nornir_tasks.sessions.failures import Phase


def error_of(work: Callable[[Steps], Awaitable[None]], seconds: float = 60) -> PrestageError:
    """Return what becomes of the work in one block of steps."""

    async def run() -> None:
        steps = Steps(seconds)
        async with steps:
            await work(steps)

    with pytest.raises(PrestageError) as caught:
        asyncio.run(run())
    return caught.value


def test_a_step_that_takes_too_long_has_the_code_of_the_step() -> None:
    async def dally(steps: Steps) -> None:
        steps.begin(Phase.HANDSHAKE)
        steps.begin(Phase.LOGIN, 0.01)
        await asyncio.sleep(60)

    error = error_of(dally)
    assert error.code is ErrorCode.TIMEOUT_CONNECT
    assert Phase.LOGIN in error.text


def test_the_time_of_one_step_does_not_end_the_next() -> None:
    async def go_on() -> bool:
        async with Steps(60) as steps:
            steps.begin(Phase.HANDSHAKE, 0.01)
            steps.begin(Phase.LOGIN)
            await asyncio.sleep(0.05)
        return True

    assert asyncio.run(go_on())


def test_an_abort_ends_the_step_at_once() -> None:
    async def wait(steps: Steps) -> None:
        steps.begin(Phase.HANDSHAKE)
        asyncio.get_running_loop().call_soon(steps.abort)
        await asyncio.sleep(60)

    assert error_of(wait).code is ErrorCode.CONNECTION_LOST


def test_an_abort_in_the_moment_when_a_step_is_done_lets_no_other_begin() -> None:
    async def abort(steps: Steps) -> None:
        steps.begin(Phase.HANDSHAKE)
        steps.abort()
        steps.begin(Phase.LOGIN)
        pytest.fail("began")

    assert error_of(abort).code is ErrorCode.CONNECTION_LOST


def test_an_abort_in_the_moment_when_all_is_done_is_not_overlooked() -> None:
    async def abort(steps: Steps) -> None:
        steps.begin(Phase.HANDSHAKE)
        steps.abort()

    assert error_of(abort).code is ErrorCode.CONNECTION_LOST


def test_nothing_begins_after_an_abort() -> None:
    async def begin() -> None:
        steps = Steps(60)
        steps.abort()
        async with steps:
            pytest.fail("began")

    with pytest.raises(PrestageError):
        asyncio.run(begin())


def test_why_a_step_failed_is_told_although_it_was_aborted() -> None:
    async def fail(steps: Steps) -> None:
        steps.begin(Phase.HANDSHAKE)
        steps.abort()
        raise PrestageError(ErrorCode.HOST_KEY_MISMATCH, "Another key.")

    assert error_of(fail).code is ErrorCode.HOST_KEY_MISMATCH


def test_a_caller_that_is_cancelled_is_cancelled() -> None:
    async def cancel() -> None:
        async def work() -> None:
            async with Steps(60) as steps:
                steps.begin(Phase.DIAL)
                await asyncio.sleep(60)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())
