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
    deliver: Callable[[bytes], bool]
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
        self, session_id: int, request: etree._Element, deliver: Callable[[bytes], bool]
    ) -> None:
        """Subscribe a session.

        Args:
            session_id: Which.
            request: Its `create-subscription`.
            deliver: Takes each notification and returns whether it is sent; must not block.

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

    def publish(self, describe: Callable[[], str]) -> int:
        """Notify those who want to know, and return how many notifications are sent.

        Args:
            describe: Returns the event's element; called only when somebody is subscribed.
        """
        if not self._active:
            return 0
        event = describe()
        message = notification(event, seconds=self._now())
        parsed: etree._Element | None = None
        sent = 0
        for subscription in list(self._active.values()):
            if subscription.wanted is not None:
                parsed = _parsed(event) if parsed is None else parsed
                # The whole event, or nothing of it (RFC 5277, section 3.6).
                if filter_configuration(parsed, subscription.wanted) is None:
                    continue
            sent += subscription.deliver(message)
        return sent


def _parsed(event: str) -> etree._Element:
    """Return an event inside an element, as filters are."""
    around = etree.Element("filter")
    around.append(normalise(parse(event.encode())))
    return around


def _filter(request: etree._Element) -> etree._Element | None:
    wanted = child_named(request, "filter")
    if wanted is None:
        return None
    if wanted.get("type", "subtree") != "subtree":
        raise RpcError("operation-not-supported", "only subtree filters are supported")
    copy = normalise(wanted)
    copy.attrib.clear()
    return copy
