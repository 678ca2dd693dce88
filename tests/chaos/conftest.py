"""A site for each test of the chaos suite."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from nornir_tasks.lab import Fleet
from tests.chaos.site import Site, running_site

LATENCY_MS = 600.0
"""A device takes about 3 seconds, a job of 200 devices about 20."""

SiteMaker = Callable[..., Site]


@pytest.fixture
def make_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> Iterator[SiteMaker]:
    """Make the test's site: `make_site("postgres-redis", devices=200)`."""
    with ExitStack() as stack:

        def make(backend: str, *, devices: int = 200, latency_ms: float = LATENCY_MS) -> Site:
            stack.enter_context(django_db_blocker.unblock())
            return stack.enter_context(
                running_site(
                    folder=tmp_path,
                    backend=backend,
                    fleet=Fleet.of({"npe": devices}, seed=3),
                    latency_ms=latency_ms,
                    monkeypatch=monkeypatch,
                )
            )

        yield make
