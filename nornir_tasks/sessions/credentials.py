"""What a session logs in with: a private key, a password, or both."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.settings import SessionSettings

__all__ = ["Credentials", "load_key"]

_USUAL_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")

_keys: dict[tuple[Path, int, int, str | None], tuple[Any, bool]] = {}
_keys_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Complete credentials; nothing of them shows in a repr.

    Attributes:
        username: Login.
        password: Password of the account; None for keys alone.
        keys: Private keys (paramiko), in the order in which they are tried.
    """

    username: str
    password: str | None = field(default=None, repr=False)
    keys: tuple[Any, ...] = field(default=(), repr=False)

    @classmethod
    def gather(
        cls, username: str | None, password: str | None, settings: SessionSettings
    ) -> "Credentials":
        """Read the keys that the settings name and see that there is something to log in with.

        The password is also the pass phrase of `key_filename`, as with ncclient; when the key
        needed it, it is never sent to the device.

        Args:
            username: Login from the inventory.
            password: Password from the inventory.
            settings: Names the key file, and whether the agent and the usual keys are used.

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
            key, was_encrypted = load_key(settings.key_filename, password)
            keys.append(key)
            password = None if was_encrypted else password
        if settings.allow_agent:
            keys += paramiko.Agent().get_keys()
        if settings.look_for_keys:
            keys += _usual_keys()
        if not keys and not password:
            raise PrestageError(
                ErrorCode.CREDENTIALS,
                "Neither a password nor a private key is set for the device; set one in the"
                " inventory or NORNIR_PASSWORD.",
            )
        return cls(username, password or None, tuple(keys))


def load_key(path: Path, passphrase: str | None) -> tuple[Any, bool]:
    """Return a private key and whether it is encrypted; read once per process and version.

    Checking an RSA key costs 60 ms and opening an encrypted one 240 ms, so thousands of sessions
    must not each do it.

    Args:
        path: The key in OpenSSH's or PEM format: RSA, ECDSA or Ed25519.
        passphrase: Opens an encrypted key.

    Raises:
        PrestageError: `credentials`, without any content of the file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error.strerror or "it is missing") from None
    version = (path, status.st_mtime_ns, status.st_size, passphrase)
    with _keys_lock:
        if version not in _keys:
            _keys[version] = _read_key(path, passphrase)
        return _keys[version]


def _read_key(path: Path, passphrase: str | None) -> tuple[Any, bool]:
    try:
        return paramiko.PKey.from_path(path), False
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be opened") from None
    except (TypeError, paramiko.PasswordRequiredException):
        # cryptography's way of saying that the key is encrypted is a TypeError.
        if not passphrase:
            raise _unreadable(path, "it is encrypted and no pass phrase is set") from None
    except Exception:  # noqa: BLE001 - parsers of key files raise anything
        raise _unreadable(path, "it is not a private key of a known kind") from None
    try:
        return paramiko.PKey.from_path(path, passphrase.encode()), True
    except Exception:  # noqa: BLE001 - see above
        raise _unreadable(path, "the pass phrase does not open it") from None


def _usual_keys() -> list[Any]:
    folder = Path("~/.ssh").expanduser()
    return [load_key(folder / name, None)[0] for name in _USUAL_KEYS if (folder / name).is_file()]


def _unreadable(path: Path, reason: str) -> PrestageError:
    return PrestageError(ErrorCode.CREDENTIALS, f"The private key {path} cannot be used: {reason}.")
