"""How long a simulated router thinks before it answers."""

import asyncio
from dataclasses import dataclass
from random import Random

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["Latency"]


@dataclass(slots=True)
class Latency:
    """Shared by all sessions of a lab, so that it can be changed while they run.

    Attributes:
        milliseconds: Mean time before each reply.
        jitter: Milliseconds that a reply may come earlier or later, evenly distributed.

    Raises:
        PrestageError: Code `inventory`; a value is negative.
    """

    milliseconds: float = 0.0
    jitter: float = 0.0

    def __post_init__(self) -> None:
        if self.milliseconds < 0 or self.jitter < 0:
            raise PrestageError(
                ErrorCode.INVENTORY, "Latency and jitter are milliseconds, 0 or more."
            )

    async def pass_time(self, random: Random) -> None:
        """Wait before one reply."""
        seconds = (self.milliseconds + random.uniform(-self.jitter, self.jitter)) / 1000
        if seconds > 0:
            await asyncio.sleep(seconds)
