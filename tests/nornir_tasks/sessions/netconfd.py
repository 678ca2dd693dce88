"""Debian's netconfd behind OpenSSH: a NETCONF server that shares no code with us.

netconfd listens on a socket in the file system; OpenSSH's server runs its subsystem, which passes
the bytes on. Both run as the user who runs the tests, on loopback.
"""

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from tests.ports import free_port

START_SECONDS = 20.0
MODULE = Path(__file__).with_name("router-config.yang")
PROGRAMS = {name: shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("netconfd", "sshd")}
SUBSYSTEM = "/usr/sbin/netconf-subsystem"
PATIENT = f"{sys.executable} {Path(__file__).with_name('patient_subsystem.py')}"
PORTS = 400
"""Interfaces in the configuration: enough for many chunks and many reads."""
BUILDING = "Zürich → 東 1"

SSHD = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
Subsystem netconf "{patient} {subsystem} --ncxserver-sockname={port}@{folder}/socket"
"""


@dataclass(frozen=True, slots=True)
class Netconfd:
    """A running server.

    Attributes:
        port: TCP port on 127.0.0.1.
        folder: Holds `known_hosts` and `user_key`.
    """

    port: int
    folder: Path

    def host(self, **extras: Any) -> dict[str, Any]:
        """Return the server as a host of a Nornir inventory."""
        extras |= {
            "known_hosts": str(self.folder / "known_hosts"),
            "key_filename": str(self.folder / "user_key"),
        }
        return {
            "hostname": "127.0.0.1",
            "port": self.port,
            "username": getpass.getuser(),
            "connection_options": {"netconf": {"extras": extras}},
        }


def missing() -> list[str]:
    """Return the programs that are not installed."""
    absent = [name for name, path in PROGRAMS.items() if path is None]
    return absent if Path(SUBSYSTEM).exists() else [*absent, "netconf-subsystem"]


@contextmanager
def running_netconfd(folder: Path, *, framing: str) -> Iterator[Netconfd]:
    """Start both servers and wait until they listen; nothing of them is left afterwards.

    Args:
        folder: Where their files go; its path must be short, it is that of a socket.
        framing: `1.0`, as on Junos without further configuration, or `1.1`.
    """
    server = Netconfd(free_port(), folder)
    _write_files(server)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # OpenSSH insists on it
    # netconfd makes this one and gives up when another netconfd has just done so.
    (Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".yuma").mkdir(mode=0o700, exist_ok=True)
    protocols = ["--protocols=netconf1.0"] if framing == "1.0" else []
    with ExitStack() as stack:
        stack.enter_context(
            _running(
                folder,
                "netconfd",
                f"--module={MODULE}",
                f"--startup={folder}/startup.xml",
                f"--ncxserver-sockname={folder}/socket",
                f"--port={server.port}",
                f"--superuser={getpass.getuser()}",
                "--target=candidate",
                "--access-control=off",
                *protocols,
            )
        )
        stack.enter_context(_running(folder, "sshd", "-D", "-e", "-f", f"{folder}/sshd_config"))
        _wait_until_it_listens(server)
        yield server


def _write_files(server: Netconfd) -> None:
    folder = server.folder
    host_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host_key.write_private_key(folder / "host_key")
    user_key.write_private_key(folder / "user_key")
    for name in ("host_key", "user_key"):
        (folder / name).chmod(0o600)
    user_key.write_public_key(folder / "authorized_keys")
    public = host_key.export_public_key().decode()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {public}")
    text = SSHD.format(port=server.port, folder=folder, patient=PATIENT, subsystem=SUBSYSTEM)
    (folder / "sshd_config").write_text(text)
    interfaces = "".join(
        f"<interface><name>ge-0/0/{number}</name><description>to customer {number} → Ω"
        f"</description><unit><name>0</name><vlan-id>{number + 1}</vlan-id></unit></interface>"
        for number in range(PORTS)
    )
    (folder / "startup.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<nc:config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">'
        '<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm"><system>'
        f"<host-name>pe1</host-name><location><building>{BUILDING}</building></location></system>"
        f"<interfaces>{interfaces}</interfaces></configuration></nc:config>\n"
    )


@contextmanager
def _running(folder: Path, name: str, *arguments: str) -> Iterator[None]:
    program = PROGRAMS[name]
    assert program is not None
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(folder)},
            cwd=folder,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_listens(server: Netconfd) -> None:
    give_up = time.monotonic() + START_SECONDS
    while not _listens(server):
        if time.monotonic() > give_up:
            logs = "".join(path.read_text() for path in server.folder.glob("*.log"))
            raise RuntimeError(f"netconfd or sshd did not start:\n{logs}")
        time.sleep(0.05)


def _listens(server: Netconfd) -> bool:
    if not (server.folder / "socket").exists():
        return False
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == 0
