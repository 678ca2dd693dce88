"""The platform: whoever synchronises the inventory writes the events down itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench_events.sources.base import Plan, Served

__all__ = ["PlatformSource"]


class PlatformSource:
    """The call of the service, in a process of its own, which is what is measured."""

    name = "platform"
    sender = "tests.bench_events.senders.platform"
    is_lossy = False
    settings: dict[str, Any] = {}

    def options(self, plan: Plan, served: Served | None) -> dict[str, Any]:
        """Return what the sender is told."""
        del served
        return {"events": plan.events}

    @contextmanager
    def serving(self, plan: Plan) -> Iterator[None]:
        """Run nothing."""
        del plan
        yield None
