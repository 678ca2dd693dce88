"""One syslog message: bytes from anybody to what we need of it, whatever they are.

Work is bounded by the message's size: every expression is linear and every loop has a limit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["LONGEST_MESSAGE", "SyslogFormat", "SyslogMessage", "parse_message"]

LONGEST_MESSAGE = 8192
"""Bytes that are looked at. RFC 5424 (section 6.1) wants 2,048 at least."""

_PRIORITY = re.compile(r"<\d{1,3}>\s{0,8}")
# A tag stands alone or, with `explicit-priority`, behind facility and severity:
# `%INTERACT-5-UI_COMMIT`.
_TAG = re.compile(r"(?:%[\w/-]{1,48}-)?([A-Z][A-Z0-9_]{1,63})")
_USER = re.compile(r"User '([^']{1,255})'")
# One parameter (RFC 5424, section 6.3.3). Inside the quotes a backslash takes the next character
# along, so the two halves of the loop never compete for a character.
_PARAMETER = re.compile(r'\s+([^\s="\]]{1,64})="([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_ELEMENT = re.compile(r'\[([^\s="\]]{1,64})')
_ESCAPE = re.compile(r'\\(["\\\]])')
# Before a process's name come a host, and at times a `log-prefix` or the part of a chassis.
_PROCESS = re.compile(r"([\w./-]{1,48})\[([^\s\[\]]{0,32})\]:?")
_MOST_BEFORE_PROCESS = 4
_MOST_PARAMETERS = 64

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NIL = "-"
_BYTE_ORDER_MARK = "\ufeff"


class SyslogFormat(StrEnum):
    """How a message is built."""

    CLASSIC = "rfc3164"
    STRUCTURED = "rfc5424"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogMessage:
    """What a message says; what it does not say is empty.

    Attributes:
        format: How it is built; `UNKNOWN` when no process and no tag could be made out.
        host: Name or address by which the sender names the device.
        app: Process, e.g. `mgd`.
        process: Number of the process; one session of a user is one process on Junos.
        tag: Junos's name of the event, e.g. `UI_COMMIT_COMPLETED`.
        user: Login that the message names as acting.
        parameters: Structured data of all elements together, unescaped.
    """

    format: SyslogFormat
    host: str = ""
    app: str = ""
    process: str = ""
    tag: str = ""
    user: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_message(data: bytes) -> SyslogMessage:
    """Understand a message; anything else is a message of unknown format, never an error.

    Args:
        data: One message without its framing. What is longer than `LONGEST_MESSAGE` is not
            looked at; a message may also be cut short.
    """
    text = data[:LONGEST_MESSAGE].decode("utf-8", "replace").strip("\0\r\n ")
    text = text.removeprefix(_BYTE_ORDER_MARK)
    priority = _PRIORITY.match(text)
    if priority:
        text = text[priority.end() :]
    return _structured(text) if text.startswith("1 ") else _classic(text)


def _structured(text: str) -> SyslogMessage:
    """Understand `1 TIME HOST APP PROCESS TAG DATA TEXT` (RFC 5424, section 6)."""
    parts = text.split(None, 6)
    header = ["" if part == _NIL else part for part in parts[1:6]]
    _time, host, app, process, tag = header + [""] * (5 - len(header))
    parameters, said = _structured_data(parts[6] if len(parts) > 6 else "")
    if not tag:
        # A relay that turned a classic message into this format leaves the tag in the text.
        tag, said = _tag_of(said)
    return SyslogMessage(
        format=SyslogFormat.STRUCTURED if app or tag else SyslogFormat.UNKNOWN,
        host=host,
        app=app,
        process=process,
        tag=tag,
        user=parameters.get("username") or _user_of(said),
        parameters=parameters,
    )


def _structured_data(text: str) -> tuple[dict[str, str], str]:
    """Return the parameters of all elements, and the text behind them.

    Of a name that comes twice the first counts. What breaks off in the middle is taken as far as
    it goes.
    """
    parameters: dict[str, str] = {}
    at = len(_NIL) if text.startswith(_NIL) else 0
    while element := _ELEMENT.match(text, at):
        at = element.end()
        while parameter := _PARAMETER.match(text, at):
            at = parameter.end()
            if len(parameters) < _MOST_PARAMETERS:
                parameters.setdefault(parameter[1], _ESCAPE.sub(r"\1", parameter[2]))
        end = text.find("]", at)
        if end < 0 or text[at:end].strip():
            return parameters, ""
        at = end + 1
    return parameters, text[at:].lstrip().removeprefix(_BYTE_ORDER_MARK)


def _classic(text: str) -> SyslogMessage:
    """Understand `TIME HOST APP[PROCESS]: TAG: TEXT` (RFC 3164, section 4), and its dialects.

    The time may lack, have a year or milliseconds, or be of RFC 3339; the host may lack.
    """
    tokens = text.split(None, 12)
    begin = _after_time(tokens)
    at = _find_process(tokens, begin)
    if at is None:
        return SyslogMessage(format=SyslogFormat.UNKNOWN)
    before = tokens[begin:at]
    while len(before) > 1 and before[0].isdigit():  # year, milliseconds
        del before[0]
    process = _PROCESS.fullmatch(tokens[at])
    tag, said = _tag_of(" ".join(tokens[at + 1 :]))
    return SyslogMessage(
        format=SyslogFormat.CLASSIC,
        host=before[0] if before else "",
        app=process[1] if process else tokens[at].rstrip(":"),
        process=process[2] if process else "",
        tag=tag,
        user=_user_of(said),
    )


def _after_time(tokens: list[str]) -> int:
    """Return how many of the tokens are a time."""
    if not tokens:
        return 0
    if tokens[0] in _MONTHS:
        return 3
    return 1 if tokens[0][:1].isdigit() and "T" in tokens[0] else 0


def _find_process(tokens: list[str], begin: int) -> int | None:
    """Return where the process stands: the first with a number, or else with a colon."""
    candidates = range(begin, min(begin + _MOST_BEFORE_PROCESS + 1, len(tokens)))
    for at in candidates:
        if _PROCESS.fullmatch(tokens[at]):
            return at
    return next((at for at in candidates if tokens[at].endswith(":")), None)


def _tag_of(text: str) -> tuple[str, str]:
    """Split a text into its tag, if it begins with one, and the rest."""
    first, _blank, rest = text.partition(" ")
    tag = _TAG.fullmatch(first.rstrip(":"))
    return (tag[1], rest) if tag else ("", text)


def _user_of(text: str) -> str:
    """Return the login at the beginning of a text such as `User 'jdoe' requested ...`."""
    found = _USER.match(text.lstrip(": "))
    return found[1] if found else ""
