"""A line of a system log and its two forms on the wire: RFC 3164 and RFC 5424."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["LogEntry", "classic", "structured"]

VALUE_LIMIT = 512
"""Characters of a value or text: commit comments have no more on Junos."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NOT_PRINTABLE = re.compile(r"[^!-~]+")
_TO_ESCAPE = re.compile(r'([\\"\]])')


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """What the management daemon logs.

    Attributes:
        priority: Facility times 8 plus severity (RFC 5424, section 6.2.1).
        tag: E.g. `UI_COMMIT`.
        text: For people.
        parameters: Names and values of the structured form.
        process_id: Of the management daemon.
    """

    priority: int
    tag: str
    text: str
    parameters: tuple[tuple[str, str], ...] = ()
    process_id: int = 4312


def classic(entry: LogEntry, *, host_name: str, seconds: float) -> bytes:
    """Return the form of RFC 3164, with neither year nor zone in its stamp.

    Args:
        entry: The line.
        host_name: Of the router.
        seconds: Unix time.
    """
    at = datetime.fromtimestamp(seconds, UTC)
    stamp = f"{_MONTHS[at.month - 1]} {at.day:2} {at:%H:%M:%S}"
    return (
        f"<{entry.priority}>{stamp} {_token(host_name)} mgd[{entry.process_id}]: "
        f"{entry.tag}: {_line(entry.text)}"
    ).encode()


def structured(entry: LogEntry, *, host_name: str, seconds: float, product: int) -> bytes:
    """Return the form of RFC 5424.

    Args:
        entry: The line.
        host_name: Of the router.
        seconds: Unix time.
        product: Last number of the SD-ID, by which Junos names the family of the router.
    """
    at = datetime.fromtimestamp(seconds, UTC)
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
    values = "".join(f' {name}="{_escaped(value)}"' for name, value in entry.parameters)
    data = f"[junos@2636.1.1.1.2.{product}{values}]" if values else "-"
    return (
        f"<{entry.priority}>1 {stamp} {_token(host_name)} mgd {entry.process_id} "
        f"{entry.tag} {data} {_line(entry.text)}"
    ).encode()


def _escaped(value: str) -> str:
    r"""Escape `\`, `"` and `]` (RFC 5424, section 6.3.3)."""
    return _TO_ESCAPE.sub(r"\\\1", _line(value[:VALUE_LIMIT]))


def _line(text: str) -> str:
    return _CONTROL.sub(" ", text)


def _token(host_name: str) -> str:
    """Return what a header may hold (RFC 5424, section 6.2.4)."""
    return _NOT_PRINTABLE.sub("-", host_name)[:255] or "-"
