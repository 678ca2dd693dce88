"""What a source of events is to the listener."""

from typing import Protocol

from prestage_plugin.events.handover import HandOver

__all__ = ["LOST", "Source"]

LOST = "dropped"
"""The counter of messages that were lost before we could read them."""


class Source(Protocol):
    """Something that hears of changes while it runs, beside others on the same event loop."""

    @property
    def name(self) -> str:
        """A word for it, e.g. `syslog`."""

    async def run(self, handover: HandOver) -> None:
        """Hand over what is heard, until `stop` is called; then everything that was read.

        It never blocks the event loop, and never waits for the database with what it has heard.

        Raises:
            Refused: It cannot begin as it is configured; raised before it waits for anything.
        """

    def stop(self) -> None:
        """Ask `run` to end."""

    def counters(self) -> dict[str, int]:
        """Return what it has counted since it began; `LOST` is one of them where it applies."""
