"""Which notifications tell of a change, and by whom (prestaging spec, section 6)."""

from collections.abc import Collection

from lxml import etree

from nornir_tasks.sessions.notifications import (
    ConfigChange,
    ConfirmedCommit,
    ConfirmEvent,
    read_notification,
)
from prestage_plugin.events.verdict import Meaning, Verdict

__all__ = ["judge"]

RUNNING = "running"

_UNDONE = frozenset({ConfirmEvent.CANCEL, ConfirmEvent.TIMEOUT})
"""The configuration is again what it was before the commit. The device has to notify of that change
as well (RFC 6470, section 2.1), but it is its own doing, and both cost no more than one.
The others change nothing: what `start` is about is notified as a change of the running datastore,
`extend` gives more time, and `complete` keeps what there is."""

_OTHER = Verdict(Meaning.OTHER)


def judge(notification: etree._Element, *, ignored_users: Collection[str]) -> Verdict:
    """Return what a notification is to us.

    Only the login tells whose change it is. Our sessions are not told by their numbers, because
    they never change anything: what they do, reading and coming and going, is no change.

    Args:
        notification: The `<notification>` element.
        ignored_users: Logins whose changes are no change to us.

    Raises:
        PrestageError: `bad-reply` when it is malformed.
    """
    said = read_notification(notification)
    if isinstance(said, ConfigChange) and said.datastore == RUNNING:
        return _by(said.username, "netconf-config-change", ignored_users)
    if isinstance(said, ConfirmedCommit) and said.event in _UNDONE:
        return _by(said.username, f"netconf-confirmed-commit {said.event}", ignored_users)
    return _OTHER


def _by(username: str, detail: str, ignored_users: Collection[str]) -> Verdict:
    """Return whose change it is; a device that rolled back by itself names nobody."""
    is_own = bool(username) and username in ignored_users
    meaning = Meaning.OWN if is_own else Meaning.CHANGE
    return Verdict(meaning, username, detail)
