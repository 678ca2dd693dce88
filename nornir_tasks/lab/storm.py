"""A storm: something that devices do in turn, very often, in the background."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["Storm"]

STORM_BATCH = 50
"""Messages after which a storm that is behind lets others run."""

_T = TypeVar("_T")


class Storm:
    """One storm at a time; belongs to the running event loop.

    Attributes:
        left: Messages that are still to be sent; 0 when there is no storm.
    """

    def __init__(self) -> None:
        self.left = 0
        self._task: asyncio.Task[None] | None = None

    def start(
        self,
        turns: Iterable[_T],
        send: Callable[[_T], Awaitable[None]],
        *,
        count: int,
        per_second: float | None,
    ) -> None:
        """Send in the background.

        Args:
            turns: Whose turn it is, one after the other; the storm ends early when it ends.
            send: Sends one message on behalf of who is given, and waits until there is room for it.
            count: Messages in sum.
            per_second: Messages per second; None sends as fast as the lab can.

        Raises:
            PrestageError: Code `inventory`; a storm goes on already.
        """
        if self.left:
            raise PrestageError(
                ErrorCode.INVENTORY, f"A storm goes on; {self.left} messages are left."
            )
        self.left = count
        self._task = asyncio.get_running_loop().create_task(
            self._blow(itertools.islice(turns, count), send, per_second)
        )

    async def close(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _blow(
        self,
        turns: Iterable[_T],
        send: Callable[[_T], Awaitable[None]],
        per_second: float | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            for number, turn in enumerate(turns):
                ahead = 0.0 if per_second is None else began + number / per_second - loop.time()
                if ahead > 0 or number % STORM_BATCH == 0:
                    await asyncio.sleep(max(ahead, 0.0))
                await send(turn)
                self.left -= 1
        finally:
            self.left = 0
