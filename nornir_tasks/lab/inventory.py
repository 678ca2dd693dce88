"""The Nornir inventory of a running lab; the only place where its password is written."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import asyncssh

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab.events import CommitEvent
from nornir_tasks.lab.fleet import SimulatedDevice
from nornir_tasks.lab.login import USER_NAME
from nornir_tasks.lab.server import Lab

__all__ = ["LabInventory"]

MARK = "# Written by `python -m nornir_tasks lab`; removed when it ends.\n"
YAML_FILES = ("config.yaml", "hosts.yaml", "groups.yaml", "defaults.yaml")
KEY_FILE = "client_key"
FILES = (*YAML_FILES, "known_hosts", "truth.json", KEY_FILE)


class LabInventory:
    """Files in a directory: `config.yaml` and what it names, known_hosts, truth.json, client_key.

    Args:
        directory: Where; made when it does not exist.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self._made_directory = False
        # As JSON: making the truth of ten thousand devices takes seconds, writing it does not.
        self._truths: dict[str, str] = {}

    def write(self, lab: Lab) -> None:
        """Write all files.

        Raises:
            PrestageError: Code `inventory`; see `claim`.
        """
        self.claim()
        self._write("client_key", _private_key(lab.keys.client), mode=0o600)
        self._write("config.yaml", MARK + self._config())
        self._write("hosts.yaml", MARK + _hosts(lab))
        self._write("groups.yaml", MARK + self._groups(lab))
        self._write("defaults.yaml", MARK + self._defaults(lab), mode=0o600)
        self.write_known_hosts(lab)
        self.write_truth(lab)

    def write_known_hosts(self, lab: Lab) -> None:
        """Write the host keys; devices with the fault `unknown-host-key` are left out."""
        lines = (
            lab.keys.known_line(device, *lab.endpoint(device))
            for device in lab.fleet
            if lab.fault_of(device) != "unknown-host-key"
        )
        self._write("known_hosts", MARK + "".join(f"{line}\n" for line in lines))

    def write_truth(self, lab: Lab, changed: Iterable[SimulatedDevice] | None = None) -> None:
        """Write what a correct client finds out, by device; null where it is unknown.

        Args:
            lab: The running lab.
            changed: The devices whose truth changed; None for all of them.
        """
        for device in lab.fleet if changed is None else changed:
            truth = lab.truth_of(device)
            value = None if truth is None else truth.as_dict()
            self._truths[device.name] = f"{json.dumps(device.name)}: {json.dumps(value)}"
        self._write("truth.json", "{\n" + ",\n".join(self._truths.values()) + "\n}\n")

    def follow(self, lab: Lab) -> Callable[[CommitEvent], None]:
        """Return an observer that writes the truth that a rollback brings back."""

        def observe(event: CommitEvent) -> None:
            if event.rollback:
                self.write_truth(lab, [lab.device(event.device).device])

        return observe

    def remove(self) -> None:
        """Remove the files."""
        for name in FILES:
            (self.directory / name).unlink(missing_ok=True)

    def release(self) -> None:
        """Remove the directory when `claim` made it and it is empty."""
        if self._made_directory and not any(self.directory.iterdir()):
            self.directory.rmdir()

    def claim(self) -> None:
        """Make the directory and see that it holds nobody's own inventory.

        Raises:
            PrestageError: Code `inventory`; it cannot be written, or it does.
        """
        try:
            if not self.directory.exists():
                self.directory.mkdir(parents=True)
                self._made_directory = True
            for name in YAML_FILES:
                path = self.directory / name
                if path.exists() and not path.read_text(encoding="utf-8").startswith(MARK):
                    raise PrestageError(
                        ErrorCode.INVENTORY,
                        f"{path} was not written by a lab; choose another directory.",
                    )
        except OSError as error:
            raise PrestageError(
                ErrorCode.INVENTORY,
                f"The inventory cannot be written to {self.directory}: {error.strerror}.",
            ) from None

    def _write(self, name: str, text: str, mode: int = 0o644) -> None:
        # Replaced in one step: a client that reads at this moment sees the old or the new file.
        path = self.directory / name
        draft = self.directory / f".{name}.new"
        draft.unlink(missing_ok=True)
        draft.touch(mode=mode)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)

    def _config(self) -> str:
        paths = "".join(
            f"    {option}: {_quoted(self.directory / name)}\n"
            for option, name in (
                ("host_file", "hosts.yaml"),
                ("group_file", "groups.yaml"),
                ("defaults_file", "defaults.yaml"),
            )
        )
        return (
            f"inventory:\n  plugin: SimpleInventory\n  options:\n{paths}"
            "runner:\n  plugin: threaded\n  options:\n    num_workers: 20\n"
            "logging:\n  enabled: false\n"
        )

    def _groups(self, lab: Lab) -> str:
        kinds = sorted({device.kind for device in lab.fleet})
        groups = "".join(f"{kind}: {{}}\n" for kind in kinds)
        key = _quoted(self.directory / KEY_FILE)
        # Nornir takes extras from one place as a whole, so this repeats those of the defaults.
        return (
            f"{groups}# Put a host into this group, in front of its others, to log in with a key.\n"
            f"key-login:\n  password: ''\n  connection_options:\n    netconf:\n      extras:\n"
            f"{self._extras()}        key_filename: {key}\n"
        )

    def _defaults(self, lab: Lab) -> str:
        return (
            f"username: {USER_NAME}\npassword: {_quoted(lab.password)}\nport: {lab.port}\n"
            "platform: junos\nconnection_options:\n  netconf:\n    extras:\n"
            f"{self._extras('      ')}"
        )

    def _extras(self, indent: str = "        ") -> str:
        known_hosts = _quoted(self.directory / "known_hosts")
        return f"{indent}known_hosts: {known_hosts}\n{indent}hostkey_verify: true\n"


def _hosts(lab: Lab) -> str:
    entries = []
    for device in lab.fleet:
        address, port = lab.endpoint(device)
        entries.append(
            f"{device.name}:\n  hostname: {address}\n  port: {port}\n  groups: [{device.kind}]\n"
        )
    return "".join(entries)


def _private_key(key: asyncssh.SSHKey) -> str:
    return key.export_private_key().decode()


def _quoted(value: Any) -> str:
    # A JSON string is a YAML string.
    return json.dumps(str(value))
