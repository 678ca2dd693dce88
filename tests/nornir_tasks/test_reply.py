"""What a device answered, as it is judged."""

import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.reply import BASE_NAMESPACE, Reply

REPLY = b'<rpc-reply xmlns="%b" message-id="1">%%b</rpc-reply>' % BASE_NAMESPACE.encode()

ERROR = (
    b"<rpc-error><error-tag>access-denied</error-tag>%b"
    b"<error-message>\n permission denied \n</error-message></rpc-error>"
)


@pytest.mark.parametrize("severity", [b"", b"<error-severity>error</error-severity>"])
@pytest.mark.parametrize("around", [b"%b", b"<commit-results><re>%b</re></commit-results>"])
def test_an_error_anywhere_in_the_reply_is_told_in_the_devices_words(
    severity: bytes, around: bytes
) -> None:
    with pytest.raises(PrestageError) as caught:
        Reply(REPLY % (around % (ERROR % severity)), 10_000).document()
    assert caught.value.code is ErrorCode.RPC_ERROR
    assert caught.value.text == (
        "The device answered with an error: permission denied (access-denied)."
    )


def test_a_warning_is_no_error_but_an_error_behind_it_is() -> None:
    warning = ERROR % b"<error-severity>warning</error-severity>"
    assert len(Reply(REPLY % warning, 10_000).document()) == 1
    with pytest.raises(PrestageError):
        Reply(REPLY % (warning + ERROR % b""), 10_000).document()


def test_an_error_text_is_redacted() -> None:
    secret = b"<rpc-error><error-message>bad password=hunter2 $9$abcdef</error-message></rpc-error>"
    with pytest.raises(PrestageError) as caught:
        Reply(REPLY % secret, 10_000).document()
    assert "hunter2" not in caught.value.text
    assert "$9$" not in caught.value.text


@pytest.mark.parametrize("message", [b"<hello/>", b"<rpc-reply>", b"nothing", REPLY % b"<a>"])
def test_what_is_no_reply_is_a_bad_reply(message: bytes) -> None:
    with pytest.raises(PrestageError) as caught:
        Reply(message, 10_000).document()
    assert caught.value.code is ErrorCode.BAD_REPLY
