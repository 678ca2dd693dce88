"""The leash of one host while it is worked on: deadline, login cap and kill switch.

The runner puts a `HostGuard` into a context variable before it starts a host; whatever opens a
session for that host finds it there with `current_guard()` and attaches what ends the session
from outside. Tripping a guard ends the session at once, in any phase; the code that was waiting
on the session then asks the guard why and raises that error instead of the transport's.
Without our runner (plain Nornir) the guard is an idle one and nothing is limited.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["HostGuard", "current_guard", "guarding"]

_PATIENCE = 0.25
"""Seconds between two looks whether the host may still be worked on."""


class HostGuard:
    """Deadline, login cap and kill switch of one host's work.

    Args:
        host: Inventory name, for messages.
        deadline: Seconds from now after which the runner trips the guard; None for no limit.
        logins: Semaphore that caps simultaneous logins; None for no cap.
        admit: Called with seconds to wait just before the device is contacted; says whether that
            may happen now, and raises when it must not happen any more.
    """

    def __init__(
        self,
        host: str = "",
        deadline: float | None = None,
        logins: threading.Semaphore | None = None,
        admit: Callable[[float], bool] | None = None,
    ) -> None:
        self.host = host
        self._logins = logins
        self._admit = admit or _admit_always
        self._lock = threading.Lock()
        self._aborts: list[Callable[[], None]] = []
        self._error: PrestageError | None = None
        self.expires_at = None if deadline is None else time.monotonic() + deadline

    @property
    def tripped(self) -> bool:
        """Whether the host's work was ended from outside."""
        return self._error is not None

    def attach(self, abort: Callable[[], None]) -> None:
        """Register what ends a session from outside; runs at once when already tripped.

        Args:
            abort: Must be quick, thread-safe, idempotent, and must not raise.
        """
        with self._lock:
            if self._error is None:
                self._aborts.append(abort)
                return
        abort()

    def detach(self, abort: Callable[[], None]) -> None:
        """Forget an abort callable; does nothing when it is not attached."""
        with self._lock:
            if abort in self._aborts:
                self._aborts.remove(abort)

    def trip(self, code: ErrorCode, text: str) -> None:
        """End the host's work now; the first reason counts."""
        with self._lock:
            if self._error is not None:
                return
            self._error = PrestageError(code, text)
            aborts, self._aborts = self._aborts, []
        for abort in aborts:
            abort()

    def check(self) -> None:
        """Raise the reason when the guard was tripped.

        Raises:
            PrestageError: With the code that `trip` was given.
        """
        if self._error is not None:
            raise self._error

    def admit(self) -> None:
        """Wait until the device may be contacted; the last thing before its first packet.

        Raises:
            PrestageError: The guard was tripped, or the run cancelled, meanwhile.
        """
        self.check()
        while not self._admit(_PATIENCE):
            self.check()

    def may_begin(self) -> bool:
        """Say whether the device may be contacted right now, without waiting for it.

        Raises:
            PrestageError: The guard was tripped, or the run cancelled.
        """
        self.check()
        return self._admit(0)

    @contextmanager
    def login_slot(self) -> Iterator[None]:
        """Hold one of the runner's login slots while connecting and authenticating.

        Raises:
            PrestageError: The guard was tripped, or the run cancelled, while waiting for a slot.
        """
        if self._logins is None:
            yield
            return
        while not self._logins.acquire(timeout=_PATIENCE):
            self.check()
            self._admit(0)
        try:
            self.check()
            self._admit(0)
            yield
        finally:
            self._logins.release()


def _admit_always(_seconds: float) -> bool:
    return True


_current: ContextVar[HostGuard | None] = ContextVar("nornir_tasks_host_guard", default=None)


def current_guard() -> HostGuard:
    """Return the guard of the host this thread works on; an idle one outside our runner."""
    return _current.get() or HostGuard()


@contextmanager
def guarding(guard: HostGuard) -> Iterator[HostGuard]:
    """Make `guard` the current one for the duration of a `with` block."""
    token = _current.set(guard)
    try:
        yield guard
    finally:
        _current.reset(token)
