"""The committed and the candidate configuration of one device, with lock and confirmed commit."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from xml.sax.saxutils import quoteattr

from lxml import etree

from nornir_tasks.lab.editing import merge_configuration
from nornir_tasks.lab.events import Caller, CommitEvent
from nornir_tasks.lab.fleet import SimulatedDevice
from nornir_tasks.lab.messages import RpcError
from nornir_tasks.lab.tree import parse_content
from nornir_tasks.lab.truth import Truth

__all__ = ["Datastore"]

# A lab's first commits lie in the past, so that every later one is newer.
FIRST_COMMIT = 1_700_000_000


@dataclass(frozen=True, slots=True)
class _Committed:
    """A committed configuration; `tree` is None where it is the one that the kind generates."""

    device: SimulatedDevice
    truth: Truth | None
    tree: etree._Element | None = None


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
        self.version = 0
        self.commit_seconds = FIRST_COMMIT + device.seed * 1000 + device.index
        self.commit_user = "lab"
        self.lock_owner: int | None = None
        self.rollback_to: _Committed | None = None
        self._current = _Committed(device, device.truth)
        self._candidate: etree._Element | None = None
        self._candidate_seconds = 0
        self._now = now
        self._observe = observe

    @property
    def device(self) -> SimulatedDevice:
        """The device with the kind that it has now."""
        return self._current.device

    @property
    def truth(self) -> Truth | None:
        """What is true about the committed configuration; None when it is somebody's own."""
        return self._current.truth

    @property
    def host_name(self) -> str:
        """The committed host-name."""
        tree = self._current.tree
        if tree is None:
            # Generated configurations have the device's name, and are slow to generate.
            return self.device.name
        return (tree.findtext("system/host-name") or "").strip() or self.device.name

    @property
    def generated(self) -> bool:
        """Whether the committed configuration is the one that the device's kind generates."""
        return self._current.tree is None

    @property
    def modified(self) -> bool:
        """Whether the candidate differs from the committed configuration."""
        return self._candidate is not None

    def committed(self) -> etree._Element:
        """Return the committed configuration; the caller must not change it."""
        if self._current.tree is not None:
            return self._current.tree
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

    def commit(self, *, caller: Caller, comment: str = "", confirmed: bool = False) -> None:
        """Make the candidate the committed configuration.

        Args:
            caller: Who commits.
            comment: Log message.
            confirmed: Remember what to go back to; otherwise an earlier confirmed commit counts
                as confirmed.

        Raises:
            RpcError: Another session holds the lock.
        """
        self.check_lock(caller.session_id)
        event = CommitEvent(
            self.device.name,
            caller.user,
            caller.session_id,
            0,
            comment,
            confirmed=confirmed,
            operation="merge" if self._candidate is not None else "",
            source_host=caller.host,
        )
        current = self._current
        if self._candidate is not None:
            current, self._candidate = _Committed(self.device, None, self._candidate), None
        self._install(current, event)

    def replace(self, configuration: etree._Element, *, user: str) -> None:
        """Commit a whole configuration; its truth is unknown."""
        self._candidate = None
        self._install(
            _Committed(self.device, None, configuration),
            CommitEvent(self.device.name, user, None, 0, operation="replace"),
        )

    def become(self, device: SimulatedDevice, *, user: str, confirmed: bool = False) -> None:
        """Commit the generated configuration of another kind.

        Args:
            device: The same device with that kind.
            user: Who commits.
            confirmed: As for `commit`.
        """
        self._candidate = None
        self._install(
            _Committed(device, device.truth),
            CommitEvent(device.name, user, None, 0, confirmed=confirmed, operation="replace"),
        )

    def touch(self, *, user: str) -> None:
        """Commit what is committed already, which confirms an earlier confirmed commit."""
        self._install(self._current, CommitEvent(self.device.name, user, None, 0))

    def roll_back(self) -> None:
        """Undo a confirmed commit that nobody confirmed."""
        if self.rollback_to is None:
            return
        event = CommitEvent(self.device.name, "root", None, 0, rollback=True, operation="replace")
        self._candidate = None
        self._install(self.rollback_to, event)

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

    def _install(self, committed: _Committed, event: CommitEvent) -> None:
        if not event.confirmed:
            self.rollback_to = None
        elif self.rollback_to is None:
            self.rollback_to = self._current
        self._current = committed
        self.version += 1
        self.commit_seconds = max(int(self._now()), self.commit_seconds + 1)
        self.commit_user = event.user
        self._observe(replace(event, commit_seconds=self.commit_seconds))


def _session(session_id: int) -> str:
    return f"<session-id>{session_id}</session-id>\n"


def _local(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
