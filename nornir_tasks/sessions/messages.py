"""NETCONF messages: hellos, the request that goes out, the beginning of what comes in."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, cast
from xml.sax.saxutils import quoteattr

from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.reply import BASE_NAMESPACE
from nornir_tasks.xml import local_name, parse_document

__all__ = [
    "BASE_10",
    "BASE_11",
    "CLOSE_SECONDS",
    "build_hello",
    "build_request",
    "read_hello",
    "start_tag",
]

BASE_10 = "urn:ietf:params:netconf:base:1.0"
BASE_11 = "urn:ietf:params:netconf:base:1.1"
CLOSE_SECONDS = 2.0
"""Seconds that a device has to answer `<close-session>`."""

_LONGEST_START = 64 * 1024
_PIECE = 2048
_USUAL_HELLO = 32 * 1024
_SESSION_ID = re.compile(rb"<session-id>[0-9]+</session-id>")
_ANY_SESSION = b"<session-id>0</session-id>"
_NAMESPACES = cast("dict[str, str]", {None: BASE_NAMESPACE})  # lxml-stubs forgot None
_RPC = f"{{{BASE_NAMESPACE}}}rpc"


@cache
def build_hello() -> bytes:
    """Return our `<hello>`, which offers both versions of NETCONF (RFC 6241, section 8.1)."""
    hello = etree.Element(f"{{{BASE_NAMESPACE}}}hello", nsmap=_NAMESPACES)
    capabilities = etree.SubElement(hello, f"{{{BASE_NAMESPACE}}}capabilities")
    for capability in (BASE_10, BASE_11):
        etree.SubElement(capabilities, f"{{{BASE_NAMESPACE}}}capability").text = capability
    return etree.tostring(hello, encoding="UTF-8")


def read_hello(message: bytes, limit: int) -> frozenset[str]:
    """Return the capabilities in a device's hello.

    Args:
        message: The whole message.
        limit: Largest hello in bytes.

    Raises:
        PrestageError: `bad-reply` or `reply-too-large`.
    """
    if len(message) > min(limit, _USUAL_HELLO):
        return _capabilities(message, limit)
    return _known_capabilities(_SESSION_ID.sub(_ANY_SESSION, message), limit)


def _capabilities(hello_message: bytes, limit: int) -> frozenset[str]:
    hello = parse_document(hello_message, limit=limit, source="The device's hello")
    if local_name(hello.tag) != "hello":
        text = "The device sent something else than a hello first."
        raise PrestageError(ErrorCode.BAD_REPLY, text)
    names = [element for element in hello.iter("*") if local_name(element.tag) == "capability"]
    return frozenset((element.text or "").strip() for element in names)


# Devices of one kind and release say the same, but for the number of the session. Parsing what they
# say took 1 % of a session's CPU when it was short, as that of the lab is, and more on routers.
_known_capabilities = lru_cache(maxsize=64)(_capabilities)


def build_request(operation: etree._Element, message_id: str) -> bytes:
    """Return `<rpc>` around an operation; names without a namespace get the base namespace.

    Args:
        operation: E.g. `<get-configuration/>`; is not changed.
        message_id: Comes back with the reply.
    """
    body = _in_base_namespace(etree.tostring(operation))
    identity = quoteattr(message_id).encode()
    return b'<rpc xmlns="%b" message-id=%b>%b</rpc>' % (BASE_NAMESPACE.encode(), identity, body)


@lru_cache(maxsize=16)
def _in_base_namespace(operation: bytes) -> bytes:
    """Return an operation as it goes out; there are few, and they are sent to every device."""
    body = etree.fromstring(operation)
    for element in body.iter("*"):
        name = str(element.tag)
        if "}" not in name:
            element.tag = f"{{{BASE_NAMESPACE}}}{name}"
    wrapped = etree.Element(_RPC, nsmap=_NAMESPACES)
    wrapped.append(body)
    return etree.tostring(body, encoding="UTF-8")


def start_tag(message: bytes) -> tuple[str, Mapping[str, str]]:
    """Return name and attributes of a message's root without reading the message any further.

    Args:
        message: The whole message.

    Raises:
        PrestageError: `bad-reply` when it does not begin like an XML document, or has a DTD.
    """
    if b"<!DOCTYPE" in message:
        raise PrestageError(ErrorCode.BAD_REPLY, "The device's reply has a DTD and was refused.")
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, recover=True
    )
    for position in range(0, min(len(message), _LONGEST_START), _PIECE):
        try:
            parser.feed(message[position : position + _PIECE])
        except etree.XMLSyntaxError:
            break
        for _, root in parser.read_events():
            element = cast("Any", root)
            return str(element.tag), {str(k): str(v) for k, v in element.attrib.items()}
    text = "The device's reply does not begin like an XML document."
    raise PrestageError(ErrorCode.BAD_REPLY, text)
