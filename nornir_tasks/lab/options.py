"""How a lab behaves, apart from who is in it."""

import sys
from dataclasses import dataclass

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab.syslog import SyslogTarget
from nornir_tasks.lab.syslog.log import LAYOUTS

__all__ = ["FRAMINGS", "LabOptions"]

GOLDEN_RATIO = 0.6180339887498949
FRAMINGS = ("1.0", "1.1", "mixed")


@dataclass(frozen=True, slots=True)
class LabOptions:
    """Options of a lab.

    Attributes:
        latency_ms: Milliseconds that a device waits before each reply.
        jitter_ms: Milliseconds that a reply may come earlier or later.
        framing: NETCONF version that devices offer: `1.0`, `1.1` (beside 1.0) or `mixed`, where
            every other device offers 1.1.
        host_key: Type of the host keys: `ed25519`, `ecdsa`, `rsa` or `mixed`.
        port: TCP port; 0 takes a free one.
        session_limit: NETCONF sessions that a device accepts at the same time.
        addressing: `addresses` (a 127.x.y.z per device, one listener), `ports` (127.0.0.1, a
            listener per device) or `auto` (`ports` where only 127.0.0.1 answers).
        commit_user: Login of who commits by `lab-control`.
        syslog: Where devices send their system logs: `udp:ADDRESS:PORT` or `tcp:ADDRESS:PORT`
            on loopback; None keeps them.
        syslog_format: `classic` (RFC 3164), `structured` (RFC 5424) or `mixed`, where every other
            device is structured.
        notifications: Percentage of devices that clients can subscribe to (RFC 5277).

    Raises:
        PrestageError: Code `inventory`; a value is not possible.
    """

    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    framing: str = "1.0"
    host_key: str = "mixed"
    port: int = 0
    session_limit: int = 8
    addressing: str = "auto"
    commit_user: str = "alice"
    syslog: str | None = None
    syslog_format: str = "classic"
    notifications: float = 0.0

    def __post_init__(self) -> None:
        if self.framing not in FRAMINGS:
            raise _bad(f"The framing is one of {', '.join(FRAMINGS)}, not {self.framing!r}.")
        if not 0 <= self.port <= 65535:
            raise _bad(f"A port is 0 to 65535, not {self.port}.")
        if self.addressing not in {"auto", "addresses", "ports"}:
            raise _bad(f"The addressing is auto, addresses or ports, not {self.addressing!r}.")
        if self.session_limit < 1:
            raise _bad("A device accepts at least one session.")
        if self.syslog_format not in LAYOUTS:
            raise _bad(
                f"The syslog format is one of {', '.join(LAYOUTS)}, not {self.syslog_format!r}."
            )
        if not 0 <= self.notifications <= 100:
            raise _bad(f"The share that notifies is a percentage, not {self.notifications:g}.")
        if self.syslog is not None:
            SyslogTarget.parse(self.syslog)

    @property
    def port_per_device(self) -> bool:
        """Whether each device has a port of its own on 127.0.0.1."""
        if self.addressing == "auto":
            return sys.platform != "linux"
        return self.addressing == "ports"

    def chunked(self, index: int) -> bool:
        """Tell whether the device with this number offers NETCONF 1.1."""
        return self.framing == "1.1" or (self.framing == "mixed" and index % 2 == 1)

    def notifies(self, index: int) -> bool:
        """Tell whether clients can subscribe to the device with this number.

        The same devices notify whenever the share is the same; a larger share only adds some.
        Multiples of the golden ratio spread them evenly over the fleet, and independently of what
        every other device does.
        """
        return index * GOLDEN_RATIO % 1 * 100 < self.notifications


def _bad(text: str) -> PrestageError:
    return PrestageError(ErrorCode.INVENTORY, text)
