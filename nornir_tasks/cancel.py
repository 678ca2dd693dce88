"""Stopping a run: the token that callers hold, and the error of hosts that were never started."""

from collections.abc import Callable

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["CancelToken", "HostNotStartedError"]


class CancelToken:
    """Stops a run from any thread or signal handler (jobs spec, section 5).

    Takes no lock, so that a signal handler may use it whatever the interrupted code was doing.
    """

    def __init__(self) -> None:
        self._cancelled = False
        self._forced = False
        self._listeners: tuple[Callable[[], None], ...] = ()

    @property
    def cancelled(self) -> bool:
        """Whether no further host may be started."""
        return self._cancelled

    @property
    def forced(self) -> bool:
        """Whether sessions in flight are to be cut off as well."""
        return self._forced

    def cancel(self) -> None:
        """Start no new host from now on; hosts in flight finish and keep their results."""
        self._cancelled = True
        self._notify()

    def force(self) -> None:
        """Start no new host, and end the sessions in flight with the code `aborted`."""
        self._forced = True
        self._cancelled = True
        self._notify()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` at every change; it must be quick and must not raise."""
        self._listeners = (*self._listeners, listener)

    def unsubscribe(self, listener: Callable[[], None]) -> None:
        """Forget `listener`; does nothing when it is not subscribed."""
        self._listeners = tuple(known for known in self._listeners if known != listener)

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()


class HostNotStartedError(PrestageError):
    """The run was cancelled before this host was started; nothing was sent to the device."""

    def __init__(
        self,
        code: ErrorCode = ErrorCode.ABORTED,
        text: str = "The job was cancelled before this device was started.",
    ) -> None:
        super().__init__(code, text)
