"""What a session logs in with: a private key, a password, or both."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import paramiko

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.settings import SessionSettings

__all__ = ["Credentials", "KeyEncryptedError", "KeyTools", "ParamikoKeys", "load_key"]

_USUAL_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")

_keys: dict[tuple[str, Path, int, int, str | None], tuple[Any, bool]] = {}
_keys_lock = threading.Lock()


class KeyEncryptedError(Exception):
    """A private key is encrypted and was read without a pass phrase."""


class KeyTools(Protocol):
    """How an SSH library gets at private keys, as its own objects.

    Attributes:
        name: The library.
    """

    name: str

    def read(self, path: Path, passphrase: str | None) -> Any:
        """Return the private key in a file.

        Raises:
            KeyEncryptedError: It is encrypted and no pass phrase was given.
            OSError: The file cannot be read.
            Exception: Anything else when it is no key, or the pass phrase is wrong.
        """
        ...

    def agent_keys(self) -> Sequence[Any]:
        """Return the keys of the SSH agent; none when there is no agent."""
        ...


class ParamikoKeys:
    """Keys for sessions on ncclient."""

    name = "paramiko"

    def read(self, path: Path, passphrase: str | None) -> Any:
        """See `KeyTools.read`."""
        try:
            return paramiko.PKey.from_path(
                path, None if passphrase is None else passphrase.encode()
            )
        except (TypeError, paramiko.PasswordRequiredException):
            # cryptography's way of saying that the key is encrypted is a TypeError.
            raise KeyEncryptedError from None

    def agent_keys(self) -> Sequence[Any]:
        """See `KeyTools.agent_keys`."""
        agent = paramiko.Agent()
        keys = tuple(agent.get_keys())
        if not keys:
            agent.close()
        return keys


_PARAMIKO = ParamikoKeys()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Complete credentials; nothing of them shows in a repr.

    Attributes:
        username: Login.
        password: Password of the account; None for keys alone.
        keys: Private keys, of the SSH library's own kind, in the order in which they are tried.
    """

    username: str
    password: str | None = field(default=None, repr=False)
    keys: tuple[Any, ...] = field(default=(), repr=False)

    @classmethod
    def gather(
        cls,
        username: str | None,
        password: str | None,
        settings: SessionSettings,
        tools: KeyTools = _PARAMIKO,
    ) -> "Credentials":
        """Read the keys that the settings name and see that there is something to log in with.

        The password is also the pass phrase of `key_filename`, as with ncclient; when the key
        needed it, it is never sent to the device.

        Args:
            username: Login from the inventory.
            password: Password from the inventory.
            settings: Names the key file, and whether the agent and the usual keys are used.
            tools: Those of the SSH library that will use the keys.

        Raises:
            PrestageError: `credentials` when the user name or every means is missing, or the key
                cannot be read.
        """
        if not username:
            raise PrestageError(
                ErrorCode.CREDENTIALS,
                "No user name is set for the device; set it in the inventory or NORNIR_USERNAME.",
            )
        keys: list[Any] = []
        if settings.key_filename is not None:
            key, was_encrypted = load_key(settings.key_filename, password, tools)
            keys.append(key)
            password = None if was_encrypted else password
        if settings.allow_agent:
            keys += tools.agent_keys()
        if settings.look_for_keys:
            keys += _usual_keys(tools)
        if not keys and not password:
            raise PrestageError(
                ErrorCode.CREDENTIALS,
                "Neither a password nor a private key is set for the device; set one in the"
                " inventory or NORNIR_PASSWORD.",
            )
        return cls(username, password or None, tuple(keys))

    def release(self) -> None:
        """Hang up on the SSH agent, whose keys are of no use any more after the login."""
        for agent in {key.agent for key in self.keys if isinstance(key, paramiko.AgentKey)}:
            agent.close()


def load_key(path: Path, passphrase: str | None, tools: KeyTools = _PARAMIKO) -> tuple[Any, bool]:
    """Return a private key and whether it is encrypted; read once per process and version.

    Checking an RSA key costs 60 ms and opening an encrypted one 240 ms, so thousands of sessions
    must not each do it.

    Args:
        path: The key in OpenSSH's or PEM format: RSA, ECDSA or Ed25519.
        passphrase: Opens an encrypted key.
        tools: Those of the SSH library that will use the key.

    Raises:
        PrestageError: `credentials`, without any content of the file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error.strerror or "it is missing") from None
    version = (tools.name, path, status.st_mtime_ns, status.st_size, passphrase)
    with _keys_lock:
        if version not in _keys:
            _keys[version] = _read_key(path, passphrase, tools)
        return _keys[version]


def _read_key(path: Path, passphrase: str | None, tools: KeyTools) -> tuple[Any, bool]:
    try:
        return tools.read(path, None), False
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be opened") from None
    except KeyEncryptedError:
        if not passphrase:
            raise _unreadable(path, "it is encrypted and no pass phrase is set") from None
    except Exception:  # noqa: BLE001 - parsers of key files raise anything
        raise _unreadable(path, "it is not a private key of a known kind") from None
    try:
        return tools.read(path, passphrase), True
    except Exception:  # noqa: BLE001 - see above
        raise _unreadable(path, "the pass phrase does not open it") from None


def _usual_keys(tools: KeyTools) -> list[Any]:
    paths = [Path("~/.ssh").expanduser() / name for name in _USUAL_KEYS]
    return [load_key(path, None, tools)[0] for path in paths if path.is_file()]


def _unreadable(path: Path, reason: str) -> PrestageError:
    return PrestageError(ErrorCode.CREDENTIALS, f"The private key {path} cannot be used: {reason}.")
