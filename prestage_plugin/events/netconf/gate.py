"""At which pace sessions are opened, and how many logins there are at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Gate"]

_OPENING_AT_A_TIME = 200
"""Devices that are being dialled or wait for their login, at most. Dead ones take the whole time
that dialling may take, and must not keep the living ones waiting for a login."""


class Gate:
    """What every session passes before it is opened, in the order in which they come.

    Args:
        per_second: Sessions that are begun in a second, at most.
        logins: Logins at a time, at most.
    """

    def __init__(self, *, per_second: float, logins: int) -> None:
        self._interval = 1.0 / per_second
        self._next_at = 0.0
        self._turn = asyncio.Lock()
        self._opening = asyncio.Semaphore(_OPENING_AT_A_TIME)
        self.logins = asyncio.Semaphore(logins)

    @asynccontextmanager
    async def opening(self) -> AsyncIterator[None]:
        """Wait until the next session may be begun; it is being opened inside the block."""
        async with self._opening:
            await self._keep_pace()
            yield

    async def _keep_pace(self) -> None:
        clock = asyncio.get_running_loop().time
        async with self._turn:
            await asyncio.sleep(self._next_at - clock())
            self._next_at = clock() + self._interval
