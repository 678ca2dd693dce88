"""What a receiver puts up with."""

import resource
from dataclasses import dataclass

from prestage_plugin.events.syslog.message import LONGEST_MESSAGE

__all__ = ["Limits"]

_OTHER_FILES = 100
"""Open files that are kept for everything but connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of the receivers.

    Attributes:
        message: Bytes of a message that are kept.
        receive_buffer: Bytes that the kernel is asked to keep of datagrams while we are busy; it
            grants what `net.core.rmem_max` allows.
        connections: TCP connections at a time, fewer when the process may open fewer files.
        connections_per_address: Of these, from one address.
        idle_seconds: A connection that says nothing for so long is closed. Devices hold theirs
            open and commit rarely, and lose the first message to a connection that was closed.
        stalled_seconds: A connection that stops inside a message for so long is closed.
    """

    message: int = LONGEST_MESSAGE
    receive_buffer: int = 32 * 1024 * 1024
    connections: int = 4096
    connections_per_address: int = 16
    idle_seconds: float = 24 * 3600.0
    stalled_seconds: float = 60.0

    @property
    def possible_connections(self) -> int:
        """`connections`, or as many as the process's limit of open files allows."""
        files, _highest = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files == resource.RLIM_INFINITY:
            return self.connections
        return min(self.connections, max(1, files - _OTHER_FILES))
