"""The log of what becomes of the devices: a few lines, whatever happens to how many."""

import logging
from collections.abc import Sequence

from nornir_tasks.errors import PrestageError

__all__ = ["Diary"]

logger = logging.getLogger(__name__)

_NAMED = 5
"""Devices that a line names; it counts the others."""


class Diary:
    """Collects what changed for devices, until it is written as one line for each kind of news.

    Ten thousand devices that go down with a line would otherwise be ten thousand lines.
    """

    def __init__(self) -> None:
        self._heard: list[str] = []
        self._unsupported: list[str] = []
        self._lost: list[tuple[str, PrestageError]] = []

    def heard(self, name: str) -> None:
        """Note that a device's changes are heard from now on."""
        self._heard.append(name)

    def unsupported(self, name: str) -> None:
        """Note that a device does not offer notifications."""
        self._unsupported.append(name)

    def lost(self, name: str, reason: PrestageError) -> None:
        """Note that a device's changes are not heard any more, or not for another reason."""
        self._lost.append((name, reason))

    def write(self) -> None:
        """Write down what was noted since the last time."""
        heard, unsupported, lost = self._heard, self._unsupported, self._lost
        self._heard, self._unsupported, self._lost = [], [], []
        if heard:
            logger.info("subscribed to %s", _enumerate(heard))
        if unsupported:
            logger.info("no notifications are offered by %s", _enumerate(unsupported))
        if lost:
            reasons = [f"{name} ({error.code}: {error.text})" for name, error in lost[:_NAMED]]
            logger.warning("not subscribed to %s", _enumerate(reasons, of=len(lost)))


def _enumerate(words: Sequence[str], of: int | None = None) -> str:
    number = len(words) if of is None else of
    more = number - min(len(words), _NAMED)
    listed = ", ".join(words[:_NAMED])
    return f"{number} devices: {listed}" + (f" and {more} more" if more else "")
