"""Subscriptions to notifications (RFC 5277)."""

from collections.abc import Iterable

from lxml import etree

__all__ = ["create_subscription", "supports_notifications"]

CAPABILITY = "urn:ietf:params:netconf:capability:notification:1.0"
NAMESPACE = "urn:ietf:params:xml:ns:netconf:notification:1.0"
STREAM = "NETCONF"
"""The stream that every device with notifications has (RFC 5277, section 3.2.3)."""


def supports_notifications(capabilities: Iterable[str]) -> bool:
    """Tell whether a device with these capabilities sends notifications."""
    return any(capability.partition("?")[0] == CAPABILITY for capability in capabilities)


def create_subscription() -> etree._Element:
    """Return the request that starts notifications (RFC 5277, section 2.1.1)."""
    request = etree.Element(f"{{{NAMESPACE}}}create-subscription")
    etree.SubElement(request, f"{{{NAMESPACE}}}stream").text = STREAM
    return request
