"""Any bytes become a message (prestaging spec, section 6; RFC 3164, RFC 5424)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prestage_plugin.events.syslog.message import (
    LONGEST_MESSAGE,
    SyslogFormat,
    SyslogMessage,
    parse_message,
)
from tests.prestage_plugin.events.syslog.samples import classic, structured

CLASSIC, STRUCTURED, UNKNOWN = SyslogFormat


def understood(message: SyslogMessage) -> tuple[str, str, str, str, str]:
    return (message.host, message.app, message.process, message.tag, message.user)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            (
                b"Sep 20 02:13:40 R1 mgd[4312]: UI_COMMIT: User 'jdoe' requested 'commit' "
                b"operation (comment: none)"
            ),
            ("R1", "mgd", "4312", "UI_COMMIT", "jdoe"),
        ),
        (
            b"Sep 20 02:13:42 R1 mgd[4312]: UI_COMMIT_COMPLETED: commit complete",
            ("R1", "mgd", "4312", "UI_COMMIT_COMPLETED", ""),
        ),
        (
            b"<188>Nov 11 20:40:44 vmx1 mgd[1584]: UI_COMMIT_COMPLETED: commit complete",
            ("vmx1", "mgd", "1584", "UI_COMMIT_COMPLETED", ""),
        ),
        # What a device prints that pads the day, the host and the text.
        (
            (
                b"<188>Nov  1 20:40:44  re0.pe1.example.net mgd[65762]: UI_COMMIT_COMPLETED:  : "
                b"commit complete \n"
            ),
            ("re0.pe1.example.net", "mgd", "65762", "UI_COMMIT_COMPLETED", ""),
        ),
        # `explicit-priority`, `time-format year millisecond`, `log-prefix`
        (
            (
                b"<189>Aug 21 12:36:30.401 2006 pe1-re0 mgd[33]: %INTERACT-5-UI_COMMIT_COMPLETED: "
                b"commit complete"
            ),
            ("pe1-re0", "mgd", "33", "UI_COMMIT_COMPLETED", ""),
        ),
        (
            (
                b"<189>Aug 21 12:36:30 401 2006 pe1 west: mgd[33]: UI_COMMIT_NOT_CONFIRMED: Commit "
                b"was not confirmed; automatic rollback complete"
            ),
            ("pe1", "mgd", "33", "UI_COMMIT_NOT_CONFIRMED", ""),
        ),
        # What relays make of it: another time, no host, no number of the process
        (
            b"<189>2026-07-06T03:52:49.972+02:00 192.0.2.1 mgd[97400]: UI_COMMIT_COMPLETED: done",
            ("192.0.2.1", "mgd", "97400", "UI_COMMIT_COMPLETED", ""),
        ),
        (
            b"mgd[97400]: UI_COMMIT_COMPLETED: done",
            ("", "mgd", "97400", "UI_COMMIT_COMPLETED", ""),
        ),
        (
            b"<13>Sep 20 02:13:42 R1 mgd: UI_COMMIT_COMPLETED: done",
            ("R1", "mgd", "", "UI_COMMIT_COMPLETED", ""),
        ),
    ],
)
def test_classic_messages(data: bytes, expected: tuple[str, ...]) -> None:
    message = parse_message(data)
    assert message.format is CLASSIC
    assert understood(message) == expected


@pytest.mark.parametrize(
    ("data", "expected", "parameters"),
    [
        (
            (
                b"<189>1 2026-07-06T03:52:49Z vsrx-ci mgd 97400 UI_COMMIT [junos@2636.1.1.1.2.129 "
                b'username="netconf" command="commit" message="canary"] User \'netconf\' requested '
                b"'commit' operation (comment: canary)"
            ),
            ("vsrx-ci", "mgd", "97400", "UI_COMMIT", "netconf"),
            {"username": "netconf", "command": "commit", "message": "canary"},
        ),
        (
            (
                rb"<182>1 2026-07-06T03:52:49.931Z vsrx-ci mgd 97400 UI_CFG_AUDIT_SET "
                rb'[junos@2636.1.1.1.2.129 username="netconf" action="set" pathname="[system login '
                rb'message\]" delimiter="\"" data="a" value="a\\"] User \'netconf\' set: x'
            ),
            ("vsrx-ci", "mgd", "97400", "UI_CFG_AUDIT_SET", "netconf"),
            {
                "username": "netconf",
                "action": "set",
                "pathname": "[system login message]",
                "delimiter": '"',
                "data": "a",
                "value": "a\\",
            },
        ),
        # Another product's SD-ID, `brief` structured data without a text
        (
            (
                b"<189>1 2026-07-06T03:52:49Z pe1 mgd 9 UI_COMMIT_COMPLETED [junos@2636.1.1.1.2.18 "
                b'username="admin"]'
            ),
            ("pe1", "mgd", "9", "UI_COMMIT_COMPLETED", "admin"),
            {"username": "admin"},
        ),
        # Several elements; of a name that comes twice the first counts
        (
            b'<189>1 - pe1 mgd 9 UI_COMMIT [a@1 username="x"][b@2 username="y" z=""] text',
            ("pe1", "mgd", "9", "UI_COMMIT", "x"),
            {"username": "x", "z": ""},
        ),
        # All nil, a byte order mark, and a relay that left the tag in the text
        (
            b"<189>1 - - - - UI_COMMIT_COMPLETED - \xef\xbb\xbfcommit complete",
            ("", "", "", "UI_COMMIT_COMPLETED", ""),
            {},
        ),
        (
            b"<189>1 2026-07-06T03:52:49Z pe1 mgd 9 - - \xef\xbb\xbfUI_COMMIT: User 'jdoe' did",
            ("pe1", "mgd", "9", "UI_COMMIT", "jdoe"),
            {},
        ),
    ],
)
def test_structured_messages(
    data: bytes, expected: tuple[str, ...], parameters: dict[str, str]
) -> None:
    message = parse_message(data)
    assert message.format is STRUCTURED
    assert understood(message) == expected
    assert message.parameters == parameters


@pytest.mark.parametrize("data", [classic(user="jdoe"), structured("UI_COMMIT", user="jdoe")])
def test_a_message_that_is_cut_short_is_understood_as_far_as_it_goes(data: bytes) -> None:
    whole = parse_message(data)
    for length in range(len(data)):
        part = parse_message(data[:length])
        assert part.tag in {"", whole.tag} or whole.tag.startswith(part.tag)
        assert part.user in {"", whole.user}


def test_a_tag_counts_only_where_a_tag_stands() -> None:
    """Whoever logs in, or types a command, writes a part of the text."""
    for data in (
        b"<38>Sep 20 02:13:42 R1 sshd[7]: Failed password for mgd[1]: UI_COMMIT_COMPLETED: x",
        b"<38>Sep 20 02:13:42 R1 sshd[7]: mgd[1]: UI_COMMIT_COMPLETED: x",
        (
            b"<189>Sep 20 02:13:42 R1 mgd[7]: UI_CMDLINE_READ_LINE: User 'x', command 'show log | "
            b"match UI_COMMIT_COMPLETED: '"
        ),
        b'<189>1 - R1 mgd 7 UI_CMDLINE_READ_LINE [junos@2636 command="UI_COMMIT_COMPLETED"] x',
        b"<189>1 - R1 mgd 7 UI_CMDLINE_READ_LINE - UI_COMMIT_COMPLETED: x",
    ):
        assert parse_message(data).tag in {"", "UI_CMDLINE_READ_LINE"}


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"<", b"<189>", b"<189>1", b"1 ", b"\xff\xfe\x00", b"hello", b": :"]
)
def test_what_is_no_message_is_of_unknown_format(data: bytes) -> None:
    assert parse_message(data).tag == ""


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_message(data: bytes) -> None:
    parse_message(data)


HOSTILE = st.lists(
    st.sampled_from(
        [
            b"<189>",
            b"1 ",
            b"[",
            b"]",
            b"\\",
            b'"',
            b'="',
            b" a=",
            b"x",
            b" ",
            b"UI_COMMIT",
            b"[",
            b"mgd[1]:",
            b"Sep 20 02:13:42",
            b"%A-5-",
            b"-",
            b"\xef\xbb\xbf",
            b"User '",
            b"'",
            b"\n",
        ]
    ),
    max_size=300,
).map(b"".join)


@given(HOSTILE, st.integers(1, 200))
def test_what_looks_like_a_message_is_one_however_often_it_is_repeated(
    data: bytes, times: int
) -> None:
    for prefix in (b"", b"<189>1 - h a p T "):
        message = parse_message(prefix + data * times)
        assert len(message.parameters) <= 64


@pytest.mark.parametrize(
    "data",
    [
        b"<189>1 - h a p T " + part * (LONGEST_MESSAGE // len(part))
        for part in (b"[a", b"[a ", b"[a b=", b'[a b="', b'[a b="\\', b'[a b=""]', b" ", b"\\")
    ]
    + [
        part * (LONGEST_MESSAGE // len(part)) for part in (b"a[", b"a:", b": ", b"%-", b"A", b"<1>")
    ],
)
def test_work_grows_no_faster_than_the_message(data: bytes) -> None:
    """An expression that tries every way to match takes hours for these, and the test its limit."""
    for _again in range(20):
        parse_message(data)


NAMES = st.from_regex(re.compile(r"[a-z][a-z0-9-]{0,20}", re.ASCII), fullmatch=True)
VALUES = st.text(st.characters(codec="utf-8"), max_size=60)


def escaped(value: str) -> str:
    """RFC 5424, section 6.3.3."""
    for character in '\\"]':
        value = value.replace(character, f"\\{character}")
    return value


@given(host=NAMES, app=NAMES, parameters=st.dictionaries(NAMES, VALUES, max_size=8))
def test_structured_values_come_back_as_they_were(
    host: str, app: str, parameters: dict[str, str]
) -> None:
    told = "".join(f' {name}="{escaped(value)}"' for name, value in parameters.items())
    data = f"<165>1 2026-07-06T03:52:49.972Z {host} {app} 7 SOME_TAG [x@2636{told}] text".encode()
    message = parse_message(data)
    assert message.parameters == parameters
    assert (message.host, message.app, message.tag) == (host, app, "SOME_TAG")


@given(
    priority=st.sampled_from(["", "<0>", "<189>", "<191> "]),
    stamp=st.sampled_from(["Sep 20 02:13:42 ", "Sep  2 02:13:42 ", "Sep 2 02:13:42 ", ""]),
    host=st.from_regex(re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,40}", re.ASCII), fullmatch=True),
    process=st.integers(0, 99999),
    tag=st.from_regex(re.compile(r"[A-Z]{2,8}(_[A-Z0-9]{1,9}){1,4}", re.ASCII), fullmatch=True),
    text=st.text(max_size=40),
)
def test_every_classic_message_is_understood(
    priority: str, stamp: str, host: str, process: int, tag: str, text: str
) -> None:
    data = f"{priority}{stamp}{host} mgd[{process}]: {tag}: {text}".encode("utf-8", "replace")
    message = parse_message(data)
    assert (message.app, message.process, message.tag) == ("mgd", str(process), tag)
    assert message.host == host
