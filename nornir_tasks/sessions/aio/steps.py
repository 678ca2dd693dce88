"""Steps of connecting, each bounded in time, that can be ended from outside at once."""

import asyncio
from types import TracebackType
from typing import Self

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.aio.failures import classify_ssh_failure
from nornir_tasks.sessions.failures import Phase

__all__ = ["Steps"]


class Steps:
    """What happens in `async with` blocks, one after the other, in the task that enters them.

    Whatever fails in a block becomes one of our errors, with the code of the step. One timeout for
    a block, moved from step to step, is all that it takes: no task of its own, and none to wake.

    Args:
        seconds: For each step that does not have its own.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._phase = Phase.DIAL
        self._timeout: asyncio.Timeout | None = None
        self._aborted = False

    def begin(self, phase: Phase, seconds: float | None = None) -> None:
        """Begin a step; its time starts anew.

        Args:
            phase: The step.
            seconds: How long it may take; None for as long as any other.

        Raises:
            PrestageError: The steps were aborted.
        """
        self._check()
        self._phase = phase
        assert self._timeout is not None
        limit = self._seconds if seconds is None else seconds
        self._timeout.reschedule(asyncio.get_running_loop().time() + limit)

    def abort(self) -> None:
        """End the step that is under way, and begin no other; never raises."""
        self._aborted = True
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(0)

    async def __aenter__(self) -> Self:
        self._check()
        self._timeout = asyncio.timeout(None)
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        timeout, self._timeout = self._timeout, None
        assert timeout is not None
        try:
            await timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            error = late
        if isinstance(error, asyncio.CancelledError | PrestageError):
            return  # by or for the caller
        self._check()
        if isinstance(error, Exception):
            raise classify_ssh_failure(error, self._phase) from None

    def _check(self) -> None:
        if self._aborted:
            text = "This software cut the session off."
            raise PrestageError(ErrorCode.CONNECTION_LOST, text) from None
