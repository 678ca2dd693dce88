"""Bytes of a stranger become elements, or one clear error."""

import copy
import threading

import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.xml import MAX_DEPTH, XmlError, XmlFlaw, local_name, parse_document

TEXT = "<?xml version='1.0' encoding='{}'?>\n<a>\u00e9</a>"


@pytest.mark.parametrize(
    "data",
    [
        b"<a>\xc3\xa9</a>",
        b"\xef\xbb\xbf<a>\xc3\xa9</a>",
        b"\n \t<?xml version='1.0'?><a>\xc3\xa9</a>\n",
        b"\xef\xbb\xbf\n<?xml version='1.0'?><a>\xc3\xa9</a>",
        TEXT.format("utf-8").encode(),
        TEXT.format("iso-8859-1").encode("latin-1"),
        TEXT.format("utf-16").encode("utf-16"),
        TEXT.format("utf-16").encode("utf-16-le"),
        TEXT.format("utf-16").encode("utf-16-be"),
        TEXT.format("utf-32").encode("utf-32"),
        # Converted without changing the declaration.
        TEXT.format("UTF-16").encode(),
        b"<!-- note --><?pi x?><a>\xc3\xa9</a>",
    ],
)
def test_documents_are_read_in_every_usual_encoding(data: bytes) -> None:
    assert parse_document(data).text == "\u00e9"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"system { host-name r1; }", "not XML"),
        (b"\xff\xfe<", "not valid UTF-16"),
        (b"<?xml version='1.0' encoding='utf-7'?><a/>", "save it as UTF-8"),
        (b"<a>\n\n<b></a>", "line 3"),
        (b"\n\n<a>\n<b></a>", "line 4"),
        (b"<a><junos:x/>\n<b></a>", "Opening and ending tag mismatch"),
        (b"<a/><b/>", "Extra content"),
        (b"<a>&entity;</a>", "Entity 'entity' not defined"),
        (b"<a", "line 1"),
        (b"<a>\x00</a>", "line 1"),
        (b"<!--", "not well-formed"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        # Refused before the parser has read any of it.
        (b"<!DOCTYPE a [<!ENTITY broken", "DOCTYPE"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "DOCTYPE"),
        (b"<?xml version='1.0'?> <!-- c --><!DOCTYPE a SYSTEM 'http://127.0.0.1/'><a/>", "DOCTYPE"),
        ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>".encode("utf-16"), "DOCTYPE"),
    ],
)
def test_bad_documents_are_refused_in_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(PrestageError) as caught:
        parse_document(data, source="pe1.xml")
    assert caught.value.code is ErrorCode.BAD_REPLY
    assert caught.value.text.startswith("pe1.xml ")
    assert words in caught.value.text
    assert "\n" not in caught.value.text


def test_an_error_does_not_repeat_what_an_earlier_document_had_wrong() -> None:
    for data, words in ((b"<a><b></a>", "mismatch"), (b"<a>&later;</a>", "later")):
        with pytest.raises(PrestageError, match=words):
            parse_document(data)


def test_prefixes_that_lost_their_declaration_are_kept_in_the_name() -> None:
    root = parse_document(b"<a junos:seconds='1'><junos:comment>/* x */</junos:comment></a>")
    assert [(child.tag, child.text) for child in root] == [("junos:comment", "/* x */")]
    assert local_name(root[0].tag) == "comment"
    assert dict(root.items()) == {"junos:seconds": "1"}


def nested(depth: int, padding: int = 0) -> bytes:
    return b"<a>" * depth + b" " * padding + b"</a>" * depth


@pytest.mark.parametrize("padding", [0, 5_000_000])
def test_the_depth_limit_holds_for_small_and_for_large_documents(padding: int) -> None:
    parse_document(nested(MAX_DEPTH, padding))
    for depth in (MAX_DEPTH + 1, 10_000):
        with pytest.raises(PrestageError, match="deeper than the limit") as caught:
            parse_document(nested(depth, padding))
        assert caught.value.code is ErrorCode.REPLY_TOO_LARGE


def test_the_size_limit_is_checked_before_anything_is_parsed() -> None:
    assert parse_document(b"<abc/>", limit=6).tag == "abc"
    with pytest.raises(PrestageError, match="larger than the limit of 5 bytes") as caught:
        parse_document(b"<abc/>", limit=5)
    assert caught.value.code is ErrorCode.REPLY_TOO_LARGE


def test_one_text_may_be_larger_than_the_parsers_own_limit() -> None:
    size = 11_000_000
    assert len(parse_document(b"<a>" + b"x" * size + b"</a>").text or "") == size


def test_threads_parse_at_the_same_time() -> None:
    document = b"<a>" + b"<b>text</b>" * 2000 + b"</a>"
    counts: list[int] = []

    def parse() -> None:
        counts.extend(len(parse_document(document)) for _ in range(20))

    threads = [threading.Thread(target=parse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [2000] * 80


@pytest.mark.parametrize(
    ("data", "flaw", "line"),
    [
        (b"<a/>" + b" " * 100, XmlFlaw.TOO_LARGE, None),
        (b"<a>" * 20 + b"</a>" * 20, XmlFlaw.TOO_LARGE, None),
        (b"<!DOCTYPE a><a/>", XmlFlaw.DOCTYPE, None),
        (b" ", XmlFlaw.EMPTY, None),
        (b"a", XmlFlaw.NOT_XML, None),
        (b"<?xml version='1.0' encoding='ebcdic'?><a/>", XmlFlaw.ENCODING, None),
        (b"<a>\n<b>\n</a>", XmlFlaw.MALFORMED, 3),
    ],
)
def test_who_must_not_quote_the_document_is_told_what_is_wrong(
    data: bytes, flaw: XmlFlaw, line: int | None
) -> None:
    with pytest.raises(XmlError) as raised:
        parse_document(data, limit=80)

    again = copy.copy(raised.value)
    for error in (raised.value, again):
        assert (error.flaw, error.line) == (flaw, line)
    assert again.text == raised.value.text
