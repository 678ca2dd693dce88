"""What every received message goes through, whichever way it came."""

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from prestage_plugin.errors import Refused
from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.notice import Notice
from prestage_plugin.events.syslog.commits import Commits
from prestage_plugin.events.syslog.message import SyslogFormat, SyslogMessage, parse_message
from prestage_plugin.events.verdict import Meaning, Verdict
from prestage_plugin.services.directory import canonical_address
from prestage_plugin.states import ChangeSource

__all__ = ["Counts", "Intake", "Relays"]

_WORTH_PARSING = b"UI_COMMIT"
"""What every message that matters contains. Looking for it costs next to nothing, so a device that
sends everything it logs is no burden."""
_MOST_SENDERS = 20_000
"""Senders whose addresses are kept in mind; some 5 MB."""


@dataclass(slots=True)
class Counts:
    """What became of messages, in numbers.

    Attributes:
        received: All of them.
        triggers: Changes that were handed over.
        own: Commits by ignored users.
        malformed: Messages that speak of commits in no known format, and streams that could not
            be cut into messages.
        cut: Messages that were longer than the limit, or cut short by the end of a connection.
        refused: Connections over a limit.
        expired: Connections that were silent for too long.
        dropped: Datagrams that the kernel dropped because we did not read them in time.
    """

    received: int = 0
    triggers: int = 0
    own: int = 0
    malformed: int = 0
    cut: int = 0
    refused: int = 0
    expired: int = 0
    dropped: int = 0


class Relays:
    """The addresses that speak for other devices.

    Args:
        networks: Addresses or networks, e.g. `192.0.2.5` or `2001:db8::/64`.

    Raises:
        Refused: One of them is neither.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [_network(text) for text in networks]

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return False
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._networks)


class Intake:
    """Judges messages and hands over those that tell of a change.

    Args:
        handover: Where changes go.
        relays: Who speaks for others; everybody else only speaks for the own address.
        ignored_users: Logins whose commits are no change to us.
        counts: Where everything is counted.
    """

    def __init__(
        self, *, handover: HandOver, relays: Relays, ignored_users: Collection[str], counts: Counts
    ) -> None:
        self.counts = counts
        self._handover = handover
        self._relays = relays
        # The same senders come again and again, and taking an address apart is dear.
        self._look_at = lru_cache(maxsize=_MOST_SENDERS)(self._look_at_sender)
        self._commits = Commits(ignored_users=ignored_users)

    @property
    def handover(self) -> HandOver:
        """Where changes go."""
        return self._handover

    def take(self, data: bytes, sender: str) -> None:
        """Take in one message.

        Args:
            data: The message without its framing.
            sender: Address that it came from, as the socket tells it.
        """
        self.counts.received += 1
        if _WORTH_PARSING not in data:
            return
        message = parse_message(data)
        if message.format is SyslogFormat.UNKNOWN:
            self.counts.malformed += 1
            return
        address, is_relay = self._look_at(sender)
        name = message.host if is_relay else ""
        verdict = self._commits.judge(message, device=f"{address} {name.lower()}")
        if verdict.meaning is Meaning.CHANGE:
            self.counts.triggers += 1
            self._handover.put(_notice(message, verdict, address, name))
        elif verdict.meaning is Meaning.OWN:
            self.counts.own += 1

    def _look_at_sender(self, sender: str) -> tuple[str, bool]:
        """Return the canonical address, and whether it speaks for others."""
        address = canonical_address(sender)
        return address, address in self._relays


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise Refused(
            "bad-relay", f"The syslog relay {text!r} is neither an address nor a network."
        ) from error


def _notice(message: SyslogMessage, verdict: Verdict, address: str, name: str) -> Notice:
    """Return what is handed over; a relay's message speaks for whom it names."""
    return Notice(
        source=ChangeSource.SYSLOG,
        address=name or address,
        name=name,
        sender=f"{name} by {address}" if name else address,
        actor=verdict.actor,
        detail=message.tag,
    )
