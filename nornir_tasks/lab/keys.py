"""SSH keys of a lab: generated when it starts, kept nowhere but in its own directory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import asyncssh

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab.fleet import SimulatedDevice

__all__ = ["HOST_KEY_CHOICES", "HOST_KEY_TYPES", "LabKeys"]

HOST_KEY_TYPES: dict[str, tuple[Callable[[], asyncssh.SSHKey], int]] = {
    "ed25519": (partial(asyncssh.generate_private_key, "ssh-ed25519"), 8),
    "ecdsa": (partial(asyncssh.generate_private_key, "ecdsa-sha2-nistp256"), 8),
    "rsa": (partial(asyncssh.generate_private_key, "ssh-rsa", key_size=2048), 2),
}
"""Name on the command line -> generator of one key, number of keys."""

HOST_KEY_CHOICES = (*HOST_KEY_TYPES, "mixed")

# Half of a mixed fleet has the cheap kind, the rest is shared between the other two.
_MIX = ("ed25519", "rsa", "ed25519", "ecdsa")


@dataclass(frozen=True, slots=True)
class LabKeys:
    """The keys of one lab.

    Devices share a few host keys per type: a key for each would cost minutes of RSA generation
    for ten thousand devices. Neighbours have different ones, so that a client that looks up the
    wrong host is found out.

    Attributes:
        choice: One of `HOST_KEY_CHOICES`.
        host: Host keys by type.
        client: The private key that may log in.
    """

    choice: str
    host: Mapping[str, tuple[asyncssh.SSHKey, ...]]
    client: asyncssh.SSHKey

    @classmethod
    def generate(cls, choice: str) -> "LabKeys":
        """Make new keys.

        Args:
            choice: One of `HOST_KEY_CHOICES`.

        Raises:
            PrestageError: Code `inventory`; there is no such choice.
        """
        if choice not in HOST_KEY_CHOICES:
            raise PrestageError(
                ErrorCode.INVENTORY,
                f"There is no host key type {choice!r}; choose one of: "
                f"{', '.join(HOST_KEY_CHOICES)}.",
            )
        types = tuple(HOST_KEY_TYPES) if choice == "mixed" else (choice,)
        return cls(
            choice=choice,
            host={name: _host_keys(name) for name in types},
            client=asyncssh.generate_private_key("ssh-ed25519", comment="prestage-lab"),
        )

    def known_key(self, device: SimulatedDevice) -> asyncssh.SSHKey:
        """Return the host key that known_hosts lists for the device."""
        keys = self._keys_for(device)
        return keys[self._slot(device) % len(keys)]

    def changed_key(self, device: SimulatedDevice) -> asyncssh.SSHKey:
        """Return another host key of the same type, for a device whose key "was changed"."""
        keys = self._keys_for(device)
        return keys[(self._slot(device) + 1) % len(keys)]

    def known_line(self, device: SimulatedDevice, address: str, port: int) -> str:
        """Return the device's line in known_hosts, without line end."""
        exported = self.known_key(device).export_public_key().decode()
        algorithm, blob = exported.split()[:2]
        return f"[{address}]:{port} {algorithm} {blob}"

    def _type_of(self, device: SimulatedDevice) -> str:
        return _MIX[device.index % len(_MIX)] if self.choice == "mixed" else self.choice

    def _keys_for(self, device: SimulatedDevice) -> tuple[asyncssh.SSHKey, ...]:
        return self.host[self._type_of(device)]

    def _slot(self, device: SimulatedDevice) -> int:
        """Return the device's number among those that have keys of the same type."""
        if self.choice != "mixed":
            return device.index
        turn, position = divmod(device.index, len(_MIX))
        name = _MIX[position]
        return turn * _MIX.count(name) + _MIX[:position].count(name)


def _host_keys(name: str) -> tuple[asyncssh.SSHKey, ...]:
    generate, count = HOST_KEY_TYPES[name]
    return tuple(generate() for _ in range(count))
