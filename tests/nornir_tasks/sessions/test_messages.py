"""Hellos and requests as they are sent, and the beginning of replies."""

import pytest
from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.reply import BASE_NAMESPACE
from nornir_tasks.sessions.messages import (
    build_request,
    read_hello,
    start_tag,
)

HELLO = b"<hello><capabilities>%b</capabilities>%b</hello>"


def test_names_without_a_namespace_get_the_base_namespace_and_others_keep_theirs() -> None:
    operation = etree.fromstring('<get><x xmlns="urn:x"><y/></x><z/></get>')
    request = etree.fromstring(build_request(operation, "id-7"))
    names = [etree.QName(element).text for element in request.iter()]
    assert names == [
        f"{{{BASE_NAMESPACE}}}rpc",
        f"{{{BASE_NAMESPACE}}}get",
        "{urn:x}x",
        "{urn:x}y",
        f"{{{BASE_NAMESPACE}}}z",
    ]
    assert request.get("message-id") == "id-7"
    assert operation.tag == "get"


@pytest.mark.parametrize(
    ("message", "tag"),
    [
        (b'<rpc-reply message-id="5"/>', "rpc-reply"),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- hi --><a message-id="5"><b>', "a"),
        (b'<a message-id="5">' + b"x" * 100_000, "a"),
        (b"<!--" + b"x" * 5000 + b'--><a message-id="5">', "a"),
        (b'<nc:a xmlns:nc="urn:n" message-id="5">', "{urn:n}a"),
    ],
)
def test_the_start_tag_is_read_without_the_rest(message: bytes, tag: str) -> None:
    found, attributes = start_tag(message)
    assert found == tag
    assert attributes["message-id"] == "5"


@pytest.mark.parametrize(
    "message", [b"", b"% Invalid input", b"\x00\xff", b'<!DOCTYPE a [<!ENTITY x "y">]><a/>']
)
def test_what_does_not_begin_like_xml_is_a_bad_reply(message: bytes) -> None:
    with pytest.raises(PrestageError) as caught:
        start_tag(message)
    assert caught.value.code is ErrorCode.BAD_REPLY


def hello(*capabilities: str, session: bytes = b"<session-id>7</session-id>") -> bytes:
    named = "".join(f"<capability> {name}\n</capability>" for name in capabilities)
    return HELLO % (named.encode(), session)


def test_a_hello_is_read_whatever_was_read_before() -> None:
    for session in range(5, 15):
        number = b"<session-id>%d</session-id>" % session
        assert read_hello(hello("urn:a", "urn:b", session=number), 1000) == {"urn:a", "urn:b"}
        assert read_hello(hello("urn:a", session=number), 1000) == {"urn:a"}
    assert read_hello(hello("urn:a", session=b""), 1000) == {"urn:a"}
    assert read_hello(hello(*map(str, range(5000))), 1_000_000) == set(map(str, range(5000)))


@pytest.mark.parametrize(
    ("message", "limit", "code"),
    [
        (hello("urn:a"), 20, ErrorCode.REPLY_TOO_LARGE),
        (hello("urn:a", session=b"<session-id>" + b"1" * 50 + b"</session-id>"), 100, None),
        (hello("urn:a")[:-1], 1000, ErrorCode.BAD_REPLY),
        (b"<session-id>7</session-id>" + hello("urn:a"), 1000, ErrorCode.BAD_REPLY),
        (hello("urn:a").replace(b"<hello", b'<hello a="<session-id>7</session-id>"'), 1000, None),
        (b"<session-id>7</session-id>", 1000, ErrorCode.BAD_REPLY),
    ],
)
def test_no_number_of_a_session_hides_what_is_wrong(
    message: bytes, limit: int, code: ErrorCode | None
) -> None:
    read_hello(hello("urn:a"), 1000)
    with pytest.raises(PrestageError) as caught:
        read_hello(message, limit)
    assert code is None or caught.value.code is code
