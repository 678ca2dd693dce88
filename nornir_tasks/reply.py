"""What a device has answered to one request (RFC 6241, section 4.2)."""

from dataclasses import dataclass, field

from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.redaction import one_line
from nornir_tasks.xml import MAX_BYTES, local_name, parse_document

__all__ = ["BASE_NAMESPACE", "Reply"]

BASE_NAMESPACE = "urn:ietf:params:xml:ns:netconf:base:1.0"
_RPC_ERROR = f"{{{BASE_NAMESPACE}}}rpc-error"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came, not looked at so far.

    Attributes:
        message: The whole message.
        limit: Largest reply in bytes.
    """

    message: bytes = field(repr=False)
    limit: int = MAX_BYTES

    def document(self) -> etree._Element:
        """Parse it and return its `rpc-reply` element.

        Raises:
            PrestageError: `bad-reply`, `reply-too-large`, or `rpc-error` when the device says that
                it could not do what was asked; warnings are no errors.
        """
        reply = parse_document(self.message, limit=self.limit, source="The device's reply")
        if local_name(reply.tag) != "rpc-reply":
            name = one_line(local_name(reply.tag))
            text = f"The device sent <{name}> where <rpc-reply> was expected."
            raise PrestageError(ErrorCode.BAD_REPLY, text)
        # Junos nests errors, e.g. in <commit-results>; old releases leave the namespace out.
        for error in reply.iter(_RPC_ERROR, "rpc-error"):
            if _child(error, "error-severity") != "warning":
                raise PrestageError(ErrorCode.RPC_ERROR, _sentence(error))
        return reply


def _sentence(error: etree._Element) -> str:
    tag, message = _child(error, "error-tag"), _child(error, "error-message")
    said = one_line(message or tag or "no reason given").rstrip(".")
    suffix = f" ({one_line(tag)})" if tag and message else ""
    return f"The device answered with an error: {said}{suffix}."


def _child(parent: etree._Element, name: str) -> str:
    for child in parent:
        if local_name(child.tag) == name:
            return (child.text or "").strip()
    return ""
