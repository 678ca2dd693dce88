"""What happens on a device, as observers, its system log and its subscribers learn it."""

from dataclasses import dataclass

__all__ = ["Caller", "CommitEvent"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request.

    Attributes:
        session_id: The NETCONF session.
        user: The login.
        host: Address of the client.
    """

    session_id: int
    user: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class CommitEvent:
    """One commit.

    Attributes:
        device: Name of the device.
        user: The login of who committed.
        session_id: The NETCONF session, None when there is none.
        commit_seconds: The new `junos:commit-seconds`, Unix time.
        comment: The log message; empty when none was given.
        rollback: True when a confirmed commit was not confirmed in time and was undone.
        confirmed: True when the commit is undone unless another one follows in time.
        operation: What was done to the configuration: `merge`, `replace`, or nothing.
        source_host: Address of the client, empty when there is none.
    """

    device: str
    user: str
    session_id: int | None
    commit_seconds: int
    comment: str = ""
    rollback: bool = False
    confirmed: bool = False
    operation: str = ""
    source_host: str = ""
