"""The envelopes that Junos puts around what it says: hello, rpc-reply, rpc-error."""

from xml.sax.saxutils import escape, quoteattr

__all__ = [
    "BASE_10",
    "BASE_11",
    "BASE_NAMESPACE",
    "CONFIGURATION_NAMESPACE",
    "JUNOS_NAMESPACE",
    "OK",
    "RpcError",
    "hello",
    "reply",
]

BASE_10 = "urn:ietf:params:netconf:base:1.0"
BASE_11 = "urn:ietf:params:netconf:base:1.1"
BASE_NAMESPACE = "urn:ietf:params:xml:ns:netconf:base:1.0"
JUNOS_NAMESPACE = "http://xml.juniper.net/junos/22.4R0/junos"
CONFIGURATION_NAMESPACE = "http://xml.juniper.net/xnm/1.1/xnm"
OK = "<ok/>\n"

CAPABILITIES = (
    "urn:ietf:params:netconf:capability:candidate:1.0",
    "urn:ietf:params:netconf:capability:confirmed-commit:1.0",
    "urn:ietf:params:netconf:capability:validate:1.0",
    "urn:ietf:params:netconf:capability:url:1.0?scheme=http,ftp,file",
    "http://xml.juniper.net/netconf/junos/1.0",
    "http://xml.juniper.net/dmi/system/1.0",
)


class RpcError(Exception):
    """A request that is answered with an rpc-error (RFC 6241, section 4.3 and appendix A).

    Args:
        tag: The error tag, e.g. `lock-denied`.
        message: Text for people.
        kind: `protocol` or `application`.
        info: XML for `error-info`.
    """

    def __init__(self, tag: str, message: str, *, kind: str = "protocol", info: str = "") -> None:
        super().__init__(message)
        self.tag = tag
        self.message = message
        self.kind = kind
        self.info = info

    def xml(self) -> str:
        """Return the rpc-error element."""
        info = f"<error-info>\n{self.info}</error-info>\n" if self.info else ""
        return (
            f"<rpc-error>\n<error-type>{self.kind}</error-type>\n"
            f"<error-tag>{self.tag}</error-tag>\n<error-severity>error</error-severity>\n"
            f"<error-message>\n{escape(self.message)}\n</error-message>\n{info}</rpc-error>\n"
        )


def hello(session_id: int, *, chunked: bool, more: tuple[str, ...] = ()) -> bytes:
    """Return the server's hello.

    Args:
        session_id: Of the session.
        chunked: Offer NETCONF 1.1 as well.
        more: Capabilities that not all devices have.
    """
    bases = (BASE_10, BASE_11) if chunked else (BASE_10,)
    listed = "".join(
        f"<capability>{capability}</capability>\n" for capability in (*bases, *CAPABILITIES, *more)
    )
    return (
        f'<hello xmlns="{BASE_NAMESPACE}">\n<capabilities>\n{listed}</capabilities>\n'
        f"<session-id>{session_id}</session-id>\n</hello>\n"
    ).encode()


def reply(message_id: str | None, content: str | bytes) -> bytes:
    """Return a whole rpc-reply."""
    identified = "" if message_id is None else f" message-id={quoteattr(message_id)}"
    body = content.encode() if isinstance(content, str) else content
    start = f'<rpc-reply xmlns="{BASE_NAMESPACE}" xmlns:junos="{JUNOS_NAMESPACE}"{identified}>\n'
    return start.encode() + body + b"</rpc-reply>\n"
