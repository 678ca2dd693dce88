"""Who wants to be notified by a device (RFC 5277, section 2)."""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from nornir_tasks.lab.messages import RpcError
from nornir_tasks.lab.notifications import notification
from nornir_tasks.lab.subtree import filter_configuration
from nornir_tasks.lab.tree import child_named, normalise, parse

__all__ = ["Subscriptions"]

STREAM = "NETCONF"


@dataclass(frozen=True, slots=True)
class _Subscription:
    deliver: Callable[[bytes], None]
    wanted: etree._Element | None


class Subscriptions:
    """The subscriptions of one device, at most one for each session.

    Args:
        now: Returns the Unix time in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._active: dict[int, _Subscription] = {}

    @property
    def sessions(self) -> list[int]:
        """The sessions that are subscribed."""
        return list(self._active)

    def create(
        self, session_id: int, request: etree._Element, deliver: Callable[[bytes], None]
    ) -> None:
        """Subscribe a session.

        Args:
            session_id: Which.
            request: Its `create-subscription`.
            deliver: Takes each notification; must not block.

        Raises:
            RpcError: The session is subscribed already, or asks for what there is not: another
                stream, a replay, a filter that is not a subtree.
        """
        if session_id in self._active:
            raise RpcError("operation-failed", "the session has a subscription already")
        stream = child_named(request, "stream")
        if stream is not None and (stream.text or "").strip() != STREAM:
            raise RpcError(
                "invalid-value", "unknown stream", info="<bad-element>stream</bad-element>\n"
            )
        for name in ("startTime", "stopTime"):
            if child_named(request, name) is not None:
                raise RpcError("operation-not-supported", "replay is not supported")
        self._active[session_id] = _Subscription(deliver, _filter(request))

    def end(self, session_id: int) -> bool:
        """Forget a session, and tell whether it was subscribed."""
        return self._active.pop(session_id, None) is not None

    def publish(self, describe: Callable[[], str]) -> None:
        """Notify those who want to know.

        Args:
            describe: Returns the event's element; called only when somebody is subscribed.
        """
        if not self._active:
            return
        event = describe()
        message = notification(event, seconds=self._now())
        parsed = etree.Element("filter")
        parsed.append(normalise(parse(event.encode())))
        for subscription in list(self._active.values()):
            # The whole event, or nothing of it (RFC 5277, section 3.6).
            if (
                subscription.wanted is None
                or filter_configuration(parsed, subscription.wanted) is not None
            ):
                subscription.deliver(message)


def _filter(request: etree._Element) -> etree._Element | None:
    wanted = child_named(request, "filter")
    if wanted is None:
        return None
    if wanted.get("type", "subtree") != "subtree":
        raise RpcError("operation-not-supported", "only subtree filters are supported")
    copy = normalise(wanted)
    copy.attrib.clear()
    return copy
