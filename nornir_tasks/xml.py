"""Parse XML that a stranger wrote: a device's reply or a saved configuration (spec section 5).

The only place where bytes become elements. No DTD, no entities, no network, a size limit and a
depth limit. Documents whose namespace prefixes lost their declaration are accepted (saved Junos
dumps are often cut that way); such names keep their prefix, e.g. `junos:comment`.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cache
from operator import itemgetter
from typing import Any, Final, cast

from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = [
    "LOCAL_NAMES",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NAMES",
    "XmlError",
    "XmlFlaw",
    "children_of",
    "local_name",
    "parse_document",
]

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 256
MAX_NAMES = 1024
"""Names of elements and attributes that are remembered at most."""

# From here on libxml2 needs its own limits lifted; below, they are a second line of defence.
_HUGE_FROM = 4 * 1024 * 1024
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_ASCII_COMPATIBLE = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})
_DECLARED = re.compile(rb"""\A<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")


class XmlFlaw(StrEnum):
    """What is wrong with a document."""

    TOO_LARGE = "too-large"
    TOO_DEEP = "too-deep"
    DOCTYPE = "doctype"
    EMPTY = "empty"
    NOT_XML = "not-xml"
    ENCODING = "encoding"
    MALFORMED = "malformed"


class XmlError(PrestageError):
    """A document that is refused; its text may quote a few words of it.

    Attributes:
        flaw: What is wrong, for those who must not quote.
        line: Where, counted from 1; None when it is not in one place.
    """

    def __init__(self, code: ErrorCode, text: str, flaw: XmlFlaw, line: int | None = None) -> None:
        super().__init__(code, text)
        self.flaw = flaw
        self.line = line

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.text, self.flaw, self.line)


def parse_document(
    data: bytes, *, limit: int = MAX_BYTES, source: str = "the reply"
) -> etree._Element:
    """Return the root element of an XML document that is not to be trusted.

    Safe to call from any number of threads; comments and processing instructions are dropped.

    Args:
        data: The document: UTF-8, UTF-16 or UTF-32 by byte order mark, or an ASCII-compatible
            encoding by its XML declaration; leading white space is ignored.
        limit: Largest size in bytes.
        source: What the document is, for the error's sentence, e.g. a file's name.

    Raises:
        XmlError: `reply-too-large` when it is larger than `limit` or deeper than
            `MAX_DEPTH` elements; `bad-reply` when it is no well-formed XML or has a DOCTYPE.
    """
    if len(data) > limit:
        raise XmlError(
            ErrorCode.REPLY_TOO_LARGE,
            f"{source} is larger than the limit of {limit} bytes ({len(data)} bytes).",
            XmlFlaw.TOO_LARGE,
        )
    text, encoding = _ascii_compatible(data, source)
    body = text.lstrip()
    if not body:
        raise _bad(f"{source} is empty; XML was expected.", XmlFlaw.EMPTY)
    if not body.startswith(b"<"):
        raise _bad(f"{source} is not XML: it does not start with <.", XmlFlaw.NOT_XML)
    _refuse_doctype(body, source)
    lines_cut = text.count(b"\n", 0, len(text) - len(body))
    root = _parse(body, encoding, source, lines_cut)
    if root.getroottree().docinfo.internalDTD is not None:
        raise _doctype_error(source)
    if _may_be_too_deep(len(body)) and _TOO_DEEP(root):
        raise _depth_error(source)
    return root


class _LocalNames(dict[object, str]):
    """The local parts of tags and attribute names, each found once."""

    def __missing__(self, tag: object) -> str:
        name = tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""
        if len(self) >= MAX_NAMES:
            # Devices use some hundred names; the rest is what somebody invented.
            self.clear()
        self[tag] = name
        return name


LOCAL_NAMES: Final[Mapping[object, str]] = _LocalNames()
"""`local_name` by tag, for loops over many elements: a call costs three times as much."""


children_of: Final[Callable[[etree._Element], list[etree._Element]]] = itemgetter(slice(None))
"""Return the elements directly below an element, in half the time that an iteration takes."""


def local_name(tag: object) -> str:
    """Return the local part of an lxml tag or attribute name; empty for comments and the like."""
    return LOCAL_NAMES[tag]


