"""How many sessions were open at the same time, those that only listen left out."""

__all__ = ["ReadingSessions"]


class ReadingSessions:
    """The sessions of one device that read, and the most of them at the same time.

    Prestaging may have one reading session with a device, and a second one that has subscribed to
    notifications. Which of the two a session is shows only when it has asked for something. Until
    then it is undecided: each moment at which a session was opened is remembered as the number of
    readers and the set of undecided ones, and the latter are counted or struck out when they
    decide. A session that never asks counts as a reader, so that it cannot hide.
    """

    __slots__ = ("_moments", "_readers", "_undecided")

    def __init__(self) -> None:
        self._readers: set[int] = set()
        self._undecided: set[int] = set()
        # The undecided ones at a moment -> the most readers beside them.
        self._moments: dict[frozenset[int], int] = {frozenset(): 0}

    @property
    def most(self) -> int:
        """Most reading sessions that were open at the same time."""
        return max(len(undecided) + readers for undecided, readers in self._moments.items())

    def opened(self, session_id: int) -> None:
        """Note a new session."""
        self._undecided.add(session_id)
        moment = frozenset(self._undecided)
        self._moments[moment] = max(self._moments.get(moment, 0), len(self._readers))

    def reads(self, session_id: int) -> None:
        """Note that a session asked for something else than notifications."""
        if session_id in self._undecided:
            self._decide(session_id, counts=1)
            self._readers.add(session_id)

    def listens(self, session_id: int) -> None:
        """Note that a session has subscribed to notifications."""
        self._readers.discard(session_id)
        if session_id in self._undecided:
            self._decide(session_id, counts=0)

    def closed(self, session_id: int) -> None:
        """Note the end of a session."""
        self.reads(session_id)
        self._readers.discard(session_id)

    def _decide(self, session_id: int, *, counts: int) -> None:
        self._undecided.discard(session_id)
        moments: dict[frozenset[int], int] = {}
        for undecided, readers in self._moments.items():
            left = undecided - {session_id}
            found = readers + counts if session_id in undecided else readers
            moments[left] = max(moments.get(left, 0), found)
        self._moments = moments
