"""Whether a device is who it should be; decided before any credential is sent."""

import base64
import hashlib
import logging
from collections.abc import Sequence
from functools import cache

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.known_hosts import HostKeys, load_known_hosts
from nornir_tasks.sessions.settings import SessionSettings

__all__ = ["HostKeyPolicy", "fingerprint", "preferred_algorithms"]

_logger = logging.getLogger(__name__)

# A key of type ssh-rsa signs with SHA-2 (RFC 8332); `ssh-rsa` as an algorithm means SHA-1.
_RSA_ALGORITHMS = ("rsa-sha2-512", "rsa-sha2-256")


class HostKeyPolicy:
    """The rule for one device.

    Args:
        host: Name or address as it is dialled.
        port: TCP port.
        settings: Whether and against which file keys are verified.
    """

    def __init__(self, host: str, port: int, settings: SessionSettings) -> None:
        self._host = host
        self._port = port
        self._settings = settings
        self._keys = HostKeys()
        self._unreadable = ""
        if not settings.hostkey_verify:
            _warn_once()
            return
        try:
            self._keys = load_known_hosts(settings.known_hosts).lookup(host, port)
        except OSError as error:
            self._unreadable = f" (it cannot be read: {error.strerror})"

    def algorithms(self, offered: Sequence[str]) -> tuple[str, ...]:
        """Return the host key algorithms to negotiate, those of the known keys first."""
        return preferred_algorithms([key.type for key in self._keys.trusted], offered)

    def verify(self, blob: bytes) -> None:
        """Check the key that the device presented and proved to hold.

        Args:
            blob: The public key as SSH sends it.

        Raises:
            PrestageError: `host-key-unknown`, or `host-key-mismatch` for another or a revoked key.
        """
        if not self._settings.hostkey_verify:
            return
        file = self._settings.known_hosts
        shown = f"{self._host} port {self._port} presented the SSH host key {fingerprint(blob)}"
        if any(key.blob == blob for key in self._keys.revoked):
            raise PrestageError(
                ErrorCode.HOST_KEY_MISMATCH, f"{shown}, which {file} marks as revoked."
            )
        if any(key.blob == blob for key in self._keys.trusted):
            return
        if self._keys.trusted:
            known = ", ".join(fingerprint(key.blob) for key in self._keys.trusted)
            raise PrestageError(
                ErrorCode.HOST_KEY_MISMATCH, f"{shown}, but {file} has {known} for it."
            )
        raise PrestageError(
            ErrorCode.HOST_KEY_UNKNOWN, f"{shown}, which is not in {file}{self._unreadable}."
        )


def preferred_algorithms(known: Sequence[str], offered: Sequence[str]) -> tuple[str, ...]:
    """Put the algorithms of known keys first, so that a device with several keys shows that one.

    Args:
        known: Types of the known keys, e.g. `ssh-rsa`.
        offered: Algorithms that our SSH library can verify, in its order.
    """
    wanted = [
        algorithm
        for key_type in known
        for algorithm in (_RSA_ALGORITHMS if key_type == "ssh-rsa" else (key_type,))
        if algorithm in offered
    ]
    return tuple(dict.fromkeys([*wanted, *offered]))


def fingerprint(blob: bytes) -> str:
    """Return a key's fingerprint as OpenSSH shows it, e.g. `SHA256:...`."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return "SHA256:" + digest.rstrip("=")


@cache
def _warn_once() -> None:
    _logger.warning(
        "SSH host keys are not verified for at least one device (hostkey_verify is off): anybody"
        " on the path can read its password"
    )
