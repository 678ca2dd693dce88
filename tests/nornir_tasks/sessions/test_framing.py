"""Both framings of RFC 6242, whatever the reads cut in two."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.framing import ChunkedFraming, EndOfMessageFraming, Framing

TEXT = "<a>é ü 漢字 😀</a>".encode()
FRAMINGS: list[Callable[[int], Framing]] = [EndOfMessageFraming, ChunkedFraming]


def chunked(message: bytes, size: int) -> bytes:
    parts = [message[i : i + size] for i in range(0, len(message), size)]
    return b"".join(b"\n#%d\n%b" % (len(part), part) for part in parts) + b"\n##\n"


def feed(framing: Framing, data: bytes, step: int) -> list[bytes]:
    return [
        message
        for start in range(0, len(data), step)
        for message in framing.feed(data[start : start + step])
    ]


@pytest.mark.parametrize("kind", FRAMINGS)
@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 1000])
def test_messages_survive_reads_that_cut_characters_and_delimiters(
    kind: Callable[[int], Framing], step: int
) -> None:
    framing = kind(10_000)
    data = framing.wrap(TEXT) + framing.wrap(b"<b/>") + framing.wrap(TEXT)
    assert feed(framing, data, step) == [TEXT, b"<b/>", TEXT]
    assert framing.feed(framing.wrap(b"<c/>")) == [b"<c/>"]


@given(size=st.integers(1, 40), step=st.integers(1, 40))
def test_chunks_may_cut_characters_too(size: int, step: int) -> None:
    assert feed(ChunkedFraming(10_000), chunked(TEXT, size), step) == [TEXT]


@given(st.lists(st.integers(1, 30)), st.binary(max_size=200))
def test_any_bytes_give_messages_or_one_of_our_errors(steps: list[int], data: bytes) -> None:
    for kind in FRAMINGS:
        framing, rest = kind(100), data
        with suppress(PrestageError):
            for step in steps:
                framing.feed(rest[:step])
                rest = rest[step:]


def test_line_breaks_between_messages_do_no_harm() -> None:
    framing = ChunkedFraming(1000)
    data = b"\n" + framing.wrap(b"<a/>") + b"\n\n" + framing.wrap(b"<b/>")
    assert feed(framing, data, 1) == [b"<a/>", b"<b/>"]
    assert EndOfMessageFraming(1000).feed(b"\n<a/>\n]]>]]>\n\n<b/>]]>]]>\n") == [b"<a/>", b"<b/>"]


def test_the_limit_holds_while_a_message_still_arrives() -> None:
    for framing, endless in (
        (EndOfMessageFraming(1000), b"x" * 100),
        (ChunkedFraming(1000), chunked(b"x" * 100, 100)[:-4]),
    ):
        with pytest.raises(PrestageError) as caught:
            feed(framing, endless * 12, len(endless))
        assert caught.value.code is ErrorCode.REPLY_TOO_LARGE


def test_a_chunk_that_announces_too_much_is_refused_before_it_arrives() -> None:
    with pytest.raises(PrestageError) as caught:
        ChunkedFraming(1000).feed(b"\n#4294967295\n")
    assert caught.value.code is ErrorCode.REPLY_TOO_LARGE


@pytest.mark.parametrize(
    "data", [b"<rpc-reply/>", b"\n#0\nx", b"\n#x\n", b"\n#12345678901\n", b"##"]
)
def test_broken_chunks_are_a_bad_reply_at_once_or_with_the_next_bytes(data: bytes) -> None:
    framing = ChunkedFraming(1000)
    with pytest.raises(PrestageError) as caught:
        feed(framing, data + b"0" * 20, len(data))
    assert caught.value.code is ErrorCode.BAD_REPLY


def test_a_message_of_many_megabytes_in_one_chunk_takes_no_time_worth_noting() -> None:
    """ncclient needs minutes for this: it copies the whole buffer for each read."""
    message = b"x" * 20_000_000
    framing = ChunkedFraming(64_000_000)
    assert feed(framing, framing.wrap(message), 4096) == [message]
