"""What must never be read in a log, an error or a result."""

import logging

import pytest

from nornir_tasks.redaction import RedactingFilter, one_line, redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=hunter2 rest", "password=*** rest"),
        ("Password: hunter2, rest", "Password: ***, rest"),
        ("{'password': 'hunter2', 'port': 830}", "{'password': ***, 'port': 830}"),
        ('"api_key": "hunter2"', '"api_key": ***'),
        ("passphrase = hunter2)", "passphrase = ***)"),
        ("set system root-authentication $6$salt$hunter2;", None),
        ("authentication-key $9$hunter2abc;", None),
        ("$1$a$hunter2 $5$hunter2 $8$hunter2", None),
        ("<secret>hunter2</secret>", "<secret>***</secret>"),
        ("<encrypted-password>hunter2</encrypted-password>", None),
        ('<x:pre-shared-key a="b">hunter2</x:pre-shared-key>', None),
        ("<secret>hunter2", "<secret>***"),
        ("<name>pe1</name>", "<name>pe1</name>"),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----x",
            "***x",
        ),
        ("-----BEGIN RSA PRIVATE KEY-----\nhunter2", "***"),
        ("the password is rejected", "the password is rejected"),
        ("costs $5 and $6", "costs $5 and $6"),
    ],
)
def test_secrets_are_masked_wherever_they_stand(text: str, expected: str | None) -> None:
    masked = redact(text)
    assert "hunter2" not in masked
    if expected is not None:
        assert masked == expected


@pytest.mark.parametrize("secret", ["p", "a&b<c>", 'quo"te', "back\\slash", "new\nline", "ü"])
def test_known_values_are_masked_in_every_form_they_take(secret: str) -> None:
    from xml.sax.saxutils import escape

    for form in (secret, escape(secret), repr(secret)):
        assert secret not in redact(f"[{form}]", [secret]).replace("***", "")


def test_empty_secrets_are_passed_over() -> None:
    assert redact("text", ["", None]) == "text"


def test_one_line_is_short_and_on_one_line() -> None:
    assert one_line(" a\n\tb ") == "a b"
    assert len(one_line("x" * 1000)) == 300


def test_records_of_other_loggers_are_redacted(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.foreign")
    logger.addFilter(RedactingFilter())
    logger.error("failed: %s", "password=hunter2")
    assert caplog.messages == ["failed: password=***"]
