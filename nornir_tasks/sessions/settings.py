"""What the inventory says about a session, in `connection_options.netconf.extras`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.xml import MAX_BYTES

__all__ = ["DEFAULT_PORT", "Engine", "SessionSettings", "checked_address"]

DEFAULT_PORT = 830
"""The port that IANA assigned to NETCONF over SSH (RFC 6242, section 6)."""

_PATHS = ("known_hosts", "key_filename")
_SECONDS = ("connect_timeout", "rpc_timeout")
_SWITCHES = ("hostkey_verify", "allow_agent", "look_for_keys")
_FOR_NCCLIENT = ("device_params", "manager_params", "nc_params", "errors_params")


class Engine(StrEnum):
    """The library below a session of our own tasks."""

    NCCLIENT = "ncclient"
    ASYNCSSH = "asyncssh"


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Settings of one session; the attributes are the names that `extras` may hold.

    Attributes:
        engine: What our own tasks use; the connection `netconf` of nornir-netconf is always on
            ncclient.
        known_hosts: File with the host keys, in OpenSSH's format.
        hostkey_verify: Whether the host key must be known. Only for labs without keys is it off.
        key_filename: Private key to log in with; None for the password alone.
        connect_timeout: Seconds for each step of connecting: TCP, SSH, login, channel, hello.
        rpc_timeout: Seconds for one request until its reply is complete.
        reply_limit: Largest reply in bytes.
        allow_agent: Whether keys of a running SSH agent are tried.
        look_for_keys: Whether the usual keys in `~/.ssh` are tried.
        ncclient: Parameters for ncclient itself: `device_params`, `manager_params`, `nc_params`,
            `errors_params`.
    """

    engine: Engine = Engine.ASYNCSSH
    known_hosts: Path = field(default_factory=lambda: Path("~/.ssh/known_hosts").expanduser())
    hostkey_verify: bool = True
    key_filename: Path | None = None
    connect_timeout: float = 10.0
    rpc_timeout: float = 60.0
    reply_limit: int = MAX_BYTES
    allow_agent: bool = False
    look_for_keys: bool = False
    ncclient: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_extras(cls, extras: Mapping[str, Any] | None) -> "SessionSettings":
        """Read the extras of an inventory; never keeps or changes the mapping, hosts share it.

        ncclient's `timeout` is understood as both timeouts.

        Args:
            extras: Names and values as the inventory has them; None values count as absent.

        Raises:
            PrestageError: `inventory` for an unknown name or a value of the wrong kind.
        """
        given = {name: value for name, value in (extras or {}).items() if value is not None}
        if (timeout := given.pop("timeout", None)) is not None:
            given = dict.fromkeys(_SECONDS, timeout) | given
        values: dict[str, Any] = {"ncclient": {}}
        for name, value in given.items():
            if name in _FOR_NCCLIENT:
                values["ncclient"][name] = dict(_expect(name, value, Mapping, "a mapping"))
            else:
                values[name] = _read(name, value)
        return cls(**values)


def checked_address(hostname: str | None, port: int | None) -> tuple[str, int]:
    """Return where the device is to be dialled.

    Args:
        hostname: Name or address from the inventory.
        port: TCP port from the inventory; 830 when it has none.

    Raises:
        PrestageError: `inventory` when the address is missing or the port is none.
    """
    if not hostname:
        text = "No address is set for the device; set its hostname in the inventory."
        raise PrestageError(ErrorCode.INVENTORY, text)
    if port is None:
        return hostname, DEFAULT_PORT
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise PrestageError(
            ErrorCode.INVENTORY, f"The port {port!r} is not a number from 1 to 65535."
        )
    return hostname, port


def _read(name: str, value: object) -> object:
    if name in _PATHS:
        return Path(_expect(name, value, (str, Path), "a path")).expanduser()
    if name in _SWITCHES:
        return _expect(name, value, bool, "true or false")
    if name in _SECONDS:
        return float(_positive(name, value, "a number of seconds above 0"))
    if name == "engine":
        return _engine(value)
    if name == "reply_limit":
        return int(_positive(name, value, "a number of bytes above 0"))
    known = ", ".join(("engine", *_PATHS, *_SWITCHES, *_SECONDS, "reply_limit", *_FOR_NCCLIENT))
    raise PrestageError(
        ErrorCode.INVENTORY, f"The extra {name!r} of connection netconf is not known; use {known}."
    )


def _engine(value: object) -> Engine:
    if value not in list(Engine):
        raise _wrong("engine", " or ".join(Engine))
    return Engine(str(value))


def _positive(name: str, value: object, wanted: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise _wrong(name, wanted)
    return value


def _expect(name: str, value: object, kind: Any, wanted: str) -> Any:
    if not isinstance(value, kind):
        raise _wrong(name, wanted)
    return value


def _wrong(name: str, wanted: str) -> PrestageError:
    return PrestageError(
        ErrorCode.INVENTORY, f"The extra {name!r} of connection netconf must be {wanted}."
    )
