"""What is written in one turn of the loop is sent in one piece, in order."""

import asyncio
from collections.abc import Callable

from nornir_tasks.sessions.aio.transport import GatheringTransport


class Pieces(asyncio.Transport):
    """A transport that keeps the pieces apart, which no socket does."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None: ...

    def abort(self) -> None: ...


def sent(write: Callable[[GatheringTransport], None]) -> list[bytes]:
    async def run() -> list[bytes]:
        pieces = Pieces()
        write(GatheringTransport(pieces))
        await asyncio.sleep(0)
        return pieces.sent

    return asyncio.run(run())


def test_packets_of_one_turn_are_one_piece() -> None:
    def write(transport: GatheringTransport) -> None:
        for part in (b"a", b"b", bytearray(b"c")):
            transport.write(part)

    assert sent(write) == [b"abc"]


def test_what_was_written_is_sent_before_a_close_and_dropped_by_an_abort() -> None:
    def close(transport: GatheringTransport) -> None:
        transport.write(b"a")
        transport.close()

    def abort(transport: GatheringTransport) -> None:
        transport.write(b"a")
        transport.abort()

    assert sent(close) == [b"a"]
    assert sent(abort) == []