def _ascii_compatible(data: bytes, source: str) -> tuple[bytes, str | None]:
    """Return the bytes in an encoding in which markup is ASCII, and its name if it was changed."""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(codec).removeprefix("\ufeff").encode(), "utf-8"
            except UnicodeError as error:
                text = f"{source} is not valid {codec.upper()} text."
                raise _bad(text, XmlFlaw.ENCODING) from error
    declared = _DECLARED.match(data.lstrip()[:256])
    if declared is None:
        return data, None
    name = declared.group(1).decode().lower()
    if name.startswith(("utf-16", "utf-32", "ucs")):
        # Someone converted the file and left the declaration as it was.
        return data, "utf-8"
    if name not in _ASCII_COMPATIBLE:
        raise _bad(f"{source} is in the encoding {name}; save it as UTF-8.", XmlFlaw.ENCODING)
    return data, None


def _refuse_doctype(body: bytes, source: str) -> None:
    """Look at the prolog before the parser does: nothing of a DTD may even be read."""
    position = 0
    ends = ((b"<?", b"?>"), (b"<!--", b"-->"))
    while True:
        while body[position : position + 1].isspace():
            position += 1
        end = next((e for start, e in ends if body.startswith(start, position)), None)
        if end is None:
            break
        found = body.find(end, position)
        if found < 0:
            return
        position = found + len(end)
    if body.startswith(b"<!", position):
        raise _doctype_error(source)


def _parse(body: bytes, encoding: str | None, source: str, lines_cut: int) -> etree._Element:
    strict = _parser(len(body), encoding)
    try:
        return etree.fromstring(body, strict)
    except etree.XMLSyntaxError as error:
        # Not `error.error_log`: that one is the thread's history of all parsers.
        fatal = next((e for e in _entries(strict) if not _is_lost_prefix(e)), None)
        if fatal is not None or not _entries(strict):
            reason, line = (fatal.message, fatal.line) if fatal else (error.msg, error.lineno or 1)
            raise _syntax_error(reason, line + lines_cut, source) from None
    lenient = _parser(len(body), encoding, recover=True)
    root = etree.fromstring(body, lenient)
    if root is None or not all(map(_is_lost_prefix, _entries(lenient))):
        raise _bad(f"{source} is not well-formed XML.", XmlFlaw.MALFORMED)
    return root


def _parser(size: int, encoding: str | None, *, recover: bool = False) -> etree.XMLParser:
    # One parser per document: lxml's parsers must not be shared between threads.
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=size > _HUGE_FROM,
        remove_comments=True,
        remove_pis=True,
        # Devices put each element on a line of its own; the line ends between them mean nothing.
        remove_blank_text=True,
        collect_ids=False,
        recover=recover,
    )


def _may_be_too_deep(size: int) -> bool:
    """Return whether a document that was parsed can be deeper than the limit.

    To look takes a tenth as long as to parse. libxml2 has the same limit, while it is not lifted.
    """
    return size > _HUGE_FROM or not _parser_limits_depth()


@cache
def _parser_limits_depth() -> bool:
    """Return whether this libxml2 refuses what is a level deeper than the limit."""
    depth = MAX_DEPTH + 1
    document = b"<a>" * depth + b"</a>" * depth
    try:
        etree.fromstring(document, _parser(len(document), None))
    except etree.XMLSyntaxError:
        return True
    return False


def _entries(parser: etree.XMLParser) -> list[etree._LogEntry]:
    return list(cast("Iterable[Any]", parser.error_log))


def _is_lost_prefix(entry: etree._LogEntry) -> bool:
    return bool(entry.type == etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE)


def _bad(text: str, flaw: XmlFlaw, line: int | None = None) -> XmlError:
    return XmlError(ErrorCode.BAD_REPLY, text, flaw, line)


def _syntax_error(message: str, line: int, source: str) -> XmlError:
    reason = " ".join(message.partition(", line ")[0].split())
    if "xcessive depth" in reason:
        return _depth_error(source)
    text = f"{source} is not well-formed XML: {reason[:200]} (line {line})."
    return _bad(text, XmlFlaw.MALFORMED, line)


def _doctype_error(source: str) -> XmlError:
    return _bad(f"{source} has a DOCTYPE, which is refused; remove it.", XmlFlaw.DOCTYPE)


def _depth_error(source: str) -> XmlError:
    return XmlError(
        ErrorCode.REPLY_TOO_LARGE,
        f"{source} is nested deeper than the limit of {MAX_DEPTH} elements.",
        XmlFlaw.TOO_DEEP,
    )
