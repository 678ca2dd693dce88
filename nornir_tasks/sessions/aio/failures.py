"""What asyncssh raises, as one of our error codes: the same as on the other engine."""

import asyncssh

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.failures import Phase, classify_failure, refused_channel

__all__ = ["classify_ssh_failure", "end_of_connection"]


def classify_ssh_failure(error: BaseException, phase: Phase) -> PrestageError:
    """Return the error that people see for whatever a socket, asyncssh or asyncio raised.

    Args:
        error: The exception; one of ours is returned as it is.
        phase: What the session was doing.
    """
    if isinstance(error, asyncssh.ChannelOpenError):
        return _channel(error)
    if isinstance(error, asyncssh.PermissionDenied):
        text = "The device rejected the user name, the password or the key."
        return PrestageError(ErrorCode.AUTHENTICATION, text)
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        text = "The device's SSH host key cannot be verified."
        return PrestageError(ErrorCode.HOST_KEY_UNKNOWN, text)
    if isinstance(error, asyncssh.DisconnectError):
        return _disconnect(error, phase)
    return classify_failure(error, phase)


def _channel(error: asyncssh.ChannelOpenError) -> PrestageError:
    if error.code == asyncssh.OPEN_REQUEST_SESSION_FAILED:
        text = "The device has SSH on this port, but refused its NETCONF subsystem."
        return PrestageError(ErrorCode.CONNECTION_REFUSED, text)
    return refused_channel(error.code)


def _disconnect(error: asyncssh.DisconnectError, phase: Phase) -> PrestageError:
    """Classify the end of a connection; most of them are just that, whoever ended it and why."""
    if phase is Phase.HANDSHAKE:
        if isinstance(error, asyncssh.ProtocolError | asyncssh.ProtocolNotSupported):
            text = "What answers on the device's NETCONF port is not an SSH server."
            return PrestageError(ErrorCode.BAD_REPLY, text)
        if isinstance(error, asyncssh.KeyExchangeFailed) and "No matching" in error.reason:
            text = "The device and this software have no SSH algorithm in common."
            return PrestageError(ErrorCode.BAD_REPLY, text)
    return classify_failure(EOFError(), phase)


def end_of_connection(error: Exception | None) -> Exception:
    """Return why a connection ended.

    Args:
        error: What asyncssh says about it; None when one side closed it in good order.
    """
    if error is None:
        return EOFError()
    if isinstance(error, PrestageError | OSError | asyncssh.Error):
        return error
    # asyncssh stumbled over what the device sent, e.g. a point that is not on the curve.
    return PrestageError(ErrorCode.BAD_REPLY, "The device broke the SSH protocol.")
