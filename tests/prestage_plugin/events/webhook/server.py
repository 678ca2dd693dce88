"""A real HTTP server with the site in it, and what talks to it byte by byte."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

__all__ = ["Answer", "Peer", "serving"]

SECONDS = 30


class Handler(WSGIRequestHandler):
    """Serves one connection; a silent peer is left after a while, as real servers do it."""

    timeout = SECONDS


@contextmanager
def serving() -> Iterator[int]:
    """Serve the site on a port of 127.0.0.1."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), Handler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Answer:
    """The first answer on a connection."""

    def __init__(self, raw: bytes) -> None:
        head, _blank, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        pairs = (line.partition(":") for line in lines[1:])
        self.headers = {name.lower(): value.strip() for name, _colon, value in pairs}


class Peer:
    """A connection to the server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def end(self) -> None:
        """Say that nothing more will come."""
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self) -> Answer:
        """Read one answer, which has a Content-Length."""
        with self.socket.makefile("rb") as stream:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = stream.readline()
                assert line, "the server closed the connection"
                head += line
            answer = Answer(head)
            answer.body = stream.read(int(answer.headers["content-length"]))
            return answer
