"""What every notification goes through, whichever device sent it."""

from collections.abc import Collection

from lxml import etree

from nornir_tasks.errors import PrestageError
from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.netconf.changes import judge
from prestage_plugin.events.netconf.counts import Counts
from prestage_plugin.events.netconf.roster import Member
from prestage_plugin.events.notice import Notice
from prestage_plugin.events.verdict import Meaning, Verdict
from prestage_plugin.states import ChangeSource

__all__ = ["Intake"]

_SUBSCRIBED = Verdict(Meaning.CHANGE, detail="subscribed")


class Intake:
    """Judges notifications and hands over those that tell of a change.

    Args:
        handover: Where changes go.
        ignored_users: Logins whose changes are no change to us.
        counts: Where everything is counted.
    """

    def __init__(
        self, *, handover: HandOver, ignored_users: Collection[str], counts: Counts
    ) -> None:
        self.counts = counts
        self._handover = handover
        self._ignored_users = frozenset(ignored_users)
        # By device. All that is owed to a device is one event, so this has a bound.
        self._owed: dict[int, Notice] = {}

    def take(self, member: Member, notification: etree._Element) -> None:
        """Take in one notification of a device; on the event loop, never waits."""
        self.counts.received += 1
        try:
            verdict = judge(notification, ignored_users=self._ignored_users)
        except PrestageError:
            self.counts.malformed += 1
            return
        if verdict.meaning is Meaning.CHANGE:
            self.counts.triggers += 1
            self._put(member, verdict)
        elif verdict.meaning is Meaning.OWN:
            self.counts.own += 1

    def take_subscription(self, member: Member) -> None:
        """Let a device to which we subscribed just now count as changed.

        Nobody has listened to it before: since its last session ended, or since the last listener
        did. There is no replay to ask for (Junos has none), so reading it is the only way to know;
        one whose configuration is still the same costs one small request.
        """
        self._put(member, _SUBSCRIBED)

    def settle(self) -> None:
        """Hand over what waited for room, whether there is any or not; for the end."""
        while self._owed:
            self._handover.put(self._owed.pop(next(iter(self._owed))))

    def _put(self, member: Member, verdict: Verdict) -> None:
        notice = Notice(
            source=ChangeSource.NETCONF,
            device_id=member.device_id,
            sender=member.address,
            actor=verdict.actor,
            detail=verdict.detail,
        )
        if not self._handover.is_full:
            self._handover.put(notice)
            return
        if not self._owed:
            self._handover.call_when_room(self._pay)
        self.counts.merged += member.device_id in self._owed
        self._owed[member.device_id] = notice

    def _pay(self) -> None:
        while self._owed and not self._handover.is_full:
            self._handover.put(self._owed.pop(next(iter(self._owed))))
        if self._owed:
            self._handover.call_when_room(self._pay)
