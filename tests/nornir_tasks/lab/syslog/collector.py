"""A collector of its own: real sockets, and a parser that knows only the RFCs."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

CLASSIC = re.compile(
    r"<(?P<priority>\d{1,3})>(?P<stamp>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d) (?P<host>\S+) "
    r"mgd\[(?P<process>\d+)]: (?P<tag>[A-Z_]+): (?P<text>.*)",
    re.DOTALL,
)
STRUCTURED = re.compile(
    r"<(?P<priority>\d{1,3})>1 (?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?P<host>\S+) "
    r"mgd (?P<process>\d+) (?P<tag>[A-Z_]+) (?P<rest>.*)",
    re.DOTALL,
)
PATIENCE = 20


@dataclass(frozen=True)
class Message:
    source: str
    form: str
    priority: int
    host: str
    process: int
    tag: str
    text: str
    element: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> dict[str, str]:
        return dict(self.parameters)


def parse(data: bytes, source: str) -> Message:
    line = data.decode("utf-8")
    if found := STRUCTURED.fullmatch(line):
        element, parameters, text = structured_data(found["rest"])
        form = "structured"
    else:
        found = CLASSIC.fullmatch(line)
        assert found is not None, line
        form, element, parameters, text = "classic", "", (), found["text"]
    numbers = int(found["priority"]), int(found["process"])
    return Message(
        source, form, numbers[0], found["host"], numbers[1], found["tag"], text, element, parameters
    )


def structured_data(rest: str) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """Split STRUCTURED-DATA from MSG, character by character (RFC 5424, section 6.3)."""
    if rest.startswith("- "):
        return "", (), rest[2:]
    element, rest = re.split(r"(?=[ \]])", rest.removeprefix("["), maxsplit=1)
    parameters = []
    while rest.startswith(" "):
        name, rest = rest[1:].split('="', 1)
        value = ""
        while rest[0] != '"':
            assert rest[0] != "]", "a bracket that is not escaped"
            if rest[0] == "\\":
                rest = rest[1:]
                assert rest[0] in '"\\]', "nothing else is escaped"
            value, rest = value + rest[0], rest[1:]
        parameters.append((name, value))
        rest = rest[1:]
    assert rest.startswith("] ")
    return element, tuple(parameters), rest[2:]


class Datagrams(asyncio.DatagramProtocol):
    """Receives on a free UDP port."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[Message] = asyncio.Queue()
        self.target = ""

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.arrived.put_nowait(parse(data, addr[0]))

    async def until(self, wanted: Callable[[Message], bool]) -> list[Message]:
        """Return all messages up to the first that is wanted."""
        return await until(self.arrived, wanted)


async def until(
    arrived: "asyncio.Queue[Message]", wanted: Callable[[Message], bool]
) -> list[Message]:
    seen: list[Message] = []
    async with asyncio.timeout(PATIENCE):
        while not seen or not wanted(seen[-1]):
            seen.append(await arrived.get())
    return seen


@asynccontextmanager
async def datagrams(address: str = "127.0.0.1") -> AsyncIterator[Datagrams]:
    """Listen on UDP."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Datagrams, local_addr=(address, 0))
    port = transport.get_extra_info("sockname")[1]
    shown = f"[{address}]" if ":" in address else address
    protocol.target = f"udp:{shown}:{port}"
    try:
        yield protocol
    finally:
        transport.close()


class Streams:
    """Receives on a TCP port, one stream for each connection."""

    def __init__(self, port: int = 0) -> None:
        self.arrived: asyncio.Queue[Message] = asyncio.Queue()
        self.port = port
        self.peers: list[str] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    @property
    def target(self) -> str:
        return f"tcp:127.0.0.1:{self.port}"

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def hang_up(self) -> None:
        """Close the port and all connections."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        for writer in self._writers:
            await writer.wait_closed()
        self._writers.clear()
        await self._server.wait_closed()

    async def until(self, wanted: Callable[[Message], bool]) -> list[Message]:
        return await until(self.arrived, wanted)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        source = writer.get_extra_info("peername")[0]
        self.peers.append(source)
        while (message := await frame(reader)) is not None:
            self.arrived.put_nowait(parse(message, source))


async def frame(reader: asyncio.StreamReader) -> bytes | None:
    """Read MSG-LEN SP MSG (RFC 6587, section 3.4.1); None at the end."""
    try:
        length = await reader.readuntil(b" ")
        assert re.fullmatch(rb"[1-9]\d* ", length), length
        return await reader.readexactly(int(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


@asynccontextmanager
async def streams() -> AsyncIterator[Streams]:
    """Listen on TCP."""
    collector = Streams()
    await collector.listen()
    try:
        yield collector
    finally:
        await collector.hang_up()


def completed(message: Message) -> bool:
    """Tell whether a message says that a commit is in force."""
    return message.tag == "UI_COMMIT_COMPLETED"


def tags(messages: list[Message]) -> list[str]:
    return [message.tag for message in messages]
