"""What devices notify of, as far as it is about their configuration (RFC 5277 and RFC 6470)."""

from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.xml import local_name

__all__ = ["ConfigChange", "ConfirmEvent", "ConfirmedCommit", "read_notification"]

_RUNNING = "running"


class ConfirmEvent(StrEnum):
    """What happens to a commit that is undone unless it is confirmed (RFC 6470, section 2.2)."""

    START = "start"
    CANCEL = "cancel"
    TIMEOUT = "timeout"
    EXTEND = "extend"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChange:
    """A datastore was changed (`netconf-config-change`).

    Attributes:
        datastore: Its name, `running` in most cases.
        username: Login of who changed it; empty when it was the device itself, or nobody is named.
    """

    datastore: str
    username: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedCommit:
    """Something became of a confirmed commit (`netconf-confirmed-commit`).

    Attributes:
        event: What.
        username: Login of whose doing it is; empty for a time that ran out.
    """

    event: ConfirmEvent
    username: str = ""


def read_notification(notification: etree._Element) -> ConfigChange | ConfirmedCommit | None:
    """Return what a notification says; None when it is about anything else.

    Names are compared without their namespaces, as everywhere with devices.

    Args:
        notification: The `<notification>` element.

    Raises:
        PrestageError: `bad-reply` when it is about a configuration and does not say what happened,
            or has no event at all.
    """
    event = next((each for each in _children(notification) if _name(each) != "eventTime"), None)
    if event is None:
        raise _malformed("no event")
    if _name(event) == "netconf-config-change":
        return _read_change(event)
    if _name(event) == "netconf-confirmed-commit":
        return _read_confirmed(event)
    return None


def _read_change(event: etree._Element) -> ConfigChange:
    datastore = _find(event, "datastore")
    # The leaf has a default, so a device may leave it out.
    name = _RUNNING if datastore is None else _text(datastore)
    if not name:
        raise _malformed("a change of no datastore")
    by = _find(event, "changed-by")
    # Who it was is only good for leaving ourselves out: a change is one without it, too.
    return ConfigChange(datastore=name, username="" if by is None else _username(by))


def _read_confirmed(event: etree._Element) -> ConfirmedCommit:
    confirm_event = _find(event, "confirm-event")
    try:
        what = ConfirmEvent("" if confirm_event is None else _text(confirm_event))
    except ValueError:
        raise _malformed("a confirmed commit of which nothing known became") from None
    return ConfirmedCommit(event=what, username=_username(event))


def _username(element: etree._Element) -> str:
    name = _find(element, "username")
    return "" if name is None else _text(name)


def _find(element: etree._Element, name: str) -> etree._Element | None:
    return next((each for each in _children(element) if _name(each) == name), None)


def _children(element: etree._Element) -> list[etree._Element]:
    return list(element.iterchildren("*"))


def _name(element: etree._Element) -> str:
    return local_name(element.tag)


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _malformed(what: str) -> PrestageError:
    return PrestageError(ErrorCode.BAD_REPLY, f"The device's notification tells of {what}.")
