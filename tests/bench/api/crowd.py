"""A crowd of clients, each of which looks at one job every few seconds over a kept connection."""

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

__all__ = ["Crowd", "Seen"]

PATIENCE = 30.0
"""Seconds after which a request counts as failed."""


@dataclass(kw_only=True)
class Seen:
    """What a crowd saw.

    Attributes:
        statuses: How often each status was answered.
        errors: Requests that were not answered, by what happened.
        waits: Seconds until each answer.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Requests that did not get 200 or 304."""
        wrong = sum(count for status, count in self.statuses.items() if status not in {200, 304})
        return wrong + sum(self.errors.values())

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred were answered."""
        if len(self.waits) < 2:
            return self.waits[0] * 1000 if self.waits else 0.0
        return statistics.quantiles(self.waits, n=100)[percent - 1] * 1000


class Crowd:
    """Clients of one server; use it as an asynchronous context."""

    def __init__(
        self, *, port: int, path: str, secrets: Sequence[str], clients: int, every: float
    ) -> None:
        self.seen = Seen()
        self._port, self._path, self._secrets = port, path, secrets
        self._clients, self._every = clients, every
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for number in range(self._clients):
            secret = self._secrets[number % len(self._secrets)]
            self._tasks.append(asyncio.create_task(self._poll(secret)))
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _poll(self, secret: str) -> None:
        # They did not all begin at the same moment.
        await asyncio.sleep(random.random() * self._every)  # noqa: S311 - no secret
        tag = ""
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            while True:
                began = time.monotonic()
                try:
                    if streams is None:
                        streams = await asyncio.open_connection("127.0.0.1", self._port)
                    async with asyncio.timeout(PATIENCE):
                        status, tag = await self._ask(*streams, secret, tag)
                except (OSError, EOFError, ValueError) as error:
                    self.seen.errors[type(error).__name__] += 1
                    if streams is not None:
                        streams[1].close()
                    streams = None
                else:
                    self.seen.statuses[status] += 1
                    self.seen.waits.append(time.monotonic() - began)
                await asyncio.sleep(max(0.0, began + self._every - time.monotonic()))
        finally:
            if streams is not None:
                streams[1].close()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secret: str, tag: str
    ) -> tuple[int, str]:
        seen = f"If-None-Match: {tag}\r\n" if tag else ""
        writer.write(
            f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
            f"Authorization: Bearer {secret}\r\n{seen}\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _colon, value in (line.partition(":") for line in head[1:])
        }
        await reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers.get("etag", tag)
