"""Replies as broken devices send them (see `faults`)."""

from collections.abc import Iterator

from nornir_tasks.lab.messages import reply

__all__ = ["corrupted", "endless"]

_NOT_XML = b"error: could not connect to management daemon: Connection refused\n\xff\xfe\x00"
_ENTRY = b"<interface>\n<name>ge-0/0/0</name>\n<description>%s</description>\n</interface>\n" % (
    b"x" * 400
)
_ENTITIES = 12


def corrupted(fault: str | None, whole: bytes) -> bytes:
    """Return the reply that a device with this fault sends instead of the whole one."""
    if fault == "truncated-reply":
        return whole[: len(whole) // 2]
    if fault == "not-xml":
        return _NOT_XML
    if fault == "entity-bomb":
        return _bomb() + whole.replace(b"</rpc-reply>", b"<lol>&e%d;</lol></rpc-reply>" % _ENTITIES)
    return whole


def endless(message_id: str | None) -> Iterator[bytes]:
    """Yield the parts of a reply that never ends."""
    yield reply(message_id, b"<configuration>\n<interfaces>\n").removesuffix(b"</rpc-reply>\n")
    part = _ENTRY * 64
    while True:
        yield part


def _bomb() -> bytes:
    declarations = b'<!ENTITY e0 "lol">\n' + b"".join(
        b'<!ENTITY e%d "%s">\n' % (level, b"&e%d;" % (level - 1) * 10)
        for level in range(1, _ENTITIES + 1)
    )
    return b'<?xml version="1.0"?>\n<!DOCTYPE rpc-reply [\n' + declarations + b"]>\n"
