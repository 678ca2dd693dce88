"""Every exception of asyncssh has the code that the other engine gives for the same."""

import asyncssh
import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.aio.failures import classify_ssh_failure, end_of_connection
from nornir_tasks.sessions.failures import Phase


@pytest.mark.parametrize(
    ("error", "phase", "code"),
    [
        (asyncssh.ConnectionLost("x"), Phase.HANDSHAKE, ErrorCode.CONNECTION_LOST),
        (asyncssh.ConnectionLost("x"), Phase.RPC, ErrorCode.CONNECTION_LOST),
        (asyncssh.ProtocolError("x"), Phase.HANDSHAKE, ErrorCode.BAD_REPLY),
        (asyncssh.ProtocolError("Too many tries"), Phase.LOGIN, ErrorCode.CONNECTION_LOST),
        (asyncssh.ProtocolNotSupported("x"), Phase.HANDSHAKE, ErrorCode.BAD_REPLY),
        (asyncssh.MACError("x"), Phase.RPC, ErrorCode.CONNECTION_LOST),
        (
            asyncssh.KeyExchangeFailed("No matching encryption algorithm found"),
            Phase.HANDSHAKE,
            ErrorCode.BAD_REPLY,
        ),
        (
            asyncssh.KeyExchangeFailed("Key exchange hash mismatch"),
            Phase.HANDSHAKE,
            ErrorCode.CONNECTION_LOST,
        ),
        (asyncssh.HostKeyNotVerifiable("x"), Phase.HANDSHAKE, ErrorCode.HOST_KEY_UNKNOWN),
        (asyncssh.PermissionDenied("x"), Phase.LOGIN, ErrorCode.AUTHENTICATION),
        (asyncssh.ChannelOpenError(4, "x"), Phase.CHANNEL, ErrorCode.SESSION_LIMIT),
        (asyncssh.ChannelOpenError(1, "x"), Phase.CHANNEL, ErrorCode.CONNECTION_REFUSED),
        (
            asyncssh.ChannelOpenError(asyncssh.OPEN_REQUEST_SESSION_FAILED, "x"),
            Phase.CHANNEL,
            ErrorCode.CONNECTION_REFUSED,
        ),
        (asyncssh.DisconnectError(12, "x"), Phase.LOGIN, ErrorCode.CONNECTION_LOST),
        (TimeoutError(), Phase.LOGIN, ErrorCode.TIMEOUT_CONNECT),
        (TimeoutError(), Phase.RPC, ErrorCode.TIMEOUT_RPC),
        (BrokenPipeError(), Phase.RPC, ErrorCode.CONNECTION_LOST),
        (ZeroDivisionError("x"), Phase.RPC, ErrorCode.INTERNAL),
        (PrestageError(ErrorCode.CREDENTIALS, "x"), Phase.RPC, ErrorCode.CREDENTIALS),
    ],
)
def test_an_exception_has_this_code(error: Exception, phase: Phase, code: ErrorCode) -> None:
    assert classify_ssh_failure(error, phase).code is code


def test_what_asyncssh_stumbles_over_is_the_devices_fault() -> None:
    error = end_of_connection(ValueError("An X25519 public key is 32 bytes long"))
    assert classify_ssh_failure(error, Phase.HANDSHAKE).code is ErrorCode.BAD_REPLY


@pytest.mark.parametrize("error", [None, asyncssh.ConnectionLost("x"), OSError("x")])
def test_an_end_in_good_order_or_not_is_a_lost_connection(error: Exception | None) -> None:
    found = classify_ssh_failure(end_of_connection(error), Phase.RPC)
    assert found.code is ErrorCode.CONNECTION_LOST


def test_nothing_that_a_device_said_gets_into_the_text() -> None:
    for phase in Phase:
        for kind in (asyncssh.ConnectionLost, asyncssh.ProtocolError, asyncssh.PermissionDenied):
            assert "hunter2" not in classify_ssh_failure(kind("hunter2"), phase).text
