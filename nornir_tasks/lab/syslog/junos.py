"""What the management daemon of Junos logs about commits and about what clients ask for.

The texts are those of captured logs. A test that only looks for "commit complete" is misled by
the last UI_COMMIT_PROGRESS, as on real routers.
"""

from collections.abc import Iterator

from lxml import etree

from nornir_tasks.lab.events import Caller, CommitEvent
from nornir_tasks.lab.syslog.message import VALUE_LIMIT, LogEntry
from nornir_tasks.lab.tree import attributes_of, local_name

__all__ = ["commit_completed", "commit_entries", "netconf_command"]

# Facility local7 with severity warning, notice, info.
WARNING, NOTICE, INFO = 188, 189, 190
STEPS = (
    "Obtaining lock for commit",
    "start loading commit script changes",
    "daemons checking new configuration",
    "signaling 'Routing protocol process'",
    "commit complete",
)


def commit_entries(event: CommitEvent) -> Iterator[LogEntry]:
    """Yield what is logged about a commit, in order."""
    process_id = _process(event.session_id)
    if not event.rollback:
        yield _requested(event, process_id)
    for step in STEPS[:-1] if event.rollback else STEPS:
        yield LogEntry(
            priority=INFO,
            tag="UI_COMMIT_PROGRESS",
            text=f"Commit operation in progress: {step}",
            parameters=(("message", step),),
            process_id=process_id,
        )
    if event.rollback:
        yield LogEntry(
            priority=WARNING,
            tag="UI_COMMIT_NOT_CONFIRMED",
            text="Commit was not confirmed; automatic rollback complete",
            process_id=process_id,
        )
    else:
        yield commit_completed(event.session_id)


def commit_completed(session_id: int | None = None) -> LogEntry:
    """Return the line that says that a configuration is in force."""
    return LogEntry(
        priority=WARNING,
        tag="UI_COMMIT_COMPLETED",
        text="commit complete",
        process_id=_process(session_id),
    )


def netconf_command(caller: Caller, operation: etree._Element) -> LogEntry:
    """Return the line about a client's request."""
    command = _command(operation)[:VALUE_LIMIT]
    return LogEntry(
        priority=INFO,
        tag="UI_NETCONF_CMD",
        text=f"User '{caller.user}' used NETCONF client to run command '{command}'",
        parameters=(("username", caller.user), ("command", command)),
        process_id=_process(caller.session_id),
    )


def _requested(event: CommitEvent, process_id: int) -> LogEntry:
    command = "commit confirmed" if event.confirmed else "commit"
    comment = event.comment[:VALUE_LIMIT] or "none"
    return LogEntry(
        priority=NOTICE,
        tag="UI_COMMIT",
        text=f"User '{event.user}' requested '{command}' operation (comment: {comment})",
        parameters=(("username", event.user), ("command", command), ("message", comment)),
        process_id=process_id,
    )


def _command(operation: etree._Element) -> str:
    """Write a request as one line: attributes in quotes, then the children that are leaves."""
    name = local_name(operation)
    children = list(operation.iterchildren("*"))
    if any(len(child) for child in children):
        return f"{name} cannot reconstruct arguments"
    attributes = (
        f'{etree.QName(key).localname}="{value}"' for key, value in attributes_of(operation).items()
    )
    leaves = (
        f"{local_name(child)}={text}" if (text := (child.text or "").strip()) else local_name(child)
        for child in children
    )
    return " ".join((name, *attributes, *leaves))


def _process(session_id: int | None) -> int:
    """Return the process: each session has one of its own."""
    return 4312 if session_id is None else 5000 + session_id % 90_000
