"""A NETCONF client of its own, with nothing of the lab in it but what it connects to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh
from lxml import etree

from nornir_tasks.lab import Lab, SimulatedDevice

BASE = "urn:ietf:params:netconf:base:1.%d"
NS = {
    "nc": "urn:ietf:params:xml:ns:netconf:base:1.0",
    "c": "http://xml.juniper.net/xnm/1.1/xnm",
    "i": "http://xml.juniper.net/junos/22.4R0/junos-interface",
    "junos": "http://xml.juniper.net/junos/22.4R0/junos",
}
COMMITTED = '<get-configuration database="committed"/>'
CLOSE = "<close-session/>"


class RawSession:
    """Sends bytes and reads frames; `hello` is the server's."""

    def __init__(
        self, stdin: asyncssh.SSHWriter[bytes], stdout: asyncssh.SSHReader[bytes], chunked: bool
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.chunked = chunked
        self.chunk_sizes: list[int] = []
        self.chunks: list[bytes] = []
        self.hello = b""
        self._message_id = 0

    async def greet(self) -> None:
        """Exchange hellos."""
        self.hello = await self._until_end_of_message()
        offered = "".join(
            f"<capability>{BASE % version}</capability>"
            for version in range(2 if self.chunked else 1)
        )
        hello = f'<hello xmlns="{NS["nc"]}"><capabilities>{offered}</capabilities></hello>]]>]]>'
        self.stdin.write(hello.encode())

    async def send(self, rpc: str) -> None:
        """Send an `rpc` document."""
        data = rpc.encode()
        if self.chunked:
            middle = len(data) // 2
            parts = (data[:middle], data[middle:])
            self.stdin.write(b"".join(b"\n#%d\n%s" % (len(part), part) for part in parts))
            self.stdin.write(b"\n##\n")
        else:
            self.stdin.write(data + b"]]>]]>")

    async def receive(self) -> bytes:
        """Return the next message."""
        return await (self._until_last_chunk() if self.chunked else self._until_end_of_message())

    async def ask(self, operation: str) -> bytes:
        """Send one operation and return the reply's bytes."""
        self._message_id += 1
        await self.send(
            f'<rpc xmlns="{NS["nc"]}" message-id="{self._message_id}">{operation}</rpc>'
        )
        async with asyncio.timeout(20):
            return await self.receive()

    async def rpc(self, operation: str) -> etree._Element:
        """Send one operation and return the reply, whose message id must be ours."""
        reply = etree.fromstring(await self.ask(operation))
        assert reply.get("message-id") == str(self._message_id)
        return reply

    async def _until_end_of_message(self) -> bytes:
        return (await self.stdout.readuntil(b"]]>]]>")).removesuffix(b"]]>]]>")

    async def _until_last_chunk(self) -> bytes:
        self.chunk_sizes, self.chunks = [], []
        while True:
            assert await self.stdout.readexactly(2) == b"\n#"
            header = (await self.stdout.readuntil(b"\n")).strip()
            if header == b"#":
                return b"".join(self.chunks)
            self.chunk_sizes.append(int(header))
            self.chunks.append(await self.stdout.readexactly(int(header)))


def find(reply: etree._Element, path: str) -> list[str]:
    """Return the texts of what an XPath finds; prefixes as in `NS`."""
    found = reply.xpath(path, namespaces=NS)
    assert isinstance(found, list)
    return [
        (entry.text or "").strip() if isinstance(entry, etree._Element) else str(entry)
        for entry in found
    ]


def ok(reply: etree._Element) -> bool:
    """Tell whether the reply is `<ok/>`."""
    return reply.find("nc:ok", NS) is not None


def error_tag(reply: etree._Element) -> str:
    """Return the reply's error tag, empty when there is none."""
    return reply.findtext("nc:rpc-error/nc:error-tag", "", NS)


@asynccontextmanager
async def connection(
    lab: Lab, device: SimulatedDevice, **options: object
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Log in over SSH."""
    address, port = lab.endpoint(device)
    arguments: dict[str, object] = {
        "username": "lab",
        "password": lab.password,
        "known_hosts": None,
        "client_keys": None,
        "agent_path": None,
        "config": None,
        **options,
    }
    async with asyncio.timeout(20):
        opened = await asyncssh.connect(address, port, **arguments)
    try:
        yield opened
    finally:
        opened.abort()
        await opened.wait_closed()


async def netconf(opened: asyncssh.SSHClientConnection, *, chunked: bool = False) -> RawSession:
    """Open the subsystem and exchange hellos."""
    stdin, stdout, _ = await opened.open_session(subsystem="netconf", encoding=None)
    raw = RawSession(stdin, stdout, chunked)
    async with asyncio.timeout(20):
        await raw.greet()
    return raw


@asynccontextmanager
async def session(
    lab: Lab, device: SimulatedDevice, *, chunked: bool = False
) -> AsyncIterator[RawSession]:
    """Log in and open a NETCONF session."""
    async with connection(lab, device) as opened:
        yield await netconf(opened, chunked=chunked)
