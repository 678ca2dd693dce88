"""Which messages tell of a change, and by whom (prestaging spec, section 6)."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection

from prestage_plugin.events.syslog.message import SyslogMessage
from prestage_plugin.events.verdict import Meaning, Verdict

__all__ = ["Commits"]

REQUESTED = "UI_COMMIT"
COMPLETED = "UI_COMMIT_COMPLETED"
ROLLED_BACK = "UI_COMMIT_NOT_CONFIRMED"

REMEMBERED_SECONDS = 600.0
"""How long after its request a commit may complete; big ones take minutes."""
MOST_REMEMBERED = 20_000
"""Requests that are remembered; some 5 MB."""


_OTHER = Verdict(Meaning.OTHER)


class Commits:
    """Judges messages, and remembers who requested the commits that are not completed yet.

    The message that a commit is completed names nobody. The request before it does, and comes
    from the same process on the device, which is the user's session. Only what is surely ours is
    dropped: where the request was not heard, a change is a change, at the price of one read.

    Args:
        ignored_users: Logins whose commits are no change to us.
        clock: Monotonic seconds.
    """

    def __init__(
        self, *, ignored_users: Collection[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ignored = frozenset(ignored_users)
        self._clock = clock
        self._requests: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()

    def judge(self, message: SyslogMessage, *, device: str) -> Verdict:
        """Return what a message is to us.

        Args:
            message: The message.
            device: What tells its device from all others, e.g. its address.
        """
        session = (device, message.process)
        if message.tag == REQUESTED:
            if message.user:
                self._remember(session, message.user)
            return _OTHER
        if message.tag == COMPLETED:
            actor = message.user or self._requested_by(session)
            return Verdict(Meaning.OWN if actor in self._ignored else Meaning.CHANGE, actor)
        if message.tag == ROLLED_BACK:
            # Nobody asked for it: the device has taken back what somebody did not confirm. That
            # is news even if it was us.
            return Verdict(Meaning.CHANGE, message.user)
        return _OTHER

    def _remember(self, session: tuple[str, str], user: str) -> None:
        self._requests.pop(session, None)
        self._requests[session] = (user, self._clock())
        if len(self._requests) > MOST_REMEMBERED:
            self._requests.popitem(last=False)

    def _requested_by(self, session: tuple[str, str]) -> str:
        user, at = self._requests.get(session, ("", 0.0))
        return user if user and self._clock() - at <= REMEMBERED_SECONDS else ""
