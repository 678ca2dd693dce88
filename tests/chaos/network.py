"""A second host on this machine: a network namespace and a host name of its own.

Its loopback is its own as well, so a relay carries what the host needs (the fleet, PostgreSQL,
Redis) between the two loopbacks: a connection to an address and port of the namespace becomes one
to the same address and port outside.
"""

import asyncio
import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["network_namespace"]

_CLONE_NEWNET = 0x40000000
_NAMESPACES = Path("/run/netns")


@contextmanager
def network_namespace(name: str, *, ports: list[int]) -> Iterator[list[str]]:
    """Make a namespace and yield the command prefix that runs a program in it.

    Args:
        name: Of the namespace, and the host name seen in it.
        ports: What is reachable in it on the loopback addresses.
    """
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        relay = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.network", name, json.dumps(ports)],
            stdout=subprocess.PIPE,
        )
        assert relay.stdout is not None
        try:
            assert relay.stdout.readline() == b"ready\n"
            rename = 'hostname "$0" && exec "$@"'
            yield [
                *("ip", "netns", "exec", name),
                *("unshare", "--uts", "sh", "-c", rename, name),
            ]
        finally:
            relay.kill()
            relay.wait()
            relay.stdout.close()
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def can_make_namespaces() -> bool:
    """Whether this machine lets us make one."""
    name = f"prestage-probe-{os.getpid()}"
    with suppress(OSError):
        made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True)
        if made.returncode == 0:
            subprocess.run(["ip", "netns", "del", name], check=True)
            return True
    return False


def _listeners_in(namespace: str, ports: list[int]) -> list[socket.socket]:
    """Sockets stay in the namespace in which they were made, whatever their process does."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/self/ns/net").open() as home, (_NAMESPACES / namespace).open() as away:
        if libc.setns(away.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return [socket.create_server(("0.0.0.0", port), backlog=512) for port in ports]  # noqa: S104 - the namespace has nothing but loopback
        finally:
            libc.setns(home.fileno(), _CLONE_NEWNET)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    address, port = writer.get_extra_info("sockname")[:2]
    try:
        outer_reader, outer_writer = await asyncio.open_connection(address, port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_pump(reader, outer_writer), _pump(outer_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # one side is gone; the other one learns of it below
    finally:
        writer.close()


async def _serve(namespace: str, ports: list[int]) -> None:
    for listener in _listeners_in(namespace, ports):
        await asyncio.start_server(_relay, sock=listener)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], json.loads(sys.argv[2])))
