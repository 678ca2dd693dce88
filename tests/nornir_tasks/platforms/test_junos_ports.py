"""The status of a router's ports: out of the text where that is safe, else by a parser."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab import CATALOG, Fleet
from nornir_tasks.platforms.junos import ports
from nornir_tasks.platforms.junos.ports import status_in_document, status_of_ports
from nornir_tasks.reply import Reply
from tests.nornir_tasks.lab.test_truth import replies

PORT = (
    "<physical-interface>\n<name>\nge-0/0/0\n</name>\n<admin-status>up</admin-status>\n"
    "<oper-status>Down\n</oper-status>\n<logical-interface><name>ge-0/0/0.0</name>"
    "<admin-status>up</admin-status><oper-status>up</oper-status></logical-interface>"
    "</physical-interface>\n"
)


def answer(inside: str) -> Reply:
    information = f"<interface-information>{inside}</interface-information>"
    return Reply(f"<rpc-reply>{information}</rpc-reply>\n".encode())


def is_parsed(reply: Reply) -> bool:
    return ports._usual_status(reply.message) is None


@pytest.mark.parametrize("kind", sorted(CATALOG))
def test_the_lab_answers_as_usual_and_the_text_says_what_the_parser_says(kind: str) -> None:
    for device in Fleet.of({kind: 3}, size=16_000):
        reply = replies(device)[1]
        assert not is_parsed(reply)
        assert status_of_ports(reply) == status_in_document(reply.document())


def test_a_port_has_its_own_status_not_that_of_its_logical_interfaces() -> None:
    assert status_of_ports(answer(PORT)) == {"ge-0/0/0": "down"}


OTHER = PORT.replace("ge-0/0/0", "xe-1/0/0")
UNUSUAL = {
    "a comment": f"<!-- {OTHER} -->{PORT}",
    "character data": f"{PORT}<x><![CDATA[{OTHER}]]></x>",
    "an attribute": PORT.replace("<physical-interface>", '<physical-interface a="1">') + PORT,
    "a prefix": '<x xmlns:j="urn:j"/>'
    + re.sub(r"(</?)(\w)", r"\1j:\2", PORT).replace("face>", 'face xmlns:j="urn:j">', 1),
    "an entity": PORT.replace("ge-0/0/0\n", "ge-0&#47;0/0\n"),
    "a port without a status": f"{PORT}<physical-interface><name>ge-9</name></physical-interface>",
    "an empty port": f"{PORT}<physical-interface/>",
    "another order": PORT.replace("<name>", "<x/><name>", 1),
    "another script": f"{PORT}<x>é</x>",
    "no port": "",
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_what_is_unusual_is_left_to_the_parser(what: str) -> None:
    reply = answer(UNUSUAL[what])
    assert is_parsed(reply)
    assert status_of_ports(reply) == status_in_document(reply.document())


@given(st.data())
@settings(max_examples=300)
def test_whatever_is_changed_the_text_says_what_the_parser_says_or_nothing(
    data: st.DataObject,
) -> None:
    """Pieces of a usual answer doubled, left out and put elsewhere."""
    pieces = re.findall(r"<[^<]*", PORT + OTHER)
    chosen = data.draw(st.lists(st.integers(0, len(pieces) - 1), max_size=4))
    for position in chosen:
        pieces.insert(data.draw(st.integers(0, len(pieces))), pieces[position])
        del pieces[data.draw(st.integers(0, len(pieces) - 1))]
    reply = answer("".join(pieces))
    try:
        expected = status_in_document(reply.document())
    except PrestageError:
        return
    assert status_of_ports(reply) == expected


def test_an_error_is_no_status_and_no_failure() -> None:
    text = "<rpc-error><error-message>no</error-message></rpc-error>"
    assert status_of_ports(Reply(f"<rpc-reply>{text}</rpc-reply>".encode())) is None
    assert status_of_ports(answer(PORT + text)) is None


@pytest.mark.parametrize(
    ("message", "limit", "code"),
    [
        (answer(PORT).message[:-20], 10_000, ErrorCode.BAD_REPLY),
        (answer(PORT).message, 100, ErrorCode.REPLY_TOO_LARGE),
    ],
)
def test_what_is_cut_off_or_too_large_is_refused(
    message: bytes, limit: int, code: ErrorCode
) -> None:
    with pytest.raises(PrestageError) as caught:
        status_of_ports(Reply(message, limit))
    assert caught.value.code is code
