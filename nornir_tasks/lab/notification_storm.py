"""A storm of notifications about commits that never were."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nornir_tasks.lab.device import RunningDevice
from nornir_tasks.lab.events import CommitEvent
from nornir_tasks.lab.notifications import config_change
from nornir_tasks.lab.storm import Storm

__all__ = ["NotificationStorm"]


class NotificationStorm:
    """Lets each device in turn tell its subscribers of a commit that changed nothing.

    Args:
        devices: Returns all devices that were dialled.
        user: Login of who commits.
    """

    def __init__(self, devices: Callable[[], Iterable[RunningDevice]], *, user: str) -> None:
        self._devices = devices
        self._user = user
        self._storm = Storm()

    def start(self, *, count: int, per_second: float | None) -> None:
        """Notify in the background; a storm ends early when nobody is subscribed any more.

        Args:
            count: Commits in sum, each of which is told to every subscriber of its device.
            per_second: Commits per second; None notifies as fast as the subscribers read.

        Raises:
            PrestageError: Code `inventory`; a storm goes on already.
        """
        self._storm.start(self._turns(), self._notify, count=count, per_second=per_second)

    def statistics(self) -> dict[str, Any]:
        """Return counters of all devices together, ready for JSON."""
        every = [device.statistics for device in self._devices()]
        return {
            "subscriptions_open": sum(each.subscribed_now for each in every),
            "sent": sum(each.notifications for each in every),
            "storm_left": self._storm.left,
        }

    async def close(self) -> None:
        """End the storm."""
        await self._storm.close()

    def _turns(self) -> Iterator[RunningDevice]:
        """Go round the devices that somebody is subscribed to."""
        while subscribed := [each for each in self._devices() if each.subscriptions.sessions]:
            yield from subscribed

    async def _notify(self, device: RunningDevice) -> None:
        await device.room()
        store = device.store
        event = CommitEvent(
            device=device.device.name,
            user=self._user,
            session_id=None,
            commit_seconds=store.commit_seconds,
            operation="merge",
        )
        device.publish(lambda: config_change(event))
