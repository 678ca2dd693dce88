"""What a platform has to offer: which requests to send and how to read the replies."""

from collections.abc import Sequence
from typing import Protocol

from lxml import etree

from nornir_tasks.facts import DeviceFacts
from nornir_tasks.reply import Reply

__all__ = ["Platform"]


class Platform(Protocol):
    """A device platform: the only place that knows its XML (design, layers).

    Every method raises `nornir_tasks.errors.PrestageError` and nothing else, whatever well-formed
    XML it is given.
    """

    @property
    def name(self) -> str:
        """The platform's name in facts, e.g. `junos`."""
        ...

    def requests(self) -> tuple[etree._Element, ...]:
        """Return new RPC elements to send, in order.

        The first one is needed; the others only enrich the result, and an `rpc-error` for one of
        them is no failure.
        """
        ...

    def probe(self, fingerprint: str) -> etree._Element | None:
        """Return the cheapest RPC whose reply tells whether a fingerprint is still right.

        Args:
            fingerprint: Of the facts that are known.

        Returns:
            None when only the whole configuration can tell.
        """
        ...

    def fingerprint(self, reply: etree._Element) -> str:
        """Return the fingerprint out of the reply to `probe`; empty when it is not in there.

        It is equal to that of the facts of the same configuration.
        """
        ...

    def facts(self, device: str, replies: Sequence[Reply]) -> tuple[DeviceFacts, ...]:
        """Read the replies to `requests`.

        Args:
            device: Inventory name of the device.
            replies: One for each request, in order, not parsed; trailing ones may be missing.

        Returns:
            The main system first, then one per logical system, named `router:LS`.

        Raises:
            PrestageError: `bad-reply` or `rpc-error` when the first reply holds no configuration;
                `bad-reply` or `reply-too-large` when another one cannot be read.
        """
        ...

    def facts_from_document(
        self, device: str | None, document: etree._Element
    ) -> tuple[DeviceFacts, ...]:
        """Read a saved configuration in whatever wrapper it was saved.

        Args:
            device: Name of the device; None to take the configured host name, or `unknown`.
            document: The root element, e.g. `configuration` or `rpc-reply`.

        Raises:
            PrestageError: `bad-reply` when the document does not hold exactly one configuration,
                `rpc-error` when it is a saved error.
        """
        ...
