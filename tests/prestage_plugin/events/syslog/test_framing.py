"""A stream of bytes becomes messages (RFC 6587)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prestage_plugin.events.syslog.framing import Framer, FramingError

LIMIT = 100


def messages(framer: Framer, data: bytes, size: int) -> list[bytes]:
    """What a framer makes of data that comes in pieces of this size."""
    found = []
    for begin in range(0, len(data), size):
        framer.feed(data[begin : begin + size])
        while (message := framer.next_message()) is not None:
            found.append(message)
    return found


def counted(message: bytes) -> bytes:
    return b"%d %s" % (len(message), message)


TEXTS = st.binary(min_size=1, max_size=LIMIT)
LINES = TEXTS.filter(lambda text: b"\n" not in text and text[:1] not in b"0123456789\r\0")


@given(st.lists(st.one_of(TEXTS.map(lambda text: (text, True)), LINES.map(lambda t: (t, False)))))
def test_both_framings_may_be_mixed_and_cut_at_every_byte(sent: list[tuple[bytes, bool]]) -> None:
    stream = b"".join(counted(text) if octets else text + b"\n" for text, octets in sent)
    expected = [text for text, _octets in sent]
    for size in (1, 2, 7, max(1, len(stream))):
        framer = Framer(limit=LIMIT)
        assert messages(framer, stream, size) == expected
        assert not framer.is_inside


def test_a_counted_message_may_hold_line_feeds() -> None:
    assert messages(Framer(limit=LIMIT), counted(b"a\nb") + b"<1>c\n", 1) == [b"a\nb", b"<1>c"]


def test_empty_lines_between_messages_are_skipped() -> None:
    stream = b"\n\r\n\0" + counted(b"a") + b"\n" + counted(b"b") + b"\n\n<1>c\r\n\n"
    assert messages(Framer(limit=LIMIT), stream, 3) == [b"a", b"b", b"<1>c\r"]


@pytest.mark.parametrize("size", [1, 64, 10_000])
def test_a_line_that_is_too_long_is_cut_and_its_rest_skipped(size: int) -> None:
    framer = Framer(limit=LIMIT)
    stream = b"x" * 1000 + b"\n<1>next\n" + b"y" * LIMIT + b"\n" + b"z" * (LIMIT + 1) + b"\n"
    expected = [b"x" * LIMIT, b"<1>next", b"y" * LIMIT, b"z" * LIMIT]
    assert messages(framer, stream, size) == expected
    assert framer.cut == 2


def test_of_a_line_without_end_no_more_than_the_limit_is_kept() -> None:
    framer = Framer(limit=LIMIT)
    for _piece in range(1000):
        framer.feed(b"x" * 1000)
        assert framer.next_message() is None
        assert len(framer._data) <= LIMIT + 1000
    assert framer.is_inside
    assert framer.finish() == b"x" * LIMIT


@pytest.mark.parametrize(
    "stream",
    [
        b"101 x",
        b"0 ",
        b"00005 hello",
        b"12x34 y",
        b"5\nhello",
        b"99999999999999999999 ",
        b"1234567",
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_a_count_that_is_malformed_or_too_large_ends_the_stream(stream: bytes, size: int) -> None:
    framer = Framer(limit=LIMIT)
    with pytest.raises(FramingError):
        messages(framer, stream, size)


def test_what_the_end_of_the_stream_leaves_is_a_message_too() -> None:
    framer = Framer(limit=LIMIT)
    framer.feed(b"<1>no line feed")
    assert (framer.next_message(), framer.finish(), framer.cut) == (None, b"<1>no line feed", 0)
    framer.feed(b"50 cut short")
    assert (framer.next_message(), framer.finish(), framer.cut) == (None, b"cut short", 1)
    framer.feed(b"50")
    assert (framer.next_message(), framer.finish(), framer.cut) == (None, None, 1)
    assert framer.finish() is None


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_are_messages_or_an_error(pieces: list[bytes]) -> None:
    framer = Framer(limit=LIMIT)
    try:
        for piece in pieces:
            for message in messages(framer, piece, 50):
                assert len(message) <= LIMIT
    except FramingError:
        pass
    rest = framer.finish()
    assert rest is None or len(rest) <= LIMIT
