"""The one seam between our code and any NETCONF library (design decision 5)."""

from typing import Protocol

from lxml import etree

from nornir_tasks.reply import Reply

__all__ = ["DeviceSession"]


class DeviceSession(Protocol):
    """An authenticated NETCONF session with one device.

    Replies are plain lxml elements, never a library's own class. Every method that talks to the
    device raises `nornir_tasks.errors.PrestageError` and nothing else.
    """

    @property
    def capabilities(self) -> frozenset[str]:
        """Capability URIs of the device's hello."""
        ...

    def ask(self, request: etree._Element) -> Reply:
        """Send one request and return the reply as it came, whatever it says.

        Args:
            request: See `rpc`.

        Raises:
            PrestageError: As `rpc`, but for what only shows when the reply is parsed.
        """
        ...

    def rpc(self, request: etree._Element) -> etree._Element:
        """Send one request and return the whole `rpc-reply` element.

        Args:
            request: The element inside `<rpc>`, e.g. `<get-configuration .../>`. The base
                namespace is added when the element has none.

        Raises:
            PrestageError: `rpc-error` when the reply holds an error of severity `error`,
                `timeout-rpc`, `connection-lost`, `bad-reply`, `reply-too-large`, or the reason
                why the host's guard was tripped.
        """
        ...

    def close(self) -> None:
        """End the session politely but within two seconds; never raises."""
        ...

    def abort(self) -> None:
        """End the session at once from any thread; never raises, never blocks."""
        ...
