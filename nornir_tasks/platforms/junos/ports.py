"""The operational status of a router's ports, as `get-interface-information` tells it."""

import re

from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.platforms.junos.columns import every, has_lost_prefix, without_prefixes
from nornir_tasks.platforms.junos.document import find
from nornir_tasks.reply import Reply

__all__ = ["Status", "status_in_document", "status_of_ports"]

Status = dict[str, str]
"""Operational status by port, e.g. `{"ge-0/0/0": "up"}`."""

# How Junos tells of a port in its terse answer, before the logical interfaces of it.
_USUAL_PORT = re.compile(
    r"\s*<name>([^<&]+)</name>\s*"
    r"<admin-status>[^<&]*</admin-status>\s*<oper-status>([^<&]+)</oper-status>"
)
_BEGINNING = re.compile(r"<rpc-reply\b[^<>]*>\s*<interface-information\b[^<>]*>\s*")
_BEGIN_PORT, _END_PORT = "<physical-interface>", "</physical-interface>"
_END = re.compile(r"\s*</interface-information>\s*</rpc-reply>\s*")


def status_of_ports(reply: Reply) -> Status | None:
    """Return the status of each port in a reply to `get-interface-information`.

    Of the reply, which is as long as that to the request for the configuration, two words a port
    are of use. Where all ports look as they usually do, these are taken out of the text: to parse
    it would take five times as long. Any other reply is parsed.

    Args:
        reply: The reply.

    Returns:
        None when there is no interface information in it, or the device could not tell.

    Raises:
        PrestageError: `bad-reply`, `reply-too-large`.
    """
    usual = _usual_status(reply.message) if len(reply.message) <= reply.limit else None
    if usual is not None:
        return usual
    try:
        return status_in_document(reply.document())
    except PrestageError as error:
        if error.code is not ErrorCode.RPC_ERROR:
            raise
    return None


def status_in_document(document: etree._Element) -> Status | None:
    """Return the status of each port in a document.

    Args:
        document: A reply to `get-interface-information`, or a document that holds one.

    Returns:
        None when there is no interface information in it.
    """
    information = find(document).interface_information
    if not information:
        return None
    status: Status = {}
    for element in information:
        status |= _status_in(element)
    return status


def _usual_status(message: bytes) -> Status | None:
    """Return the status of each port; None when anything around the ports is unusual."""
    try:
        beginning, *ports = message.decode("ascii").split(_BEGIN_PORT)
    except UnicodeDecodeError:
        return None
    # Comments, character data and errors may hold what looks like a port and is none.
    if not ports or b"<!" in message or b"rpc-error" in message:
        return None
    *before, last = ports
    last, _, end = last.rpartition(_END_PORT)
    if not _BEGINNING.fullmatch(beginning) or not _END.fullmatch(end):
        return None
    if not all(port.rstrip().endswith(_END_PORT) for port in before):
        return None
    said = [found for port in (*before, last) if (found := _USUAL_PORT.match(port))]
    if len(said) < len(ports):
        return None
    return {name: each[2].strip().lower() for each in said if (name := each[1].strip())}


def _status_in(information: etree._Element) -> Status:
    """Return what one `interface-information` says; its logical interfaces are passed over."""
    if has_lost_prefix(information):
        information = without_prefixes(information)
    ports = list(information.iterchildren("{*}physical-interface"))
    names: dict[etree._Element | None, str] = dict.fromkeys(ports, "")
    states: dict[etree._Element | None, str] = dict.fromkeys(ports, "")
    for name, texts in (("name", names), ("oper-status", states)):
        unread = set(ports)
        for element in every(information, name):
            port = element.getparent()
            if port in unread:
                unread.remove(port)
                texts[port] = (element.text or "").strip()
    return {name: states[port].lower() for port, name in names.items() if name}
