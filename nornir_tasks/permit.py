"""Permission to contact devices that lapses unless it is renewed (jobs spec, section 5)."""

import threading
import time

__all__ = ["StartPermit"]


class StartPermit:
    """Lets devices be contacted for a short time after somebody saw that the run may go on.

    A token that stops a run takes effect when somebody gets round to setting it, which takes a
    while on a machine that is busy. A permit works the other way round: whoever cannot look
    whether the run may go on cannot start anything either, however late it finds out.

    Args:
        seconds: How long one look counts.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0
        self._renewed = threading.Condition()

    def renew(self, *, seen_at: float) -> None:
        """Extend the permit after a look that found nothing against it.

        Args:
            seen_at: When the look began, in monotonic seconds; what was asked for later is not
                in it.
        """
        with self._renewed:
            self._until = max(self._until, seen_at + self._seconds)
            self._renewed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until a device may be contacted.

        Args:
            seconds: The longest wait.

        Returns:
            Whether it may be contacted at this moment.
        """
        with self._renewed:
            return self._renewed.wait_for(self._is_valid, seconds)

    def _is_valid(self) -> bool:
        return time.monotonic() < self._until
