"""The committed and the candidate configuration of one device, with lock and confirmed commit."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import quoteattr

from lxml import etree

from nornir_tasks.lab.editing import merge_configuration
from nornir_tasks.lab.fleet import SimulatedDevice
from nornir_tasks.lab.messages import RpcError
from nornir_tasks.lab.tree import parse_content
from nornir_tasks.lab.truth import Truth

__all__ = ["CommitEvent", "Datastore"]

# A lab's first commits lie in the past, so that every later one is newer.
FIRST_COMMIT = 1_700_000_000


@dataclass(frozen=True, slots=True)
class CommitEvent:
    """What an observer of the lab learns about a commit.

    Attributes:
        device: Name of the device.
        user: Who committed: a login, or `lab-control`.
        session_id: The NETCONF session, None when there is none.
        commit_seconds: The new `junos:commit-seconds`, Unix time.
        comment: The log message; empty when none was given.
        rollback: True when a confirmed commit was not confirmed in time and was undone.
    """

    device: str
    user: str
    session_id: int | None
    commit_seconds: int
    comment: str = ""
    rollback: bool = False


class Datastore:
    """What a device is configured to do.

    Only what differs from the generated configuration is kept in memory.

    Args:
        device: The device as generated.
        now: Returns the Unix time in seconds.
        observe: Called after each commit.
    """

    def __init__(
        self,
        device: SimulatedDevice,
        *,
        now: Callable[[], float],
        observe: Callable[[CommitEvent], None],
    ) -> None:
        self.device = device
        self.truth: Truth | None = device.truth
        self.version = 0
        self.commit_seconds = FIRST_COMMIT + device.seed * 1000 + device.index
        self.commit_user = "lab"
        self.lock_owner: int | None = None
        self.rollback_to: etree._Element | None = None
        self._committed: etree._Element | None = None
        self._candidate: etree._Element | None = None
        self._candidate_seconds = 0
        self._now = now
        self._observe = observe

    @property
    def generated(self) -> bool:
        """Whether the committed configuration is the one that the device's kind generates."""
        return self._committed is None

    @property
    def modified(self) -> bool:
        """Whether the candidate differs from the committed configuration."""
        return self._candidate is not None

    def committed(self) -> etree._Element:
        """Return the committed configuration; the caller must not change it."""
        if self._committed is not None:
            return self._committed
        return parse_content(self.device.blueprint().content)

    def candidate(self) -> etree._Element:
        """Return the candidate configuration; the caller must not change it."""
        return self.committed() if self._candidate is None else self._candidate

    def attributes(self, *, candidate: bool) -> str:
        """Return the text of the root's attributes."""
        if candidate and self._candidate is not None:
            seconds = self._candidate_seconds
            return f'junos:changed-seconds="{seconds}" junos:changed-localtime="{_local(seconds)}"'
        seconds = self.commit_seconds
        return (
            f'junos:commit-seconds="{seconds}" junos:commit-localtime="{_local(seconds)}" '
            f"junos:commit-user={quoteattr(self.commit_user)}"
        )

    def edit(self, change: etree._Element, default_operation: str, session_id: int) -> None:
        """Change the candidate; on an error it stays as it was.

        Raises:
            RpcError: Another session holds the lock, or an operation cannot be done.
        """
        self.check_lock(session_id)
        draft = deepcopy(self.candidate())
        merge_configuration(draft, change, default_operation)
        self._candidate = draft
        self._candidate_seconds = int(self._now())

    def discard(self, session_id: int) -> None:
        """Make the candidate equal to the committed configuration.

        Raises:
            RpcError: Another session holds the lock.
        """
        self.check_lock(session_id)
        self._candidate = None

    def commit(
        self,
        *,
        user: str,
        session_id: int | None,
        comment: str = "",
        confirmed: bool = False,
    ) -> None:
        """Make the candidate the committed configuration.

        Args:
            user: Who commits.
            session_id: The NETCONF session; None for the lab's own control command.
            comment: Log message.
            confirmed: Remember what to go back to; otherwise an earlier confirmed commit counts
                as confirmed.

        Raises:
            RpcError: Another session holds the lock.
        """
        self.check_lock(session_id)
        if confirmed:
            if self.rollback_to is None:
                self.rollback_to = self.committed()
        else:
            self.rollback_to = None
        if self._candidate is not None:
            self._committed, self._candidate = self._candidate, None
            self.truth = None
        self._stamp(CommitEvent(self.device.name, user, session_id, 0, comment))

    def replace(self, configuration: etree._Element, *, user: str) -> None:
        """Commit a whole configuration; its truth is unknown."""
        self._candidate = self.rollback_to = None
        self._committed = configuration
        self.truth = None
        self._stamp(CommitEvent(self.device.name, user, None, 0))

    def become(self, device: SimulatedDevice, *, user: str) -> None:
        """Commit the generated configuration of another kind."""
        self._committed = self._candidate = self.rollback_to = None
        self.device = device
        self.truth = device.truth
        self._stamp(CommitEvent(device.name, user, None, 0))

    def roll_back(self) -> None:
        """Undo a confirmed commit that nobody confirmed."""
        if self.rollback_to is None:
            return
        self._committed, self.rollback_to = self.rollback_to, None
        self._candidate = None
        self._stamp(CommitEvent(self.device.name, "root", None, 0, rollback=True))

    def lock(self, session_id: int) -> None:
        """Lock the candidate for one session.

        Raises:
            RpcError: It is locked, or holds somebody's uncommitted changes.
        """
        if self.lock_owner is not None:
            raise self._denied()
        if self.modified:
            raise RpcError("lock-denied", "configuration database modified", info=_session(0))
        self.lock_owner = session_id

    def unlock(self, session_id: int) -> None:
        """Give the lock back; uncommitted changes are dropped.

        Raises:
            RpcError: The session does not hold it.
        """
        if self.lock_owner != session_id:
            raise RpcError("operation-failed", "configuration database is not locked by session")
        self.lock_owner = self._candidate = None

    def release(self, session_id: int) -> None:
        """Drop what a session that ended still held."""
        if self.lock_owner == session_id:
            self.unlock(session_id)

    def check_lock(self, session_id: int | None) -> None:
        """Refuse to work on a candidate that another session has locked.

        Raises:
            RpcError: Tag `lock-denied`, naming that session.
        """
        if self.lock_owner not in (None, session_id):
            raise self._denied()

    def _denied(self) -> RpcError:
        assert self.lock_owner is not None
        text = f"configuration database locked by session {self.lock_owner}"
        return RpcError("lock-denied", text, info=_session(self.lock_owner))

    def _stamp(self, event: CommitEvent) -> None:
        self.version += 1
        self.commit_seconds = max(int(self._now()), self.commit_seconds + 1)
        self.commit_user = event.user
        self._observe(
            CommitEvent(
                event.device,
                event.user,
                event.session_id,
                self.commit_seconds,
                event.comment,
                event.rollback,
            )
        )


def _session(session_id: int) -> str:
    return f"<session-id>{session_id}</session-id>\n"


def _local(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
