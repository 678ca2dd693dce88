"""Every exception of the libraries below has one of our codes."""

import errno
import socket

import paramiko
import pytest
from ncclient.operations.errors import MissingCapabilityError, TimeoutExpiredError
from ncclient.operations.rpc import RPCError
from ncclient.transport.errors import (
    AuthenticationError,
    NetconfFramingError,
    SessionCloseError,
    SessionError,
    SSHError,
    SSHUnknownHostError,
    TransportError,
)
from ncclient.xml_ import to_ele

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.failures import Phase, classify_failure

RPC_ERROR = RPCError(
    to_ele(
        '<rpc-error xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><error-severity>error'
        "</error-severity><error-message>no password=hunter2</error-message></rpc-error>"
    )
)


@pytest.mark.parametrize(
    ("error", "phase", "code"),
    [
        (socket.gaierror(-2, "unknown"), Phase.DIAL, ErrorCode.UNREACHABLE),
        (OSError(errno.EHOSTUNREACH, "No route to host"), Phase.DIAL, ErrorCode.UNREACHABLE),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Phase.DIAL, ErrorCode.UNREACHABLE),
        (ConnectionRefusedError(), Phase.DIAL, ErrorCode.CONNECTION_REFUSED),
        (TimeoutError(), Phase.DIAL, ErrorCode.TIMEOUT_CONNECT),
        (TimeoutError(), Phase.HELLO, ErrorCode.TIMEOUT_CONNECT),
        (TimeoutError(), Phase.RPC, ErrorCode.TIMEOUT_RPC),
        (ConnectionResetError(), Phase.HANDSHAKE, ErrorCode.CONNECTION_LOST),
        (BrokenPipeError(), Phase.RPC, ErrorCode.CONNECTION_LOST),
        (EOFError(), Phase.HANDSHAKE, ErrorCode.CONNECTION_LOST),
        (
            paramiko.SSHException("Error reading SSH protocol banner"),
            Phase.HANDSHAKE,
            ErrorCode.CONNECTION_LOST,
        ),
        (
            paramiko.SSHException('Indecipherable protocol version "HTTP/1.1"'),
            Phase.HANDSHAKE,
            ErrorCode.BAD_REPLY,
        ),
        (paramiko.IncompatiblePeer("no kex"), Phase.HANDSHAKE, ErrorCode.BAD_REPLY),
        (paramiko.AuthenticationException("no"), Phase.LOGIN, ErrorCode.AUTHENTICATION),
        (paramiko.BadAuthenticationType("no", []), Phase.LOGIN, ErrorCode.AUTHENTICATION),
        (
            paramiko.AuthenticationException("Authentication timeout."),
            Phase.LOGIN,
            ErrorCode.TIMEOUT_CONNECT,
        ),
        (
            paramiko.AuthenticationException(
                "Authentication failed: transport shut down or saw EOF"
            ),
            Phase.LOGIN,
            ErrorCode.CONNECTION_LOST,
        ),
        (paramiko.PasswordRequiredException("p"), Phase.LOGIN, ErrorCode.CREDENTIALS),
        (paramiko.ChannelException(4, "shortage"), Phase.CHANNEL, ErrorCode.SESSION_LIMIT),
        (paramiko.ChannelException(1, "prohibited"), Phase.CHANNEL, ErrorCode.CONNECTION_REFUSED),
        (
            paramiko.SSHException("Timeout opening channel."),
            Phase.CHANNEL,
            ErrorCode.TIMEOUT_CONNECT,
        ),
        (paramiko.SSHException("Channel closed."), Phase.RPC, ErrorCode.CONNECTION_LOST),
        (AuthenticationError("x"), Phase.LOGIN, ErrorCode.AUTHENTICATION),
        (SSHUnknownHostError("h", "f"), Phase.HANDSHAKE, ErrorCode.HOST_KEY_UNKNOWN),
        (SessionCloseError(b"secret config"), Phase.RPC, ErrorCode.CONNECTION_LOST),
        (SSHError("x"), Phase.RPC, ErrorCode.CONNECTION_LOST),
        (SessionError("x"), Phase.RPC, ErrorCode.CONNECTION_LOST),
        (TransportError("x"), Phase.RPC, ErrorCode.CONNECTION_LOST),
        (TimeoutExpiredError("x"), Phase.RPC, ErrorCode.TIMEOUT_RPC),
        (NetconfFramingError("x"), Phase.RPC, ErrorCode.BAD_REPLY),
        (MissingCapabilityError("x"), Phase.RPC, ErrorCode.RPC_ERROR),
        (RPC_ERROR, Phase.RPC, ErrorCode.RPC_ERROR),
        (ZeroDivisionError("x"), Phase.RPC, ErrorCode.INTERNAL),
        (PrestageError(ErrorCode.CREDENTIALS, "x"), Phase.RPC, ErrorCode.CREDENTIALS),
    ],
)
def test_an_exception_has_this_code(error: Exception, phase: Phase, code: ErrorCode) -> None:
    assert classify_failure(error, phase).code is code


def test_nothing_that_a_library_held_gets_into_the_text() -> None:
    for error in (SessionCloseError(b"top secret config"), RPC_ERROR):
        text = classify_failure(error, Phase.RPC).text
        assert "secret" not in text
        assert "hunter2" not in text
