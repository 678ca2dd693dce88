"""How many devices an event loop has in flight: as many as it keeps up with, between two bounds.

Slow routers want hundreds in flight and cost a loop nothing while it waits for them; fast ones
keep it busy with a few dozen. What tells one from the other is whether the loop is late for what
it meant to do, which also shows a machine that others keep busy. The time that a device takes
would not: it is longer for a slow router and for an overloaded client alike.

Replies come in bursts, because devices that were asked together answer together. A loop that is
late and catches up has time to spare; one that never catches up has not. So the least lateness of
some looks counts, as it does for the queues of routers (CoDel, RFC 8289, section 3.1).
"""

__all__ = ["BEAT", "Pace"]

BEAT = 0.05
"""Seconds between two looks at how late the loop is."""

_BEATS = 5
"""Looks for each decision."""
_IDLE = 0.010
"""Seconds; a loop that was less late at one of them has time to spare."""
_BUSY = 0.050
"""Seconds; a loop that was later at all of them has too much to do."""
_MORE, _LESS = 1.5, 0.8


class Pace:
    """Between its bounds, the number of devices that are to be in flight.

    Args:
        least: There are never fewer.
        most: There are never more.
        begin: So many at first; the least when None.

    Attributes:
        limit: The number.
    """

    def __init__(self, least: int, most: int, *, begin: int | None = None) -> None:
        self._least = least
        self._most = max(least, most)
        self._beats = 0
        self._late = float("inf")
        self.limit = least if begin is None else min(max(begin, least), self._most)

    def beat(self, late: float, *, full: bool) -> None:
        """Take note of how late the loop was this time.

        Args:
            late: Seconds.
            full: Whether as many devices are in flight as may be; otherwise more is no use.
        """
        self._beats += 1
        self._late = min(self._late, late)
        if self._beats < _BEATS:
            return
        if self._late > _BUSY:
            self.limit = max(self._least, int(self.limit * _LESS))
        elif self._late < _IDLE and full:
            self.limit = min(self._most, int(self.limit * _MORE) + 1)
        self._beats, self._late = 0, float("inf")
