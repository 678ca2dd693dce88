"""Every way a session can fail, as one of our error codes; nothing of a library leaks out."""

import errno
import socket
from enum import StrEnum

import paramiko
from lxml import etree
from ncclient import NCClientError
from ncclient.operations.errors import MissingCapabilityError, TimeoutExpiredError
from ncclient.operations.rpc import RPCError
from ncclient.transport.errors import (
    AuthenticationError,
    NetconfFramingError,
    SSHUnknownHostError,
)
from ncclient.xml_ import XMLError
from nornir.core.exceptions import PluginNotRegistered

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.redaction import one_line

__all__ = ["Phase", "classify_failure", "refused_channel"]

_RESOURCE_SHORTAGE = 4  # RFC 4254, section 5.1

_UNREACHABLE = frozenset(
    {
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.EHOSTDOWN,
        errno.EADDRNOTAVAIL,
        errno.EACCES,
        errno.EPERM,
        errno.EINVAL,
    }
)


class Phase(StrEnum):
    """What a session was doing; the value completes "while ..."."""

    DIAL = "connecting"
    HANDSHAKE = "setting up SSH"
    LOGIN = "logging in"
    CHANNEL = "opening the NETCONF channel"
    HELLO = "exchanging hellos"
    RPC = "waiting for a reply"


def classify_failure(error: BaseException, phase: Phase) -> PrestageError:
    """Return the error that people see for whatever socket, paramiko, ncclient or nornir raised.

    Args:
        error: The exception; one of ours is returned as it is.
        phase: What the session was doing.
    """
    if isinstance(error, PrestageError):
        return error
    for kinds, code, text in _TABLE:
        if isinstance(error, kinds):
            return PrestageError(code, text.format(phase=phase))
    if isinstance(error, TimeoutError | TimeoutExpiredError):
        return _timeout(phase)
    if isinstance(error, RPCError):
        said = one_line(error.message or error.tag or "no reason given").rstrip(".")
        return PrestageError(ErrorCode.RPC_ERROR, f"The device answered with an error: {said}.")
    if isinstance(error, paramiko.SSHException):
        return _ssh(error, phase)
    if isinstance(error, OSError):
        return _operating_system(error, phase)
    if isinstance(error, EOFError | NCClientError):
        return _lost(phase)
    return PrestageError(
        ErrorCode.INTERNAL,
        one_line(f"A defect in this software while {phase}: {type(error).__name__}: {error}"),
    )


_Row = tuple[tuple[type[BaseException], ...], ErrorCode, str]
_TABLE: tuple[_Row, ...] = (
    ((socket.gaierror,), ErrorCode.UNREACHABLE, "The device's name does not resolve."),
    (
        (ConnectionRefusedError,),
        ErrorCode.CONNECTION_REFUSED,
        "The device refused the connection to its NETCONF port.",
    ),
    (
        (SSHUnknownHostError,),
        ErrorCode.HOST_KEY_UNKNOWN,
        "The device's SSH host key is not known.",
    ),
    (
        (paramiko.PasswordRequiredException,),
        ErrorCode.CREDENTIALS,
        "The private key is encrypted and no pass phrase is set.",
    ),
    (
        (AuthenticationError, paramiko.BadAuthenticationType),
        ErrorCode.AUTHENTICATION,
        "The device rejected the user name, the password or the key.",
    ),
    (
        (paramiko.IncompatiblePeer,),
        ErrorCode.BAD_REPLY,
        "The device and this software have no SSH algorithm in common.",
    ),
    (
        (NetconfFramingError, XMLError, etree.XMLSyntaxError, UnicodeDecodeError),
        ErrorCode.BAD_REPLY,
        "The device sent something that is not NETCONF while {phase}.",
    ),
    (
        (MissingCapabilityError,),
        ErrorCode.RPC_ERROR,
        "The device lacks a NETCONF capability that the request needs.",
    ),
    (
        (PluginNotRegistered,),
        ErrorCode.INTERNAL,
        "The connection plugin netconf is not registered; import nornir_tasks first.",
    ),
)


def _timeout(phase: Phase) -> PrestageError:
    code = ErrorCode.TIMEOUT_RPC if phase is Phase.RPC else ErrorCode.TIMEOUT_CONNECT
    return PrestageError(code, f"The device did not answer in time while {phase}.")


def _ssh(error: paramiko.SSHException, phase: Phase) -> PrestageError:
    said = str(error).lower()
    if "timeout" in said or "timed out" in said:
        return _timeout(phase)
    if isinstance(error, paramiko.ChannelException):
        return refused_channel(error.code)
    if isinstance(error, paramiko.AuthenticationException) and "eof" not in said:
        text = "The device rejected the user name, the password or the key."
        return PrestageError(ErrorCode.AUTHENTICATION, text)
    if phase is Phase.HANDSHAKE and ("indecipherable" in said or "invalid" in said):
        text = "What answers on the device's NETCONF port is not an SSH server."
        return PrestageError(ErrorCode.BAD_REPLY, text)
    return _lost(phase)


def refused_channel(reason: int) -> PrestageError:
    """Return the error for a channel that the device refused to open.

    Args:
        reason: The reason code of RFC 4254, section 5.1.
    """
    if reason == _RESOURCE_SHORTAGE:
        text = "The device has no free NETCONF session."
        return PrestageError(ErrorCode.SESSION_LIMIT, text)
    text = "The device refused to open the NETCONF channel."
    return PrestageError(ErrorCode.CONNECTION_REFUSED, text)


def _operating_system(error: OSError, phase: Phase) -> PrestageError:
    if phase is Phase.DIAL and error.errno in _UNREACHABLE:
        reason = (error.strerror or "no route").lower()
        return PrestageError(ErrorCode.UNREACHABLE, f"The device cannot be reached: {reason}.")
    return _lost(phase)


def _lost(phase: Phase) -> PrestageError:
    text = f"The device closed the connection while this software was {phase}."
    return PrestageError(ErrorCode.CONNECTION_LOST, text)
