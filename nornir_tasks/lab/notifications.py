"""Notifications (RFC 5277) about commits and sessions (RFC 6470).

Junos OS Evolved sends these three and no others. A change of the candidate is no event: the leaf
`datastore` of RFC 6470 knows running and startup only.
"""

from datetime import UTC, datetime
from xml.sax.saxutils import escape

from nornir_tasks.lab.events import Caller, CommitEvent
from nornir_tasks.lab.messages import CONFIGURATION_NAMESPACE

__all__ = [
    "CAPABILITIES",
    "config_change",
    "notification",
    "session_end",
    "session_start",
]

NOTIFICATION_NAMESPACE = "urn:ietf:params:xml:ns:netconf:notification:1.0"
CAPABILITIES = (
    "urn:ietf:params:netconf:capability:notification:1.0",
    # Junos offers the namespace as well.
    NOTIFICATION_NAMESPACE,
    "urn:ietf:params:netconf:capability:interleave:1.0",
)
EVENT_NAMESPACE = "urn:ietf:params:xml:ns:yang:ietf-netconf-notifications"


def notification(event: str, *, seconds: float) -> bytes:
    """Return the message about an event that happened at a Unix time."""
    at = datetime.fromtimestamp(seconds, UTC)
    return (
        f'<notification xmlns="{NOTIFICATION_NAMESPACE}">\n'
        f"<eventTime>{at:%Y-%m-%dT%H:%M:%S.%f}Z</eventTime>\n{event}</notification>\n"
    ).encode()


def config_change(event: CommitEvent) -> str:
    """Return `netconf-config-change` about a commit."""
    if event.rollback:
        by = "<server/>\n"
    else:
        # Zero is the number of a session that is no NETCONF session.
        by = _session(event.user, event.session_id or 0, event.source_host)
    edit = ""
    if event.operation:
        edit = (
            f'<edit>\n<target xmlns:c="{CONFIGURATION_NAMESPACE}">/c:configuration</target>\n'
            f"<operation>{event.operation}</operation>\n</edit>\n"
        )
    return _event(
        "netconf-config-change",
        f"<changed-by>\n{by}</changed-by>\n<datastore>running</datastore>\n{edit}",
    )


def session_start(caller: Caller) -> str:
    """Return `netconf-session-start` about a new session."""
    return _event("netconf-session-start", _session(caller.user, caller.session_id, caller.host))


def session_end(caller: Caller, *, reason: str, killed_by: int | None = None) -> str:
    """Return `netconf-session-end`.

    Args:
        caller: Whose session.
        reason: `closed`, `killed` or `dropped`.
        killed_by: The session that killed it.
    """
    killer = "" if killed_by is None else f"<killed-by>{killed_by}</killed-by>\n"
    return _event(
        "netconf-session-end",
        f"{_session(caller.user, caller.session_id, caller.host)}{killer}"
        f"<termination-reason>{reason}</termination-reason>\n",
    )


def _event(name: str, content: str) -> str:
    return f'<{name} xmlns="{EVENT_NAMESPACE}">\n{content}</{name}>\n'


def _session(user: str, session_id: int, host: str) -> str:
    source = f"<source-host>{escape(host)}</source-host>\n" if host else ""
    return f"<username>{escape(user)}</username>\n<session-id>{session_id}</session-id>\n{source}"
