"""Notifications as devices write them (RFC 5277, RFC 6470)."""

from lxml import etree

EVENTS = "urn:ietf:params:xml:ns:yang:ietf-netconf-notifications"
USER = "<username>{}</username><session-id>4</session-id><source-host>192.0.2.1</source-host>"


def notification(event: str) -> bytes:
    return (
        '<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0">'
        f"<eventTime>2026-07-06T03:52:49.972Z</eventTime>{event}</notification>"
    ).encode()


def config_change(
    *, user: str | None = "jdoe", datastore: str = "<datastore>running</datastore>"
) -> bytes:
    by = "<server/>" if user is None else USER.format(user)
    return notification(
        f'<netconf-config-change xmlns="{EVENTS}"><changed-by>{by}</changed-by>{datastore}'
        "<edit><target>/configuration</target><operation>merge</operation></edit>"
        "</netconf-config-change>"
    )


def confirmed_commit(event: str, *, user: str | None = "jdoe") -> bytes:
    by = "" if user is None else USER.format(user)
    return notification(
        f'<netconf-confirmed-commit xmlns="{EVENTS}">{by}'
        f"<confirm-event>{event}</confirm-event></netconf-confirmed-commit>"
    )


def session_event(name: str, *, user: str = "jdoe") -> bytes:
    return notification(f'<{name} xmlns="{EVENTS}">{USER.format(user)}</{name}>')


def parsed(message: bytes) -> etree._Element:
    return etree.fromstring(message)
